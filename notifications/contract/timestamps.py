"""Date-times on the wire: ISO 8601 extended in, UTC with `Z` out (http-contract.md section 1.5)."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

LATEST = datetime(9989, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
"""The latest send time taken: expiry and retention are counted from it and must still be dates."""

_END = datetime.max.replace(tzinfo=UTC)
_MAX_OFFSET = timedelta(hours=14)

_TIMESTAMP = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,16}))?)?"
    r"(Z|[+-][0-9]{2}(?::[0-9]{2})?)?)?"
)


class Timestamp(NamedTuple):
    """A moment as it was written; one without a time zone is taken for UTC."""

    utc: datetime
    has_zone: bool


def parse_timestamp(text: str) -> Timestamp | None:
    """Read a date, or a date with a time; fractions finer than a microsecond are rounded up, never down."""
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=_zone(zone)
        )
        return Timestamp((local + _fraction(fraction)).astimezone(UTC), zone is not None)
    except OverflowError:
        # .NET's DateTime.MaxValue rounds up beyond the calendar: too late, but well written
        return Timestamp(_END, zone is not None) if year == "9999" else None
    except ValueError:
        return None


def write_timestamp(moment: datetime) -> str:
    """UTC with `Z`, and fractional seconds only as far as needed."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    text = utc.isoformat()
    return (text.rstrip("0") if utc.microsecond else text) + "Z"


def _fraction(digits: str | None) -> timedelta:
    if digits is None:
        return timedelta()
    # -(-a // b) is the ceiling
    return timedelta(microseconds=-(-int(digits) * 10**6 // 10 ** len(digits)))


def _zone(text: str | None) -> timezone:
    if text is None or text == "Z":
        return UTC
    minutes = int(text[4:6] or 0)
    offset = timedelta(hours=int(text[1:3]), minutes=minutes)
    if offset > _MAX_OFFSET or minutes > 59:
        raise ValueError("no such time zone")
    return timezone(-offset if text[0] == "-" else offset)
