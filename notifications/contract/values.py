"""Readers of single JSON values, with the reference's message texts (http-contract.md sections 1.5, 5.2 and 5.4).

Each is a function for pydantic's BeforeValidator; what each member must hold is told by the request models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from pydantic import BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from notifications.contract.limits import Limits
from notifications.contract.timestamps import LATEST, parse_timestamp
from notifications.contract.uris import is_absolute_uri, scheme_of
from notifications.domain.email_address import is_email_address
from notifications.domain.phone import is_mobile_number
from notifications.domain.segments import exceeds
from notifications.domain.sms_sender import parse_sms_sender

INVALID = "invalid"
PAST = "past"

_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What readers need beside the value; with `refuse_past` off, send times that have passed are taken."""

    now: datetime
    limits: Limits
    refuse_past: bool = True


def failure(*messages: str, kind: str = INVALID) -> PydanticCustomError:
    """The error a reader raises; `kind` tells send times in the past from everything else."""
    return PydanticCustomError(kind, "see messages", {"messages": list(messages)})


def context(info: ValidationInfo) -> Context:
    """The context a request is validated in."""
    return cast("Context", info.context)


def not_null(message: str) -> BeforeValidator:
    """Refuse `null` for a required member with a text of its own."""

    def read(value: object) -> object:
        if value is None:
            raise failure(message)
        return value

    return BeforeValidator(read)


def read_text(value: object) -> str:
    """A string of characters that can be stored and sent."""
    if not isinstance(value, str):
        raise failure("The JSON value could not be converted to a string.")
    if "\0" in value or not _is_unicode(value):
        raise failure("The text holds a NUL character or a lone surrogate.")
    return value


def required_text(empty: str, limit: Callable[[Limits], int] | None = None) -> BeforeValidator:
    """A text that is not blank, of at most `limit` characters."""

    def read(value: object, info: ValidationInfo) -> str:
        text = "" if value is None else read_text(value)
        if not text.strip():
            raise failure(empty)
        return _within(text, limit, info)

    return BeforeValidator(read)


def optional_text(limit: Callable[[Limits], int] | None = None) -> BeforeValidator:
    """A text of at most `limit` characters, or null."""

    def read(value: object, info: ValidationInfo) -> str | None:
        return None if value is None else _within(read_text(value), limit, info)

    return BeforeValidator(read)


def text_that(is_valid: Callable[[str], bool], message: str, *, empty: str | None = None) -> BeforeValidator:
    """A required text that passes a rule; `empty` is the message for a blank one, where it has its own."""

    def read(value: object) -> str:
        text = "" if value is None else read_text(value)
        if not text.strip() and empty is not None:
            raise failure(empty)
        if not is_valid(text):
            raise failure(message)
        return text

    return BeforeValidator(read)


def optional_text_that(is_valid: Callable[[str], bool], message: str) -> BeforeValidator:
    """A text that passes a rule, or null."""

    def read(value: object) -> str | None:
        if value is None:
            return None
        text = read_text(value)
        if not is_valid(text):
            raise failure(message)
        return text

    return BeforeValidator(read)


def choice[E: StrEnum](
    choices: Mapping[int, E], *, undefined: str, default: E | None = None, only: E | None = None
) -> BeforeValidator:
    """An enum value, by name in any letter case or by number.

    `undefined` is the message for a number without a meaning, and for another value than `only`.
    """
    names = ", ".join(choices.values())

    def read(value: object) -> E:
        if value is None and default is not None:
            return default
        chosen = read_choice(value, choices)
        if chosen is None and not _is_number(value):
            raise failure(f"The JSON value could not be converted to one of: {names}.")
        if chosen is None or only not in {None, chosen}:
            raise failure(undefined)
        return chosen

    return BeforeValidator(read)


def read_choice[E: StrEnum](value: object, choices: Mapping[int, E]) -> E | None:
    """The enum value named or numbered by a JSON value, None when there is none."""
    number = to_integer(value)
    if number is not None:
        return choices.get(number)
    named = {choice.lower(): choice for choice in choices.values()}
    return named.get(value.lower()) if isinstance(value, str) and value.isascii() else None


def to_integer(value: object) -> int | None:
    """A 32-bit integer from a JSON number or a string of digits, None for anything else."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 11:
        value = int(value)
    # a JSON true is an int to Python
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT32 - 1 <= value <= _INT32:
        return None
    return value


def read_delay_days(value: object, info: ValidationInfo) -> int | None:
    """Whole days from 1, also as a string, or null."""
    days = to_integer(value)
    if days is None and value is not None:
        raise failure("The JSON value could not be converted to an integer.")
    if days is not None and days < 1:
        raise failure("DelayDays must be greater than or equal to 1 day.")
    if days is not None and days > (LATEST - context(info).now).days:
        raise failure(TOO_LATE)
    return days


def read_reminders(value: object, info: ValidationInfo) -> object:
    """A list that is not longer than the limit, or null."""
    limit = context(info).limits.reminders
    if isinstance(value, list) and len(value) > limit:
        raise failure(f"There can be at most {limit} reminders.")
    return value


def read_boolean(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise failure("The JSON value could not be converted to a boolean.")
    return value


def read_email_address(value: object, info: ValidationInfo) -> str:
    """A recipient's address; it is kept as it was sent."""
    return _address(value, info, "Invalid email address format.")


def read_sender_address(value: object, info: ValidationInfo) -> str | None:
    """The address an email is from, or null."""
    return None if value is None else _address(value, info, "The sender email address is not valid.").strip()


def read_phone_number(value: object) -> str:
    """A recipient's mobile number; it is kept as it was sent."""
    number = "" if value is None else read_text(value)
    if not number.strip():
        raise failure("Recipient phone number cannot be null or empty.")
    if not is_mobile_number(number):
        raise failure("Recipient phone number is not a valid mobile number.")
    return number


def read_email_body(value: object, info: ValidationInfo) -> str:
    """An email's body, limited by its size in UTF-8."""
    text = "" if value is None else read_text(value)
    limit = context(info).limits.email_body_bytes
    if not text.strip():
        raise failure("The email body must not be empty.")
    if len(text) * 4 > limit and len(text.encode()) > limit:
        raise failure(f"The email body must not be larger than {limit} bytes.")
    return text


def read_sms_body(value: object, info: ValidationInfo) -> str:
    """An SMS text, limited by the segments that it takes (spec item 22)."""
    text = "" if value is None else read_text(value)
    limit = context(info).limits.sms_segments
    if not text.strip():
        raise failure("SMS body cannot be null or empty.")
    if exceeds(text, limit):
        raise failure(f"The SMS body takes more than {limit} segments.")
    return text


def read_sms_sender(value: object) -> str | None:
    """A phone number or a name, kept as it was sent, or null."""
    text = None if value is None else read_text(value)
    try:
        parse_sms_sender(text)
    except ValueError as error:
        raise failure(_BAD_SENDER) from error
    return text


def read_condition_endpoint(value: object, info: ValidationInfo) -> str | None:
    """An absolute http or https URI, kept as it was sent, or null."""
    if value is None:
        return None
    uri, limit = read_text(value), context(info).limits.url
    if len(uri) > limit:
        raise failure(_too_long(limit))
    if not is_absolute_uri(uri):
        raise failure("ConditionEndpoint must be a valid absolute URI or null.")
    if scheme_of(uri) not in {"http", "https"}:
        raise failure("ConditionEndpoint must use http or https scheme.")
    return uri


def send_time(no_zone: str, past: str, *, nullable: bool) -> BeforeValidator:
    """A moment that has a time zone and has not passed; the texts for both are given."""

    def read(value: object, info: ValidationInfo) -> datetime | None:
        if value is None and nullable:
            return None
        timestamp = parse_timestamp(value) if isinstance(value, str) else None
        if timestamp is None:
            raise failure(_NO_TIMESTAMP)
        has_passed = context(info).refuse_past and timestamp.utc < context(info).now
        if not timestamp.has_zone:
            raise failure(*([no_zone, past] if has_passed else [no_zone]))
        if has_passed:
            raise failure(past, kind=PAST)
        if timestamp.utc > LATEST:
            raise failure(TOO_LATE)
        return timestamp.utc

    return BeforeValidator(read)


TOO_LATE = f"The send time must lie before the year {LATEST.year + 1}."

_BAD_SENDER = "The SMS sender must be a phone number, or consist of letters, digits and spaces."

_NO_TIMESTAMP = (
    "The JSON value could not be converted to a date-time. Write ISO 8601 with a time zone: 2030-01-31T08:00:00Z."
)


def _address(value: object, info: ValidationInfo, message: str) -> str:
    text = "" if value is None else read_text(value)
    limit = context(info).limits.address
    if len(text) > limit:
        raise failure(_too_long(limit))
    if not is_email_address(text):
        raise failure(message)
    return text


def _within(text: str, limit: Callable[[Limits], int] | None, info: ValidationInfo) -> str:
    if limit is not None and len(text) > limit(context(info).limits):
        raise failure(_too_long(limit(context(info).limits)))
    return text


def _too_long(limit: int) -> str:
    return f"The value must be at most {limit} characters long."


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) or (isinstance(value, str) and value.lstrip("-").isdigit())


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
