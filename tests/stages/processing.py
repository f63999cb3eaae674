"""Shipments of one bucket in any state, and what the tests of the process stage do with them."""

from dataclasses import replace

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import ConditionPolicy, ShipmentContent
from notifications.domain.shipment import Shipment
from tests.builders import KEY, email_content, order_of
from tests.stages.world import World, one_bucket

URL = "https://condition.example.com/"


def asks(policy: ConditionPolicy = ConditionPolicy.SEND) -> ShipmentContent:
    """An email with a send condition."""
    return email_content(condition_endpoint=URL, condition_policy=policy)


async def stored(world: World, *shipments: Shipment) -> list[ShipmentId]:
    """Shipments of one bucket, each of an order of its own."""
    ids = []
    for number, shipment in enumerate(shipments):
        moved = replace(shipment, id=ShipmentId(OrderKey(KEY.value + number), 1))
        await world.store.accept(order_of(moved), [moved])
        ids.append(moved.id)
    return ids


async def handle(world: World, *ids: ShipmentId, told: bool = False, again: bool = False) -> list[Shipment]:
    """Do what the trigger of the queue does with one message; the shipments as they are then."""
    await world.process(one_bucket(ids, facts=frozenset(ids if told else ()), again=again))
    await world.assert_consistent()
    return [await world.shipment(each) for each in ids]
