"""When something is asked to be sent: moments with a time zone, and days of delay (http-contract.md section 5.4)."""

from datetime import datetime, timedelta

from pydantic import BeforeValidator, ValidationInfo

from notifications.contract.failures import PAST, refusal
from notifications.contract.timestamps import LATEST, Timestamp, parse_timestamp
from notifications.contract.values import context, read_integer

TOO_LATE = f"The send time must lie before the year {LATEST.year + 1}."

_NOT_A_TIME = (
    "The JSON value could not be converted to a date-time. Write ISO 8601 with a time zone: 2030-01-31T08:00:00Z."
)


def send_time(
    no_zone: str, past: str, *, nullable: bool = False, tolerance: timedelta = timedelta(), kind: str = PAST
) -> BeforeValidator:
    """A moment that has a time zone and has not passed by more than the tolerance; the texts for both are given."""

    def read(value: object, info: ValidationInfo) -> datetime | None:
        if value is None and nullable:
            return None
        timestamp = _timestamp(value)
        has_passed = context(info).refuse_past and timestamp.utc < context(info).now - tolerance
        if not timestamp.has_zone:
            raise refusal(*([no_zone, past] if has_passed else [no_zone]))
        if has_passed:
            raise refusal(past, kind=kind)
        if timestamp.utc > LATEST:
            raise refusal(TOO_LATE)
        return timestamp.utc

    return BeforeValidator(read)


def read_delay_days(value: object, info: ValidationInfo) -> int | None:
    """Whole days from 1, also as a string, or null."""
    if value is None:
        return None
    days = read_integer(value)
    if days < 1:
        raise refusal("DelayDays must be greater than or equal to 1 day.")
    if days > (LATEST - context(info).now).days:
        raise refusal(TOO_LATE)
    return days


def _timestamp(value: object) -> Timestamp:
    timestamp = parse_timestamp(value) if isinstance(value, str) else None
    if timestamp is None:
        raise refusal(_NOT_A_TIME)
    return timestamp
