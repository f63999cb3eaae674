"""Hand-overs that stay without an answer: asked about where the provider can be asked, bounded where it cannot."""

from datetime import timedelta

import pytest

from notifications.domain.hand_over import claim
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Refused, Uncertain
from notifications.domain.sending_time import LATE_REPORT_GRACE
from notifications.domain.shipment import Change
from notifications.domain.statuses import Status
from tests.builders import NOW, PACE, email_content, sms_content
from tests.stages.dispatching import EMAIL, MINUTE, SECOND, SMS, planned, send, statuses
from tests.stages.world import World

LOST = Uncertain("timeout_after_send")


@pytest.fixture
def world() -> World:
    return World()


async def test_an_sms_whose_fate_stays_uncertain_is_handed_over_once_more_and_then_left_to_its_expiry(
    world: World,
) -> None:
    (sms,) = await planned(world, sms_content())
    world.sms.answers.extend([LOST] * 1000)
    expires = (await world.shipment(sms)).expires
    await world.run_to(expires + LATE_REPORT_GRACE + MINUTE)
    assert len(world.sms.calls) == 2
    assert await world.told() == [(sms, "Completed", ["Failed_TTL"])]
    assert (await world.shipment(sms)).notifications[0].reason == "timeout_after_send"


async def test_a_refused_connection_in_between_does_not_make_an_uncertain_sms_certain(world: World) -> None:
    (sms,) = await planned(world, sms_content())
    away = Postponed("connect")
    world.sms.answers.extend([LOST, away, away])
    world.sms.answers.extend([LOST, away] * 1000)
    expires = (await world.shipment(sms)).expires
    await world.run_to(expires + LATE_REPORT_GRACE + MINUTE)
    assert len(world.sms.calls) == 4
    assert await world.told() == [(sms, "Completed", ["Failed_TTL"])]


async def test_a_lapsed_claim_counts_as_the_first_hand_over_of_an_sms(world: World) -> None:
    (sms,) = await planned(world, sms_content())
    shipment = await world.shipment(sms)
    await world.store.commit([Change(shipment, claim(shipment, SMS, NOW, PACE, token="dead", limit=1))])
    world.sms.answers.extend([LOST] * 1000)
    await world.run_to(shipment.expires + LATE_REPORT_GRACE + MINUTE)
    assert len(world.sms.calls) == 1
    assert await world.told() == [(sms, "Completed", ["Failed_TTL"])]


async def test_an_email_whose_fate_is_uncertain_is_asked_about_until_there_is_an_answer(world: World) -> None:
    (mail,) = await planned(world, email_content())
    world.email.answers.extend([LOST] * 5)
    await world.run_to(NOW + timedelta(hours=2))
    assert (len(world.email.calls), len(world.email.asked)) == (6, 5)
    assert len({call.notification_id for call in world.email.calls}) == 1
    assert await statuses(world, mail) == [Status.ACCEPTED]


async def test_an_uncertain_sms_waits_two_and_a_half_claims_for_its_report(world: World) -> None:
    (sms,) = await planned(world, sms_content())
    world.sms.answers.append(LOST)
    await send(world, SMS, sms)
    shipment = await world.shipment(sms)
    assert (shipment.due, shipment.wants) == (NOW + 2.5 * PACE.claim, "s")
    await world.run_to(shipment.due - SECOND)
    assert len(world.sms.calls) == 1
    await world.run_to(shipment.due)
    assert len(world.sms.calls) == 2


async def test_an_uncertain_email_waits_for_its_back_off_only(world: World) -> None:
    (mail,) = await planned(world, email_content())
    world.email.answers.append(LOST)
    await send(world, EMAIL, mail)
    assert (await world.shipment(mail)).due <= NOW + 12 * SECOND


SILENT = Uncertain("timeout_after_send", MINUTE)


async def test_a_gateway_that_did_not_answer_three_times_in_a_row_gets_the_rest_that_its_outcomes_ask_for(
    world: World,
) -> None:
    *lost, waits = await planned(world, *[sms_content()] * 4)
    world.sms.answers.extend([SILENT] * 3)
    for each, closed in zip(lost, (None, None, NOW + MINUTE), strict=True):
        await send(world, SMS, each)
        assert await world.gates.closed_until("fake-sms") == closed
    await send(world, SMS, waits)
    assert len(world.sms.calls) == 3
    assert (await world.shipment(waits)).due >= NOW + MINUTE


async def test_one_message_that_a_provider_chokes_on_stops_nobody_elses(world: World) -> None:
    choking, *others = await planned(world, *[email_content()] * 3)
    choke = Postponed("http_500", MINUTE, guess=True)
    for _ in range(4):
        world.email.answers.append(choke)
        await send(world, EMAIL, choking)
        assert await world.gates.closed_until("fake-email") is None
        world.clock.forward(10 * MINUTE)
    world.email.answers.extend([choke, choke])
    await send(world, EMAIL, others[0])
    assert await world.gates.closed_until("fake-email") is None
    await send(world, EMAIL, others[1])
    assert await world.gates.closed_until("fake-email") == world.clock.now() + MINUTE


async def test_a_provider_that_asks_for_a_rest_gets_it_at_once(world: World) -> None:
    (mail,) = await planned(world, email_content())
    world.email.answers.append(Postponed("http_503", MINUTE))
    await send(world, EMAIL, mail)
    assert await world.gates.closed_until("fake-email") == NOW + MINUTE


@pytest.mark.parametrize(
    "decided",
    [
        Accepted(last="not_on_allow_list", here=True),
        Postponed("attachments_busy", here=True),
        Refused(Status.FAILED, "text_too_long", here=True),
    ],
)
async def test_what_no_provider_answered_keeps_no_gate_open_while_answers_are_lost(
    world: World, decided: Outcome
) -> None:
    *_, last = shipments = await planned(world, *[sms_content()] * 4)
    world.sms.answers.extend([SILENT, decided, SILENT, SILENT])
    for each in shipments:
        assert await world.gates.closed_until("fake-sms") is None
        await send(world, SMS, each)
    assert (await world.shipment(last)).lanes[SMS].uncertain == {1}
    assert await world.gates.closed_until("fake-sms") == NOW + MINUTE


async def test_a_credential_that_cannot_be_had_rests_the_provider_at_once_also_when_it_was_to_be_asked(
    world: World,
) -> None:
    (mail,) = await planned(world, email_content())
    world.email.answers.append(Uncertain("no_credential", MINUTE, here=True))
    await send(world, EMAIL, mail)
    assert await world.gates.closed_until("fake-email") == NOW + MINUTE


@pytest.mark.parametrize("answer", [Accepted("REF-3"), Postponed("busy"), Refused(Status.FAILED, "no")])
async def test_a_gateway_that_answers_in_between_is_not_left_alone_over_lost_answers(
    world: World, answer: Outcome
) -> None:
    world.sms.answers.extend([SILENT, SILENT, answer, SILENT, SILENT])
    for each in await planned(world, *[sms_content()] * 5):
        await send(world, SMS, each)
    assert len(world.sms.calls) == 5
    assert await world.gates.closed_until("fake-sms") is None
