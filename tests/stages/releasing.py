"""What is due, and workers that take it: what the tests of the release have in common."""

from collections.abc import Iterable
from datetime import timedelta

from notifications.domain.ids import KEY_BITS, OrderKey, ShipmentId
from notifications.domain.record import Message, WorkQueue
from notifications.storage.table import Insert
from tests.builders import order_of, registered
from tests.stages.world import World

SECOND = timedelta(seconds=1)
ONE_BUCKET = 1 << (KEY_BITS - 8)


def key(number: int, bucket: int | None = None) -> OrderKey:
    """A key in a bucket, or in the bucket that the number falls into."""
    return OrderKey((number % 16 if bucket is None else bucket) * ONE_BUCKET + number)


async def due(world: World, keys: Iterable[OrderKey], creator: str = "mine", **members: object) -> list[ShipmentId]:
    """Shipments that are due."""
    ids = []
    for each in keys:
        shipment = registered(id=ShipmentId(each, 1), creator=creator, **members)
        await world.store.accept(order_of(shipment), [shipment])
        ids.append(shipment.id)
    return ids


async def flood(world: World, count: int, creator: str = "another", *, heavy: bool = False) -> None:
    """So many wake-ups of another creator, due for some time; the rows that the timer reads, and no more."""
    for bucket in range(16):
        rows = [
            Insert(
                f"2|20260302095959{number % 1000:03}|{key(number * 16 + bucket, bucket).hex}|01",
                {"creator": creator, "wants": "p", "heavy": heavy},
            )
            for number in range(count // 16)
        ]
        for start in range(0, len(rows), 100):
            await world.orders.commit(f"{bucket:02x}", rows[start : start + 100])


def taken(world: World, queue: WorkQueue = WorkQueue.PROCESS, limit: int | None = None) -> list[Message]:
    """Take messages, as workers do."""
    messages = world.queues.messages[queue]
    some, world.queues.messages[queue] = messages[:limit], messages[len(messages[:limit]) :]
    return some


def shipments_of(messages: Iterable[Message]) -> list[ShipmentId]:
    return [shipment for message in messages for shipment in message.shipments]


def waiting(world: World) -> int:
    return len(shipments_of(world.queues.messages[WorkQueue.PROCESS]))
