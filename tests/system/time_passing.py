"""Two days at once: what is stored of a shipment is given an end of its time that is now."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from azure.data.tables.aio import TableClient

from notifications.domain.ids import decode
from notifications.domain.pace import Pace
from notifications.domain.sending_time import LATE_REPORT_GRACE
from notifications.domain.settle import scheduled
from notifications.domain.shipment import Change
from notifications.storage.azure_table import AzureTable
from notifications.storage.orders import OrderStore
from tests.system.running import System


async def let_time_pass(system: System, *shipments: str) -> None:
    """Bring the end of these shipments' time to now, as if two days had gone by."""
    async with TableClient.from_connection_string(system.storage, "orders") as client:
        store = OrderStore(AzureTable(client))
        for each in shipments:
            await _run_out(store, each)


async def _run_out(store: OrderStore, shipment: str) -> None:
    address = decode(UUID(shipment))
    assert address is not None
    for _ in range(10):
        now = datetime.now(UTC)
        before = await store.shipment(address.shipment_id)
        assert before is not None
        over = replace(before, expires=now - LATE_REPORT_GRACE)
        if await store.commit_one(Change(before, scheduled(over, now, Pace()))):
            return
    raise AssertionError(f"{shipment} never stood still")
