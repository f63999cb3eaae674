"""Rows as they are written: keys that sort as time passes, sets, packed content, and strings from outside."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.storage.codec import (
    CHUNK,
    ROW_CHUNKS,
    bitmap,
    chunked,
    due_key,
    joined,
    key_part,
    moment,
    optional_moment,
    pack,
    parse_bitmap,
    parse_due_key,
    parse_moment,
    row_pieces,
    unpack,
)

FIRST = datetime(2000, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=36_500)).map(lambda passed: FIRST + passed)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(documents)
def test_what_is_packed_is_unpacked(document: object) -> None:
    assert unpack(pack(document)) == document


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, CHUNK * ROW_CHUNKS + 1])
def test_binary_is_split_into_properties_and_rows_and_joined_again(size: int) -> None:
    data = bytes(number % 251 for number in range(size))
    properties = chunked("c", data)
    assert all(isinstance(value, bytes) and len(value) <= CHUNK for value in properties.values())
    assert joined("c", {**properties, "creator": "x", "c": b"no", "cx": b"no"}) == data
    pieces = row_pieces(data)
    assert b"".join(pieces) == data
    assert all(len(piece) <= CHUNK * ROW_CHUNKS for piece in pieces)
    assert pieces


def test_a_packed_property_that_is_not_binary_is_an_error() -> None:
    with pytest.raises(TypeError):
        joined("c", {"c00": "text"})


@given(moments)
def test_a_time_is_read_as_it_was_written(when: datetime) -> None:
    assert parse_moment(moment(when)) == when
    assert optional_moment(moment(when)) == when
    assert moment(when.astimezone(timezone(timedelta(hours=5)))) == moment(when)


def test_no_time_is_none() -> None:
    assert optional_moment("") is optional_moment(None) is None


@given(moments)
def test_a_due_time_is_kept_to_the_millisecond(when: datetime) -> None:
    read = parse_due_key(due_key(when))
    assert timedelta(0) <= when - read < timedelta(milliseconds=1)
    assert read.tzinfo is UTC


@given(moments, moments)
def test_due_times_sort_as_time_passes(one: datetime, other: datetime) -> None:
    if due_key(one) < due_key(other):
        assert one < other


@pytest.mark.parametrize("text", ["", "2026", "202603021000000001", "2026030210000000x"])
def test_what_is_no_due_time_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text alone decides
        parse_due_key(text)


@given(st.frozensets(st.integers(0, 2000)))
def test_a_set_of_rows_survives(numbers: frozenset[int]) -> None:
    assert parse_bitmap(bitmap(numbers)) == numbers


def test_no_rows_are_no_rows() -> None:
    assert parse_bitmap("") == parse_bitmap(bitmap([])) == frozenset()


@given(st.text())
def test_a_string_from_outside_stands_in_a_key_with_harmless_letters_only(outside: str) -> None:
    assert all(letter.isascii() and (letter.isalnum() or letter in "._-=") for letter in key_part(outside))


@given(st.text(), st.text())
def test_two_strings_from_outside_never_share_a_key(one: str, other: str) -> None:
    assume(one != other)
    assert key_part(one) != key_part(other)
