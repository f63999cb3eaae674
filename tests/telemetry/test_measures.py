"""Metrics: what is counted on the way of orders, by attributes that name nobody."""

from datetime import timedelta

import pytest

from notifications.domain.order import SendingTimePolicy
from notifications.domain.outcomes import Accepted, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status
from notifications.stages.carriers import EmailCarrier
from notifications.stages.measured import MeasuredCarrier
from notifications.telemetry import UnknownField, measures
from notifications.telemetry.measures import (
    BACKLOG,
    FEED_LAG,
    HAND_OVER_DELAY,
    HAND_OVERS,
    HAND_OVERS_WITHIN,
    MEASURES,
    NOTIFICATIONS_FINAL,
    OLDEST_DUE,
    ORDERS_ACCEPTED,
    PROVIDER_PAUSES,
    QUEUE_DEPTH,
    record,
)
from tests.builders import NOW, draft, email_content, many, sending, sms_content
from tests.stages.fakes import FakeEmail
from tests.stages.world import World, email_report
from tests.telemetry.recording import of, recorded


@pytest.mark.parametrize("measure", MEASURES, ids=lambda each: each.name)
def test_an_attribute_that_nobody_vouched_for_is_refused_even_when_nobody_measures(measure: measures.Measure) -> None:
    with pytest.raises(UnknownField) as refusal:
        record(measure, recipient="solveig@example.com")
    assert str(refusal.value) == "recipient"


def test_names_are_the_services_own_and_different() -> None:
    names = [each.name for each in MEASURES]
    assert len(set(names)) == len(names)
    assert all(name.startswith("notifications.") for name in names)


async def test_an_order_is_counted_once_with_its_creator_and_kind() -> None:
    world = World()
    with recorded() as told:
        await world.order(email_content(), idempotency_id="one")
        await world.order(email_content(), idempotency_id="one")
        await world.instant(draft(email_content(), idempotency_id="two"))
    assert sum(told.values(ORDERS_ACCEPTED).values()) == 2
    assert {name for key in told.values(ORDERS_ACCEPTED) for name, _ in key} == {"creator", "kind"}


async def test_a_yes_or_no_is_counted_by_how_soon_after_due_it_came() -> None:
    world = World()
    world.email.answers.extend(
        [Accepted(), Postponed("http_503", timedelta(seconds=20)), Refused(Status.INVALID_RECIPIENT, "x")]
    )
    with recorded() as told:
        await world.order(email_content(), idempotency_id="one")
        await world.run(2)
        await world.order(email_content(), idempotency_id="two")
        await world.run(120)
    assert told.values(HAND_OVERS_WITHIN) == {
        of(channel="email", within="10s"): 1,
        of(channel="email", within="60s"): 1,
    }
    assert told.values(HAND_OVER_DELAY) == {of(channel="email"): 2}
    assert sorted(told.buckets(HAND_OVER_DELAY)) in ([0.5, 30], [0.5, 60], [1, 30], [1, 60])
    assert told.values(PROVIDER_PAUSES) == {of(provider="fake-email"): 1}


async def test_what_came_too_late_for_every_promise_is_counted_as_late() -> None:
    world = World()
    world.sms.answers.append(Postponed("http_503", timedelta(minutes=9)))
    with recorded() as told:
        await world.order(sms_content())
        await world.run_to(world.clock.now() + timedelta(hours=1))
    assert told.values(HAND_OVERS_WITHIN) == {of(channel="sms", within="later"): 1}


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        (Accepted(), "accepted"),
        (Refused(Status.INVALID_RECIPIENT, "x"), "refused"),
        (Uncertain("timeout"), "uncertain"),
    ],
)
async def test_every_call_of_a_provider_is_counted_under_its_own_name(outcome: object, name: str) -> None:
    provider = FakeEmail()
    provider.answers.append(outcome)  # type: ignore[arg-type]
    carrier = MeasuredCarrier(EmailCarrier(provider, "noreply@example.com"))
    shipment = sending(content=email_content())
    with recorded() as told:
        assert await carrier.hand_over(shipment, shipment.notifications[0], 1.0, uncertain=False) == outcome
    assert told.values(HAND_OVERS) == {of(provider="fake-email", outcome=name): 1}
    assert (carrier.name, carrier.memory) == (provider.name, provider.memory)


async def test_a_call_that_breaks_is_counted_as_failed() -> None:
    carrier = MeasuredCarrier(EmailCarrier(FakeEmail(), "noreply@example.com"))
    shipment = sending(content=sms_content())
    with recorded() as told, pytest.raises(ValueError, match="template"):
        await carrier.hand_over(shipment, shipment.notifications[0], 1.0, uncertain=False)
    assert told.values(HAND_OVERS) == {of(provider="fake-email", outcome="failed"): 1}


async def test_notifications_are_counted_when_their_shipment_is_published_once() -> None:
    world = World()
    world.email.answers.append(Refused(Status.INVALID_RECIPIENT, "x"))
    with recorded() as told:
        await world.order(email_content(recipients=many(3)))
        await world.run(2)
        _, *accepted = [call.notification_id for call in world.email.calls]
        world.feeds.fail("commit", 1)
        world.clock.forward(minutes=3)
        await world.report.email(email_report(*((each, "Delivered") for each in accepted), at=world.clock.now()))
        await world.run(400)
    ended = told.values(NOTIFICATIONS_FINAL)
    assert sorted(ended.values()) == [1, 2]
    assert {dict(key)["channel"] for key in ended} == {"email"}
    assert sum(told.values(FEED_LAG).values()) == 1


async def test_an_sms_that_came_after_closing_is_waited_for_from_the_morning_whenever_it_was_asked_for() -> None:
    world = World(now=NOW.replace(hour=20))
    with recorded() as told:
        await world.order(sms_content(SendingTimePolicy.DAYTIME), send_at=NOW.replace(hour=15, minute=59))
        await world.run_to(NOW.replace(hour=8) + timedelta(days=1))
    assert told.values(HAND_OVERS_WITHIN) == {of(channel="sms", within="10s"): 1}


async def test_the_timer_tells_how_long_the_oldest_has_waited_and_what_it_holds_back() -> None:
    world = World()
    with recorded() as told:
        await world.release()
        assert told.values(OLDEST_DUE) == {of(): 0}
        for number in range(30):
            await world.order(email_content(), idempotency_id=str(number))
        world.clock.forward(seconds=90)
        await world.release()
        assert next(iter(told.values(OLDEST_DUE).values())) >= 80
        assert of(queue="process-orders") in told.values(QUEUE_DEPTH)
        assert told.values(BACKLOG)[of(queue="send-sms")] == 0


def test_a_gauge_that_nobody_sets_any_more_is_no_longer_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded() as told:
        record(OLDEST_DUE, 7)
        assert told.values(OLDEST_DUE) == {of(): 7}
        monkeypatch.setattr(measures, "FRESH", 0.0)
        assert told.values(OLDEST_DUE) == {}
