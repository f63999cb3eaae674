"""Rows as they are written: keys that sort as time passes, sets, packed content, and strings from outside."""

import zlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from notifications.storage.codec import (
    CHUNK,
    CONTENT_CHUNKS,
    LANE_CHUNKS,
    NOTIFICATION_CHUNKS,
    ROW_CHUNKS,
    RowTooLarge,
    chunked,
    due_key,
    from_key_part,
    joined,
    key_part,
    moment,
    optional_moment,
    pack,
    parse_due_key,
    parse_moment,
    row_pieces,
    short_key_part,
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
    properties = chunked("c", data, ROW_CHUNKS + 1)
    assert all(isinstance(value, bytes) and len(value) <= CHUNK for value in properties.values())
    assert joined("c", {**properties, "creator": "x", "c": b"no", "cx": b"no"}) == data
    pieces = row_pieces(data)
    assert b"".join(pieces) == data
    assert len(pieces[0]) <= CHUNK * CONTENT_CHUNKS
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


def test_what_a_longer_version_left_behind_is_not_read() -> None:
    longer, shorter = chunked("n", pack(["x"] * 9), most=1), pack(["y"])
    assert unpack(joined("n", {**longer, "n00": shorter, "n01": b"left over", "n02": b""})) == ["y"]


@pytest.mark.parametrize("broken", [b"", b"no", pack(["x"] * 100)[:-1]])
def test_what_is_not_whole_is_an_error(broken: bytes) -> None:
    with pytest.raises((ValueError, zlib.error)):
        unpack(broken)


def test_a_row_that_would_be_too_large_is_refused() -> None:
    with pytest.raises(RowTooLarge, match="786433 bytes of 'c', where 786432 fit"):
        chunked("c", bytes(CHUNK * ROW_CHUNKS + 1))
    with pytest.raises(RowTooLarge):
        chunked("n", bytes(2 * CHUNK + 1), most=2)


def test_all_that_a_shipments_row_may_hold_leaves_room_for_its_texts() -> None:
    assert (CONTENT_CHUNKS + NOTIFICATION_CHUNKS + LANE_CHUNKS) * CHUNK <= 900 * 1024 - 32_768 * 2


@given(st.text())
def test_a_string_from_outside_stands_in_a_key_with_harmless_letters_only(outside: str) -> None:
    assert all(letter.isascii() and (letter.isalnum() or letter in "._-=") for letter in key_part(outside))


@given(st.text(), st.text())
def test_two_strings_from_outside_never_share_a_key(one: str, other: str) -> None:
    assume(one != other)
    assert key_part(one) != key_part(other)


anything = st.text(st.characters(exclude_categories=()))


@given(anything)
def test_a_string_is_found_again_in_its_key(outside: str) -> None:
    assert from_key_part(key_part(outside)) == outside


@given(st.text("/a", min_size=380, max_size=420) | st.text("/a", min_size=120, max_size=150))
def test_a_long_string_stands_in_a_key_as_its_hash(outside: str) -> None:
    part = short_key_part(outside)
    assert len(part) <= 400
    assert part.startswith("!") == (len(key_part(outside)) > 400)
    assert part.startswith("!") or part == key_part(outside)
    assert part != short_key_part(outside + "a")
