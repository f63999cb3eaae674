"""How transactions are written down: one line each, its partition and the kinds and sizes of its operations."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from notifications.storage.table import Delete, Operation

RECORD = "BENCHMARK_TRANSACTIONS"
"""The environment variable that names the file for the recording host."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction: the table and partition it was for, and (kind, bytes of its values) of each operation."""

    table: str
    partition: str
    operations: tuple[tuple[str, int], ...]


def line_of(table: str, partition: str, operations: Sequence[Operation]) -> str:
    """A transaction, as it is given to the table port, as a line."""
    return " ".join([table, partition, *(f"{type(each).__name__.lower()}:{_size(each)}" for each in operations)])


def read_transactions(lines: Iterable[str]) -> list[Transaction]:
    """The transactions in these lines."""
    return [_read(line.split()) for line in lines]


def _read(words: list[str]) -> Transaction:
    table, partition, *operations = words
    pairs = (operation.split(":") for operation in operations)
    return Transaction(table, partition, tuple((kind, int(size)) for kind, size in pairs))


def _size(operation: Operation) -> int:
    values = () if isinstance(operation, Delete) else operation.properties.values()
    return len(operation.key) + sum(len(value) if isinstance(value, str | bytes) else 8 for value in values)
