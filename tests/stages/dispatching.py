"""Shipments of one bucket that wait for hand-over, and what the tests of dispatch do with them and look at."""

from collections.abc import Sequence
from datetime import timedelta

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import ShipmentContent
from notifications.domain.planning import plan
from notifications.domain.statuses import Channel, Status
from notifications.storage.table import Operation
from tests.builders import KEY, PACE, email_content, order_of, registered
from tests.stages.world import World, one_bucket

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
EMAIL, SMS = Channel.EMAIL, Channel.SMS


async def planned(world: World, *contents: ShipmentContent, **members: object) -> list[ShipmentId]:
    """Shipments that wait for hand-over, all in one bucket."""
    ids = []
    for number, content in enumerate(contents or (email_content(),)):
        start = registered(id=ShipmentId(OrderKey(KEY.value + number), 1), content=content, **members)
        shipment = plan(start, world.clock.now(), PACE)
        await world.store.accept(order_of(shipment), [shipment])
        ids.append(shipment.id)
    return ids


async def send(world: World, channel: Channel, *ids: ShipmentId, again: bool = False) -> None:
    """Do what the trigger of a channel's queue does with one message."""
    await world.dispatch[channel](one_bucket(ids, again=again))
    await world.assert_consistent()


async def statuses(world: World, identity: ShipmentId) -> list[Status]:
    """The statuses of a shipment's notifications."""
    return [one.status for one in (await world.shipment(identity)).notifications]


def refuse(world: World, bad: ShipmentId, times: int) -> None:
    """Let storage refuse so many transactions that touch a shipment, for a reason that is the shipment's own."""
    original, left = world.orders.commit, times

    async def commit(partition: str, operations: Sequence[Operation]) -> list[str]:
        nonlocal left
        if left and any(bad.key.hex in operation.key for operation in operations):
            left -= 1
            raise ValueError
        return await original(partition, operations)

    world.orders.commit = commit  # type: ignore[method-assign]
