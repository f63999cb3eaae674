"""Parquet files from records that arrive one by one, with one row group of them in memory at a time.

The library is imported by the calls that need it: an instance that never exports pays nothing for it
(`docs/decisions/0009-parquet-library.md`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from arro3.core import RecordBatch, Schema

ROW_GROUP = 50_000


class Kind(StrEnum):
    """The types of columns, named as Arrow names them."""

    INT32 = "int32"
    INT64 = "int64"
    TEXT = "utf8"


@dataclass(frozen=True, slots=True)
class Column[R]:
    """A column and where its value comes from; only a `nullable` one may have None."""

    name: str
    kind: Kind
    value: Callable[[R], str | int | None]
    nullable: bool = False


class File(NamedTuple):
    """A whole Parquet file and how many rows it has."""

    content: bytes
    rows: int


async def write[R](columns: Sequence[Column[R]], records: AsyncIterator[R], *, row_group: int = ROW_GROUP) -> File:
    """Write records as they arrive, compressed with Snappy; an error of `records` is raised as it is."""
    loop = asyncio.get_running_loop()
    errors: list[Exception] = []

    def groups() -> Iterator[list[R]]:
        # What is raised in here would reach the caller as the library's own exception, with the text of the first.
        try:
            while group := asyncio.run_coroutine_threadsafe(_next(records, row_group), loop).result():
                yield group
        except Exception as error:  # noqa: BLE001 - raised again where it can be awaited
            errors.append(error)

    file = await asyncio.to_thread(_write, columns, groups(), row_group)
    if errors:
        raise errors[0]
    return file


async def _next[R](records: AsyncIterator[R], count: int) -> list[R]:
    group: list[R] = []
    while len(group) < count:
        try:
            group.append(await anext(records))
        except StopAsyncIteration:
            break
    return group


def _write[R](columns: Sequence[Column[R]], groups: Iterator[list[R]], row_group: int) -> File:
    from arro3.core import RecordBatchReader  # noqa: PLC0415 - see the module's docstring
    from arro3.io import write_parquet  # noqa: PLC0415

    file, rows = BytesIO(), 0
    schema = _schema(columns)

    def batches() -> Iterator["RecordBatch"]:
        nonlocal rows
        for group in groups:
            rows += len(group)
            yield _batch(columns, schema, group)

    reader = RecordBatchReader.from_batches(schema, batches())
    write_parquet(reader, file, compression="snappy", max_row_group_size=row_group, skip_arrow_metadata=True)
    return File(file.getvalue(), rows)


def _schema[R](columns: Sequence[Column[R]]) -> "Schema":
    from arro3.core import DataType, Field, Schema  # noqa: PLC0415 - see the module's docstring

    return Schema([Field(each.name, getattr(DataType, each.kind)(), nullable=each.nullable) for each in columns])


def _batch[R](columns: Sequence[Column[R]], schema: "Schema", records: Sequence[R]) -> "RecordBatch":
    from arro3.core import Array, RecordBatch  # noqa: PLC0415 - see the module's docstring

    arrays = [Array([each.value(one) for one in records], schema.field(each.name).type) for each in columns]
    return RecordBatch.from_arrays(arrays, schema=schema)
