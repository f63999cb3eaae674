"""What both report parsers say of an entry that they cannot read."""

import re
from dataclasses import dataclass

REFERENCE = re.compile(r"[0-9A-Za-z-]{1,64}")


@dataclass(frozen=True, slots=True)
class MalformedReport:
    """An entry that cannot be used: a short reason without personal data, and its reference and number if legible."""

    reason: str
    reference: str | None = None
    number: str | None = None


def legible_reference(text: str | None) -> str | None:
    """A gateway's reference, if it is one that can stand in a row key; None otherwise."""
    return text if text is not None and REFERENCE.fullmatch(text) else None
