"""Sets of numbers as text: the same set comes back, and it stays short for what shipments have."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.storage.number_sets import parse_ranges, ranges

stretches = st.builds(range, st.integers(0, 300), st.integers(0, 600), st.integers(1, 5))
sets = st.frozensets(st.integers(0, 200_000)) | st.lists(stretches, max_size=6).map(
    lambda several: frozenset(chain.from_iterable(several))
)


@given(sets)
def test_a_set_of_numbers_survives(numbers: frozenset[int]) -> None:
    assert parse_ranges(ranges(numbers)) == numbers


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([7], "7"),
        ([0, 1], "0-1"),
        ([1, 3], "1,3"),
        ([1, 3, 5], "1-5/2"),
        ([5, 3, 4, 9], "3-5,9"),
        ([*range(1, 251), 252], "1-250,252"),
        ([1, 5, 6, 7, 20, 23, 26], "1,5-7,20-26/3"),
        (range(1, 50_001), "1-50000"),
        (range(2, 100_001, 2), "2-100000/2"),
    ],
)
def test_numbers_are_written_as_one_would_write_them(numbers: list[int], text: str) -> None:
    assert ranges(numbers) == text
    assert parse_ranges(text) == frozenset(numbers)


@pytest.mark.parametrize("text", ["x", "1-x", "1-9/0", "1;2", "-3"])
def test_what_is_no_set_of_numbers_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text alone decides
        parse_ranges(text)
