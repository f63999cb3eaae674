"""What the drafts of all orders have in common: defaults, senders, and what the caller should know."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from notifications.contract.json_document import Path
from notifications.domain.clock import round_up
from notifications.domain.order import (
    Attachment,
    ContentType,
    EmailTemplate,
    OrderDraft,
    OrderKind,
    SendingTimePolicy,
    ShipmentDraft,
    SmsTemplate,
)
from notifications.domain.sms_sender import SenderCountries, parse_sms_sender

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_COUNTRY_PART = 5
"""A plus sign and four digits: no country code is longer."""


class EmailTexts(Protocol):
    """What the email settings of all orders have in common."""

    @property
    def subject(self) -> str:
        """The subject as it was ordered."""

    @property
    def body(self) -> str:
        """The body as it was ordered."""

    @property
    def sender_email_address(self) -> str | None:
        """The address that it is from, None for the service's own."""

    @property
    def content_type(self) -> ContentType:
        """How the body is written."""


@dataclass(slots=True, kw_only=True)
class Drafting:
    """What the draft of one request is made with; `warnings` collects what the caller should know, by path."""

    creator: str
    now: datetime
    senders: SenderCountries
    warnings: list[tuple[Path, str]] = field(default_factory=list)

    def order(
        self,
        kind: OrderKind,
        idempotency_id: str | None,
        shipments: Iterable[ShipmentDraft],
        *,
        dialog_id: str | None = None,
        transmission_id: str | None = None,
    ) -> OrderDraft:
        """The whole order, main shipment first."""
        return OrderDraft(
            creator=self.creator,
            kind=kind,
            idempotency_id=idempotency_id,
            fingerprint="",
            shipments=tuple(shipments),
            dialog_id=dialog_id,
            transmission_id=transmission_id,
        )

    def sms(
        self,
        body: str,
        *,
        sender: str | None,
        policy: SendingTimePolicy | None,
        numbers: Iterable[str] = (),
        path: Path,
    ) -> SmsTemplate:
        """The SMS for these numbers, none where they are looked up; `path` leads to the sender, for warnings."""
        used = parse_sms_sender(sender)
        texts = (used.warning, *self._abroad(used.value, numbers))
        self.warnings += [(path, text) for text in dict.fromkeys(texts) if text]
        return SmsTemplate(body=body, sender=used.value, policy=policy)

    def _abroad(self, sender: str | None, numbers: Iterable[str]) -> list[str | None]:
        """What becomes of the sender in each of the recipients' countries."""
        examples = {_country_part(number): number for number in numbers}.values()
        return [self.senders.warning(sender, number) for number in examples]


def email_template(settings: EmailTexts, attachments: Iterable[Attachment] = ()) -> EmailTemplate:
    """The email of these settings."""
    return EmailTemplate(
        subject=one_line(settings.subject),
        body=settings.body,
        sender=settings.sender_email_address,
        content_type=settings.content_type,
        attachments=tuple(attachments),
    )


def one_line(subject: str) -> str:
    """A subject in which each line break is a space, since an email's header cannot carry one (RFC 5322)."""
    return _LINE_BREAK.sub(" ", subject)


def _country_part(number: str) -> str:
    digits = number.replace(" ", "")
    return ("+" + digits[2:] if digits.startswith("00") else digits)[:_COUNTRY_PART]


def time_to_send(requested: datetime | None, now: datetime) -> datetime:
    """When a shipment is to be sent: as it was asked for, to the microsecond, else at the next whole millisecond."""
    return requested or round_up(now)
