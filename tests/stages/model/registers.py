"""Registers at the end of a line: what they know never changes, but now and then they do not answer."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from random import Random

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.domain.order import Recipient

_DOWN = 0.2


def known(recipient: Recipient) -> ContactPoints:
    """What the registers know of a person: whether there is an email, a number or neither follows from the number."""
    number = recipient.national_identity_number or ""
    kind = int(number or 0) % 5
    return ContactPoints(
        emails=(f"p{number}@example.com",) if kind in (0, 1, 4) else (),
        mobiles=(f"+4790{number[-6:]}",) if kind in (0, 2, 4) else (),
        reserved=kind == 4,
    )


class Registers:
    """All registers as one."""

    def __init__(self, random: Random, turn: Callable[[], Awaitable[None]]) -> None:
        self._random = random
        self._turn = turn

    async def contact_points(self, inquiries: Collection[Inquiry]) -> Mapping[Inquiry, ContactPoints | Unavailable]:
        """An answer about each, or about nobody."""
        await self._turn()
        if self._random.random() < _DOWN:
            return dict.fromkeys(inquiries, Unavailable("persons"))
        return {each: known(each.recipient) for each in inquiries}

    async def names(self, recipients: Collection[Recipient]) -> Mapping[Recipient, str | Unavailable]:
        """Nobody has a name here."""
        await self._turn()
        return dict.fromkeys(recipients, "")


class ReliableRegisters:
    """The same registers, which always answer."""

    async def contact_points(self, inquiries: Collection[Inquiry]) -> Mapping[Inquiry, ContactPoints | Unavailable]:
        """An answer about each."""
        return {each: known(each.recipient) for each in inquiries}

    async def names(self, recipients: Collection[Recipient]) -> Mapping[Recipient, str | Unavailable]:
        """Nobody has a name here."""
        return dict.fromkeys(recipients, "")
