"""Ranges of rows that are longer than one answer: read page by page, and removed in slices."""

from collections.abc import AsyncIterator, Sequence

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


async def clear(table: Table, partition: str, low: str, high: str) -> None:
    """Remove all rows with low <= key < high; safe to repeat, and for several at once."""
    while rows := await table.read(partition, low, high, limit=MAX_OPERATIONS, select=KEYS_ONLY):
        try:
            await table.commit(partition, [Delete(row.key) for row in rows])
        except Rejected:
            # Somebody else removed one of them meanwhile, so that none of these was: what is left is read again.
            continue
