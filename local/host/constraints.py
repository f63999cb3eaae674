"""The inline constraints of route templates, as ASP.NET Core defines them (`{id:guid}`, `{n:range(1,9)}`)."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation

type Check = Callable[[str], bool]

GUID = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\{[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}|\([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\)",
    re.IGNORECASE,
)
INTEGER = re.compile(r"[+-]?[0-9]+")


class ConstraintError(ValueError):
    """A constraint that does not exist or whose argument cannot be read."""


def _integer(bits: int) -> Check:
    half = 1 << (bits - 1)
    return lambda text: INTEGER.fullmatch(text) is not None and -half <= int(text) < half


def _decimal(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _datetime(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _number(text: str) -> float | None:
    return int(text) if INTEGER.fullmatch(text) else None


def _at_least(low: int) -> Check:
    return lambda text: (number := _number(text)) is not None and number >= low


def _at_most(high: int) -> Check:
    return lambda text: (number := _number(text)) is not None and number <= high


def _between(low: int, high: int) -> Check:
    return lambda text: (number := _number(text)) is not None and low <= number <= high


def _length(low: int, high: int | None = None) -> Check:
    return lambda text: low <= len(text) <= (low if high is None else high)


def _regex(source: str) -> Check:
    pattern = re.compile(source, re.IGNORECASE)
    return lambda text: pattern.search(text) is not None


PLAIN: dict[str, Check] = {
    "int": _integer(32),
    "long": _integer(64),
    "guid": lambda text: GUID.fullmatch(text) is not None,
    "bool": lambda text: text.strip().lower() in ("true", "false"),
    "alpha": lambda text: re.fullmatch("[A-Za-z]*", text) is not None,
    "decimal": _decimal,
    "double": _decimal,
    "float": _decimal,
    "datetime": _datetime,
    "required": bool,
}
NUMERIC: dict[str, Callable[..., Check]] = {
    "min": _at_least,
    "max": _at_most,
    "range": _between,
    "length": _length,
    "minlength": lambda low: lambda text: len(text) >= low,
    "maxlength": lambda high: lambda text: len(text) <= high,
}


def constraint(name: str, argument: str | None) -> Check:
    """The check that a constraint stands for. Raises ConstraintError for an unknown one or a bad argument."""
    key = name.lower()
    try:
        if argument is None:
            return PLAIN[key]
        if key == "regex":
            return _regex(argument)
        return NUMERIC[key](*(int(number) for number in argument.split(",")))
    except KeyError:
        raise ConstraintError(f"there is no constraint {name!r} of this form") from None
    except (TypeError, ValueError, re.error):
        raise ConstraintError(f"constraint {name}({argument}) cannot be read") from None
