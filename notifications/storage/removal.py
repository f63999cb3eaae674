"""Removing rows by their keys, many to a transaction, some of which may be gone already, as after a crash."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from notifications.storage.batch import slices
from notifications.storage.table import Delete, Operation, Rejected, Table


async def remove(table: Table, partition: str, keys: Sequence[str]) -> None:
    """Remove rows of one partition; safe to repeat."""
    for some in slices(Delete(key) for key in dict.fromkeys(keys)):
        try:
            await table.commit(partition, some)
        except Rejected:
            await _one_by_one(table, partition, some)


async def _one_by_one(table: Table, partition: str, deletes: Iterable[Operation]) -> None:
    """Some are gone already; the others still have to go."""
    for each in deletes:
        with suppress(Rejected):
            await table.commit(partition, [each])
