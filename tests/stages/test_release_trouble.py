"""Release in trouble: a bucket, a queue or a row that fails keeps nobody else from being released."""

import asyncio
from datetime import timedelta

import pytest

from notifications.domain.ids import KEY_BITS, OrderKey, ShipmentId
from notifications.domain.record import Message, WorkQueue
from notifications.domain.shipment import Shipment
from notifications.storage.queues import Depth
from notifications.storage.table import Insert, Row
from tests.builders import both_channels, order_of, registered
from tests.stages.fakes import StorageDown
from tests.stages.world import World


@pytest.fixture
def world() -> World:
    return World()


async def stored(world: World, shipment: Shipment) -> Shipment:
    await world.store.accept(order_of(shipment), [shipment])
    return shipment


def in_bucket(bucket: int) -> ShipmentId:
    return ShipmentId(OrderKey(bucket << (KEY_BITS - 8)), 1)


def released(world: World, queue: WorkQueue) -> list[ShipmentId]:
    return [shipment for message in world.queues.messages[queue] for shipment in message.shipments]


@pytest.mark.parametrize("bad", ["00", "07", "0f"])
async def test_one_bucket_that_cannot_be_read_leaves_the_others_released(
    world: World, caplog: pytest.LogCaptureFixture, bad: str
) -> None:
    ids = [(await stored(world, registered(id=in_bucket(number)))).id for number in range(16)]
    original = world.orders.read

    async def read(partition: str, low: str, high: str, **members: object) -> list[Row]:
        if partition == bad:
            raise StorageDown
        return await original(partition, low, high, **members)  # type: ignore[arg-type]

    world.orders.read = read  # type: ignore[method-assign]
    await world.release()
    assert sorted(released(world, WorkQueue.PROCESS)) == [each for each in ids if each.key.bucket != bad]
    assert f"release.not_read bucket={bad}" in caplog.text


@pytest.mark.parametrize("bad", WorkQueue)
async def test_one_queue_that_cannot_be_counted_leaves_the_others_filled(
    world: World, caplog: pytest.LogCaptureFixture, bad: WorkQueue
) -> None:
    await stored(world, registered(id=in_bucket(1)))
    await stored(world, both_channels(id=in_bucket(2)))
    original = world.queues.depth

    async def depth(queue: WorkQueue) -> Depth:
        if queue is bad:
            raise StorageDown
        return await original(queue)

    world.queues.depth = depth  # type: ignore[method-assign]
    await world.release()
    assert {queue for queue in WorkQueue if released(world, queue)} == set(WorkQueue) - {bad}
    assert f"release.not_filled queue={bad}" in caplog.text


async def test_one_queue_that_is_slow_to_answer_holds_up_no_other(world: World) -> None:
    await stored(world, registered(id=in_bucket(1)))
    await stored(world, both_channels(id=in_bucket(2)))
    depth, put, others = world.queues.depth, world.queues.put, asyncio.Event()

    async def slow(queue: WorkQueue) -> Depth:
        if queue is WorkQueue.PROCESS:
            await others.wait()
        return await depth(queue)

    async def told(queue: WorkQueue, message: Message) -> None:
        await put(queue, message)
        if released(world, WorkQueue.EMAIL) and released(world, WorkQueue.SMS):
            others.set()

    world.queues.depth, world.queues.put = slow, told  # type: ignore[method-assign]
    async with asyncio.timeout(10):
        await world.release()
    assert {queue for queue in WorkQueue if released(world, queue)} == set(WorkQueue)


@pytest.mark.parametrize("key", ["1|not-ours", "2|20260302000000000|not-ours|01", "2|2026030200000xyz0|"])
async def test_an_illegible_row_in_the_due_range_hides_nobody(
    world: World, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    shipment = await stored(world, registered(id=in_bucket(3), due=registered().due - timedelta(hours=1)))
    await world.orders.commit("03", [Insert(key, {"creator": "ttd", "wants": "p"})])
    await world.release()
    assert released(world, WorkQueue.PROCESS) == [shipment.id]
    assert "row.illegible" in caplog.text
