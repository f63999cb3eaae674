"""Who an SMS says it is from: a phone number or a name of at most eleven characters (spec item 8).

Some countries fail messages from a name; a table by country prefix says what happens to those (spec item 24): the
caller is told at the order, and a number that the table names takes the name's place where the SMS is handed over.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from notifications.domain.phone import e164

LONGEST_NAME = 11

SENDER_COUNTRIES = "+34=warn;+358=warn;+66=warn"

_PREFIXED_NUMBER = re.compile(r"(?:\+|00)[0-9 ]+")
_DIGITS = re.compile(r"[0-9]+")
_MAX_DIGITS = 15
_COUNTRY = re.compile(r"\+[1-9][0-9]{0,3}")
_WARN = "warn"


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
    """What happens to a name as sender by the recipient's country prefix: a number instead, or None for a warning only.

    `default` is the service's own sender, which the caller is warned about where it gives none.
    """

    default: str = "Altinn"
    prefixes: Mapping[str, str | None] = field(default_factory=lambda: parse_sender_countries(SENDER_COUNTRIES))

    def used(self, sender: str, phone_number: str) -> str:
        """The sender that this recipient's SMS is handed over with."""
        prefix = self._failing(sender, phone_number)
        return sender if prefix is None else self.prefixes[prefix] or sender

    def warning(self, sender: str | None, phone_number: str) -> str | None:
        """What the caller should know of its sender towards this recipient, None for nothing."""
        prefix = self._failing(sender or self.default, phone_number)
        return None if prefix is None else _warning(prefix, self.prefixes[prefix])

    def _failing(self, sender: str, phone_number: str) -> str | None:
        """The longest prefix of the recipient's country in the table, where the sender is a name."""
        if SmsSender(sender).is_number:
            return None
        number = e164(phone_number)
        return max((prefix for prefix in self.prefixes if number.startswith(prefix)), key=len, default=None)


def parse_sender_countries(text: str) -> Mapping[str, str | None]:
    """A table as it is configured: `+358=warn;+34=+4799999999`; a number replaces names. Raises `ValueError`."""
    countries = [_country(part) for part in text.split(";") if part.strip()]
    if not countries or len(dict(countries)) != len(countries):
        raise ValueError("give each country prefix once, such as +358=warn;+34=+4799999999")
    return MappingProxyType(dict(countries))


def _country(text: str) -> tuple[str, str | None]:
    prefix, _, action = (part.strip() for part in text.partition("="))
    number = _phone_number(action)
    if not _COUNTRY.fullmatch(prefix) or (action != _WARN and number is None):
        raise ValueError(
            "give each country as a plus sign and one to four digits, and warn or the number that replaces a name, "
            "such as +358=warn;+34=+4799999999"
        )
    return prefix, number


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


def _warning(prefix: str, replacement: str | None) -> str:
    if replacement is not None:
        return f"Names fail as sender in the country of {prefix}; '{replacement}' is used instead."
    return f"Names often fail as sender in the country of {prefix}; give a phone number as sender."
