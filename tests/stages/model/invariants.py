"""What must hold after every single write, whatever happened before it (protocol: invariants)."""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from notifications.domain.shipment import Shipment
from notifications.domain.statuses import Rank, ShipmentState, Status
from notifications.storage.memory import MemoryTable
from notifications.storage.rows import read_shipment
from notifications.storage.table import Row
from tests.storage.invariants import astray


def _sorted(rows: Mapping[str, Row]) -> list[Row]:
    return [rows[key] for key in sorted(rows)]


class Watch:
    """Looks at all rows after each write, and remembers how far every notification had come."""

    def __init__(self, orders: MemoryTable, feed: MemoryTable) -> None:
        self._orders = orders
        self._feed = feed
        self._seen: dict[UUID, Status] = {}
        self._entries: dict[str, dict[int, str]] = {}
        self.published: Counter[str] = Counter()

    def shipments(self) -> list[Shipment]:
        """Every shipment as it is."""
        return [
            read_shipment(row, [each for each in _sorted(partition.rows) if each.key.startswith(f"{key}|")])
            for partition in list(self._orders._partitions.values())
            for key, row in partition.rows.items()
            if key.startswith("o|") and key.count("|") == 2
        ]

    def check(self) -> None:
        """Assert all of it."""
        for partition in list(self._orders._partitions.values()):
            lost = astray(partition.rows.values())
            assert not lost, f"I1: not exactly one wake-up: {lost}"
        for creator, partition in list(self._feed._partitions.items()):
            self._check_feed(creator, {key: row.properties for key, row in partition.rows.items()})
        for shipment in self.shipments():
            self._check_shipment(shipment)

    def _check_feed(self, creator: str, rows: dict[str, object]) -> None:
        """I8: contiguous from 1, one entry a shipment; what retention took was there once."""
        ever = self._entries.setdefault(creator, {})
        for key, properties in rows.items():
            if key.startswith("e|"):
                assert isinstance(properties, dict)
                sequence, shipment = int(key[2:]), str(properties["shipment"])
                assert ever.setdefault(sequence, shipment) == shipment, "I8: an entry was replaced"
        assert sorted(ever) == list(range(1, len(ever) + 1)), "I8: a gap in the feed"
        assert len(set(ever.values())) == len(ever), "I8: a shipment twice in the feed"
        self.published = Counter(entry for entries in self._entries.values() for entry in entries.values())

    def _check_shipment(self, shipment: Shipment) -> None:
        for one in shipment.notifications:
            identity = shipment.id.notification(one.number)
            before = self._seen.get(identity, Status.NEW)
            assert one.status.rank >= before.rank, f"I5: {before} became {one.status}"
            assert one.status is before or before.rank < Rank.FINAL, f"I5: {before} became {one.status}"
            self._seen[identity] = one.status
        if shipment.state is ShipmentState.DONE:
            assert not shipment.open, "I6: done with something open"
            if shipment.published:
                assert self.published[shipment.id.text] == 1, "marked as published and not in the feed"
