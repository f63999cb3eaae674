from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.order import SendingTimePolicy
from notifications.domain.sending_time import OSLO, expiry, may_leave, next_opening

DAYTIME, ANYTIME = SendingTimePolicy.DAYTIME, SendingTimePolicy.ANYTIME
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
moments = st.timedeltas(timedelta(0), timedelta(days=3650)).map(lambda passed: FIRST + passed)
HOUR = timedelta(hours=1)


def oslo(text: str) -> datetime:
    """An hour on Oslo's walls, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=OSLO).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("2026-01-15 08:59:59.999999", False),
        ("2026-01-15 09:00:00", True),
        ("2026-01-15 12:00:00", True),
        ("2026-01-15 16:59:59.999999", True),
        ("2026-01-15 17:00:00", False),
        ("2026-01-15 00:00:00", False),
        ("2026-07-15 09:00:00", True),
        ("2026-07-15 17:00:00", False),
        ("2026-01-17 10:00:00", True),  # a Saturday
    ],
)
def test_the_daytime_window_opens_at_nine_and_closes_at_seventeen_in_oslo(at: str, *, allowed: bool) -> None:
    assert may_leave(DAYTIME, oslo(at)) is allowed


@given(moments)
def test_anytime_may_leave_at_any_time(moment: datetime) -> None:
    assert may_leave(ANYTIME, moment)
    assert next_opening(ANYTIME, moment) == moment


@given(moments)
def test_the_next_opening_is_the_first_moment_that_is_allowed(moment: datetime) -> None:
    opening = next_opening(DAYTIME, moment)
    assert opening >= moment
    assert may_leave(DAYTIME, opening)
    if opening > moment:
        assert not may_leave(DAYTIME, opening - timedelta(microseconds=1))
        assert opening - moment <= timedelta(hours=17)
        assert opening.astimezone(OSLO).strftime("%H:%M:%S.%f") == "09:00:00.000000"


@pytest.mark.parametrize(
    ("at", "opens"),
    [
        ("2026-01-15 08:00", "2026-01-15 09:00"),
        ("2026-01-15 17:00", "2026-01-16 09:00"),
        ("2026-12-31 23:59", "2027-01-01 09:00"),
        ("2026-03-28 20:00", "2026-03-29 09:00"),  # the night that loses an hour
        ("2026-03-29 01:30", "2026-03-29 09:00"),
        ("2026-10-24 20:00", "2026-10-25 09:00"),  # the night that has one more
        ("2026-10-25 02:30", "2026-10-25 09:00"),
    ],
)
def test_outside_the_window_the_next_opening_is_nine_in_oslo(at: str, opens: str) -> None:
    assert next_opening(DAYTIME, oslo(at)) == oslo(opens)


def test_a_night_in_which_the_clock_changes_is_an_hour_shorter_or_longer() -> None:
    spring, autumn = oslo("2026-03-28 17:00"), oslo("2026-10-24 17:00")
    assert next_opening(DAYTIME, spring) - spring == timedelta(hours=15)
    assert next_opening(DAYTIME, autumn) - autumn == timedelta(hours=17)


# engine.md section 5.3, with spec/README.md item 23 for 09:00:00.000 sharp
@pytest.mark.parametrize(
    ("policy", "requested", "expires"),
    [
        (ANYTIME, "2026-01-15 03:00", "2026-01-17 03:00"),
        (ANYTIME, "2026-01-15 20:00", "2026-01-17 20:00"),
        (DAYTIME, "2026-01-15 12:30", "2026-01-17 12:30"),
        (DAYTIME, "2026-01-15 09:00", "2026-01-17 09:00"),
        (DAYTIME, "2026-01-15 16:59:59", "2026-01-17 16:59:59"),
        (DAYTIME, "2026-01-15 08:59:59", "2026-01-17 09:00"),
        (DAYTIME, "2026-01-15 00:00", "2026-01-17 09:00"),
        (DAYTIME, "2026-01-15 17:00", "2026-01-18 09:00"),
        (DAYTIME, "2026-01-15 23:59", "2026-01-18 09:00"),
        # hours on the wall, over nights in which the clock changes
        (DAYTIME, "2026-03-28 08:00", "2026-03-30 09:00"),
        (DAYTIME, "2026-03-27 18:00", "2026-03-30 09:00"),
        (DAYTIME, "2026-10-24 08:00", "2026-10-26 09:00"),
        (DAYTIME, "2026-10-23 18:00", "2026-10-26 09:00"),
    ],
)
def test_a_shipment_expires_as_the_specification_tabulates(
    policy: SendingTimePolicy, requested: str, expires: str
) -> None:
    assert expiry(policy, oslo(requested)) == oslo(expires)


def test_inside_the_window_48_hours_are_48_hours_whatever_the_clock_does() -> None:
    for day in ("2026-03-28 12:00", "2026-10-24 12:00"):
        assert expiry(DAYTIME, oslo(day)) - oslo(day) == 48 * HOUR
        assert expiry(ANYTIME, oslo(day)) - oslo(day) == 48 * HOUR


@given(moments, st.sampled_from(SendingTimePolicy))
def test_from_the_first_moment_that_it_may_leave_a_shipment_has_about_two_days(
    moment: datetime, policy: SendingTimePolicy
) -> None:
    left = expiry(policy, moment) - next_opening(policy, moment)
    assert left in {47 * HOUR, 48 * HOUR, 49 * HOUR}
