"""Release: fair, never the same twice in half a minute, and nothing that only memory knows."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from notifications.domain.ids import ShipmentId
from notifications.domain.record import PACK, Message, WakeUp, WorkQueue
from notifications.domain.shipment import Change
from notifications.stages.backlog import Backlog
from notifications.stages.flow import LEAST
from notifications.stages.release import Release
from tests.builders import NOW, both_channels, fact, order_of, registered, sending
from tests.stages.releasing import SECOND, due, flood, key, shipments_of, taken, waiting
from tests.stages.world import World


@pytest.fixture
def world() -> World:
    return World()


async def test_nothing_due_puts_nothing_and_asks_no_queue(world: World) -> None:
    await due(world, [key(1)], due=NOW + timedelta(milliseconds=1))
    await world.release()
    assert world.queues.put_at_all == []


async def test_what_is_due_is_put_once_in_full_packs_with_each_bucket_side_by_side(world: World) -> None:
    ids = await due(world, [key(number, bucket=number % 3) for number in range(100)])
    await world.release()
    messages = taken(world)
    assert sorted(shipments_of(messages)) == sorted(ids)
    assert [len(message.shipments) for message in messages] == [PACK] * 4
    buckets = [shipment.key.bucket for shipment in shipments_of(messages)]
    assert buckets == sorted(buckets)
    assert not any(message.again or message.facts for message in messages)


async def test_each_shipment_goes_to_the_queues_that_it_wants(world: World) -> None:
    rows = [
        registered(id=ShipmentId(key(1), 1)),
        sending(id=ShipmentId(key(2), 1)),
        both_channels(id=ShipmentId(key(3), 1)),
    ]
    for shipment in rows:
        await world.store.accept(order_of(shipment), [shipment])
    await world.release()
    put = {queue: sorted(shipments_of(taken(world, queue))) for queue in WorkQueue}
    assert put == {
        WorkQueue.PROCESS: [rows[0].id],
        WorkQueue.EMAIL: [rows[1].id, rows[2].id],
        WorkQueue.SMS: [rows[2].id],
    }


async def test_a_row_is_not_put_twice_within_half_a_minute_and_then_travels_alone(world: World) -> None:
    first, second = await due(world, [key(16), key(32)])
    await world.release()
    assert len(taken(world)) == 1
    for _ in range(29):
        world.clock.forward(SECOND)
        await world.release()
    assert taken(world) == []
    world.clock.forward(SECOND)
    await world.release()
    messages = taken(world)
    assert [message.again for message in messages] == [True, True]
    assert sorted(message.shipments for message in messages) == [(first,), (second,)]


async def test_a_row_that_has_waited_long_on_a_full_queue_is_not_put_twice_either(world: World) -> None:
    await due(world, [key(number) for number in range(1200)])
    put: Counter[ShipmentId] = Counter()
    for _ in range(25):
        await world.release()
        put.update(shipments_of(taken(world)))
        world.clock.forward(SECOND)
    assert len(put) == 1200
    assert set(put.values()) == {1}


async def test_a_wake_up_that_moved_is_put_at_once(world: World) -> None:
    (identity,) = await due(world, [key(1)])
    await world.release()
    taken(world)
    world.clock.forward(2 * SECOND)
    shipment = await world.shipment(identity)
    moved = registered(id=identity, creator="mine", due=NOW + SECOND)
    await world.store.commit([Change(shipment, moved)])
    await world.release()
    (message,) = taken(world)
    assert (message.shipments, message.again) == ((identity,), False)


async def test_a_shipment_whose_wake_up_moved_while_it_waited_is_put_once_in_a_message(world: World) -> None:
    """The row that was read first is stale then, and both would be work for the same shipment at once."""
    (identity,) = await due(world, [key(1)])
    for _ in range(LEAST):
        await world.queues.put(WorkQueue.PROCESS, Message(shipments=(ShipmentId(key(17), 1),)))
    await world.release()
    shipment = await world.shipment(identity)
    await world.store.commit([Change(shipment, registered(id=identity, creator="mine", due=NOW + SECOND))])
    world.clock.forward(2 * SECOND)
    taken(world)
    await world.release()
    assert all(len(set(message.shipments)) == len(message.shipments) for message in taken(world))


async def test_two_timers_put_duplicates_and_nothing_else(world: World) -> None:
    ids = await due(world, [key(number) for number in range(40)])
    other = Release(world.store, world.queues, world.clock)
    rows = sorted(row.etag for row in world.orders.rows())
    await asyncio.gather(world.release(), other())
    assert Counter(shipments_of(taken(world))) == dict.fromkeys(ids, 2)
    assert sorted(row.etag for row in world.orders.rows()) == rows


async def test_two_ticks_of_one_timer_at_once_put_everything_once(world: World) -> None:
    ids = await due(world, [key(number) for number in range(40)])
    await asyncio.gather(world.release(), world.release())
    assert Counter(shipments_of(taken(world))) == dict.fromkeys(ids, 1)


async def test_a_new_timer_puts_what_the_old_one_had_put(world: World) -> None:
    ids = await due(world, [key(number) for number in range(40)])
    await world.release()
    world.start()
    taken(world)
    await world.release()
    assert sorted(shipments_of(taken(world))) == sorted(ids)


async def test_what_could_not_be_put_is_put_at_the_next_tick(world: World) -> None:
    ids = await due(world, [key(number) for number in range(3)])
    world.queues.down = True
    await world.release()
    world.queues.down = False
    await world.release()
    messages = taken(world)
    assert sorted(shipments_of(messages)) == sorted(ids)
    assert not any(message.again for message in messages)


async def test_a_tick_puts_a_short_conveyor_and_leaves_the_rest_in_the_table(world: World) -> None:
    await flood(world, 16_000)
    await world.release()
    assert waiting(world) == LEAST
    world.clock.forward(SECOND)
    await world.release()
    assert waiting(world) == LEAST


async def test_a_queue_whose_workers_are_fast_is_filled_further(world: World) -> None:
    await flood(world, 9_600)
    depths = []
    for _ in range(8):
        await world.release()
        depths.append(waiting(world))
        taken(world)
        world.clock.forward(SECOND)
    assert depths[0] == LEAST
    assert max(depths) > 3 * LEAST


async def test_a_full_message_counts_as_many_small_ones(world: World) -> None:
    await flood(world, 16_000)
    await world.release()
    world.clock.forward(SECOND)
    (first, *_) = taken(world, limit=1)
    await world.release()
    assert waiting(world) == LEAST, "what was taken is put again, shipment for shipment"
    assert len(first.shipments) == PACK


async def test_twenty_of_mine_leave_within_a_few_ticks_although_anothers_100_000_are_due(world: World) -> None:
    await flood(world, 100_000)
    for _ in range(5):
        await world.release()
        taken(world, limit=8)
        world.clock.forward(SECOND)
    mine = set(await due(world, [key(10_000_000 + number) for number in range(20)], due=world.clock.now()))
    seen: set[ShipmentId] = set()
    for _ in range(5):
        await world.release()
        seen.update(shipments_of(taken(world, limit=8)))
        world.clock.forward(SECOND)
    seen.update(shipments_of(taken(world)))
    assert mine <= seen


async def test_everything_in_a_long_backlog_leaves_in_the_end(world: World) -> None:
    await flood(world, 8_000)
    seen: Counter[ShipmentId] = Counter()
    for _ in range(20):
        await world.release()
        seen.update(shipments_of(taken(world)))
        world.clock.forward(SECOND)
    assert len(seen) == 8_000
    assert set(seen.values()) == {1}


async def test_facts_are_put_with_their_shipment_and_again_only_after_a_while(world: World) -> None:
    (identity,) = await due(world, [key(1)], due=NOW + timedelta(hours=1))
    await world.store.add_fact(fact(shipment=identity))
    put = []
    for second in range(25):
        await world.release()
        if messages := taken(world):
            (message,) = messages
            assert message.facts == {identity}
            put.append(second)
        world.clock.forward(SECOND)
    assert put == [0, 5, 15]


async def test_facts_that_were_put_in_a_time_to_come_are_put_again(world: World) -> None:
    (identity,) = await due(world, [key(1)], due=NOW + timedelta(hours=1))
    await world.store.add_fact(fact(shipment=identity))
    await world.release()
    assert len(taken(world)) == 1
    world.clock.forward(seconds=-30)
    await world.release()
    assert len(taken(world)) == 1


async def test_the_next_fact_of_a_shipment_whose_facts_were_folded_is_put_at_once(world: World) -> None:
    (identity,) = await due(world, [key(1)], due=NOW + timedelta(hours=1))
    report = fact(shipment=identity)
    for _ in range(3):
        await world.store.add_fact(report)
        await world.release()
        assert len(taken(world)) == 1
        await world.store.drop_facts([report])
        world.clock.forward(SECOND)
        await world.release()


async def test_a_page_full_of_facts_hides_no_wake_up(world: World) -> None:
    for number in range(1100):
        await world.store.add_fact(fact(shipment=ShipmentId(key(number * 16, bucket=0), 1)))
    mine = await due(world, [key(10_000_000 + 16 * number, bucket=0) for number in range(5)])
    await world.release()
    assert set(mine) <= set(shipments_of(taken(world)))


async def test_the_many_facts_of_one_shipment_hide_no_other_ones(world: World) -> None:
    crowded, other = ShipmentId(key(0, bucket=0), 1), ShipmentId(key(1, bucket=0), 1)
    for number in range(1, 1101):
        await world.store.add_fact(fact(shipment=crowded, number=number))
    await world.store.add_fact(fact(shipment=other))
    await world.release()
    assert {shipment for message in taken(world) for shipment in message.facts} == {crowded, other}


async def test_facts_take_no_more_than_half_from_those_who_wait(world: World) -> None:
    for number in range(1600):
        await world.store.add_fact(fact(shipment=ShipmentId(key(1_000_000 + number), 1)))
    await flood(world, 3200)
    await world.release()
    messages = taken(world)
    told = sum(len(message.facts) for message in messages)
    waited = sum(len(message.shipments) for message in messages) - told
    assert told == waited == LEAST // 2


async def test_under_lasting_load_the_reports_of_each_bucket_get_their_turn(world: World) -> None:
    """Each tick brings more than there is room for; read in order, the last buckets would wait for ever."""
    seen: set[str] = set()
    for tick in range(20):
        for number in range(160):
            await world.store.add_fact(fact(shipment=ShipmentId(key(1_000_000 + 160 * tick + number), 1)))
        await world.release()
        for shipment in shipments_of(taken(world, limit=2)):
            seen.add(shipment.key.bucket)
            await world.store.drop_facts(await world.store.facts(shipment))
        world.clock.forward(SECOND)
    assert seen == {f"{bucket:02x}" for bucket in range(16)}


async def test_the_net_takes_only_what_has_been_due_for_some_time(world: World) -> None:
    old, _ = await due(world, [key(1)], due=NOW - 15 * SECOND), await due(world, [key(2)], due=NOW - 14 * SECOND)
    await world.release(overdue_by=15 * SECOND)
    assert shipments_of(taken(world)) == old


async def test_an_outage_of_storage_costs_a_tick_and_nothing_else(world: World) -> None:
    ids = await due(world, [key(1)])
    original = world.orders.read

    async def down(*_: object, **__: object) -> list[object]:
        raise ConnectionError

    world.orders.read = down  # type: ignore[method-assign, assignment]
    await world.release()
    assert not shipments_of(taken(world))
    world.orders.read = original  # type: ignore[method-assign]
    await world.release()
    assert shipments_of(taken(world)) == ids


def wake_up(number: int, creator: str) -> WakeUp:
    return WakeUp(due=NOW, shipment=ShipmentId(key(number), 1), creator=creator, wants="p")


async def test_memory_that_one_creator_has_filled_still_has_room_for_another() -> None:
    backlog = Backlog()
    for number in range(200_100):
        backlog.offer(wake_up(number, "another"))
    assert len(backlog) == 200_000
    backlog.offer(wake_up(300_000, "mine"))
    assert wake_up(300_000, "mine") in backlog.take(2)


async def test_creators_take_turns(world: World) -> None:

    backlog = Backlog()
    for creator, count in (("a", 5), ("b", 2), ("c", 1)):
        for number in range(count):
            backlog.offer(WakeUp(due=NOW, shipment=ShipmentId(key(number), ord(creator)), creator=creator, wants="p"))
    assert [wake_up.creator for wake_up in backlog.take(100)] == ["a", "b", "c", "a", "b", "a", "a", "a"]
    assert len(backlog) == 0
    assert backlog.take(5) == []
