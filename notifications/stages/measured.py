"""Measuring: every call of a provider is counted and traced under the provider's own name, whoever chose it."""

from notifications.domain.outcomes import Memory, Outcome
from notifications.domain.shipment import Notification, Shipment
from notifications.stages.provider_calls import Carrier
from notifications.telemetry import tracing
from notifications.telemetry.measures import HAND_OVERS, record

# A provider that says no has done what it is there for.
_ANSWERS = ("accepted", "refused")


class MeasuredCarrier:
    """A carrier that tells what came of its calls."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

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
        """Hand one notification over; a call that ends without an outcome is counted as failed."""
        name, began = "failed", tracing.moment()
        try:
            outcome = await self._carrier.hand_over(shipment, notification, seconds, uncertain=uncertain)
            name = type(outcome).__name__.lower()
        finally:
            record(HAND_OVERS, provider=self.name, outcome=name)
            identity = shipment.id.notification(notification.number)
            fields = {"notification": identity, "outcome": name}
            failed = name not in _ANSWERS
            tracing.told("hand over", shipment.trace, began, called=self.name, failed=failed, **fields)
        return outcome
