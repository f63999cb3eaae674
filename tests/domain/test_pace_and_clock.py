from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.clock import SystemClock, round_up
from notifications.domain.pace import Pace, backoff, retry_at
from tests.builders import NOW

MILLISECOND = timedelta(milliseconds=1)
moments = st.timedeltas(timedelta(0), timedelta(days=36500)).map(lambda passed: NOW + passed)


@given(moments)
def test_rounding_up_never_makes_anything_early_and_late_by_less_than_a_millisecond(moment: datetime) -> None:
    rounded = round_up(moment)
    assert rounded.microsecond % 1000 == 0
    assert moment <= rounded < moment + MILLISECOND
    assert round_up(rounded) == rounded


def test_the_system_clock_tells_utc() -> None:
    before = datetime.now(UTC)
    told = SystemClock().now()
    assert told.tzinfo is UTC
    assert before <= told <= datetime.now(UTC)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (8, 1280), (9, 1800), (200, 1800)])
def test_the_back_off_doubles_from_five_seconds_up_to_half_an_hour(attempts: int, seconds: float) -> None:
    assert backoff(attempts, 0.5) == timedelta(seconds=seconds)


@given(st.integers(0, 2000), st.floats(0, 1, exclude_max=True))
def test_the_back_off_is_spread_by_a_fifth_either_way(attempts: int, jitter: float) -> None:
    middle = backoff(attempts, 0.5)
    assert 0.8 * middle - MILLISECOND <= backoff(attempts, jitter) <= 1.2 * middle + MILLISECOND


@given(st.integers(0, 50), st.floats(0, 1, exclude_max=True), st.timedeltas(timedelta(0), timedelta(days=2)))
def test_no_retry_is_put_beyond_expiry(attempts: int, jitter: float, left: timedelta) -> None:
    when = retry_at(NOW, attempts, jitter, NOW + left)
    assert when <= NOW + left
    assert when == NOW + min(left, backoff(attempts, jitter))


def test_a_provider_call_takes_a_quarter_of_a_claim_at_most() -> None:
    assert Pace(claim=timedelta(seconds=8)).call_timeout == timedelta(seconds=2)
