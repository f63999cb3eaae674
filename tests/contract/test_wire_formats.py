"""Small things of the wire: trace ids, media types, dates."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.contract.media_type import is_json
from notifications.contract.timestamps import parse_timestamp, write_timestamp
from notifications.contract.trace import trace_id

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_trace_goes_on_with_a_span_of_its_own() -> None:
    written = trace_id(PARENT)
    assert re.fullmatch(r"00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01", written)
    assert written != PARENT


@pytest.mark.parametrize(
    "parent",
    [None, "", "x", PARENT.upper(), "00-" + "0" * 32 + "-00f067aa0ba902b7-01", PARENT[:-20] + "0" * 16 + "-01"],
)
def test_without_a_trace_to_go_on_with_a_new_one_begins(parent: str | None) -> None:
    first, second = trace_id(parent), trace_id(parent)
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", first)
    assert first != second


@pytest.mark.parametrize(
    "header",
    [
        "application/json",
        "APPLICATION/JSON",
        " application/json ; ",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json; version=1; CharSet = utf8",
        "application/json;charset=utf8",
        "application/json; charset*=utf-8''latin1",
        "application/json; charset*0=ut; charset*=f-8",
    ],
)
def test_json_is_recognised(header: str) -> None:
    assert is_json(header)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "text/plain",
        "application/xml",
        "application/jsonp",
        "application/json, text/plain",
        "application/json; charset=",
        "application/json; charset=utf-16",
        "application/json; charset=utf-8; charset=utf-16",
        "\r\n",
        ";",
    ],
)
def test_anything_else_is_not_json(header: str | None) -> None:
    assert not is_json(header)


# Parameters in pieces and of other languages (RFC 2231), which a parser of mail headers would put together.
PARAMETERS = st.lists(st.sampled_from(["charset", "*", "*0", "*0*", "*1", "=", ";", "'", '"', "%ff", "utf-8", "\xe6"]))


@given(PARAMETERS.map("".join) | st.text())
def test_whatever_is_said_of_json_is_understood_or_not(parameters: str) -> None:
    assert is_json(f"application/json;{parameters}") in (True, False)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 8, 3, 9, 15, tzinfo=UTC), "2026-08-03T09:15:00Z"),
        (datetime(2026, 8, 3, 9, 15, 10, 120000, tzinfo=UTC), "2026-08-03T09:15:10.12Z"),
        (datetime(2026, 8, 3, 9, 15, 10, 1, tzinfo=UTC), "2026-08-03T09:15:10.000001Z"),
        (datetime(2026, 8, 3, 9, 15, tzinfo=timezone(timedelta(hours=2))), "2026-08-03T07:15:00Z"),
    ],
)
def test_dates_are_written_in_utc_with_no_more_digits_than_needed(moment: datetime, text: str) -> None:
    assert write_timestamp(moment) == text


@settings(deadline=None)
@given(st.datetimes(timezones=st.just(UTC)))
def test_a_date_that_was_written_reads_as_the_same(moment: datetime) -> None:
    assert parse_timestamp(write_timestamp(moment)) == (moment, True)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_reads_as_a_date_or_not(text: str) -> None:
    timestamp = parse_timestamp(text)
    assert timestamp is None or timestamp.utc.tzinfo is UTC
