"""From a valid request to the order that the service accepts: defaults, times and senders settled."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from notifications.contract.chain_request import (
    ChainRequest,
    DialogportenAssociation,
    EmailSettings,
    Recipient,
    RecipientSms,
    Reminder,
)
from notifications.contract.json_document import Path
from notifications.contract.timestamps import LATEST
from notifications.domain.clock import round_up
from notifications.domain.order import (
    ChannelScheme,
    EmailTemplate,
    OrderDraft,
    OrderKind,
    ShipmentContent,
    ShipmentDraft,
    ShipmentType,
    SmsTemplate,
)
from notifications.domain.order import Recipient as Addressee
from notifications.domain.sms_sender import SenderCountries, parse_sms_sender

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_DAY = timedelta(hours=24)


@dataclass(slots=True)
class DraftBuilder:
    """Builds the draft of one request; `warnings` collects what the caller should know, by path."""

    creator: str
    now: datetime
    senders: SenderCountries
    warnings: list[tuple[Path, str]] = field(default_factory=list)

    def build(self, request: ChainRequest, fingerprint: str) -> OrderDraft:
        """The whole order, main shipment first."""
        dialog = request.dialogporten_association or DialogportenAssociation()
        return OrderDraft(
            creator=self.creator,
            kind=OrderKind.NOTIFICATION,
            idempotency_id=request.idempotency_id,
            fingerprint=fingerprint,
            shipments=tuple(self._shipments(request)),
            dialog_id=dialog.dialog_id,
            transmission_id=dialog.transmission_id,
        )

    def _shipments(self, request: ChainRequest) -> Iterator[ShipmentDraft]:
        main = main_send_time(request, self.now)
        content = self._content(request, ShipmentType.NOTIFICATION, ())
        yield ShipmentDraft(content=content, send_at=round_up(main))
        for index, reminder in enumerate(request.reminders or ()):
            content = self._content(reminder, ShipmentType.REMINDER, ("reminders", index))
            yield ShipmentDraft(content=content, send_at=round_up(_reminder_send_time(reminder, main)))

    def _content(self, ordered: ChainRequest | Reminder, kind: ShipmentType, path: Path) -> ShipmentContent:
        email, sms = ordered.recipient.recipient_email, ordered.recipient.recipient_sms
        return ShipmentContent(
            type=kind,
            scheme=ChannelScheme.EMAIL if email else ChannelScheme.SMS,
            recipients=(_addressee(ordered.recipient),),
            email=_email_template(email.email_settings) if email else None,
            sms=self._sms_template(sms, (*path, "recipient", "recipientSms")) if sms else None,
            senders_reference=ordered.senders_reference,
            condition_endpoint=ordered.condition_endpoint,
            condition_policy=ordered.condition_failure_policy,
        )

    def _sms_template(self, ordered: RecipientSms, path: Path) -> SmsTemplate:
        settings = ordered.sms_settings
        sender = self.senders.apply(parse_sms_sender(settings.sender), ordered.phone_number)
        if sender.warning:
            self.warnings.append(((*path, "smsSettings", "sender"), sender.warning))
        return SmsTemplate(body=settings.body, sender=sender.value, policy=settings.sending_time_policy)


def main_send_time(request: ChainRequest, now: datetime) -> datetime:
    """When the main shipment was asked for; reminders count their days from there."""
    return request.requested_send_time or now


def late_reminders(request: ChainRequest, now: datetime) -> Iterator[Path]:
    """The delays that lead beyond the latest send time, counted from the main shipment's."""
    left = (LATEST - main_send_time(request, now)).days
    for index, reminder in enumerate(request.reminders or ()):
        if (reminder.delay_days or 0) > left:
            yield ("reminders", index, "delayDays")


def _reminder_send_time(reminder: Reminder, main: datetime) -> datetime:
    return reminder.requested_send_time or main + (reminder.delay_days or 0) * _DAY


def _addressee(recipient: Recipient) -> Addressee:
    email, sms = recipient.recipient_email, recipient.recipient_sms
    return Addressee(
        email_address=email.email_address if email else None,
        phone_number=sms.phone_number if sms else None,
    )


def _email_template(settings: EmailSettings) -> EmailTemplate:
    return EmailTemplate(
        subject=_LINE_BREAK.sub(" ", settings.subject),
        body=settings.body,
        sender=settings.sender_email_address,
        content_type=settings.content_type,
    )
