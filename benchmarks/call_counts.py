"""How many storage calls lie between two moments, by kind, from the logs of a running system's Azurite."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.access_log import count_queue_calls, count_table_calls, read_calls
from benchmarks.transactions import Transaction, read_transactions
from local.data_directory import DataDirectory


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment with nothing under way: how far the logs, and the file of transactions, had been written."""

    table: int
    queue: int
    transactions: int


class CallLogs:
    """Azurite's access logs and the host's transactions, of one run."""

    def __init__(self, data: DataDirectory, transactions: Path) -> None:
        self._table = data.log("azurite-table")
        self._queue = data.log("azurite-queue")
        self._transactions = transactions

    def mark(self) -> Mark:
        """The present moment."""
        return Mark(*(path.stat().st_size for path in (self._table, self._queue, self._transactions)))

    def calls(self, start: Mark, end: Mark) -> Counter[str]:
        """The calls between two moments, by kind."""
        table = count_table_calls(read_calls(_between(self._table, start.table, end.table)))
        return table + count_queue_calls(read_calls(_between(self._queue, start.queue, end.queue)))

    def transactions(self, start: Mark, end: Mark) -> list[Transaction]:
        """The transactions between two moments, in their order."""
        return read_transactions(_between(self._transactions, start.transactions, end.transactions))


def _between(path: Path, start: int, end: int) -> list[str]:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start).decode().splitlines()
