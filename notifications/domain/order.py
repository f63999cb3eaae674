"""What was ordered: the content of an order and its shipments as the caller gave it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OrderKind(StrEnum):
    """The spaces in which idempotency ids are unique (http-contract.md section 1.6)."""

    NOTIFICATION = "Notification"


class ShipmentType(StrEnum):
    """What a shipment is to its order, named as manifest and feed name it."""

    NOTIFICATION = "Notification"
    REMINDER = "Reminder"


class ChannelScheme(StrEnum):
    """Which channels a shipment may use (http-contract.md section 4.1)."""

    EMAIL = "Email"
    SMS = "Sms"


class ContentType(StrEnum):
    """How an email body is written."""

    PLAIN = "Plain"
    HTML = "Html"


class SendingTimePolicy(StrEnum):
    """When an SMS may leave: at any hour, or within the Oslo daytime window."""

    ANYTIME = "Anytime"
    DAYTIME = "Daytime"


class ConditionPolicy(StrEnum):
    """What to do when a send condition stays inconclusive (spec/README.md item 18)."""

    SEND = "Send"
    DO_NOT_SEND = "DoNotSend"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTemplate:
    """The email of a shipment; a `sender` of None means the service's default address."""

    subject: str
    body: str
    sender: str | None = None
    content_type: ContentType = ContentType.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsTemplate:
    """The SMS of a shipment; a `sender` of None means the service's default sender."""

    body: str
    sender: str | None = None
    policy: SendingTimePolicy = SendingTimePolicy.DAYTIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who a shipment is for."""

    email_address: str | None = None
    phone_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentContent:
    """All that a caller decided about one shipment; it never changes after acceptance."""

    type: ShipmentType
    scheme: ChannelScheme
    recipients: tuple[Recipient, ...]
    email: EmailTemplate | None = None
    sms: SmsTemplate | None = None
    senders_reference: str | None = None
    condition_endpoint: str | None = None
    condition_policy: ConditionPolicy = ConditionPolicy.SEND


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentDraft:
    """A shipment to be accepted: its content and the earliest moment (UTC) at which it may be sent."""

    content: ShipmentContent
    send_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """An order as it was validated, main shipment first; `fingerprint` is a hash of what the caller sent.

    `warnings` are what the caller is told about it, now and whenever the order is repeated.
    """

    creator: str
    kind: OrderKind
    idempotency_id: str
    fingerprint: str
    shipments: tuple[ShipmentDraft, ...]
    dialog_id: str | None = None
    transmission_id: str | None = None
    warnings: tuple[str, ...] = ()
