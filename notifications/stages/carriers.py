"""Carriers: what a notification's message is, and how each kind of provider is asked again when its answer was lost."""

import logging
from collections.abc import Awaitable, Callable
from uuid import UUID

from notifications.channels.protocol import EmailMessage, EmailProvider, SmsMessage, SmsProvider
from notifications.domain.clock import Clock
from notifications.domain.outcomes import Accepted, Outcome
from notifications.domain.shipment import Notification, Shipment
from notifications.stages.report import fact_for
from notifications.storage.orders import OrderStore
from notifications.storage.references import EarlyReport, References
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)


class EmailCarrier:
    """Hands emails to a provider that keeps our id: a repeat is asked about first, and made under the same id."""

    rows_per_claim = 10
    keyed = True

    def __init__(self, provider: EmailProvider, default_sender: str) -> None:
        self._provider = provider
        self._default_sender = default_sender

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._provider.name

    async def hand_over(
        self, shipment: Shipment, notification: Notification, seconds: float, *, uncertain: bool
    ) -> Outcome:
        """Hand one email over."""
        identity = shipment.id.notification(notification.number)
        if uncertain:
            known = await self._provider.find(identity, timeout=seconds)
            if known is not None:
                return known
        return await self._provider.send(self._message(shipment, notification, identity), timeout=seconds)

    def _message(self, shipment: Shipment, notification: Notification, identity: UUID) -> EmailMessage:
        template = shipment.content.email
        if template is None:
            raise ValueError("an email notification of a shipment without an email template")
        return EmailMessage(
            notification_id=identity,
            sender=template.sender or self._default_sender,
            # Kept and shown as it was ordered; what surrounds it is no part of the address.
            recipient=notification.address.strip(),
            subject=template.subject,
            body=template.body,
            content_type=template.content_type,
        )


class SmsCarrier:
    """Hands SMS to a gateway without keys: one row to a claim, and its reference is kept before anything else.

    With the reference kept, a report that comes before the record still finds its notification, and what is reported is
    not sent again.
    """

    rows_per_claim = 1
    keyed = False

    def __init__(
        self, provider: SmsProvider, default_sender: str, references: References, store: OrderStore, clock: Clock
    ) -> None:
        self._provider = provider
        self._default_sender = default_sender
        self._references = references
        self._store = store
        self._clock = clock

    @property
    def name(self) -> str:
        """The gateway's name."""
        return self._provider.name

    async def hand_over(
        self,
        shipment: Shipment,
        notification: Notification,
        seconds: float,
        *,
        uncertain: bool,  # noqa: ARG002 - a gateway without keys cannot be asked
    ) -> Outcome:
        """Hand one SMS over."""
        identity = shipment.id.notification(notification.number)
        outcome = await self._provider.send(self._message(shipment, notification, identity), timeout=seconds)
        if isinstance(outcome, Accepted) and outcome.reference:
            await self._introduce(outcome.reference, identity)
        return outcome

    async def _introduce(self, reference: str, identity: UUID) -> None:
        """Keep the reference; failing that, the SMS is still accepted and must not be sent again for it."""
        try:
            await self._references.introduce(reference, identity, self._delivery(identity))
        except Exception as error:  # noqa: BLE001 - the gateway has the message, whatever storage says
            event(logger, logging.ERROR, "reference.not_kept", notification=identity, error=error_name(error))

    def _message(self, shipment: Shipment, notification: Notification, identity: UUID) -> SmsMessage:
        template = shipment.content.sms
        if template is None:
            raise ValueError("an SMS notification of a shipment without an SMS template")
        return SmsMessage(
            notification_id=identity,
            sender=template.sender or self._default_sender,
            recipient=notification.address,
            body=template.body,
            time_to_live=shipment.expires - self._clock.now(),
        )

    def _delivery(self, identity: UUID) -> Callable[[EarlyReport], Awaitable[None]]:
        async def deliver(report: EarlyReport) -> None:
            fact = fact_for(identity, report.status, report.at, report.code)
            if fact is not None:
                await self._store.add_fact(fact)

        return deliver
