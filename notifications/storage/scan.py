"""Ranges of rows that are longer than one answer: read page by page, and removed in slices."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import batched

from notifications.storage.table import KEYS_ONLY, MAX_OPERATIONS, MAX_PAGE, Delete, Rejected, Row, Table


async def scan(
    table: Table, partition: str, low: str, high: str, *, page: int = MAX_PAGE, select: Sequence[str] = ()
) -> AsyncIterator[Row]:
    """All rows with low <= key < high, in the order of their keys; no more than a page of them is in memory."""
    while rows := await table.read(partition, low, high, limit=page, select=select):
        for row in rows:
            yield row
        if len(rows) < page:
            return
        low = rows[-1].key + "!"


async def clear(table: Table, partition: str, low: str, high: str) -> int:
    """Remove the first thousand rows with low <= key < high; how many there were, 0 when nothing is left.

    Safe to repeat, and for several at once.
    """
    rows = await table.read(partition, low, high, select=KEYS_ONLY)
    for some in batched(rows, MAX_OPERATIONS, strict=False):
        # Where somebody else removed one of them meanwhile none of these is: what is left is read again.
        with suppress(Rejected):
            await table.commit(partition, [Delete(row.key) for row in some])
    return len(rows)
