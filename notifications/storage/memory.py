"""A table in memory, with the same answers as the real one; for tests in which thirty days pass in a second."""

from bisect import bisect_left, insort
from collections import defaultdict
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


class _Partition:
    """The rows of a partition and their keys in order."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self._keys: list[str] = []

    def between(self, low: str, high: str, limit: int) -> list[Row]:
        """The first rows with low <= key < high."""
        start, end = bisect_left(self._keys, low), bisect_left(self._keys, high)
        return [self.rows[key] for key in self._keys[start : min(end, start + limit)]]

    def put(self, key: str, row: Row | None) -> None:
        """Write a row, or take it away."""
        if row is None:
            if self.rows.pop(key, None):
                del self._keys[bisect_left(self._keys, key)]
            return
        if key not in self.rows:
            insort(self._keys, key)
        self.rows[key] = row


class MemoryTable:
    """Rows in sorted partitions; every call is atomic, since nothing is awaited inside it."""

    def __init__(self) -> None:
        self._partitions: defaultdict[str, _Partition] = defaultdict(_Partition)
        self._versions = count(1)

    async def prepare(self) -> None:
        """Nothing to create."""

    async def get(self, partition: str, key: str) -> Row | None:
        """One row."""
        return self._partitions[partition].rows.get(key)

    async def read(
        self, partition: str, low: str, high: str, *, limit: int = MAX_PAGE, select: Sequence[str] = ()
    ) -> list[Row]:
        """The first rows with low <= key < high."""
        return [_selected(row, select) for row in self._partitions[partition].between(low, high, limit)]

    async def first_partition(self, low: str, high: str) -> str | None:
        """The first partition with low <= name < high that holds a row."""
        held = (name for name, partition in self._partitions.items() if partition.rows)
        return min((name for name in held if low <= name < high), default=None)

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Work out every operation before the first is applied, so that a refusal leaves nothing."""
        check(operations)
        there = self._partitions[partition]
        shall = [self._outcome(there.rows.get(each.key), index, each) for index, each in enumerate(operations)]
        for operation, row in zip(operations, shall, strict=True):
            there.put(operation.key, row)
        return [row.etag if row else "" for row in shall]

    def _outcome(self, current: Row | None, index: int, operation: Operation) -> Row | None:
        match operation:
            case Insert(key, properties):
                if current:
                    raise Rejected(index, Reason.EXISTS)
                return self._row(key, properties)
            case Upsert(key, properties):
                return self._row(key, properties)
            case Merge(key, properties, etag):
                kept = _matching(current, etag, index).properties
                return self._row(key, {**kept, **properties})
            case Delete(_, etag):
                _matching(current, etag, index)
                return None

    def _row(self, key: str, properties: Properties) -> Row:
        return Row(key, dict(properties), f'W/"{next(self._versions)}"')


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
