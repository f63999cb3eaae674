"""What the report parsers share: entries that they cannot read or need not, ids, references and times."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from notifications.domain.statuses import Channel

REFERENCE = re.compile(r"[0-9A-Za-z-]{1,64}")

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


@dataclass(frozen=True, slots=True)
class MalformedReport:
    """An entry that cannot be used: a short reason without personal data, and its reference and number if legible.

    `channel` is that of the message, where only the entry can tell.
    """

    reason: str
    reference: str | None = None
    number: str | None = None
    channel: Channel | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """An entry that is none of ours, such as an email that was opened, or another system's SMS."""

    reason: str
    channel: Channel | None = None


def legible_reference(text: str | None) -> str | None:
    """A gateway's reference, if it is one that can stand in a row key; None otherwise."""
    return text if text is not None and REFERENCE.fullmatch(text) else None


def legible_id(value: object) -> UUID | None:
    """An id in the one spelling that services echo; None otherwise."""
    return UUID(value) if isinstance(value, str) and _UUID.fullmatch(value) else None


def first_moment(texts: Iterable[object]) -> datetime | None:
    """The first of some ISO 8601 times that can be read, in UTC; one without a zone is UTC already."""
    return next((moment for text in texts if (moment := _utc(text))), None)


def _utc(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
