"""The port to a table: the same answers from memory and from the real service's emulator."""

import asyncio

import pytest

from notifications.storage.scan import clear, scan
from notifications.storage.table import (
    KEYS_ONLY,
    MAX_BINARY,
    MAX_OPERATIONS,
    MAX_STRING,
    Delete,
    Insert,
    Merge,
    Operation,
    Reason,
    Rejected,
    Table,
    TooManyOperations,
    Upsert,
    Value,
)

P = "partition"


async def keys(table: Table, low: str = " ", high: str = "~") -> list[str]:
    return [row.key for row in await table.read(P, low, high)]


async def rejection(table: Table, *operations: Operation) -> tuple[int, Reason]:
    with pytest.raises(Rejected) as refusal:
        await table.commit(P, operations)
    return refusal.value.index, refusal.value.reason


async def test_a_row_is_read_as_it_was_written(table: Table) -> None:
    properties: dict[str, Value] = {
        "text": "blåbær 🫐",
        "empty": "",
        "number": 2**31 - 1,
        "yes": True,
        "no": False,
        "data": b"\x00\xff",
    }
    (etag,) = await table.commit(P, [Insert("a", properties)])
    row = await table.get(P, "a")
    assert row is not None
    assert (row.key, dict(row.properties), row.etag) == ("a", properties, etag)
    assert type(row.properties["yes"]) is bool
    assert type(row.properties["number"]) is int
    assert type(row.properties["data"]) is bytes


async def test_preparing_twice_keeps_what_is_there(table: Table) -> None:
    await table.commit(P, [Insert("a", {})])
    await table.prepare()
    assert await keys(table) == ["a"]


async def test_a_row_that_is_not_there_is_none(table: Table) -> None:
    assert await table.get(P, "a") is None
    assert await table.read(P, "a", "b") == []


async def test_another_partition_is_another_place(table: Table) -> None:
    await table.commit(P, [Insert("a", {})])
    await table.commit("other", [Insert("a", {"n": 1})])
    assert await table.get("third", "a") is None
    row = await table.get(P, "a")
    assert row is not None
    assert "n" not in row.properties


async def test_nothing_to_do_is_nothing_done(table: Table) -> None:
    assert await table.commit(P, []) == []


async def test_a_row_is_inserted_once(table: Table) -> None:
    await table.commit(P, [Insert("a", {"n": 1})])
    assert await rejection(table, Insert("a", {"n": 2})) == (0, Reason.EXISTS)
    assert await rejection(table, Insert("b", {}), Insert("a", {"n": 2})) == (1, Reason.EXISTS)
    row = await table.get(P, "a")
    assert row is not None
    assert row.properties["n"] == 1
    assert await table.get(P, "b") is None


async def test_a_merge_changes_what_it_names_and_leaves_the_rest(table: Table) -> None:
    (etag,) = await table.commit(P, [Insert("a", {"n": 1, "kept": "x", "data": b"1"})])
    (newer,) = await table.commit(P, [Merge("a", {"n": 2, "more": "y"}, etag)])
    row = await table.get(P, "a")
    assert row is not None
    assert row.properties == {"n": 2, "kept": "x", "data": b"1", "more": "y"}
    assert row.etag == newer != etag


async def test_a_merge_clears_by_an_empty_value(table: Table) -> None:
    await table.commit(P, [Insert("a", {"text": "x", "data": b"1"})])
    await table.commit(P, [Merge("a", {"text": "", "data": b""})])
    row = await table.get(P, "a")
    assert row is not None
    assert row.properties == {"text": "", "data": b""}


async def test_a_merge_of_nothing_is_still_a_new_version(table: Table) -> None:
    (etag,) = await table.commit(P, [Insert("a", {"n": 1})])
    (newer,) = await table.commit(P, [Merge("a", {}, etag)])
    assert newer != etag
    assert await rejection(table, Merge("a", {}, etag)) == (0, Reason.CHANGED)


async def test_an_upsert_writes_a_row_whole(table: Table) -> None:
    await table.commit(P, [Upsert("a", {"n": 1, "gone": "x"})])
    await table.commit(P, [Upsert("a", {"n": 2})])
    row = await table.get(P, "a")
    assert row is not None
    assert row.properties == {"n": 2}


@pytest.mark.parametrize("alone", [True, False])
async def test_another_version_is_refused(table: Table, *, alone: bool) -> None:
    (old,) = await table.commit(P, [Insert("a", {"n": 1})])
    await table.commit(P, [Merge("a", {"n": 2}, old)])
    others: list[Operation] = [] if alone else [Insert("b", {}), Insert("c", {})]
    assert await rejection(table, *others, Merge("a", {"n": 3}, old)) == (len(others), Reason.CHANGED)
    assert await rejection(table, *others, Delete("a", old)) == (len(others), Reason.CHANGED)
    assert await keys(table) == ["a"]


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("etag", [None, "W/\"datetime'2026-03-02T10%3A00%3A00.0000000Z'\""])
async def test_what_is_gone_is_missing(table: Table, etag: str | None, *, alone: bool) -> None:
    others: list[Operation] = [] if alone else [Insert("b", {}), Insert("c", {})]
    for operation in (Merge("a", {"n": 1}, etag), Delete("a", etag)):
        index, reason = await rejection(table, *others, operation)
        assert (index, reason) == (len(others), Reason.MISSING)
    assert await keys(table) == []


async def test_a_delete_takes_the_row_whatever_its_version_or_just_the_one_named(table: Table) -> None:
    (etag, _) = await table.commit(P, [Insert("a", {}), Insert("b", {})])
    assert await table.commit(P, [Delete("a", etag)]) == [""]
    assert await table.commit(P, [Delete("b")]) == [""]
    assert await keys(table) == []


async def test_of_a_refused_transaction_nothing_remains(table: Table) -> None:
    (etag,) = await table.commit(P, [Insert("a", {"n": 1})])
    await table.commit(P, [Insert("taken", {})])
    refused = await rejection(
        table,
        Merge("a", {"n": 2}, etag),
        Insert("b", {}),
        Upsert("c", {}),
        Insert("taken", {}),
        Delete("d"),
    )
    assert refused == (3, Reason.EXISTS)
    row = await table.get(P, "a")
    assert row is not None
    assert (row.properties["n"], row.etag) == (1, etag)
    assert await keys(table) == ["a", "taken"]


async def test_the_versions_of_a_transaction_come_back_in_its_order(table: Table) -> None:
    await table.commit(P, [Insert("old", {})])
    etags = await table.commit(P, [Insert("a", {}), Delete("old"), Upsert("b", {}), Insert("c", {"n": 1})])
    rows = {row.key: row.etag for row in await table.read(P, "a", "d")}
    assert etags == [rows["a"], "", rows["b"], rows["c"]]
    await table.commit(P, [Merge("c", {"n": 2}, etags[3]), Delete("a", etags[0])])


async def test_a_hundred_operations_are_one_transaction(table: Table) -> None:
    await table.commit(P, [Insert(f"{number:03}", {}) for number in range(MAX_OPERATIONS)])
    assert len(await keys(table)) == MAX_OPERATIONS
    assert await rejection(table, *[Insert(f"{number:03}", {}) for number in reversed(range(99, 199))]) == (
        99,
        Reason.EXISTS,
    )


async def test_more_are_refused_before_storage_is_asked(table: Table) -> None:
    with pytest.raises(TooManyOperations):
        await table.commit(P, [Insert(f"{number:03}", {}) for number in range(MAX_OPERATIONS + 1)])
    assert await keys(table) == []


async def test_one_row_twice_in_a_transaction_is_refused_before_storage_is_asked(table: Table) -> None:
    with pytest.raises(ValueError, match="twice"):
        await table.commit(P, [Insert("a", {}), Merge("a", {"n": 1})])
    assert await keys(table) == []


async def test_a_property_that_is_none_is_refused_since_a_merge_would_leave_it(table: Table) -> None:
    nothing: dict[str, str] = {"n": None}  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="None"):
        await table.commit(P, [Insert("a", nothing)])


@pytest.mark.parametrize(
    ("value", "larger"), [("x" * MAX_STRING, "x" * (MAX_STRING + 1)), (bytes(MAX_BINARY), bytes(MAX_BINARY + 1))]
)
async def test_a_property_may_be_as_large_as_the_table_takes_and_no_larger(
    table: Table, value: Value, larger: Value
) -> None:
    await table.commit(P, [Insert("a", {"value": value})])
    row = await table.get(P, "a")
    assert row is not None
    assert row.properties["value"] == value
    with pytest.raises(ValueError, match="larger than a table takes"):
        await table.commit(P, [Merge("a", {"value": larger})])


async def test_a_range_holds_its_low_key_and_not_its_high_one(table: Table) -> None:
    await table.commit(P, [Insert(key, {}) for key in ("1|a", "1|b", "2|", "2|20260302", "2|20260302!", "o|1", "~")])
    assert await keys(table, "1|b", "o|1") == ["1|b", "2|", "2|20260302", "2|20260302!"]
    assert await keys(table, "1|b!", "2|20260302~") == ["2|", "2|20260302", "2|20260302!"]


async def test_a_range_is_read_in_the_order_of_its_keys_up_to_a_limit(table: Table) -> None:
    for start in (200, 100, 0):
        await table.commit(P, [Insert(f"{start + number:03}", {"n": start + number}) for number in range(100)])
    first = await table.read(P, "000", "999", limit=150)
    assert [row.properties["n"] for row in first] == list(range(150))
    assert [row.key for row in await table.read(P, "150", "999", limit=1)] == ["150"]
    assert len(await table.read(P, "000", "999")) == 300


async def test_a_range_of_more_than_a_page_is_read_whole_when_asked(table: Table) -> None:
    for start in range(0, 1100, 100):
        await table.commit(P, [Insert(f"{start + number:04}", {}) for number in range(100)])
    assert len(await table.read(P, "0000", "9999")) == 1000
    assert len(await table.read(P, "0000", "9999", limit=1100)) == 1100


async def test_a_reader_may_ask_for_some_properties_only(table: Table) -> None:
    await table.commit(P, [Insert("a", {"n": 1, "large": b"x" * 1000})])
    (row,) = await table.read(P, "a", "b", select=["n"])
    assert row.properties == {"n": 1}
    assert row.etag


async def test_a_reader_may_ask_which_rows_there_are(table: Table) -> None:
    etags = await table.commit(P, [Insert("a", {"n": 1}), Insert("b", {})])
    rows = await table.read(P, " ", "~", select=KEYS_ONLY)
    assert [(row.key, dict(row.properties), row.etag) for row in rows] == [("a", {}, etags[0]), ("b", {}, etags[1])]


async def test_a_long_range_is_scanned_page_by_page_and_cleared(table: Table) -> None:
    for low in range(0, 250, 50):
        await table.commit(P, [Insert(f"a|{number:03}", {"n": number}) for number in range(low, low + 50)])
    await table.commit(P, [Insert("b", {})])
    for page in (1_000, 250, 100, 7):
        found = [row.properties["n"] async for row in scan(table, P, "a|", "a|~", page=page)]
        assert found == list(range(250))
    assert max(await asyncio.gather(clear(table, P, "a|", "a|~"), clear(table, P, "a|", "a|~"))) == 250
    while await clear(table, P, "a|", "a|~"):
        continue
    assert await keys(table) == ["b"]


async def test_of_the_partitions_in_a_range_the_first_that_holds_a_row_is_found(table: Table) -> None:
    for partition in ("b|3", "b|1", "a|9", "c|1", "b|2"):
        await table.commit(partition, [Insert("y", {}), Insert("x", {})])
    assert await table.first_partition("b|", "b|3") == "b|1"
    await table.commit("b|1", [Delete("x"), Delete("y")])
    assert await table.first_partition("b|", "b|3") == "b|2"
    assert await table.first_partition("b|", "b|2") is None
    assert await table.first_partition("b|3", "b|4") == "b|3"
    assert await table.first_partition("d", "e") is None


async def test_outside_strings_survive_as_values(table: Table) -> None:
    values = {"a": "'quoted' \"twice\" \\ / ? # %20 %", "b": "\r\n\t", "c": "x" * 32_768}
    await table.commit(P, [Insert("a", values), Insert("b", values)])
    await table.commit(P, [Merge("a", values), Merge("b", values)])
    for row in await table.read(P, "a", "c"):
        assert row.properties == values


async def test_of_many_who_change_one_version_one_succeeds(table: Table) -> None:
    (etag,) = await table.commit(P, [Insert("a", {"n": 0})])
    tries = [table.commit(P, [Merge("a", {"n": number}, etag), Insert(f"b{number}", {})]) for number in range(8)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(outcome, list) for outcome in outcomes) == 1
    assert len(await keys(table)) == 2
