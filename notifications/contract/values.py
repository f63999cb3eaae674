"""Readers of single JSON values, with the reference's message texts (http-contract.md sections 1.5, 5.2 and 5.4).

Each is a function for pydantic's BeforeValidator; what each member must hold is told by the request models.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import cast

from pydantic import BeforeValidator, ValidationInfo

from notifications.contract.failures import refusal
from notifications.contract.limits import Limits

_INT32 = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What readers need beside the value; with `refuse_past` off, send times that have passed are taken."""

    now: datetime
    limits: Limits
    refuse_past: bool = True


def context(info: ValidationInfo) -> Context:
    """The context a request is validated in."""
    return cast("Context", info.context)


def not_null(message: str) -> BeforeValidator:
    """Refuse `null` for a required member with a text of its own."""

    def read(value: object) -> object:
        if value is None:
            raise refusal(message)
        return value

    return BeforeValidator(read)


def read_text(value: object) -> str:
    """A string of characters that can be stored and sent."""
    if not isinstance(value, str):
        raise refusal("The JSON value could not be converted to a string.")
    if not is_storable(value):
        raise refusal("The text holds a NUL character or a lone surrogate.")
    return value


def is_storable(text: str) -> bool:
    """Whether it holds neither a NUL character nor a lone surrogate."""
    if text.isascii():
        return "\0" not in text
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def required_text(
    empty: str, limit: Callable[[Limits], int] | None = None, *, null: str | None = None
) -> BeforeValidator:
    """A text that is not blank, of at most `limit` characters; `null` is the message for null, where it has its own."""

    def read(value: object, info: ValidationInfo) -> str:
        return within(present(value, empty, null), limit, info)

    return BeforeValidator(read)


def present(value: object, empty: str, null: str | None = None) -> str:
    """A text that is not blank; the texts for a blank one, and for null where it has its own, are given."""
    if value is None:
        raise refusal(null or empty)
    text = read_text(value)
    if not text.strip():
        raise refusal(empty)
    return text


def optional_text(limit: Callable[[Limits], int] | None = None) -> BeforeValidator:
    """A text of at most `limit` characters, or null."""

    def read(value: object, info: ValidationInfo) -> str | None:
        return None if value is None else within(read_text(value), limit, info)

    return BeforeValidator(read)


def text_or_empty(limit: Callable[[Limits], int], *, null: str | None = None) -> BeforeValidator:
    """A text that may be empty, of at most `limit` characters; null counts as empty, or is refused with `null`."""

    def read(value: object, info: ValidationInfo) -> str:
        if value is None and null is not None:
            raise refusal(null)
        return "" if value is None else within(read_text(value), limit, info)

    return BeforeValidator(read)


def text_that(is_valid: Callable[[str], bool], message: str, *, empty: str) -> BeforeValidator:
    """A required text that passes a rule; `empty` is the message for a blank one."""

    def read(value: object) -> str:
        text = present(value, empty)
        if not is_valid(text):
            raise refusal(message)
        return text

    return BeforeValidator(read)


def optional_text_that(
    is_valid: Callable[[str], bool], message: str, limit: Callable[[Limits], int]
) -> BeforeValidator:
    """A text that passes a rule, of at most `limit` characters, or null."""

    def read(value: object, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        text = within(read_text(value), limit, info)
        if not is_valid(text):
            raise refusal(message)
        return text

    return BeforeValidator(read)


def choice[E: StrEnum](
    choices: Mapping[int, E],
    *,
    undefined: str,
    default: E | None = None,
    only: E | None = None,
    null: str | None = None,
) -> BeforeValidator:
    """An enum value, by name in any letter case or by number.

    `undefined` is the message for a number without a meaning, and for another value than `only`; null means `default`,
    or is refused, with the text `null` where it has its own.
    """
    names = ", ".join(choices.values())
    unreadable = f"The JSON value could not be converted to one of: {names}."

    def read(value: object) -> E:
        if value is None and default is not None:
            return default
        chosen = read_choice(value, choices)
        if chosen is None and not _is_number(value):
            raise refusal(null if value is None and null is not None else unreadable)
        if chosen is None or only not in {None, chosen}:
            raise refusal(undefined)
        return chosen

    return BeforeValidator(read)


def read_choice[E: StrEnum](value: object, choices: Mapping[int, E]) -> E | None:
    """The enum value named or numbered by a JSON value, None when there is none."""
    number = to_integer(value)
    if number is not None:
        return choices.get(number)
    named = {choice.lower(): choice for choice in choices.values()}
    return named.get(value.lower()) if isinstance(value, str) and value.isascii() else None


def read_integer(value: object) -> int:
    """A whole number of 32 bits, also as a string."""
    number = to_integer(value)
    if number is None:
        raise refusal("The JSON value could not be converted to an integer.")
    return number


def to_integer(value: object) -> int | None:
    """A 32-bit integer from a JSON number or a string of digits, None for anything else."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) <= 11:
        value = int(value)
    # a JSON true is an int to Python
    if isinstance(value, bool) or not isinstance(value, int) or not -_INT32 - 1 <= value <= _INT32:
        return None
    return value


def integer_between(least: int, most: int, message: str) -> BeforeValidator:
    """A whole number within these bounds, also as a string."""

    def read(value: object) -> int:
        number = read_integer(value)
        if not least <= number <= most:
            raise refusal(message)
        return number

    return BeforeValidator(read)


def at_most(limit: Callable[[Limits], int], things: str, *, null: str | None = None) -> BeforeValidator:
    """A list that is not longer than the limit; null is taken for a later reader to judge, or refused with `null`."""

    def read(value: object, info: ValidationInfo) -> object:
        most = limit(context(info).limits)
        if value is None and null is not None:
            raise refusal(null)
        if isinstance(value, list) and len(value) > most:
            raise refusal(f"There can be at most {most} {things}.")
        return value

    return BeforeValidator(read)


def read_boolean(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise refusal("The JSON value could not be converted to a boolean.")
    return value


def read_optional_boolean(value: object) -> bool | None:
    """`true`, `false` or null."""
    return None if value is None else read_boolean(value)


def within(text: str, limit: Callable[[Limits], int] | None, info: ValidationInfo) -> str:
    """The text, if it has at most that many characters."""
    if limit is not None and len(text) > (most := limit(context(info).limits)):
        raise refusal(f"The value must be at most {most} characters long.")
    return text


def _is_number(value: object) -> bool:
    # a JSON true is an int to Python
    if isinstance(value, str):
        return value.lstrip("-").isdigit()
    return isinstance(value, int) and not isinstance(value, bool)
