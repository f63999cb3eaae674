"""Parquet files written group by group, read back."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from io import BytesIO
from typing import Any

import pytest
from arro3.core import DataType, Field, Schema
from arro3.io import read_parquet
from hypothesis import given
from hypothesis import strategies as st

from notifications.contract.metrics.parquet import Column, Kind, write

type Row = tuple[int, str, str | None, int]

COLUMNS = (
    Column[Row]("Id", Kind.INT64, lambda row: row[0]),
    Column[Row]("Name", Kind.TEXT, lambda row: row[1]),
    Column[Row]("Resource", Kind.TEXT, lambda row: row[2], nullable=True),
    Column[Row]("Count", Kind.INT32, lambda row: row[3]),
)

rows = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.none() | st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(-(2**31), 2**31 - 1),
)


async def arriving(given: Iterable[Row]) -> AsyncIterator[Row]:
    for row in given:
        yield row


def read(content: bytes) -> list[dict[str, Any]]:
    table = read_parquet(BytesIO(content)).read_all()
    columns = [table.column(name).to_pylist() for name in table.column_names]
    return [dict(zip(table.column_names, values, strict=True)) for values in zip(*columns, strict=True)]


@given(st.lists(rows, max_size=12), st.integers(1, 5))
async def test_rows_are_read_back_as_they_were_written_whatever_the_size_of_a_group(
    given_rows: list[Row], row_group: int
) -> None:
    file = await write(COLUMNS, arriving(given_rows), row_group=row_group)
    assert file.rows == len(given_rows)
    assert [tuple(row.values()) for row in read(file.content)] == given_rows


async def test_columns_have_the_order_the_types_and_the_nullability_that_were_asked_for() -> None:
    file = await write(COLUMNS, arriving([(1, "a", None, 2)]))
    assert read_parquet(BytesIO(file.content)).schema == Schema(
        [
            Field("Id", DataType.int64(), nullable=False),
            Field("Name", DataType.utf8(), nullable=False),
            Field("Resource", DataType.utf8(), nullable=True),
            Field("Count", DataType.int32(), nullable=False),
        ]
    )


async def test_a_file_without_rows_still_has_its_columns() -> None:
    file = await write(COLUMNS, arriving([]))
    assert file.rows == 0
    assert read_parquet(BytesIO(file.content)).schema.names == ["Id", "Name", "Resource", "Count"]


async def test_a_group_is_written_before_the_next_is_read() -> None:
    alive: list[int] = []

    class Counted(tuple[int, str, str | None, int]):
        def __del__(self) -> None:
            alive.remove(self[0])

    async def many() -> AsyncIterator[Row]:
        for number in range(100):
            alive.append(number)
            yield Counted((number, "a", None, 1))
            # the group that is being filled, and the one that was just written
            assert len(alive) <= 21

    assert (await write(COLUMNS, many(), row_group=10)).rows == 100


async def test_what_goes_wrong_while_records_are_read_is_raised_as_it_is() -> None:
    failure = ConnectionError("storage")

    async def broken() -> AsyncIterator[Row]:
        yield (1, "a", None, 1)
        raise failure

    with pytest.raises(ConnectionError) as raised:
        await write(COLUMNS, broken(), row_group=1)
    assert raised.value is failure


def test_importing_the_contract_does_not_load_the_library() -> None:
    code = "import sys, notifications.contract.metrics.parquet; sys.exit('arro3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
