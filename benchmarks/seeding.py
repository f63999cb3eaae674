"""Orders that lie in the tables already: the rows that acceptance writes, many orders to a transaction.

Placing a hundred thousand orders over HTTP would take longer than all benchmarks. What is written is the same.
"""

import json
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import batched

from azure.data.tables.aio import TableClient

from benchmarks.bodies import Body
from notifications.contract.orders import parse_chain
from notifications.domain.ids import ShipmentId
from notifications.domain.record import Order
from notifications.domain.sending_time import expiry_of
from notifications.domain.shipment import Shipment
from notifications.stages.acceptance import new_order
from notifications.storage.azure_table import AzureTable
from notifications.storage.changes import acceptance
from notifications.storage.table import MAX_OPERATIONS, Operation, Table

PER_SECOND = 700
"""So many orders a second are written at least, on two cores and with Azurite's data on disk."""

_TABLE = "orders"
_ROWS = 3
"""An order's own row, its shipment's and the wake-up's."""

type Placed = tuple[Order, Shipment]


async def seed(storage: str, creator: str, bodies: Sequence[Body]) -> float:
    """Write orders of one shipment each, without reminders, into a running system's tables; the seconds it took."""
    began = time.monotonic()
    async with TableClient.from_connection_string(storage, _TABLE) as client:
        await write(AzureTable(client), [placed(body, creator, datetime.now(UTC)) for body in bodies])
    return time.monotonic() - began


async def write(table: Table, orders: Sequence[Placed]) -> None:
    """Write orders, those of one bucket together."""
    for bucket, operations in _transactions(orders):
        await table.commit(bucket, operations)


def placed(body: Body, creator: str, now: datetime) -> Placed:
    """An order as acceptance makes it of a request's body."""
    draft = parse_chain(json.dumps(body).encode(), creator=creator, now=now)
    (main,) = draft.shipments
    order = new_order(draft, now)
    shipment = Shipment(
        id=ShipmentId(order.key, 1),
        creator=creator,
        content=main.content,
        created=now,
        changed=now,
        send_at=main.send_at,
        expires=expiry_of(main.content, main.send_at),
        due=main.send_at,
    )
    return order, shipment


def _transactions(orders: Sequence[Placed]) -> Iterator[tuple[str, list[Operation]]]:
    buckets: defaultdict[str, list[Placed]] = defaultdict(list)
    for each in orders:
        buckets[each[0].key.bucket].append(each)
    for bucket, own in sorted(buckets.items()):
        for some in batched(own, MAX_OPERATIONS // _ROWS, strict=False):
            yield bucket, [operation for order, shipment in some for operation in acceptance(order, [shipment])]
