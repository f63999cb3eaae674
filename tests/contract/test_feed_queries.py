import pytest

from notifications.contract.feed_query import FeedOrder, FeedQuery, parse_feed_query
from notifications.contract.problems import ValidationFailed


def errors(**parameters: str) -> dict[str, list[str]]:
    with pytest.raises(ValidationFailed) as raised:
        parse_feed_query(parameters)
    return raised.value.errors


def test_without_parameters_the_feed_is_read_from_its_start() -> None:
    assert parse_feed_query({}) == FeedQuery(seq=0, page_size=500, order=FeedOrder.ASC)


def test_names_are_read_in_any_letter_case() -> None:
    query = parse_feed_query({"SEQ": "7", "pagesize": "2", "OrderBy": "desc", "other": "x"})
    assert query == FeedQuery(seq=7, page_size=2, order=FeedOrder.DESC)


@pytest.mark.parametrize(("asked", "given"), [("0", 1), ("-5", 1), ("1", 1), ("500", 500), ("501", 500), (" +20 ", 20)])
def test_a_page_size_out_of_range_is_moved_into_it(asked: str, given: int) -> None:
    assert parse_feed_query({"pageSize": asked}).page_size == given


@pytest.mark.parametrize("text", ["asc", "ASC", "0"])
def test_ascending_is_named_or_numbered(text: str) -> None:
    assert parse_feed_query({"orderBy": text}).order is FeedOrder.ASC


@pytest.mark.parametrize("text", ["Desc", "1"])
def test_descending_is_named_or_numbered(text: str) -> None:
    assert parse_feed_query({"orderBy": text}).order is FeedOrder.DESC


def test_the_largest_sequence_number_is_taken() -> None:
    assert parse_feed_query({"seq": "9223372036854775807"}).seq == 2**63 - 1


def test_all_bad_values_are_told_at_once() -> None:
    assert errors(seq="-1", pageSize="abc", orderBy="xyz") == {
        "seq": ["The field Seq must be between 0 and 9.223372036854776E+18."],
        "pageSize": ["The value 'abc' is not valid for PageSize."],
        "orderBy": ["The value 'xyz' is not valid for OrderBy."],
    }


@pytest.mark.parametrize("text", ["abc", "1.5", "9223372036854775808", "9" * 5000, "٣", "1e3"])
def test_a_sequence_number_that_does_not_read_is_refused(text: str) -> None:
    assert errors(Seq=text) == {"Seq": [f"The value '{text}' is not valid for Seq."]}


def test_a_page_size_beyond_32_bits_is_refused() -> None:
    assert errors(pageSize="2147483648") == {"pageSize": ["The value '2147483648' is not valid for PageSize."]}


def test_a_number_without_an_order_is_refused() -> None:
    assert errors(orderBy="7") == {"orderBy": ["The value '7' is invalid."]}


@pytest.mark.parametrize("name", ["seq", "pageSize", "orderBy"])
def test_an_empty_value_is_refused(name: str) -> None:
    assert errors(**{name: ""}) == {name: ["The value '' is invalid."]}
