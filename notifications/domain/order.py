"""What was ordered: the content of an order and its shipments as the caller gave it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class OrderKind(StrEnum):
    """The spaces in which idempotency ids are unique (http-contract.md section 1.6)."""

    NOTIFICATION = "Notification"
    INSTANT = "Instant"
    COMPOSED = "Composed"


class ShipmentType(StrEnum):
    """What a shipment is to its order, named as manifest and feed name it."""

    NOTIFICATION = "Notification"
    REMINDER = "Reminder"
    INSTANT = "Instant"
    COMPOSED = "Composed"


class ChannelScheme(StrEnum):
    """Which channels a shipment may use (http-contract.md section 4.1)."""

    EMAIL = "Email"
    SMS = "Sms"
    EMAIL_PREFERRED = "EmailPreferred"
    SMS_PREFERRED = "SmsPreferred"
    EMAIL_AND_SMS = "EmailAndSms"


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
class Attachment:
    """A file that goes with an email; it is fetched by its shared access signature when the email is sent."""

    filename: str
    mime_type: str
    sas_url: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTemplate:
    """The email of a shipment; a `sender` of None means the service's default address."""

    subject: str
    body: str
    sender: str | None = None
    content_type: ContentType = ContentType.PLAIN
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsTemplate:
    """The SMS of a shipment; a `sender` of None means the service's default sender.

    A `policy` of None is that of the legacy API: sent in the daytime window, and expired 48 hours after the send time
    whatever the window (engine.md sections 5.2 and 5.3).
    """

    body: str
    sender: str | None = None
    policy: SendingTimePolicy | None = SendingTimePolicy.DAYTIME


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who a shipment is for: addresses that the caller gave, or somebody whose addresses the registers know.

    The external identity is a URN, decoded and in its canonical form (http-contract.md section 5.4).
    """

    email_address: str | None = None
    phone_number: str | None = None
    national_identity_number: str | None = None
    organization_number: str | None = None
    external_identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentContent:
    """All that a caller decided about one shipment; it never changes after acceptance.

    `resource_id` is as it was ordered, with its URN prefix where that was given. `ignore_reservation` is None where the
    caller did not say, which the legacy API shows by leaving it out.
    """

    type: ShipmentType
    scheme: ChannelScheme
    recipients: tuple[Recipient, ...]
    email: EmailTemplate | None = None
    sms: SmsTemplate | None = None
    senders_reference: str | None = None
    condition_endpoint: str | None = None
    condition_policy: ConditionPolicy = ConditionPolicy.SEND
    resource_id: str | None = None
    resource_action: str | None = None
    ignore_reservation: bool | None = None
    use_stale_contact_information: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentDraft:
    """A shipment to be accepted: its content and the earliest moment (UTC) at which it may be sent.

    `time_to_live` is how long after acceptance an instant message is still worth sending; None follows the rules of
    its channel.
    """

    content: ShipmentContent
    send_at: datetime
    time_to_live: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDraft:
    """An order as it was validated, main shipment first; `fingerprint` is a hash of what the caller sent.

    `warnings` are what the caller is told about it, now and whenever the order is repeated. Without an
    `idempotency_id`, which is the legacy API's way, every request is an order of its own.
    """

    creator: str
    kind: OrderKind
    idempotency_id: str | None
    fingerprint: str
    shipments: tuple[ShipmentDraft, ...]
    dialog_id: str | None = None
    transmission_id: str | None = None
    warnings: tuple[str, ...] = ()
