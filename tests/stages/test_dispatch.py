"""Dispatch: nobody calls a provider without a claim of its own."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.domain.hand_over import claim
from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import SendingTimePolicy
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Refused, Uncertain
from notifications.domain.pace import Pace
from notifications.domain.record import WorkQueue
from notifications.domain.shipment import Change, Shipment
from notifications.domain.statuses import ShipmentState, Status
from notifications.stages import recording
from tests.builders import (
    KEY,
    NOW,
    PACE,
    both_channels,
    email_content,
    many,
    order_of,
    registered,
    sms_content,
)
from tests.stages.dispatching import EMAIL, MINUTE, SECOND, SMS, planned, send, statuses
from tests.stages.world import World, one_bucket


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(recording, "_pauses", lambda _: iter((0.0, 0.0)))
    return World()


async def test_a_claim_is_committed_before_the_provider_is_called(world: World) -> None:
    (mail,) = await planned(world)
    seen: list[Shipment] = []

    async def look(_: UUID) -> None:
        seen.append(await world.shipment(mail))

    world.email.during = look
    await send(world, EMAIL, mail)
    (during,) = seen
    assert during.in_hand(during.notifications[0], NOW)
    after = await world.shipment(mail)
    assert after.lanes[EMAIL].claim is None
    assert await statuses(world, mail) == [Status.ACCEPTED]


async def test_a_message_that_comes_twice_or_late_hands_nothing_over_again(world: World) -> None:
    (mail,) = await planned(world)
    await asyncio.gather(*(world.dispatch[EMAIL](one_bucket([mail])) for _ in range(5)))
    await send(world, EMAIL, mail)
    await send(world, EMAIL, mail, again=True)
    assert len(world.email.calls) == 1


async def test_two_workers_at_once_hand_over_once(world: World) -> None:
    (sms,) = await planned(world, sms_content())
    first = world.dispatch[SMS]
    world.start()
    await asyncio.gather(first(one_bucket([sms])), world.dispatch[SMS](one_bucket([sms])))
    assert len(world.sms.calls) == 1


async def test_a_shipment_that_is_not_there_or_not_to_be_sent_is_left_alone(world: World) -> None:
    waiting = registered()
    await world.store.accept(order_of(waiting), [waiting])
    await send(world, EMAIL, waiting.id, ShipmentId(OrderKey(KEY.value + 1), 1))
    assert world.email.calls == []
    assert await world.shipment(waiting.id) == waiting


async def test_a_pack_is_claimed_handed_over_and_recorded_together(world: World) -> None:
    ids = await planned(world, *[email_content()] * 25)
    world.email.answers.extend([Accepted(), Refused(Status.FAILED, "x"), Postponed("http_503"), Uncertain("timeout")])
    await send(world, EMAIL, *ids)
    assert len(world.email.calls) == 25
    told = [(await statuses(world, each))[0] for each in ids]
    assert sorted(told) == sorted([Status.NEW] * 2 + [Status.FAILED] + [Status.ACCEPTED] * 22)


async def test_an_email_claim_holds_fifty_rows_and_the_next_are_claimed_with_the_record(world: World) -> None:
    (mail,) = await planned(world, email_content(recipients=many(60)))
    in_hand: list[int] = []

    async def look(_: UUID) -> None:
        lane = (await world.shipment(mail)).lanes[EMAIL]
        assert lane.claim
        in_hand.append(len(lane.claim.rows))

    world.email.during = look
    await send(world, EMAIL, mail)
    assert set(await statuses(world, mail)) == {Status.ACCEPTED}
    assert in_hand == [*[50] * 50, *[10] * 10]
    assert len({call.notification_id for call in world.email.calls}) == 60


async def test_an_sms_claim_holds_one_row(world: World) -> None:
    recipients = tuple(replace(sms_content().recipients[0], phone_number=f"+479999999{digit}") for digit in range(3))
    (sms,) = await planned(world, sms_content(recipients=recipients))

    async def look(_: UUID) -> None:
        lane = (await world.shipment(sms)).lanes[SMS]
        assert lane.claim
        assert len(lane.claim.rows) == 1

    world.sms.during = look
    await send(world, SMS, sms)
    assert len(world.sms.calls) == 3
    assert set(await statuses(world, sms)) == {Status.ACCEPTED}


async def test_a_long_shipment_gives_way_to_others_after_ten_seconds(world: World) -> None:
    (mail,) = await planned(world, email_content(recipients=many(100)))

    async def slow(_: UUID) -> None:
        world.clock.forward(SECOND / 4)

    world.email.during = slow
    await send(world, EMAIL, mail)
    shipment = await world.shipment(mail)
    assert len(world.email.calls) == 50
    assert (shipment.wants, shipment.due <= world.clock.now()) == ("e", True)
    await send(world, EMAIL, mail)
    assert len(world.email.calls) == 100


async def test_past_half_its_claim_nobody_calls_a_provider(world: World) -> None:
    (mail,) = await planned(world, email_content(recipients=many(10)))
    calls = 0

    async def pause(_: UUID) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            world.clock.forward(PACE.claim / 2 + SECOND)

    world.start(slots=1)
    world.email.during = pause
    await send(world, EMAIL, mail)
    assert len(world.email.calls) == 3
    shipment = await world.shipment(mail)
    assert [one.status for one in shipment.notifications] == [Status.ACCEPTED] * 3 + [Status.NEW] * 7
    assert shipment.lanes[EMAIL].uncertain == frozenset()
    await send(world, EMAIL, mail)
    assert len({call.notification_id for call in world.email.calls}) == len(world.email.calls) == 10


async def test_each_call_has_a_quarter_of_a_claim(world: World) -> None:
    allowed: list[float] = []
    original = world.email.send

    async def send_within(message: object, *, timeout: float) -> Outcome:  # noqa: ASYNC109
        allowed.append(timeout)
        return await original(message, timeout=timeout)  # type: ignore[arg-type]

    world.email.send = send_within  # type: ignore[method-assign]
    (mail,) = await planned(world)
    await send(world, EMAIL, mail)
    assert allowed == [30.0]


async def test_whoever_takes_over_a_lapsed_claim_asks_the_email_provider_first(world: World) -> None:
    known, unknown = await planned(world, email_content(), email_content())
    for identity in (known, unknown):
        shipment = await world.shipment(identity)
        await world.store.commit([Change(shipment, claim(shipment, EMAIL, NOW, PACE, token="dead", limit=10))])
    world.email.known[known.notification(1)] = Accepted()
    await send(world, EMAIL, known, unknown)
    assert world.email.asked == []
    world.clock.forward(PACE.claim)
    await send(world, EMAIL, known, unknown)
    assert set(world.email.asked) == {known.notification(1), unknown.notification(1)}
    assert [call.notification_id for call in world.email.calls] == [unknown.notification(1)]
    assert await statuses(world, known) == await statuses(world, unknown) == [Status.ACCEPTED]


async def test_a_lapsed_sms_claim_is_taken_over_and_said_to_be_uncertain(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (sms,) = await planned(world, sms_content())
    shipment = await world.shipment(sms)
    await world.store.commit([Change(shipment, claim(shipment, SMS, NOW, PACE, token="dead", limit=1))])
    world.clock.forward(PACE.claim)
    await send(world, SMS, sms)
    assert len(world.sms.calls) == 1
    assert "notification.accepted" in caplog.text
    assert "uncertain=True" in caplog.text


async def test_outside_the_window_no_sms_for_the_day_leaves_and_no_attempt_is_counted(world: World) -> None:
    (sms,) = await planned(world, sms_content(SendingTimePolicy.DAYTIME))
    world.clock.moment = NOW.replace(hour=16)
    await send(world, SMS, sms)
    shipment = await world.shipment(sms)
    assert world.sms.calls == []
    assert (shipment.due, shipment.wants) == (NOW.replace(hour=8) + timedelta(days=1), "s")
    assert shipment.lanes[SMS].attempts == 0


async def test_a_window_that_closes_during_a_message_stops_it(world: World) -> None:
    recipients = tuple(replace(sms_content().recipients[0], phone_number=f"+479999999{digit}") for digit in range(3))
    (sms,) = await planned(world, sms_content(SendingTimePolicy.DAYTIME, recipients=recipients))
    world.clock.moment = NOW.replace(hour=16) - SECOND

    async def later(_: UUID) -> None:
        world.clock.forward(2 * SECOND)

    world.sms.during = later
    await send(world, SMS, sms)
    assert len(world.sms.calls) == 1
    await send(world, SMS, sms)
    assert len(world.sms.calls) == 1
    assert (await world.shipment(sms)).due == NOW.replace(hour=8) + timedelta(days=1)


async def test_a_provider_that_asks_for_a_rest_gets_it_from_everybody_and_no_attempt_is_lost(world: World) -> None:
    first, second = await planned(world, email_content(), email_content())
    world.email.answers.append(Postponed("http_429", 90 * SECOND))
    await send(world, EMAIL, first)
    await send(world, EMAIL, second)
    assert len(world.email.calls) == 1
    shipment = await world.shipment(second)
    assert NOW + 90 * SECOND <= shipment.due <= NOW + 92 * SECOND
    assert shipment.lanes[EMAIL].attempts == 0
    assert await world.gates.closed_until("fake-sms") is None
    world.clock.moment = shipment.due
    await send(world, EMAIL, first, second)
    assert len(world.email.calls) == 3


async def test_no_provider_rests_for_more_than_ten_minutes_at_a_time(world: World) -> None:
    (mail,) = await planned(world)
    world.email.answers.append(Postponed("http_429", timedelta(hours=9)))
    await send(world, EMAIL, mail)
    assert await world.gates.closed_until("fake-email") == NOW + 10 * MINUTE


async def test_a_gate_that_is_closed_beyond_expiry_leaves_the_shipment_to_its_end(world: World) -> None:
    (mail,) = await planned(world, expires=NOW + MINUTE)
    await world.gates.close("fake-email", NOW + timedelta(hours=1))
    await send(world, EMAIL, mail)
    shipment = await world.shipment(mail)
    assert (shipment.due, shipment.wants) == (NOW + MINUTE, "p")


async def test_a_shipment_whose_time_is_up_is_given_back_and_never_sent(world: World) -> None:
    (mail,) = await planned(world)
    world.clock.moment = (await world.shipment(mail)).expires
    await send(world, EMAIL, mail)
    assert world.email.calls == []
    assert (await world.shipment(mail)).wants == "p"


async def test_a_result_that_ends_a_shipment_leaves_it_to_be_published(world: World) -> None:
    (mail,) = await planned(world)
    world.email.answers.append(Refused(Status.BOUNCED, "x"))
    await send(world, EMAIL, mail)
    shipment = await world.shipment(mail)
    assert (shipment.state, shipment.published, shipment.wants) == (ShipmentState.DONE, False, "p")


async def test_both_channels_of_a_shipment_are_served_by_themselves_at_the_same_time(world: World) -> None:
    shipment = both_channels()
    await world.store.accept(order_of(shipment), [shipment])
    message = one_bucket([shipment.id])
    await asyncio.gather(world.dispatch[EMAIL](message), world.dispatch[SMS](message))
    await world.run(60)
    assert await statuses(world, shipment.id) == [Status.ACCEPTED] * 4
    assert len({call.notification_id for call in world.email.calls}) == len(world.email.calls) == 2
    assert len({call.notification_id for call in world.sms.calls}) == len(world.sms.calls) == 2


async def test_one_channels_closed_gate_does_not_hold_the_other(world: World) -> None:
    shipment = both_channels()
    await world.store.accept(order_of(shipment), [shipment])
    await world.gates.close("fake-sms", NOW + 5 * MINUTE)
    await world.run(10)
    assert (len(world.email.calls), len(world.sms.calls)) == (2, 0)
    await world.run(400)
    assert len(world.sms.calls) == 2


async def test_short_claims_work_as_long_ones_do() -> None:
    world = World(Pace(claim=timedelta(seconds=8)))
    (mail,) = await planned(world)
    shipment = await world.shipment(mail)
    await world.store.commit([Change(shipment, claim(shipment, EMAIL, NOW, world.pace, token="dead", limit=1))])
    await world.run(9)
    assert await statuses(world, mail) == [Status.ACCEPTED]
    assert world.queues.messages[WorkQueue.EMAIL] == []


async def test_the_logged_seconds_count_from_the_opening_of_the_window(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    evening, morning = NOW.replace(hour=20), NOW.replace(hour=8) + timedelta(days=1)
    world = World(now=evening)
    await world.order(sms_content(SendingTimePolicy.DAYTIME), send_at=evening)
    await world.run_to(morning + 5 * SECOND)
    (accepted,) = [one for one in caplog.records if getattr(one, "event", "") == "notification.accepted"]
    assert 0 <= vars(accepted)["n_seconds"] <= 5


@pytest.mark.parametrize("ends", [timedelta(hours=48), 2 * SECOND])
async def test_what_waits_for_its_turn_until_the_window_closes_or_time_is_up_is_not_sent(
    world: World, ends: timedelta
) -> None:
    closes = NOW.replace(hour=16)
    content = sms_content(SendingTimePolicy.DAYTIME if ends > MINUTE else SendingTimePolicy.ANYTIME)
    both = await planned(world, content, content, expires=closes - SECOND + ends)
    world.clock.moment = closes - SECOND
    world.start(slots=1)

    async def slow(_: UUID) -> None:
        world.clock.forward(2 * SECOND)

    world.sms.during = slow
    await send(world, SMS, *both)
    assert len(world.sms.calls) == 1
    waiting = [each for each in both if (await world.shipment(each)).open][-1]
    assert (await world.shipment(waiting)).lanes[SMS].attempts == 0


async def test_the_log_names_the_provider_that_took_a_message_where_several_might_have(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await planned(world, sms_content(), sms_content())
    world.sms.answers.extend([Accepted("REF-1", by="acs-sms"), Accepted("REF-2")])
    with caplog.at_level("INFO"):
        await send(world, SMS, first)
        await send(world, SMS, second)
    told = [line for line in caplog.messages if line.startswith("notification.accepted")]
    assert ["provider=acs-sms" in told[0], "provider=fake-sms" in told[1]] == [True, True]
