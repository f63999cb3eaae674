"""Who an SMS says it is from: a phone number or a name of at most eleven characters (spec item 8).

Some countries fail messages from a name; a table by country prefix says what happens to those (spec item 24).
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from notifications.domain.phone import e164

LONGEST_NAME = 11

_PREFIXED_NUMBER = re.compile(r"(?:\+|00)[0-9 ]+")
_DIGITS = re.compile(r"[0-9]+")
_MAX_DIGITS = 15


@dataclass(frozen=True, slots=True)
class SmsSender:
    """A usable sender, None for the service's default; `warning` says what was changed about it."""

    value: str | None
    warning: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether it is a phone number rather than a name."""
        return self.value is not None and _phone_number(self.value) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderCountries:
    """What happens to a named sender by the recipient's country prefix: a numeric sender instead, or None to warn.

    `default` is the service's own sender, which is used where a caller gives none.
    """

    default: str = "Altinn"
    prefixes: Mapping[str, str | None] = field(
        default_factory=lambda: MappingProxyType({"+34": None, "+358": None, "+66": None})
    )

    def apply(self, sender: SmsSender, phone_number: str) -> SmsSender:
        """The sender to use for this recipient."""
        number = e164(phone_number)
        prefix = next((prefix for prefix in self.prefixes if number.startswith(prefix)), None)
        if prefix is None or sender.is_number or SmsSender(sender.value or self.default).is_number:
            return sender
        return _abroad(sender, prefix, self.prefixes[prefix])


def parse_sms_sender(text: str | None) -> SmsSender:
    """Read what a caller gave as sender; a ValueError says that no such sender can be used."""
    name = unicodedata.normalize("NFC", (text or "").strip())
    number = _phone_number(name)
    if number is not None or not name:
        return SmsSender(number)
    if not all(character.isalpha() or character in "0123456789 " for character in name):
        raise ValueError("a sender is a phone number, or letters, digits and spaces")
    return _cut(name)


def _cut(name: str) -> SmsSender:
    short = name[:LONGEST_NAME].rstrip()
    if len(name) <= LONGEST_NAME:
        return SmsSender(name)
    return SmsSender(short, f"The sender is longer than {LONGEST_NAME} characters and was cut to '{short}'.")


def _phone_number(text: str) -> str | None:
    if not _PREFIXED_NUMBER.fullmatch(text) and not _DIGITS.fullmatch(text):
        return None
    number = text.replace(" ", "")
    digits = len(number.removeprefix("+").removeprefix("00"))
    return number if 1 <= digits <= _MAX_DIGITS else None


def _abroad(sender: SmsSender, prefix: str, replacement: str | None) -> SmsSender:
    if replacement is not None:
        warning = f"Names fail as sender in the country of {prefix}; '{replacement}' is used instead."
        return SmsSender(replacement, warning)
    warning = f"Names often fail as sender in the country of {prefix}; give a phone number as sender."
    return SmsSender(sender.value, " ".join(filter(None, (sender.warning, warning))))
