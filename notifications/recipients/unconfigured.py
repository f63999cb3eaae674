"""No registers: an installation that only ever sends to addresses."""

from collections.abc import Collection, Mapping

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.domain.order import Recipient

_NONE = Unavailable("not-configured")


class NoDirectory:
    """Knows nobody, which is not the same as that nobody has an address."""

    async def contact_points(self, inquiries: Collection[Inquiry]) -> Mapping[Inquiry, ContactPoints | Unavailable]:
        """No answer about anybody."""
        return dict.fromkeys(inquiries, _NONE)

    async def names(self, recipients: Collection[Recipient]) -> Mapping[Recipient, str | Unavailable]:
        """No answer about anybody."""
        return dict.fromkeys(recipients, _NONE)
