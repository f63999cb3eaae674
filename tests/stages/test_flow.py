"""How much a queue is given: by what its workers took, and only as long as others have room."""

from datetime import timedelta

import pytest

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.record import PACK, Message, WorkQueue
from notifications.stages.flow import LEAST, SHORT, Allowances, Flow, Room
from notifications.storage.queues import Depth, MemoryQueues
from tests.builders import NOW, FakeClock
from tests.stages.fakes import StorageDown

QUEUE = WorkQueue.EMAIL
SECOND = timedelta(seconds=1)


async def fill(queues: MemoryQueues, shipments: int) -> None:
    ids = tuple(ShipmentId(OrderKey(number), 1) for number in range(shipments))
    await queues.put(QUEUE, Message(shipments=ids))


async def test_a_queue_has_room_while_few_shipments_wait_in_it() -> None:
    queues = MemoryQueues()
    await fill(queues, SHORT - 1)
    assert await Room(queues, FakeClock()).in_queue(QUEUE)
    await fill(queues, 1)
    assert not await Room(queues, FakeClock()).in_queue(QUEUE)


async def test_what_was_put_counts_before_the_queue_is_looked_at_again() -> None:
    room = Room(MemoryQueues(), FakeClock())
    assert await room.in_queue(QUEUE)
    room.used(QUEUE, SHORT)
    assert not await room.in_queue(QUEUE)


@pytest.mark.parametrize(("later", "is_known"), [(SECOND, True), (1.1 * SECOND, False), (-timedelta(hours=1), False)])
async def test_a_queue_is_looked_at_once_a_second_and_again_where_the_clock_is_set_back(
    later: timedelta, is_known: bool
) -> None:
    queues, clock = MemoryQueues(), FakeClock()
    room = Room(queues, clock)
    assert await room.in_queue(QUEUE)
    await fill(queues, SHORT)
    clock.forward(later)
    assert await room.in_queue(QUEUE) is is_known


async def test_a_queue_that_cannot_be_looked_at_has_no_room() -> None:
    class Silent(MemoryQueues):
        async def depth(self, queue: WorkQueue) -> Depth:
            raise StorageDown

    assert not await Room(Silent(), FakeClock()).in_queue(QUEUE)


def test_a_queue_of_unknown_workers_gets_enough_to_find_out_how_much_they_take() -> None:
    assert Flow().room(0, NOW) == LEAST
    assert Flow().room(LEAST - PACK, NOW) == PACK
    assert Flow().room(2 * LEAST, NOW) == 0


def test_a_queue_gets_what_its_workers_take_in_two_seconds() -> None:
    flow, now = Flow(), NOW
    for _ in range(10):
        flow.note(flow.room(0, now))
        now += SECOND
    assert flow.room(0, now) > 10 * LEAST
    for _ in range(20):
        now += SECOND
        room = flow.room(500, now)
    assert room == 0
    assert flow.room(0, now + 60 * SECOND) == LEAST


def test_each_creator_may_pass_so_often_at_once_and_so_often_every_second_after_that() -> None:
    clock = FakeClock()
    allowances = Allowances(3, 2, clock)
    assert [allowances.take("one") for _ in range(4)] == [True, True, True, False]
    assert allowances.take("another")
    clock.forward(SECOND)
    assert [allowances.take("one") for _ in range(3)] == [True, True, False]


def test_a_clock_that_is_set_back_stops_nobody_from_passing() -> None:
    clock = FakeClock()
    allowances = Allowances(3, 2, clock)
    assert [allowances.take("one") for _ in range(4)] == [True, True, True, False]
    clock.forward(-timedelta(hours=1))
    assert not allowances.take("one")
    clock.forward(SECOND)
    assert allowances.take("one")
