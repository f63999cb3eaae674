"""A spike of scheduled orders far above the sustained rate: what is refused, what fails, and that nothing is lost."""

from collections.abc import Iterable
from uuid import UUID

from azure.data.tables.aio import TableClient

from benchmarks.answers import describe, failed, rate, refused, taken
from benchmarks.bodies import Kind
from benchmarks.figures import Section, shown
from benchmarks.load import Load, send
from benchmarks.memory import watched
from benchmarks.options import Options
from benchmarks.system import running
from notifications.domain.ids import BUCKETS, decode
from notifications.storage.rows import WAKE_UPS, order_key, shipment_key

_HOUR = 3600.0


async def spike(options: Options) -> Section:
    """Refused share, failures, and how many of the orders taken are not in the table with their wake-ups."""
    section = Section(f"Spike: {options.spike_rate} POST/s, scheduled, for {options.spike_seconds} s")
    async with running(in_memory=options.in_memory) as system:
        load = Load(
            url=system.addresses.service,
            token=await system.token(),
            count=options.spike_rate * options.spike_seconds,
            rate=options.spike_rate,
            kind=Kind.EMAIL_WITH_REMINDER,
            due_in=_HOUR,
        )
        async with watched(system.host) as resident:
            answers = await send(load)
        good = taken(answers)
        rows = await _keys(system.addresses.storage)
        section.add("orders taken", f"{len(good)} of {len(answers)} ({rate(answers):.0f} a second)")
        section.add("refused with 429", f"{100 * len(refused(answers)) / len(answers):.1f} %")
        section.at_most("5xx or no answer", len(failed(answers)), 0)
        section.at_most("taken, and lost", sum(_lost(each.shipments, rows) for each in good), 0)
        describe(section, answers)
        if resident:
            section.add("memory of the host, most", f"{shown(max(resident) / 1e6)} MB")
        section.notes += system.remarks()
    return section


async def _keys(storage: str) -> set[str]:
    """The keys of all rows of all buckets; wake-ups without their time."""
    keys: set[str] = set()
    async with TableClient.from_connection_string(storage, "orders") as table:
        for bucket in range(BUCKETS):
            rows = table.query_entities(f"PartitionKey eq '{bucket:02x}'", select=["RowKey"])
            keys.update([_without_time(str(row["RowKey"])) async for row in rows])
    return keys


def _without_time(key: str) -> str:
    return WAKE_UPS + key.split("|", 2)[2] if key.startswith(WAKE_UPS) else key


def _lost(shipments: Iterable[str], rows: set[str]) -> bool:
    return not all(_is_there(UUID(each), rows) for each in shipments)


def _is_there(shipment: UUID, rows: set[str]) -> bool:
    """Whether a shipment has its own row, its order's, and its wake-up."""
    address = decode(shipment)
    if address is None:
        return False
    wake_up = f"{WAKE_UPS}{address.key.hex}|{address.shipment:02x}"
    return {order_key(address.key), shipment_key(address.shipment_id), wake_up} <= rows
