"""Shipments of many notifications: stored in blocks, changed block by block, and still one shipment to everybody."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from notifications.domain.advance import mark_published
from notifications.domain.hand_over import Result, claim, record
from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.outcomes import Accepted
from notifications.domain.settle import complete, expire, fold, scheduled
from notifications.domain.shipment import BLOCK, BLOCKS_AT_ONCE, Change, Claim, Fact, Lane, Notification, Shipment
from notifications.domain.statuses import Channel, ShipmentState, Status
from notifications.storage.changes import ChangeTooLarge
from notifications.storage.orders import OrderStore
from notifications.storage.table import Delete, Merge, Rejected, Table, Upsert
from tests.builders import KEY, NOW, PACE, email_content, fact, many, notification, order_of, registered
from tests.storage.failing import BusyTable, CountingTable, DyingTable, RecordingTable
from tests.storage.invariants import all_rows, astray

BUCKET = KEY.bucket
SECOND = timedelta(seconds=1)

# aiohttp warns of the time that a body of more than a megabyte takes; it is what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")


def rows(first: int, last: int, status: Status = Status.NEW) -> tuple[Notification, ...]:
    return tuple(
        notification(number, address=f"kari{number}@example.com", recipient=number - 1, status=status)
        for number in range(first, last + 1)
    )


def with_rows(shipment: Shipment, last: int) -> Shipment:
    """The shipment with its first notifications, all of them waiting in its lane."""
    there = shipment.notifications[:last]
    lane = Lane(todo=frozenset(range(1, last + 1)), after=NOW)
    return replace(
        shipment,
        state=ShipmentState.SENDING,
        notifications=there + rows(len(there) + 1, last),
        planned=last,
        lanes={Channel.EMAIL: lane},
        wants="e",
    )


async def planned(store: OrderStore, count: int, at_once: int = 2_500, key: OrderKey = KEY) -> Shipment:
    """A shipment of so many notifications, made in slices."""
    shipment = registered(id=ShipmentId(key, 1), content=email_content(recipients=many(count)))
    await store.accept(order_of(shipment), [shipment])
    current = await read(store, shipment)
    for last in range(at_once, count + at_once, at_once):
        current = await committed(store, current, with_rows(current, min(last, count)))
    return current


async def read(store: OrderStore, shipment: Shipment) -> Shipment:
    there = await store.shipment(shipment.id)
    assert there is not None
    return there


async def committed(store: OrderStore, before: Shipment, after: Shipment, facts: Sequence[Fact] = ()) -> Shipment:
    outcome = await store.commit_one(Change(before, after, tuple(facts)))
    assert outcome is not None
    return outcome


def with_status(shipment: Shipment, number: int, status: Status) -> Shipment:
    notifications = list(shipment.notifications)
    notifications[number - 1] = replace(notifications[number - 1], status=status)
    return replace(shipment, notifications=tuple(notifications))


async def test_ten_thousand_notifications_go_the_whole_road(table: Table) -> None:
    """Planned in slices, claimed, recorded, reported, expired, published and removed; read back after every step."""
    store = OrderStore(table)
    shipment = await planned(store, 10_000)
    assert len(shipment.notifications) == 10_000
    assert await read(store, shipment) == shipment
    for step in range(3):
        held = claim(shipment, Channel.EMAIL, NOW, PACE, token="t", limit=300)
        shipment = await committed(store, shipment, held)
        numbers = range(300 * step + 1, 300 * step + 301)
        results = [Result(each, Accepted(f"operation-{each}"), NOW) for each in numbers]
        sent = record(shipment, Channel.EMAIL, results, NOW, PACE, token="t", jitter=0.5)
        shipment = await committed(store, shipment, sent)
        assert await read(store, shipment) == shipment
    for number in (1, 250, 251, 900, 10_000):
        await store.add_fact(fact(number=number))
    facts = await store.facts(shipment.id)
    shipment = await committed(store, shipment, scheduled(fold(shipment, facts), NOW, PACE), facts)
    assert await store.facts(shipment.id) == []
    assert await read(store, shipment) == shipment
    assert [len(shipment.open), len(shipment.lanes[Channel.EMAIL].todo)] == [9_995, 9_099]
    assert not astray(await all_rows(table, BUCKET))
    shipment = await ended(store, shipment)
    assert await read(store, shipment) == shipment
    await store.remove(shipment)
    assert len(await all_rows(table, BUCKET)) == 1


async def ended(store: OrderStore, shipment: Shipment) -> Shipment:
    """Expired block by block, and published."""
    late = shipment.expires + timedelta(hours=1)
    while shipment.open:
        after = expire(shipment, late)
        after = scheduled(after, late, PACE) if after.open else complete(after, late, PACE)
        shipment = await committed(store, shipment, after)
    return await committed(store, shipment, mark_published(shipment, PACE))


def test_time_that_ran_out_ends_no_more_than_one_change_can_write() -> None:
    shipment = with_rows(registered(), 3 * BLOCKS_AT_ONCE * BLOCK // 2)
    once = expire(shipment, shipment.expires)
    assert {one.number for one in once.open} == set(range(BLOCKS_AT_ONCE * BLOCK + 1, len(shipment.notifications) + 1))
    again = scheduled(once, shipment.expires, PACE)
    assert again.due <= shipment.expires
    assert again.wants == "p"
    assert not expire(again, shipment.expires).open


@pytest.mark.parametrize("count", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 2 * BLOCK + 1])
async def test_a_shipment_of_any_size_is_read_as_it_was_written(memory: Table, count: int) -> None:
    store = OrderStore(memory)
    shipment = with_rows(registered(), count)
    await store.accept(order_of(shipment), [shipment])
    assert await read(store, shipment) == shipment
    assert await store.shipments(KEY) == [shipment]
    blocks = [row.key for row in await all_rows(memory, BUCKET) if "|n|" in row.key]
    assert len(blocks) == max(count - 1, 0) // BLOCK


async def test_a_small_shipment_is_one_point_get(memory: Table) -> None:
    shipment = with_rows(registered(), BLOCK)
    await OrderStore(memory).accept(order_of(shipment), [shipment])

    class PointGets:
        get = memory.get

    assert await OrderStore(PointGets()).shipment(shipment.id) == shipment  # type: ignore[arg-type]


async def test_a_large_shipment_that_nobody_changes_is_read_by_three_calls(table: Table) -> None:
    """Its row, all that stands beside it, and whether its row is still the same."""
    shipment = await planned(OrderStore(table), 2 * BLOCK + 1)
    counting = CountingTable(table)
    assert await OrderStore(counting).shipment(shipment.id) == shipment  # type: ignore[arg-type]
    assert counting.calls == 3


async def test_a_change_writes_the_blocks_it_touches_and_no_others(memory: Table) -> None:
    recording = RecordingTable(memory)
    store = OrderStore(recording)  # type: ignore[arg-type]
    shipment = await planned(store, 5 * BLOCK, at_once=5 * BLOCK)
    other = await committed(store, shipment, with_status(shipment, 3 * BLOCK + 1, Status.ACCEPTED))
    own, block = recording.commits[-1]
    assert isinstance(own, Merge)
    assert isinstance(block, Upsert)
    assert (own.properties, own.etag) == ({}, shipment.etag)
    assert block.key.endswith("|n|0003")
    other = await committed(store, other, with_status(other, 1, Status.ACCEPTED))
    (own,) = recording.commits[-1]
    assert isinstance(own, Merge)
    assert set(own.properties) == {"n00", "blocks"}
    assert await read(store, shipment) == other


async def test_a_block_that_grows_and_one_that_is_new_are_both_written(memory: Table) -> None:
    recording = RecordingTable(memory)
    store = OrderStore(recording)  # type: ignore[arg-type]
    shipment = await planned(store, 2 * BLOCK - 10, at_once=2 * BLOCK - 10)
    grown = await committed(store, shipment, with_rows(shipment, 2 * BLOCK + 10))
    assert [each.key.rsplit("|", 1)[-1] for each in recording.commits[-1]] == ["01", "0001", "0002"]
    assert await read(store, shipment) == grown


async def test_a_change_of_too_many_blocks_is_an_error_that_stays_its_own(memory: Table) -> None:
    recording = RecordingTable(memory)
    store = OrderStore(recording)  # type: ignore[arg-type]
    shipment = await planned(store, BLOCK)
    other = await planned(store, 1, key=OrderKey(KEY.value + 1))
    recording.commits.clear()
    facts = (fact(),)
    changes = [Change(shipment, with_rows(shipment, 99 * BLOCK + 1), facts), Change(other, replace(other, reason="x"))]
    refused, taken = await store.commit(changes)
    assert isinstance(refused, ChangeTooLarge)
    assert str(refused) == "a change that writes 99 blocks, removes 0 and folds 1 facts"
    assert isinstance(taken, Shipment)
    assert len(recording.commits) == 1
    with pytest.raises(ChangeTooLarge):
        await store.commit_one(changes[0])


async def test_the_largest_change_that_the_domain_decides_on_is_one_transaction(table: Table) -> None:
    """Facts about many blocks, and as many other blocks as may expire at once."""
    store = OrderStore(table)
    shipment = await planned(store, 70 * BLOCK, at_once=30 * BLOCK)
    for number in range(1, 70 * BLOCK, BLOCK):
        await store.add_fact(fact(number=number))
    facts = await store.facts(shipment.id)
    late = shipment.expires + timedelta(hours=1)
    held = Claim(token="t", until=late + SECOND, rows=frozenset(range(1, 30 * BLOCK + 1)))
    held_back = shipment.with_lane(Channel.EMAIL, replace(shipment.lanes[Channel.EMAIL], claim=held))
    after = scheduled(expire(fold(held_back, facts), late), late, PACE)
    shipment = await committed(store, shipment, after, facts)
    assert await read(store, shipment) == shipment
    assert not astray(await all_rows(table, BUCKET))


async def test_a_shipment_that_changes_between_two_reads_is_read_again(memory: Table) -> None:
    store = OrderStore(memory)
    shipment = await planned(store, 2 * BLOCK)

    async def meanwhile() -> None:
        there = await read(store, shipment)
        await committed(store, there, with_status(with_status(there, 1, Status.ACCEPTED), BLOCK + 1, Status.ACCEPTED))

    seen = await read(OrderStore(BusyTable(memory, 1, meanwhile)), shipment)  # type: ignore[arg-type]
    assert [seen.notifications[place].status for place in (0, BLOCK)] == [Status.ACCEPTED, Status.ACCEPTED]
    assert seen == await read(store, shipment)
    assert await store.commit_one(Change(seen, replace(seen, reason="x"))) is not None


async def test_one_that_changes_all_the_time_is_shown_but_what_was_seen_of_it_cannot_be_committed(
    memory: Table,
) -> None:
    store = OrderStore(memory)
    shipment = await planned(store, 2 * BLOCK)
    sizes = iter(range(3, 100))

    async def meanwhile() -> None:
        there = await read(store, shipment)
        await committed(store, there, with_rows(there, next(sizes) * BLOCK))

    seen = await read(OrderStore(BusyTable(memory, 50, meanwhile)), shipment)  # type: ignore[arg-type]
    assert [one.number for one in seen.notifications] == list(range(1, len(seen.notifications) + 1))
    assert await store.commit_one(Change(seen, replace(seen, reason="x"))) is None


async def test_a_shipment_that_is_removed_while_it_is_read_is_not_there(memory: Table) -> None:
    store = OrderStore(memory)
    shipment = await planned(store, 2 * BLOCK)
    busy = BusyTable(memory, 1, lambda: store.remove(shipment))
    assert await OrderStore(busy).shipment(shipment.id) is None  # type: ignore[arg-type]


async def test_a_shipment_of_which_a_block_is_lost_is_not_taken_for_a_smaller_one(memory: Table) -> None:
    store = OrderStore(memory)
    shipment = await planned(store, 3 * BLOCK)
    (second, _) = [row.key for row in await all_rows(memory, BUCKET) if "|n|" in row.key]
    await memory.commit(BUCKET, [Delete(second)])
    with pytest.raises(ValueError, match="not all there"):
        await store.shipment(shipment.id)


async def test_the_shipments_of_an_order_are_found_whatever_stands_between_them(table: Table) -> None:
    store = OrderStore(table)
    shipments = [
        registered(id=ShipmentId(KEY, number), content=email_content(recipients=many(2))) for number in range(1, 32)
    ]
    await store.accept(order_of(*shipments), shipments)
    grown = [await store.shipment(each.id) for each in shipments]
    for place, size in ((0, 40 * BLOCK), (1, 3 * BLOCK), (15, 33 * BLOCK), (30, 2 * BLOCK)):
        before = grown[place]
        assert before is not None
        grown[place] = await committed(store, before, with_rows(before, size))
    assert await store.shipments(KEY) == grown


async def test_lanes_of_a_hundred_thousand_notifications_fit_in_the_shipments_row(table: Table) -> None:
    """Two channels that take turns, and numbers without any order: the longest that sets can be."""
    store = OrderStore(table)
    scattered = frozenset(Random(1).sample(range(1, 100_001), 25_000))
    lanes = {
        Channel.EMAIL: Lane(todo=frozenset(range(1, 100_001, 2)), after=NOW, uncertain=frozenset({7})),
        Channel.SMS: Lane(todo=frozenset(range(2, 100_001, 2)), after=NOW, uncertain=scattered),
    }
    shipment = registered(lanes=lanes)
    await store.accept(order_of(shipment), [shipment])
    assert await read(store, shipment) == shipment


@pytest.mark.parametrize("commits", range(5))
async def test_the_removal_of_a_large_shipment_that_was_killed_anywhere_can_be_done_again(
    memory: Table, commits: int
) -> None:
    store = OrderStore(memory)
    shipment = await planned(store, 170 * BLOCK, at_once=30 * BLOCK)
    shipment = await committed(store, shipment, mark_published(complete(shipment, NOW, PACE), PACE))
    await store.add_fact(fact())
    try:
        await OrderStore(DyingTable(memory, commits)).remove(shipment)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        again = await read(store, shipment)
        assert again.notifications == shipment.notifications[: len(again.notifications)]
        assert not astray(await all_rows(memory, BUCKET))
        await store.remove(again)
    assert len(await all_rows(memory, BUCKET)) == 1


async def test_the_removal_of_another_version_of_a_large_shipment_changes_nothing(memory: Table) -> None:
    store = OrderStore(memory)
    shipment = await planned(store, 100 * BLOCK, at_once=30 * BLOCK)
    await committed(store, shipment, replace(shipment, reason="x"))
    before = await all_rows(memory, BUCKET)
    with pytest.raises(Rejected):
        await store.remove(shipment)
    assert await all_rows(memory, BUCKET) == before


async def test_two_workers_on_one_large_shipment_lose_nothing_of_each_other(table: Table) -> None:
    """Each records its own block; whoever is refused reads again."""
    store = OrderStore(table)
    shipment = await planned(store, 4 * BLOCK)

    async def works(block: int) -> None:
        for number in range(block * BLOCK + 1, block * BLOCK + 6):
            done = False
            while not done:
                there = await read(store, shipment)
                outcome = await store.commit_one(Change(there, with_status(there, number, Status.DELIVERED)))
                done = outcome is not None

    await asyncio.gather(works(0), works(1), works(3))
    there = await read(store, shipment)
    told = [one.number for one in there.notifications if one.status is Status.DELIVERED]
    assert told == [block * BLOCK + place for block in (0, 1, 3) for place in range(1, 6)]
