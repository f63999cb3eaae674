"""A table whose answers get lost: the call was applied, and the caller is told that it failed."""

from collections.abc import Sequence

from notifications.storage.memory import MemoryTable
from notifications.storage.table import Operation, Table


class AnswerLost(Exception):
    """The connection broke after the request was sent."""


class LossyTable(MemoryTable):
    """Loses the answers to the next `lost` commits, or repeats as many as the client library does after a 5xx."""

    lost = 0
    repeated = 0

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        etags = await super().commit(partition, operations)
        if self.lost:
            self.lost -= 1
            raise AnswerLost
        if self.repeated:
            self.repeated -= 1
            return await super().commit(partition, operations)
        return etags


class CountingTable:
    """Counts the calls that reach a table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.calls = 0

    def __getattr__(self, name: str) -> object:
        self.calls += 1
        return getattr(self._table, name)
