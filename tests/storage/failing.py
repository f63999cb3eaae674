"""Tables that lose answers, count and remember calls, or let something happen between two of them."""

from collections.abc import Awaitable, Callable, Sequence

from notifications.storage.memory import MemoryTable
from notifications.storage.table import Operation, Row, Table


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


class RecordingTable:
    """Remembers the transactions that were asked of a table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self.commits: list[Sequence[Operation]] = []

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        self.commits.append(operations)
        return await self._table.commit(partition, operations)

    def __getattr__(self, name: str) -> object:
        return getattr(self._table, name)


class BusyTable:
    """Lets others do `work` after each of the first `times` reads of a single row."""

    def __init__(self, table: Table, times: int, work: Callable[[], Awaitable[object]]) -> None:
        self._table = table
        self._left = times
        self._work = work

    async def get(self, partition: str, key: str) -> Row | None:
        row = await self._table.get(partition, key)
        if self._left:
            self._left -= 1
            await self._work()
        return row

    def __getattr__(self, name: str) -> object:
        return getattr(self._table, name)


class DyingTable:
    """A table whose owner is killed when it comes to its n-th commit."""

    def __init__(self, table: Table, commits: int, death: type[BaseException] = KeyboardInterrupt) -> None:
        self._table = table
        self._left = commits
        self._death = death

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        if self._left == 0:
            raise self._death("killed")
        self._left -= 1
        return await self._table.commit(partition, operations)

    def __getattr__(self, name: str) -> object:
        return getattr(self._table, name)
