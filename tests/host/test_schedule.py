"""NCRONTAB as NCrontab reads it; expected moments were worked out by hand, not with the code under test."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from local.host.schedule import FIELDS, Schedule, ScheduleError

WEDNESDAY = datetime(2025, 1, 15, 10, 20, 30, 500_000, UTC)

NEXT = [
    ("* * * * * *", "2025-01-15T10:20:31"),
    ("*/5 * * * * *", "2025-01-15T10:20:35"),
    ("0 * * * * *", "2025-01-15T10:21:00"),
    ("30 20 10 * * *", "2025-01-16T10:20:30"),
    ("31 20 10 * * *", "2025-01-15T10:20:31"),
    ("0 0 */6 * * *", "2025-01-15T12:00:00"),
    ("0 0 9-17 * * *", "2025-01-15T11:00:00"),
    ("0 0 9-17/4 * * *", "2025-01-15T13:00:00"),
    ("0 0 17-9 * * *", "2025-01-15T11:00:00"),
    ("0 0 22/1 * * *", "2025-01-15T22:00:00"),
    ("0 0,15,45 * * * *", "2025-01-15T10:45:00"),
    ("0 30 9 * * 1-5", "2025-01-16T09:30:00"),
    ("0 30 9 * * Sat,Sun", "2025-01-18T09:30:00"),
    ("0 30 9 * * mon", "2025-01-20T09:30:00"),
    ("0 0 0 1 Feb *", "2025-02-01T00:00:00"),
    ("0 0 0 1 january *", "2026-01-01T00:00:00"),
    ("0 0 0 29 2 *", "2028-02-29T00:00:00"),
    ("0 0 0 31 * *", "2025-01-31T00:00:00"),
    ("0 0 0 13 * Fri", "2025-06-13T00:00:00"),
    ("59 59 23 31 12 *", "2025-12-31T23:59:59"),
    ("*/10 * * * *", "2025-01-15T10:30:00"),
]


@pytest.mark.parametrize(("text", "expected"), NEXT)
def test_the_next_moment_of_a_schedule(text: str, expected: str) -> None:
    assert Schedule.parse(text).next_after(WEDNESDAY) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_moment_in_another_zone_is_answered_in_utc() -> None:
    oslo = datetime(2025, 1, 15, 11, 20, 30, tzinfo=timezone(timedelta(hours=1)))
    assert Schedule.parse("0 0 12 * * *").next_after(oslo) == datetime(2025, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "0 fields"),
        ("* * * *", "4 fields"),
        ("* * * * * * *", "7 fields"),
        ("00:00:05", "1 fields"),
        ("60 * * * * *", "60 is not between 0 and 59"),
        ("* * 24 * * *", "24 is not between 0 and 23"),
        ("* * * 0 * *", "0 is not between 1 and 31"),
        ("* * * * 13 *", "13 is not between 1 and 12"),
        ("* * * * * 7", "7 is not between 0 and 6"),
        ("* * * * * Funday", "'Funday' is not one of"),
        ("x * * * * *", "'x' is not a value"),
        ("1, * * * * *", "'' is not a value"),
        ("-5 * * * * *", "'' is not a value"),
        ("*/0 * * * * *", "must be at least 1"),
        ("*/x * * * * *", "'x' is not a step"),
        ("٣ * * * * *", "is not a value"),
        ("0 0 0 30 2 *", "never comes"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ScheduleError, match=reason):
        Schedule.parse(text)


def expression(low: int, high: int) -> st.SearchStrategy[str]:
    value = st.integers(low, high)
    bounded = st.tuples(value, value).map(lambda ends: f"{ends[0]}-{ends[1]}")
    stepped = st.tuples(st.just("*") | bounded | value.map(str), st.integers(1, 70)).map(lambda p: f"{p[0]}/{p[1]}")
    return st.lists(st.just("*") | value.map(str) | bounded | stepped, min_size=1, max_size=3).map(",".join)


SCHEDULES = st.tuples(*(expression(field.low, field.high) for field in FIELDS)).map(" ".join)
MOMENTS = st.integers(0, 3_786_912_000_000_000).map(lambda tick: datetime.fromtimestamp(tick / 1e6, UTC))


def parsed(text: str) -> Schedule:
    try:
        return Schedule.parse(text)
    except ScheduleError as error:
        # Only 30 February and the like: every field is well formed.
        assume("never comes" not in str(error))
        raise


def fits(schedule: Schedule, moment: datetime) -> bool:
    return (
        moment.second in schedule.seconds
        and moment.minute in schedule.minutes
        and moment.hour in schedule.hours
        and moment.day in schedule.days
        and moment.month in schedule.months
        and moment.isoweekday() % 7 in schedule.weekdays
    )


@given(SCHEDULES, MOMENTS)
def test_the_next_moment_is_later_fits_every_field_and_nothing_lies_between(text: str, moment: datetime) -> None:
    schedule = parsed(text)
    found = schedule.next_after(moment)
    assert found > moment
    assert fits(schedule, found)
    assert schedule.next_after(found - timedelta(microseconds=1)) == found
    second = moment.replace(microsecond=0) + timedelta(seconds=1)
    nearby = [second + timedelta(seconds=ahead) for ahead in range(200)]
    assert not any(fits(schedule, each) for each in nearby if each < found)


@given(st.text())
def test_any_text_is_either_a_schedule_or_refused(text: str) -> None:
    try:
        assert Schedule.parse(text).text == text
    except ScheduleError:
        return
