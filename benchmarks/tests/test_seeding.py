"""What is written into the tables beforehand is what the service would have written."""

import json
from collections.abc import Sequence

import pytest

from benchmarks.bodies import Body, Kind, body
from benchmarks.cost_at_scale import future_orders
from benchmarks.fairness import silent_orders
from benchmarks.seeding import placed, write
from local.simulators.acs_email.recipients import fate_of
from notifications.contract.orders import parse_chain
from notifications.domain.ids import ShipmentId
from notifications.domain.order import OrderDraft
from notifications.storage.memory import MemoryTable
from notifications.storage.orders import OrderStore
from notifications.storage.table import MAX_OPERATIONS, Operation
from tests.builders import NOW
from tests.stages.world import World

HOUR_LATER = NOW.timestamp() + 3600


class Counting(MemoryTable):
    """A table that remembers how large its transactions were."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        self.sizes.append(len(operations))
        return await super().commit(partition, operations)


@pytest.mark.parametrize("kind", [Kind.EMAIL, Kind.SMS])
async def test_a_shipment_that_was_written_beforehand_is_the_one_that_acceptance_writes(kind: Kind) -> None:
    order = body(kind, HOUR_LATER)
    world = World()
    accepted = (await world.accept(_draft(order))).order
    _, ours = placed(order, "ttd", NOW)
    assert await world.shipment(ShipmentId(accepted.key, 1)) == ours


async def test_many_orders_are_written_many_to_a_transaction_and_found_again() -> None:
    table = Counting()
    orders = [placed(body(Kind.EMAIL, HOUR_LATER), "ttd", NOW) for _ in range(2_000)]
    await write(table, orders)
    assert max(table.sizes) == MAX_OPERATIONS // 3 * 3
    assert len(table.sizes) < 2_000 // 20
    store = OrderStore(table)
    for order, shipment in orders[::100]:
        assert await store.order(order.key) == order
        assert await store.shipment(shipment.id) == shipment


def test_future_orders_are_due_one_after_the_other_and_none_while_others_are_measured() -> None:
    sends = [placed(each, "ttd", NOW)[1].send_at for each in future_orders(100, NOW.timestamp())]
    assert sends == sorted(set(sends))
    assert (sends[0] - NOW).total_seconds() >= 3600


def test_of_orders_that_only_wait_nothing_is_reported() -> None:
    for order in silent_orders(3, HOUR_LATER):
        assert not fate_of(order["recipient"]["recipientEmail"]["emailAddress"]).reports


def _draft(order: Body) -> OrderDraft:
    return parse_chain(json.dumps(order).encode(), creator="ttd", now=NOW)
