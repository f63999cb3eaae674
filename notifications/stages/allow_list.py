"""The allow-list of a test environment: whoever is not on it is told nothing, and reported as delivered.

So a test environment may be given real people's numbers without anybody hearing of it (spec/README.md item 25).
"""

from collections.abc import Iterable

from notifications.domain.outcomes import Accepted, Memory, Outcome
from notifications.domain.phone import e164
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.statuses import Channel
from notifications.stages.provider_calls import Carrier

SIMULATED = "not_on_allow_list"


class AllowListCarrier:
    """A carrier that hands over to the addresses of a list alone; all others are delivered on paper."""

    def __init__(self, carrier: Carrier, channel: Channel, allowed: Iterable[str]) -> None:
        self._carrier = carrier
        self._channel = channel
        self._allowed = frozenset(self._same(each) for each in allowed)

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._carrier.name

    @property
    def memory(self) -> Memory:
        """What the provider knows of a message that comes again."""
        return self._carrier.memory

    async def hand_over(
        self, shipment: Shipment, notification: Notification, seconds: float, *, uncertain: bool
    ) -> Outcome:
        """Hand one notification over, or say that it was."""
        if not self._is_allowed(notification.address):
            return Accepted(last=SIMULATED, here=True)
        return await self._carrier.hand_over(shipment, notification, seconds, uncertain=uncertain)

    def _is_allowed(self, address: str) -> bool:
        same = self._same(address)
        return same in self._allowed or f"@{same.rpartition('@')[2]}" in self._allowed

    def _same(self, address: str) -> str:
        """An address as it is compared; of emails, a whole domain may be listed as `@example.com`."""
        return e164(address.strip()) if self._channel is Channel.SMS else address.strip().lower()
