"""Publish, once, what was decided before; retain, and then take everything away."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import ShipmentType
from notifications.domain.planning import plan
from notifications.domain.settle import complete, fold
from notifications.domain.shipment import Change, Shipment
from notifications.domain.statuses import Channel, ShipmentState, Status
from notifications.stages.metrics import records_of
from notifications.stages.publish import entry_of
from notifications.storage.table import Operation
from tests.builders import CREATOR, KEY, NOW, NUMBER, PACE, email_content, fact, order_of, registered, sms_content
from tests.stages.fakes import StorageDown
from tests.stages.world import World, one_bucket

DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


def ended(**members: object) -> Shipment:
    shipment = plan(registered(**members), NOW, PACE)
    return complete(fold(shipment, [fact()]), NOW + timedelta(seconds=9), PACE)


async def stored(world: World, *shipments: Shipment) -> list[Shipment]:
    found = []
    for number, shipment in enumerate(shipments):
        moved = replace(shipment, id=ShipmentId(OrderKey(KEY.value + number), 1))
        await world.store.accept(order_of(moved), [moved])
        found.append(await world.shipment(moved.id))
    return found


def test_an_entry_tells_who_was_reached_how_and_when() -> None:
    content = sms_content(type=ShipmentType.REMINDER, senders_reference="mine")
    entry = entry_of(ended(content=content), ())
    assert (entry.type, entry.status.value, entry.senders_reference) == (ShipmentType.REMINDER, "Completed", "mine")
    assert entry.changed == NOW + timedelta(seconds=9)
    (one,) = entry.recipients
    assert (one.destination, one.status, one.changed) == (NUMBER, Status.DELIVERED, fact().at)


def test_a_cancelled_shipment_tells_of_nobody() -> None:
    cancelled = replace(ended(), state=ShipmentState.CANCELLED)
    entry = entry_of(cancelled, records_of(cancelled))
    assert (entry.recipients, entry.status.value) == ((), "Cancelled")


def test_an_entry_tells_of_emails_first_as_the_manifest_does() -> None:
    shipment = ended(content=sms_content())
    (text,) = shipment.notifications
    both = replace(shipment, notifications=(text, replace(text, number=2, channel=Channel.EMAIL, address="")))
    assert [one.channel for one in entry_of(both, ()).recipients] == [Channel.EMAIL, Channel.SMS]


async def test_shipments_of_several_creators_are_published_each_in_its_feed_and_marked(world: World) -> None:
    shipments = await stored(world, ended(), ended(creator="other"), ended())
    await world.publish(shipments)
    assert [entry.shipment for entry in await world.entries()] == [shipments[0].id, shipments[2].id]
    assert [entry.shipment for entry in await world.entries("other")] == [shipments[1].id]
    for shipment in shipments:
        marked = await world.shipment(shipment.id)
        assert (marked.published, marked.due) == (True, shipment.changed + PACE.retention)
    await world.assert_consistent()


async def test_a_creator_whose_feed_cannot_be_written_leaves_those_of_others_published(world: World) -> None:
    shipments = await stored(world, ended(creator="broken"), ended(creator="other"), ended())
    original = world.feeds.commit

    async def commit(partition: str, operations: Sequence[Operation]) -> list[str]:
        if partition == "broken":
            raise StorageDown
        return await original(partition, operations)

    world.feeds.commit = commit  # type: ignore[method-assign]
    await world.publish(shipments)
    assert [len(await world.entries(each)) for each in ("broken", "other", CREATOR)] == [0, 1, 1]
    marked = [(await world.shipment(shipment.id)).published for shipment in shipments]
    assert marked == [False, True, True]
    put_off = await world.shipment(shipments[0].id)
    assert (put_off.attempts, put_off.reason) == (1, "error_StorageDown")


async def test_publishing_again_tells_nothing_again(world: World) -> None:
    shipments = await stored(world, ended())
    for _ in range(3):
        await world.publish(shipments)
    assert len(await world.entries()) == 1


async def test_a_report_that_is_folded_between_publication_and_mark_keeps_both(world: World) -> None:
    (shipment,) = await stored(world, ended())
    original = world.feed.publish

    async def then_late(creator: str, entries: object) -> None:
        await original(creator, entries)  # type: ignore[arg-type]
        there = await world.shipment(shipment.id)
        late = fold(there, [fact(Status.BOUNCED)])
        assert await world.store.commit([Change(there, late)]) != [None]

    world.feed.publish = then_late  # type: ignore[method-assign]
    await world.publish([shipment])
    marked = await world.shipment(shipment.id)
    assert (marked.published, marked.notifications[0].late) == (True, Status.BOUNCED)


async def test_a_shipment_that_is_gone_when_it_is_to_be_marked_is_let_go(world: World) -> None:
    (shipment,) = await stored(world, ended())
    await world.store.remove(shipment)
    await world.publish([shipment])
    assert await world.store.shipment(shipment.id) is None


@pytest.mark.parametrize("table", ["orders", "feeds", "refs"])
@pytest.mark.parametrize("call", ["get", "commit"])
@pytest.mark.parametrize("calls", range(4))
async def test_a_removal_that_storage_broke_off_anywhere_is_finished_later(
    world: World, table: str, call: str, calls: int
) -> None:
    referenced = ended(content=sms_content())
    referenced = replace(referenced, notifications=(replace(referenced.notifications[0], reference="REF-1"),))
    (shipment,) = await stored(world, referenced)

    async def nobody(_: object) -> None:
        raise AssertionError

    await world.references.introduce("REF-1", shipment.id.notification(1), nobody)
    await world.publish([shipment])
    world.clock.moment = (await world.shipment(shipment.id)).due
    broken = getattr(world, table)
    original, left = getattr(broken, call), calls

    async def breaks(*arguments: object) -> object:
        nonlocal left
        left -= 1
        if left == -1:
            raise StorageDown
        return await original(*arguments)

    setattr(broken, call, breaks)
    try:
        await world.process(one_bucket([shipment.id]))
    except StorageDown:
        await world.assert_consistent()
    setattr(broken, call, original)
    await world.run(120)
    assert await world.left() == {"orders o", "feed head", "feed t"}
    tombstone = await world.store.order(shipment.id.key)
    assert tombstone is not None
    assert tombstone.live == 0


async def test_a_shipment_that_changed_meanwhile_is_not_removed(world: World) -> None:
    (shipment,) = await stored(world, ended())
    await world.store.commit([Change(shipment, replace(shipment, attempts=1))])
    await world.retain(shipment)
    assert (await world.shipment(shipment.id)).attempts == 1


async def test_the_shipments_of_an_order_are_removed_each_at_its_time(world: World) -> None:
    first, second = (registered(id=ShipmentId(KEY, number), content=email_content()) for number in (1, 2))
    second = replace(second, send_at=NOW + 7 * DAY, due=NOW + 7 * DAY, expires=NOW + 9 * DAY)
    await world.store.accept(order_of(first, second), [first, second])
    await world.run_to(NOW + 93 * DAY)
    assert [shipment.id for shipment in await world.store.shipments(KEY)] == [second.id]
    assert len(await world.entries(CREATOR)) == 1
    await world.run_to(NOW + 100 * DAY)
    assert await world.left() == {"orders o", "feed head", "feed t"}
