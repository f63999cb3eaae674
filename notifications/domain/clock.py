"""Time is injected, so that thirty days can pass in a test within milliseconds."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Whatever tells the time."""

    def now(self) -> datetime:
        """The present moment, in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)


def round_up(moment: datetime) -> datetime:
    """The first whole millisecond at or after a moment: nothing is ever early (spec/README.md item 14)."""
    excess = moment.microsecond % 1000
    return moment if excess == 0 else moment - timedelta(microseconds=excess) + _MILLISECOND
