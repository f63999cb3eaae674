"""The query of GET /future/shipment/feed (http-contract.md sections 3.4 and 5.9)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from notifications.contract.problems import ValidationFailed
from notifications.contract.queries import given

MAX_PAGE_SIZE = 500

_INT32 = 2**31 - 1
_INT64 = 2**63 - 1
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")


class FeedOrder(StrEnum):
    """Which way the feed is read."""

    ASC = "Asc"
    DESC = "Desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedQuery:
    """Entries after `seq`, oldest first; or descending, those before it, where 0 means from the newest."""

    seq: int = 0
    page_size: int = MAX_PAGE_SIZE
    order: FeedOrder = FeedOrder.ASC


class _Invalid(ValueError):
    """A query value that does not read; the text is for the client."""


def parse_feed_query(parameters: Mapping[str, str], *, max_page_size: int = MAX_PAGE_SIZE) -> FeedQuery:
    """Read the query; names count in any letter case, an odd page size is moved into range.

    Raises ValidationFailed with every value that does not read, under its name as the client sent it.
    """
    errors: dict[str, list[str]] = {}

    def read[T](name: str, parse: Callable[[str], T], default: T) -> T:
        spelled, text = given(parameters, name)
        try:
            return default if text is None else parse(text.strip())
        except _Invalid as error:
            errors[spelled] = [str(error)]
            return default

    seq = read("seq", _sequence_number, 0)
    page_size = read("pageSize", lambda text: _integer(text, "PageSize", _INT32), max_page_size)
    order = read("orderBy", _order, FeedOrder.ASC)
    if errors:
        raise ValidationFailed(errors)
    return FeedQuery(seq=seq, page_size=min(max(page_size, 1), max_page_size), order=order)


def _sequence_number(text: str) -> int:
    number = _integer(text, "Seq", _INT64)
    if number < 0:
        raise _Invalid("The field Seq must be between 0 and 9.223372036854776E+18.")
    return number


def _integer(text: str, name: str, largest: int) -> int:
    number = int(text) if _INTEGER.fullmatch(text) else None
    if number is None or not -largest - 1 <= number <= largest:
        raise _invalid(text, name)
    return number


def _order(text: str) -> FeedOrder:
    choices = list(FeedOrder)
    named = {choice.lower(): choice for choice in choices}
    if text.lower() in named:
        return named[text.lower()]
    number = _integer(text, "OrderBy", _INT32)
    if not 0 <= number < len(choices):
        raise _Invalid(f"The value '{text}' is invalid.")
    return choices[number]


def _invalid(text: str, name: str) -> _Invalid:
    return _Invalid(f"The value '{text}' is not valid for {name}." if text else "The value '' is invalid.")
