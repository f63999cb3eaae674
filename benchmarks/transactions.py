"""How transactions are written down: one line each, its partition and the kinds and sizes of its operations."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

RECORD = "BENCHMARK_TRANSACTIONS"
"""The environment variable that names the file for the recording host."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction: the table and partition it was for, and (kind, bytes of its values) of each operation."""

    table: str
    partition: str
    operations: tuple[tuple[str, int], ...]


def line_of(table: str, operations: Iterable[Any]) -> str:
    """A transaction, as it is given to the client, as a line."""
    written = list(operations)
    partition = written[0][1]["PartitionKey"]
    return " ".join([table, partition, *(f"{each[0]}:{_size(each[1])}" for each in written)])


def read_transactions(lines: Iterable[str]) -> list[Transaction]:
    """The transactions in these lines."""
    return [_read(line.split()) for line in lines]


def _read(words: list[str]) -> Transaction:
    table, partition, *operations = words
    pairs = (operation.split(":") for operation in operations)
    return Transaction(table, partition, tuple((kind, int(size)) for kind, size in pairs))


def _size(entity: Mapping[str, object]) -> int:
    return sum(len(value) if isinstance(value, str | bytes) else 8 for value in entity.values())
