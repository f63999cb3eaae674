"""Cancel in time or not at all; and nobody reads what is another's."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from notifications.domain.ids import OrderKey, ShipmentId, encode
from notifications.domain.record import WorkQueue
from notifications.domain.shipment import Change
from notifications.domain.statuses import ShipmentState
from notifications.stages.cancel import TooLate
from notifications.storage.orders import Committed
from tests.builders import CREATOR, KEY, NOW, email_content, sms_content
from tests.stages.world import World, one_bucket

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


async def test_a_shipment_an_hour_away_is_cancelled_and_never_leaves(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    cancelled = await world.cancel(CREATOR, mail.uuid)
    assert cancelled is not None
    assert cancelled.state is ShipmentState.CANCELLED
    await world.run_to(NOW + 3 * HOUR)
    assert world.email.calls == []
    assert await world.told() == []
    await world.run_to(NOW + timedelta(days=91))
    assert await world.left() == {"orders o"}


async def test_a_message_that_is_on_its_way_already_does_not_send_a_cancelled_shipment(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    await world.cancel(CREATOR, mail.uuid)
    world.clock.forward(HOUR)
    await world.process(one_bucket([mail]))
    assert (await world.shipment(mail)).state is ShipmentState.CANCELLED


async def test_cancelling_again_answers_the_same(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    first = await world.cancel(CREATOR, mail.uuid)
    world.clock.forward(2 * HOUR)
    assert await world.cancel(CREATOR, mail.uuid) == first


@pytest.mark.parametrize("ahead", [timedelta(0), 5 * MINUTE])
async def test_what_is_about_to_leave_or_has_left_cannot_be_cancelled(world: World, ahead: timedelta) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + ahead)
    await world.step()
    with pytest.raises(TooLate):
        await world.cancel(CREATOR, mail.uuid)
    await world.run_to(NOW + timedelta(days=3))
    with pytest.raises(TooLate):
        await world.cancel(CREATOR, mail.uuid)


async def test_cancelling_one_shipment_leaves_its_reminder(world: World) -> None:
    main, reminder = await world.order(email_content(), sms_content(), send_at=NOW + HOUR)
    await world.cancel(CREATOR, main.uuid)
    await world.run_to(NOW + HOUR)
    assert (len(world.email.calls), len(world.sms.calls)) == (0, 1)
    assert (await world.shipment(reminder)).state is ShipmentState.SENDING


async def test_of_many_who_cancel_at_once_all_are_answered_alike(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    outcomes = await asyncio.gather(*(world.cancel(CREATOR, mail.uuid) for _ in range(5)))
    assert {outcome.state for outcome in outcomes if outcome} == {ShipmentState.CANCELLED}
    assert len(outcomes) == 5


async def test_a_cancellation_that_meets_a_change_decides_again(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    original = world.store.commit

    async def too_late(changes: list[Change]) -> list[Committed]:
        world.store.commit = original  # type: ignore[method-assign]
        world.clock.forward(HOUR)
        await world.process(one_bucket([mail]))
        return await original(changes)

    world.store.commit = too_late  # type: ignore[method-assign, assignment]
    with pytest.raises(TooLate):
        await world.cancel(CREATOR, mail.uuid)
    assert len(world.queues.messages[WorkQueue.EMAIL]) == 1


async def test_anothers_shipment_looks_as_if_it_were_not_there(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    assert await world.inquiries.shipment("other", mail.uuid) is None
    assert await world.cancel("other", mail.uuid) is None
    assert await world.inquiries.order("other", encode(mail.key, 0, 0)) is None
    assert await world.cancel.all("other", encode(mail.key, 0, 0)) is None
    assert (await world.shipment(mail)).state is ShipmentState.REGISTERED
    assert await world.inquiries.shipment(CREATOR, mail.uuid) == await world.shipment(mail)


async def test_an_id_that_names_something_else_is_not_found(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    names: list[UUID] = [
        uuid4(),
        encode(mail.key, 0, 0),
        encode(mail.key, 2, 0),
        mail.notification(1),
        ShipmentId(OrderKey(KEY.value + 1), 1).uuid,
    ]
    for name in names:
        assert await world.inquiries.shipment(CREATOR, name) is None
        assert await world.cancel(CREATOR, name) is None
    for name in (mail.uuid, mail.notification(1), uuid4(), encode(OrderKey(5), 0, 0)):
        assert await world.inquiries.order(CREATOR, name) is None


async def test_an_order_is_read_with_its_shipments_and_cancelled_as_far_as_it_can_be(world: World) -> None:
    main, reminder = await world.order(email_content(), sms_content(), send_at=NOW + HOUR)
    shipment = await world.shipment(main)
    await world.store.commit([Change(shipment, replace(shipment, state=ShipmentState.SENDING))])
    found = await world.inquiries.order(CREATOR, encode(main.key, 0, 0))
    assert found is not None
    assert [each.id for each in found[1]] == [main, reminder]
    after = await world.cancel.all(CREATOR, encode(main.key, 0, 0))
    assert after is not None
    assert [each.state for each in after] == [ShipmentState.SENDING, ShipmentState.CANCELLED]


async def test_a_feed_is_read_forwards_and_backwards_by_its_own_creator(world: World) -> None:
    for number in range(3):
        await world.order(email_content(), idempotency_id=str(number))
    await world.run_to(NOW + timedelta(days=3))
    forwards = await world.inquiries.feed(CREATOR, 1, 10, newest_first=False)
    backwards = await world.inquiries.feed(CREATOR, 0, 2, newest_first=True)
    assert [entry.sequence for entry in forwards] == [2, 3]
    assert [entry.sequence for entry in backwards] == [3, 2]
    assert await world.inquiries.feed("other", 0, 10, newest_first=False) == []
