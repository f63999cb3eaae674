"""A table in memory, with the same answers as the real one; for tests in which thirty days pass in a second."""

from collections.abc import Sequence
from itertools import count

from notifications.storage.table import (
    MAX_PAGE,
    Delete,
    Insert,
    Merge,
    Operation,
    Properties,
    Reason,
    Rejected,
    Row,
    Upsert,
    check,
)


class MemoryTable:
    """Rows in a dictionary; every call is atomic, since nothing is awaited inside it."""

    def __init__(self) -> None:
        self._partitions: dict[str, dict[str, Row]] = {}
        self._versions = count(1)

    async def prepare(self) -> None:
        """Nothing to create."""

    async def get(self, partition: str, key: str) -> Row | None:
        """One row."""
        return self._partitions.get(partition, {}).get(key)

    async def read(
        self, partition: str, low: str, high: str, *, limit: int = MAX_PAGE, select: Sequence[str] = ()
    ) -> list[Row]:
        """The first rows with low <= key < high."""
        rows = self._partitions.get(partition, {})
        keys = sorted(key for key in rows if low <= key < high)[:limit]
        return [_selected(rows[key], select) for key in keys]

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Apply all operations to a copy, which replaces the rows when none was refused."""
        check(operations)
        rows = dict(self._partitions.get(partition, {}))
        etags = [self._apply(rows, index, operation) for index, operation in enumerate(operations)]
        self._partitions[partition] = rows
        return etags

    def _apply(self, rows: dict[str, Row], index: int, operation: Operation) -> str:
        current = rows.get(operation.key)
        match operation:
            case Insert(key, properties):
                if current:
                    raise Rejected(index, Reason.EXISTS)
                return self._write(rows, key, properties)
            case Upsert(key, properties):
                return self._write(rows, key, properties)
            case Merge(key, properties, etag):
                kept = _matching(current, etag, index).properties
                return self._write(rows, key, {**kept, **properties})
            case Delete(key, etag):
                _matching(current, etag, index)
                del rows[key]
                return ""

    def _write(self, rows: dict[str, Row], key: str, properties: Properties) -> str:
        etag = f'W/"{next(self._versions)}"'
        rows[key] = Row(key, dict(properties), etag)
        return etag


def _matching(current: Row | None, etag: str | None, index: int) -> Row:
    if current is None:
        raise Rejected(index, Reason.MISSING)
    if etag is not None and current.etag != etag:
        raise Rejected(index, Reason.CHANGED)
    return current


def _selected(row: Row, select: Sequence[str]) -> Row:
    if not select:
        return row
    return Row(row.key, {name: value for name, value in row.properties.items() if name in select}, row.etag)
