"""Instant: at most one hand-over for an idempotency id, and an answer that says what the provider said."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from notifications.domain.faults import StorageUnavailable
from notifications.domain.ids import ShipmentId
from notifications.domain.order import (
    EmailTemplate,
    OrderDraft,
    OrderKind,
    SendingTimePolicy,
    ShipmentDraft,
    ShipmentType,
    SmsTemplate,
)
from notifications.domain.outcomes import Accepted, Postponed, Refused, Uncertain
from notifications.domain.record import Order
from notifications.domain.shipment import Change
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from notifications.stages import instant, provider_calls
from notifications.stages.acceptance import Acceptance, OrderTooLarge
from notifications.stages.activity import Activity
from notifications.stages.instant import ProviderUnavailable
from notifications.stages.rate import TokenBucket
from notifications.storage.table import Delete, Operation
from tests.builders import NOW, draft, email_content, sms_content
from tests.stages.fakes import Killed, StorageDown
from tests.stages.world import World, sms_report

TTL = timedelta(seconds=300)


def instant_sms(identity: str = "code-1", reference: str | None = None) -> OrderDraft:
    content = sms_content(
        type=ShipmentType.INSTANT,
        sms=SmsTemplate(body="Code 123456", policy=SendingTimePolicy.ANYTIME),
        senders_reference=reference,
    )
    shipment = ShipmentDraft(content=content, send_at=NOW, time_to_live=TTL)
    return draft(kind=OrderKind.INSTANT, idempotency_id=identity, shipments=(shipment,))


def instant_email() -> OrderDraft:
    return draft(email_content(type=ShipmentType.INSTANT), kind=OrderKind.INSTANT, idempotency_id="code-1")


class Held:
    """The world's SMS gateway, which answers nothing until it is let go."""

    def __init__(self, world: World) -> None:
        self.called, self.let_go = asyncio.Event(), asyncio.Event()
        world.sms.during = self._hold

    async def _hold(self, _: UUID) -> None:
        self.called.set()
        await self.let_go.wait()


async def sent(world: World, order: OrderDraft) -> ShipmentId:
    acceptance: Acceptance = await world.instant(order)
    await world.assert_consistent()
    return acceptance.order.shipment_ids[0]


async def test_an_instant_sms_is_with_the_gateway_when_the_order_is_answered() -> None:
    world = World()
    identity = await sent(world, instant_sms())
    shipment = await world.shipment(identity)
    assert [call.body for call in world.sms.calls] == ["Code 123456"]
    assert shipment.state is ShipmentState.SENDING
    assert [one.status for one in shipment.notifications] == [Status.ACCEPTED]
    assert shipment.expires == NOW + TTL
    assert world.queues.put_at_all == []


async def test_the_gateway_is_told_for_how_long_the_message_is_worth_sending() -> None:
    world = World()
    await sent(world, instant_sms())
    assert world.sms.calls[0].time_to_live == TTL


async def test_an_instant_email_is_with_the_provider_when_the_order_is_answered() -> None:
    world = World()
    shipment = await world.shipment(await sent(world, instant_email()))
    assert len(world.email.calls) == 1
    assert [one.status for one in shipment.notifications] == [Status.ACCEPTED]
    assert shipment.expires == NOW + timedelta(hours=48)


async def test_a_report_completes_it_like_any_other() -> None:
    world = World()
    identity = await sent(world, instant_sms())
    await world.report.sms(sms_report((world.sms.references[UUID(str(identity.notification(1)))], "DELIVRD")))
    await world.run(5)
    assert await world.told() == [(identity, "Completed", ["Delivered"])]


async def test_the_same_id_again_is_answered_with_the_first_order_and_sends_nothing() -> None:
    world = World()
    first = await world.instant(instant_sms())
    again = await world.instant(instant_sms())
    assert (again.replayed, again.order.shipment_ids) == (True, first.order.shipment_ids)
    assert len(world.sms.calls) == 1


async def test_what_a_withdrawn_message_was_called_is_forgotten_with_it() -> None:
    world = World()
    world.sms.answers.append(Postponed("busy"))
    named = replace(instant_sms(reference="mine"), dialog_id="dialog", transmission_id="transmission")
    with pytest.raises(ProviderUnavailable):
        await world.instant(named)
    assert world.index_rows.rows() == []
    await sent(world, named)
    assert len(world.index_rows.rows()) == 3


@pytest.mark.parametrize("order", [instant_sms, instant_email])
async def test_a_provider_that_does_not_take_it_leaves_nothing_behind(order: object) -> None:
    world = World()
    world.sms.answers.append(Postponed("busy"))
    world.email.answers.append(Postponed("busy"))
    with pytest.raises(ProviderUnavailable):
        await world.instant(order())  # type: ignore[operator]
    assert world.orders.rows() == []
    identity = await sent(world, order())  # type: ignore[operator]
    assert [one.status for one in (await world.shipment(identity)).notifications] == [Status.ACCEPTED]


async def test_a_provider_that_refuses_the_message_ends_the_order_and_the_feed_says_why() -> None:
    world = World()
    world.sms.answers.append(Refused(Status.INVALID_RECIPIENT, "number"))
    identity = await sent(world, instant_sms())
    shipment = await world.shipment(identity)
    assert (shipment.state, shipment.ending) == (ShipmentState.DONE, Ending.COMPLETED)
    await world.run(2)
    assert await world.told() == [(identity, "Completed", ["Failed_InvalidRecipient"])]


async def test_a_gateway_that_does_not_answer_is_never_called_again_for_the_same_id() -> None:
    world = World()
    world.sms.answers.append(Uncertain("timeout"))
    with pytest.raises(ProviderUnavailable):
        await world.instant(instant_sms())
    again = await world.instant(instant_sms())
    assert again.replayed
    await world.run_to(NOW + timedelta(minutes=20))
    assert len(world.sms.calls) == 1
    assert [status for _, _, status in await world.told()] == [["Failed_TTL"]]


async def test_a_process_that_dies_during_the_call_leaves_an_intent_that_is_not_sent_again() -> None:
    world = World()

    async def die(_: UUID) -> None:
        raise Killed

    world.sms.during = die
    with pytest.raises(Killed):
        await world.instant(instant_sms())
    world.start()
    world.sms.during = None
    await world.run_to(NOW + timedelta(minutes=20))
    assert len(world.sms.calls) == 1
    assert [status for _, _, status in await world.told()] == [["Failed_TTL"]]


async def test_an_email_whose_process_died_is_asked_about_and_sent_under_the_same_id() -> None:
    world = World()

    async def die(_: UUID) -> None:
        raise Killed

    world.email.during = die
    with pytest.raises(Killed):
        await world.instant(instant_email())
    world.start()
    world.email.during = None
    await world.run_to(NOW + timedelta(minutes=5))
    assert [call.notification_id for call in world.email.calls] == [world.email.asked[0]] * 2


async def test_a_closed_gate_is_answered_at_once_without_a_call() -> None:
    world = World()
    await world.gates.close("fake-sms", NOW + timedelta(minutes=1))
    with pytest.raises(ProviderUnavailable):
        await world.instant(instant_sms())
    assert world.sms.calls == []
    assert world.orders.rows() == []


async def test_a_provider_that_throttles_rests_for_everybody() -> None:
    world = World()
    world.sms.answers.append(Postponed("throttled", timedelta(seconds=30)))
    with pytest.raises(ProviderUnavailable):
        await world.instant(instant_sms())
    assert await world.gates.closed_until("fake-sms") == NOW + timedelta(seconds=30)


async def test_of_two_first_requests_at_once_one_sends_and_both_are_answered_alike() -> None:
    world = World()
    gateway = Held(world)
    first = asyncio.create_task(world.instant(instant_sms()))
    await gateway.called.wait()
    second = asyncio.create_task(world.instant(instant_sms()))
    await asyncio.sleep(0)
    gateway.let_go.set()
    answers = await asyncio.gather(first, second)
    assert [each.replayed for each in answers] == [False, True]
    assert answers[0].order.shipment_ids == answers[1].order.shipment_ids
    assert len(world.sms.calls) == 1


async def test_a_repeated_request_whose_first_was_withdrawn_meanwhile_says_so_too() -> None:
    world = World()
    gateway = Held(world)
    world.sms.answers.append(Postponed("busy"))
    first = asyncio.create_task(world.instant(instant_sms()))
    await gateway.called.wait()
    second = asyncio.create_task(world.instant(instant_sms()))
    await asyncio.sleep(0)
    gateway.let_go.set()
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(each) for each in outcomes] == [ProviderUnavailable, ProviderUnavailable]
    assert len(world.sms.calls) == 1


async def test_a_request_that_was_overtaken_by_another_of_its_id_cannot_be_found_by_its_own_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, noted = World(), Activity.note_order

    async def overtaken(activity: Activity, order: Order) -> None:
        monkeypatch.undo()
        await world.instant(instant_sms(reference="the first's"))
        await noted(activity, order)

    monkeypatch.setattr(Activity, "note_order", overtaken)
    assert (await world.instant(instant_sms(reference="the other's"))).replayed
    left = [row.key for row in world.index_rows.rows()]
    await world.instant(instant_sms(reference="the first's"))
    assert [row.key for row in world.index_rows.rows()] == left
    assert len(left) == 1


async def test_what_was_sent_is_recorded_although_storage_fails_for_a_moment() -> None:
    world = World()

    async def fail(_: UUID) -> None:
        world.orders.fail("commit")

    world.sms.during = fail
    try:
        identity = await sent(world, instant_sms())
    except StorageDown:
        pytest.fail("a message that was sent must be recorded")
    assert [one.status for one in (await world.shipment(identity)).notifications] == [Status.ACCEPTED]


async def test_accepted_again_is_accepted_once() -> None:
    world = World()
    world.sms.answers.extend([Accepted("REF-1"), Accepted("REF-2")])
    await sent(world, instant_sms())
    await sent(world, instant_sms("code-2"))
    assert len(world.sms.calls) == 2


async def test_a_withdrawal_whose_answer_was_lost_is_answered_like_one_that_was_not() -> None:
    world = World()
    world.sms.answers.append(Postponed("busy"))
    commit = world.orders.commit

    async def repeated(partition: str, operations: Sequence[Operation]) -> list[str]:
        answer = await commit(partition, operations)
        return await commit(partition, operations) if isinstance(operations[0], Delete) else answer

    world.orders.commit = repeated  # type: ignore[method-assign]
    with pytest.raises(ProviderUnavailable):
        await world.instant(instant_sms())
    assert world.orders.rows() == []


async def test_a_message_whose_order_was_stored_without_an_answer_is_sent() -> None:
    world = World()
    world.orders.silence(stored=True)
    identity = await sent(world, instant_sms())
    assert [one.status for one in (await world.shipment(identity)).notifications] == [Status.ACCEPTED]
    assert len(world.sms.calls) == 1


async def test_an_order_that_storage_did_not_take_is_refused_and_nothing_is_sent() -> None:
    world = World()

    async def away(partition: str, operations: Sequence[Operation]) -> list[str]:
        raise StorageUnavailable

    world.orders.commit = away  # type: ignore[method-assign]
    with pytest.raises(StorageUnavailable):
        await world.instant(instant_sms())
    assert world.sms.calls == []


async def test_a_withdrawal_that_storage_does_not_answer_at_once_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instant, "_PAUSE", 0)
    world = World()
    world.sms.answers.append(Postponed("busy"))
    commit, silences = world.orders.commit, [StorageUnavailable(), StorageUnavailable()]

    async def hesitant(partition: str, operations: Sequence[Operation]) -> list[str]:
        if isinstance(operations[0], Delete) and silences:
            raise silences.pop()
        return await commit(partition, operations)

    world.orders.commit = hesitant  # type: ignore[method-assign]
    with pytest.raises(ProviderUnavailable):
        await world.instant(instant_sms())
    assert world.orders.rows() == []
    await sent(world, instant_sms())
    assert len(world.sms.calls) == 2


async def test_an_intent_that_somebody_changed_keeps_what_is_known_of_it() -> None:
    world = World()
    world.email.answers.append(Postponed("busy"))

    async def touched(_: UUID) -> None:
        world.email.during = None
        (row,) = [each for each in world.orders.rows() if each.key.endswith("|01") and each.key.startswith("o|")]
        shipment = await world.shipment(ShipmentId.from_text(row.key.removeprefix("o|").replace("|", ".")))
        await world.store.commit_one(Change(shipment, replace(shipment, reason="touched")))

    world.email.during = touched
    with pytest.raises(ProviderUnavailable):
        await world.instant(instant_email())
    await world.run_to(NOW + timedelta(minutes=5))
    assert len(world.email.calls) == 2
    assert world.email.asked == []


async def test_a_message_that_cannot_be_stored_is_refused_before_anything_is_sent() -> None:
    world = World()
    # Half of what a random base64 text packs to is still more than an order may hold.
    template = EmailTemplate(subject="A subject", body=b64encode(Random(1).randbytes(3_000_000)).decode())
    content = email_content(type=ShipmentType.INSTANT, email=template, senders_reference="mine")
    with pytest.raises(OrderTooLarge):
        await world.instant(draft(content, kind=OrderKind.INSTANT))
    assert world.email.calls == []
    assert world.index_rows.rows() == []


async def test_it_waits_longer_for_its_turn_than_what_nobody_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_calls, "_SLOT_PATIENCE", 0.0)
    world = World(slots=1)
    gateway = Held(world)
    first = asyncio.create_task(world.instant(instant_sms()))
    await gateway.called.wait()
    second = asyncio.create_task(world.instant(instant_sms("code-2")))
    await asyncio.sleep(0.02)
    gateway.let_go.set()
    assert [each.replayed for each in await asyncio.gather(first, second)] == [False, False]
    assert len(world.sms.calls) == 2


async def test_it_finds_room_within_a_rate_that_others_use_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_calls, "_RATE_PATIENCE", timedelta(0))
    world = World()
    rate = TokenBucket(100, world.clock, burst=1)
    world.dispatch[Channel.SMS]._calls._rate = rate
    while rate.book(timedelta(0)) is not None:
        pass
    await sent(world, instant_sms())
    assert len(world.sms.calls) == 1


async def test_no_turn_within_half_of_its_time_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instant, "_LONGEST_CALL", 0.05)
    world = World(slots=1)
    async with world.dispatch[Channel.SMS]._calls._slots:
        with pytest.raises(ProviderUnavailable):
            await world.instant(instant_sms())
    assert world.sms.calls == []
    assert world.orders.rows() == []
