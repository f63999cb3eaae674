"""Carriers: what a notification's message is, and how each kind of provider is asked again when its answer was lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID

from notifications.channels.protocol import (
    AttachedFile,
    AttachmentSource,
    EmailMessage,
    EmailProvider,
    SmsMessage,
    SmsProvider,
)
from notifications.domain.clock import Clock
from notifications.domain.order import EmailTemplate
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.sms_sender import SenderCountries
from notifications.stages.report import fact_for
from notifications.stages.texts import email_body, email_subject, sms_text
from notifications.storage.orders import OrderStore
from notifications.storage.references import EarlyReport, References
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

WITH_FILES_AT_ONCE = 12


class EmailCarrier:
    """Hands emails to a provider; one that keeps our id is asked about a repeat first, which is made under the same id.

    Emails with attachments take time and memory: twelve of them at once, and ordinary emails keep room to pass by.
    """

    def __init__(
        self,
        provider: EmailProvider,
        default_sender: str,
        attachments: AttachmentSource | None = None,
        unsubscribe: str | None = None,
    ) -> None:
        self._provider = provider
        self._default_sender = default_sender
        self._attachments = attachments
        self._unsubscribe = unsubscribe
        self._with_files = 0

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._provider.name

    @property
    def memory(self) -> Memory:
        """What the provider knows of an email that comes again."""
        return self._provider.memory

    async def hand_over(
        self, shipment: Shipment, notification: Notification, seconds: float, *, uncertain: bool
    ) -> Outcome:
        """Hand one email over; what comes before the sending takes at most as long as the sending may take."""
        template = shipment.content.email
        if template is None:
            raise ValueError("an email notification of a shipment without an email template")
        ends = asyncio.get_running_loop().time() + seconds
        if uncertain:
            identity = shipment.id.notification(notification.number)
            known = await self._provider.find(identity, timeout=seconds)
            if known is not None:
                return known
        message = self._message(template, shipment, notification)
        if not template.attachments:
            return await self._provider.send(message, timeout=seconds)
        return await self._send_with_files(message, template, ends, seconds)

    async def _send_with_files(
        self, message: EmailMessage, template: EmailTemplate, ends: float, seconds: float
    ) -> Outcome:
        if self._with_files >= WITH_FILES_AT_ONCE:
            return Postponed("attachments_busy", here=True)
        self._with_files += 1
        try:
            files = await self._fetched(template, ends - asyncio.get_running_loop().time())
            if not isinstance(files, tuple):
                return replace(files, here=True)
            return await self._provider.send(replace(message, attachments=files), timeout=seconds)
        finally:
            self._with_files -= 1

    async def _fetched(self, template: EmailTemplate, within: float) -> tuple[AttachedFile, ...] | Refused | Postponed:
        if self._attachments is None:
            raise ValueError("an email with attachments, and nothing to fetch them with")
        return await self._attachments.fetch(template.attachments, within=max(within, 0.0))

    def _message(self, template: EmailTemplate, shipment: Shipment, notification: Notification) -> EmailMessage:
        return EmailMessage(
            notification_id=shipment.id.notification(notification.number),
            sender=template.sender or self._default_sender,
            # Kept and shown as it was ordered; what surrounds it is no part of the address.
            recipient=notification.address.strip(),
            subject=email_subject(template, shipment, notification),
            body=email_body(template, shipment, notification),
            content_type=template.content_type,
            unsubscribe=self._unsubscribe,
        )


class SmsCarrier:
    """Hands SMS to a provider; the reference of one that knows nothing of our id is kept before anything else.

    With the reference kept, a report that comes before the record still finds its notification, and what is reported is
    not sent again. Others report under our own id. Here every recipient's number is known, looked-up ones too, so that
    here a name gives way to a number where the recipient's country fails names.
    """

    def __init__(
        self,
        provider: SmsProvider,
        default_sender: str,
        references: References,
        store: OrderStore,
        clock: Clock,
        countries: SenderCountries | None = None,
    ) -> None:
        self._provider = provider
        self._default_sender = default_sender
        self._references = references
        self._store = store
        self._clock = clock
        self._countries = countries or SenderCountries()

    @property
    def name(self) -> str:
        """The provider's name."""
        return self._provider.name

    @property
    def memory(self) -> Memory:
        """What the provider knows of an SMS that comes again."""
        return self._provider.memory

    async def hand_over(
        self,
        shipment: Shipment,
        notification: Notification,
        seconds: float,
        *,
        uncertain: bool,  # noqa: ARG002 - no SMS provider can be asked
    ) -> Outcome:
        """Hand one SMS over."""
        identity = shipment.id.notification(notification.number)
        outcome = await self._provider.send(self._message(shipment, notification, identity), timeout=seconds)
        if isinstance(outcome, Accepted) and outcome.reference and self.memory is Memory.NONE:
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
            sender=self._countries.used(template.sender or self._default_sender, notification.address),
            recipient=notification.address,
            body=sms_text(template, shipment, notification),
            time_to_live=shipment.expires - self._clock.now(),
        )

    def _delivery(self, identity: UUID) -> Callable[[EarlyReport], Awaitable[None]]:
        async def deliver(report: EarlyReport) -> None:
            fact = fact_for(identity, report.status, report.at, report.code)
            if fact is not None:
                await self._store.add_fact(fact)

        return deliver
