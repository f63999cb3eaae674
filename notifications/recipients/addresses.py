"""Which addresses of a register can be used, and how they are written (engine.md section 2.2)."""

import re
from collections.abc import Iterable

from notifications.domain.contacts import ContactPoints, UserContact
from notifications.domain.email_address import is_email_address
from notifications.domain.phone import e164, is_mobile_number, normalise

# Longer ones cannot be delivered to (RFC 5321 section 4.5.3.1: 64 + 1 + 255), and would not fit everywhere either.
_LONGEST_EMAIL = 320
# Also what cannot be seen: phones put marks of direction around a number that is copied from their contacts.
_PUNCTUATION = re.compile(r"\(0\)|[\s().\-/\u00ad\u00b7\u200b-\u2015\u202a-\u202e\u2060-\u2069\ufeff]")
# Norway has no zero that is dialled at home alone; elsewhere a number may be taken with one that is not to be sent.
_WRITTEN_OUT = re.compile(r"\+47[0-9]{8}")


def mobile(number: str | None) -> str | None:
    """A number as `+` and digits, however people typed it; None when no SMS can be sent to it."""
    bare = normalise(_PUNCTUATION.sub("", number or ""))
    if not is_mobile_number(bare):
        return None
    return bare if _WRITTEN_OUT.fullmatch(bare) else e164(bare)


def email(address: str | None) -> str | None:
    """An address as it was registered, whether or not it reads as one; None for what nobody could write."""
    text = (address or "").strip()
    return text if text and text.isprintable() and len(text) <= _LONGEST_EMAIL else None


def personal(email_address: str | None, number: str | None, *, reserved: bool = False) -> ContactPoints:
    """Contact points of one human being, with an email only when it reads as an address."""
    address = email(email_address)
    return ContactPoints(
        emails=_distinct([address] if is_email_address(address) else []),
        mobiles=_distinct([mobile(number)]),
        reserved=reserved,
    )


def official(emails: Iterable[str | None], mobiles: Iterable[str | None]) -> ContactPoints:
    """An organisation's own addresses: each once, the letter case of emails aside."""
    return ContactPoints(emails=_distinct(map(email, emails)), mobiles=_distinct(map(mobile, mobiles)))


def user_contact(email_address: str | None, number: str | None) -> UserContact | None:
    """What a user registered, an invalid mobile blanked (spec/README.md item 19); None when nothing is left."""
    contact = UserContact(email=email(email_address), mobile=mobile(number))
    return contact if contact.email or contact.mobile else None


def with_users(points: ContactPoints, users: Iterable[UserContact]) -> ContactPoints:
    """Official addresses and users, who lose what an earlier user or the organisation has; empty ones are left out."""
    emails = {each.lower() for each in points.emails}
    mobiles = set(points.mobiles)
    told: list[UserContact] = []
    for user in users:
        own_email = None if user.email is None or user.email.lower() in emails else user.email
        own_mobile = None if user.mobile in mobiles else user.mobile
        if own_email:
            emails.add(own_email.lower())
        if own_mobile:
            mobiles.add(own_mobile)
        if own_email or own_mobile:
            told.append(UserContact(email=own_email, mobile=own_mobile))
    return ContactPoints(emails=points.emails, mobiles=points.mobiles, users=tuple(told), reserved=points.reserved)


def _distinct(addresses: Iterable[str | None]) -> tuple[str, ...]:
    once: dict[str, str] = {}
    for each in addresses:
        if each is not None:
            once.setdefault(each.lower(), each)
    return tuple(once.values())
