"""The port to a table: rows in partitions, and transactions within one (Azure Table storage's semantics).

A transaction is applied whole or not at all; when it is refused, `Rejected` names the first operation that failed
(https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

type Value = str | int | bool | bytes
type Properties = Mapping[str, Value]

MAX_OPERATIONS = 100
MAX_PAGE = 1000
MAX_STRING, MAX_BINARY = 32_768, 65_536
# For reads that ask which rows there are: no property but the keys is sent.
KEYS_ONLY = ("RowKey",)


class Reason(Enum):
    """Why an operation was refused."""

    EXISTS = "exists"
    CHANGED = "changed"
    MISSING = "missing"


class Rejected(Exception):
    """A transaction was refused as a whole because operation `index` does not fit the rows as they are."""

    def __init__(self, index: int, reason: Reason) -> None:
        super().__init__(f"operation {index} was refused: {reason.value}")
        self.index = index
        self.reason = reason


class TooManyOperations(ValueError):
    """More than a hundred operations; storage is not asked, since an emulator breaks the connection over it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it was read."""

    key: str
    properties: Properties
    etag: str


@dataclass(frozen=True, slots=True)
class Insert:
    """Create a row; refused as EXISTS when it is there."""

    key: str
    properties: Properties


@dataclass(frozen=True, slots=True)
class Upsert:
    """Write a row whole, whatever was there."""

    key: str
    properties: Properties


@dataclass(frozen=True, slots=True)
class Merge:
    """Change some properties of a row; refused as CHANGED when its ETag is another, as MISSING when it is gone."""

    key: str
    properties: Properties
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a row; refused as MISSING when it is gone."""

    key: str
    etag: str | None = None


type Operation = Insert | Upsert | Merge | Delete


class Table(Protocol):
    """A table of one storage account, or one in memory."""

    async def prepare(self) -> None:
        """Create the table if it is not there."""

    async def get(self, partition: str, key: str) -> Row | None:
        """One row."""

    async def read(
        self, partition: str, low: str, high: str, *, limit: int = MAX_PAGE, select: Sequence[str] = ()
    ) -> list[Row]:
        """The first rows, at most `limit`, with low <= key < high, in the order of their keys."""

    async def first_partition(self, low: str, high: str) -> str | None:
        """The first partition with low <= name < high that holds a row."""

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Apply all operations or none; the new ETags in their order, empty for a delete. Raises `Rejected`."""


def check(operations: Sequence[Operation]) -> None:
    """Refuse what no table would take."""
    if len(operations) > MAX_OPERATIONS:
        raise TooManyOperations(f"{len(operations)} operations in one transaction")
    if len({operation.key for operation in operations}) != len(operations):
        raise ValueError("a transaction that names a row twice")
    for operation in operations:
        if not isinstance(operation, Delete):
            _check_values(operation.properties)


def _check_values(properties: Properties) -> None:
    for value in properties.values():
        if value is None:
            raise ValueError("a property that is None would silently be left as it was")
        if isinstance(value, str | bytes) and len(value) > (MAX_STRING if isinstance(value, str) else MAX_BINARY):
            raise ValueError("a property that is larger than a table takes")
