"""Release while much waits: memory is not read again at each tick, and nothing stays unread for long."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from notifications.domain.ids import KEY_BITS, OrderKey, ShipmentId
from notifications.domain.record import WakeUp, WorkQueue
from notifications.stages.backlog import Backlog
from notifications.storage.codec import due_key
from notifications.storage.table import MAX_PAGE, Insert, Row
from tests.builders import NOW, fact
from tests.stages.world import World

SECOND = timedelta(seconds=1)
ONE_BUCKET = 1 << (KEY_BITS - 8)
LONG_AGO = NOW - timedelta(hours=1)
TICKS_OF_A_SWEEP = 5


@pytest.fixture
def world() -> World:
    return World()


def identity(number: int, bucket: int = 0) -> ShipmentId:
    return ShipmentId(OrderKey(bucket * ONE_BUCKET + number), 1)


async def wait(
    world: World, count: int, *, creator: str = "another", first: int = 0, ago: timedelta, bucket: int = 0
) -> None:
    """So many wake-ups of one bucket, due so long ago; the rows that the timer reads, and no more."""
    moment = due_key(world.clock.now() - ago)
    rows = [
        Insert(f"2|{moment}|{identity(number, bucket).key.hex}|01", {"creator": creator, "wants": "p"})
        for number in range(first, first + count)
    ]
    for start in range(0, len(rows), 100):
        await world.orders.commit(f"{bucket:02x}", rows[start : start + 100])


def rows_read(world: World) -> list[int]:
    """How many rows each reading of the table from now on answers."""
    counts: list[int] = []
    read = world.orders.read

    async def counted(
        partition: str, low: str, high: str, *, limit: int = MAX_PAGE, select: Sequence[str] = ()
    ) -> list[Row]:
        rows = await read(partition, low, high, limit=limit, select=select)
        counts.append(len(rows))
        return rows

    world.orders.read = counted  # type: ignore[method-assign]
    return counts


async def ticks(world: World, count: int, *, workers: bool = True) -> list[ShipmentId]:
    """So many ticks, a second apart, and what they put on the queue; without workers it stays there."""
    seen: list[ShipmentId] = []
    for _ in range(count):
        await world.release()
        if workers:
            seen.extend(each for message in world.queues.messages[WorkQueue.PROCESS] for each in message.shipments)
            world.queues.messages[WorkQueue.PROCESS] = []
        world.clock.forward(SECOND)
    return seen


async def test_a_long_backlog_is_read_once_and_then_only_where_it_begins_and_ends(world: World) -> None:
    await wait(world, 5_000, ago=timedelta(hours=1))
    counts = rows_read(world)
    await ticks(world, TICKS_OF_A_SWEEP, workers=False)
    assert sum(counts) >= 5_000
    counts.clear()
    await ticks(world, 10, workers=False)
    assert sum(counts) <= 10 * 50


async def test_a_long_backlog_is_read_again_after_half_a_minute(world: World) -> None:
    await wait(world, 3_000, ago=timedelta(hours=1))
    counts = rows_read(world)
    await ticks(world, TICKS_OF_A_SWEEP, workers=False)
    counts.clear()
    await ticks(world, 31, workers=False)
    assert 2_950 <= sum(counts) - 31 * 50 <= 3_000


def slow(world: World, seconds: float) -> None:
    """Let each reading of the table take so long."""
    read = world.orders.read

    async def slowly(
        partition: str, low: str, high: str, *, limit: int = MAX_PAGE, select: Sequence[str] = ()
    ) -> list[Row]:
        world.clock.forward(seconds=seconds)
        return await read(partition, low, high, limit=limit, select=select)

    world.orders.read = slowly  # type: ignore[method-assign]


async def test_where_storage_is_slow_a_tick_reads_few_pages_of_the_backlog_and_in_the_end_all(world: World) -> None:
    for bucket in range(8):
        await wait(world, 2_500, bucket=bucket, ago=timedelta(hours=1))
        await wait(world, 1, creator=f"owner-{bucket}", bucket=bucket, first=900_000, ago=timedelta(minutes=30))
    slow(world, 0.2)
    counts = rows_read(world)
    seen = await ticks(world, 1)
    assert sum(count == MAX_PAGE for count in counts) <= 8 + 4
    mine = {identity(900_000, bucket) for bucket in range(8)}
    for _ in range(20):
        seen.extend(await ticks(world, 1))
    assert mine <= set(seen)


async def test_a_survey_that_took_long_leaves_the_time_to_others_for_longer(world: World) -> None:
    await wait(world, 8_500, ago=timedelta(hours=1))
    slow(world, 1)
    counts = rows_read(world)
    began = world.clock.now()
    while sum(counts) < 8_500:
        await ticks(world, 1, workers=False)
    took = world.clock.now() - began
    assert took > timedelta(seconds=30)
    counts.clear()
    while world.clock.now() < began + 4 * took:
        await ticks(world, 1, workers=False)
    assert max(counts) <= 50


async def long_backlogs(world: World) -> None:
    """Rows wait in every bucket, more than a look at the oldest reads, and are in memory already."""
    for bucket in range(16):
        await wait(world, 60, bucket=bucket, first=bucket * 1_000, ago=timedelta(hours=1))
    await ticks(world, TICKS_OF_A_SWEEP)


async def test_where_storage_is_slow_the_oldest_rows_are_read_at_every_fourth_tick(world: World) -> None:
    await long_backlogs(world)
    counts = rows_read(world)
    await ticks(world, 4, workers=False)
    assert counts.count(50) == 4 * 16
    slow(world, 0.1)
    await ticks(world, 1, workers=False)
    counts.clear()
    await ticks(world, 4, workers=False)
    assert counts.count(50) == 16


async def test_where_storage_is_slow_what_came_due_since_the_last_tick_is_put_at_the_next(world: World) -> None:
    await long_backlogs(world)
    slow(world, 0.1)
    for tick in range(8):
        for bucket in range(16):
            await wait(world, 1, creator="mine", first=900_000 + tick, ago=SECOND, bucket=bucket)
        assert {identity(900_000 + tick, bucket) for bucket in range(16)} <= set(await ticks(world, 1))


async def test_where_storage_is_slow_facts_are_put_in_the_turn_of_their_bucket_and_not_each_time(world: World) -> None:
    await long_backlogs(world)
    slow(world, 0.1)
    await ticks(world, 1)
    reported = [identity(900_000, bucket) for bucket in range(16)]
    for each in reported:
        await world.store.add_fact(fact(shipment=each))
    seen = await ticks(world, 4)
    assert set(reported) <= set(seen)
    puts = [each for _ in range(40) for each in await ticks(world, 1)]
    # Each time twice as long after the last: not in each of ten turns.
    assert all(2 <= puts.count(each) <= 5 for each in reported)


async def test_what_came_due_since_the_last_tick_is_put_at_the_next_although_much_waits(world: World) -> None:
    await wait(world, 5_000, ago=timedelta(hours=1))
    await ticks(world, TICKS_OF_A_SWEEP, workers=False)
    await wait(world, 3, creator="mine", first=900_000, ago=SECOND)
    world.queues.messages[WorkQueue.PROCESS] = []
    assert {identity(900_000 + number) for number in range(3)} <= set(await ticks(world, 1))


async def test_more_than_a_page_that_comes_due_at_one_moment_is_read_to_its_end_at_once(world: World) -> None:
    await wait(world, 400, ago=timedelta(hours=1))
    await ticks(world, TICKS_OF_A_SWEEP, workers=False)
    await wait(world, 2_500, first=100_000, ago=SECOND)
    await wait(world, 1, creator="mine", first=900_000, ago=SECOND)
    world.queues.messages[WorkQueue.PROCESS] = []
    assert identity(900_000) in await ticks(world, 3)


async def test_what_came_due_while_a_bucket_could_not_be_read_is_found_as_soon_as_it_can(world: World) -> None:
    await wait(world, 400, ago=timedelta(hours=1))
    await ticks(world, TICKS_OF_A_SWEEP, workers=False)
    read = world.orders.read

    async def down(*_: object, **__: object) -> list[Row]:
        raise ConnectionError

    world.orders.read = down  # type: ignore[method-assign]
    await wait(world, 1, creator="mine", first=900_000, ago=timedelta(0))
    await ticks(world, 12)
    world.orders.read = read  # type: ignore[method-assign]
    assert identity(900_000) in await ticks(world, 2)


async def test_what_could_not_be_put_is_next_although_its_rows_are_not_read_again(world: World) -> None:
    await wait(world, 5_000, ago=timedelta(hours=1))
    await wait(world, 1, creator="mine", first=900_000, ago=timedelta(minutes=30))
    world.queues.down = True
    await ticks(world, TICKS_OF_A_SWEEP)
    world.queues.down = False
    assert identity(900_000) in await ticks(world, 2)


async def test_the_net_does_not_make_the_timer_overlook_what_the_net_left(world: World) -> None:
    await wait(world, 400, ago=timedelta(hours=1))
    await ticks(world, TICKS_OF_A_SWEEP, workers=False)
    world.clock.forward(10 * SECOND)
    await wait(world, 1, creator="mine", first=900_000, ago=8 * SECOND)
    await world.release(overdue_by=15 * SECOND)
    world.queues.messages[WorkQueue.PROCESS] = []
    assert identity(900_000) in await ticks(world, 1)


async def test_the_net_leaves_a_survey_that_is_under_way_to_the_timer(world: World) -> None:
    await wait(world, 5_000, ago=timedelta(hours=1))
    await ticks(world, 1, workers=False)
    counts = rows_read(world)
    await world.release(overdue_by=15 * SECOND)
    assert max(counts) <= 50
    await ticks(world, TICKS_OF_A_SWEEP, workers=False)
    assert sum(counts) >= 3_000


async def test_a_clock_that_is_set_back_blinds_nobody(world: World) -> None:
    await wait(world, 400, ago=timedelta(hours=3))
    await ticks(world, TICKS_OF_A_SWEEP)
    world.clock.forward(timedelta(hours=-1))
    await wait(world, 1, creator="mine", first=900_000, ago=timedelta(minutes=1))
    assert identity(900_000) in await ticks(world, 3)


async def test_what_is_written_ten_seconds_late_is_still_new(world: World) -> None:
    await wait(world, 400, ago=timedelta(hours=1))
    await ticks(world, 12)
    await wait(world, 1, creator="mine", first=900_000, ago=10 * SECOND)
    assert identity(900_000) in await ticks(world, 4)


async def test_thousands_that_came_due_a_moment_ago_hide_no_newcomer(world: World) -> None:
    await wait(world, 400, ago=timedelta(hours=1))
    await ticks(world, 4)
    await wait(world, 5_000, first=100_000, ago=timedelta(0))
    await ticks(world, 8)
    for second in range(1, 5):
        await wait(world, 1, creator="mine", first=900_000 + second, ago=SECOND)
        assert identity(900_000 + second) in await ticks(world, 1)


async def test_what_memory_refused_is_read_again_as_soon_as_its_owner_has_nothing_left_in_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.stages.backlog._CAPACITY", 2_000)
    monkeypatch.setattr("notifications.stages.backlog._SHARE", 10)
    await wait(world, 3_000, ago=timedelta(hours=2))
    await wait(world, 40, creator="mine", first=900_000, ago=timedelta(hours=1))
    mine = {identity(900_000 + number) for number in range(40)}
    assert mine <= set(await ticks(world, 12))


async def test_more_facts_than_are_read_of_wake_ups_are_all_put(world: World) -> None:
    for number in range(600):
        await world.store.add_fact(fact(shipment=identity(number)))
    assert len(set(await ticks(world, 20))) == 600


def wake_up(number: int, creator: str = "mine") -> WakeUp:
    return WakeUp(due=NOW, shipment=identity(number), creator=creator, wants="p")


def test_what_was_taken_and_given_back_is_taken_first() -> None:
    backlog = Backlog()
    for number in range(4):
        backlog.offer(wake_up(number))
    backlog.give_back(backlog.take(2))
    assert [each.shipment for each in backlog.take(9)] == [identity(number) for number in range(4)]


def test_what_was_read_again_before_it_was_given_back_waits_once() -> None:
    backlog = Backlog()
    backlog.offer(wake_up(1))
    taken = backlog.take(1)
    backlog.offer(wake_up(1))
    backlog.give_back(taken)
    assert len(backlog.take(9)) == 1
