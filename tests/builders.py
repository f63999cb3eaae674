"""Orders, shipments and notifications for tests, each valid as it is, and a clock that a test sets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import (
    ChannelScheme,
    EmailTemplate,
    OrderDraft,
    OrderKind,
    Recipient,
    SendingTimePolicy,
    ShipmentContent,
    ShipmentDraft,
    ShipmentType,
    SmsTemplate,
)
from notifications.domain.pace import Pace
from notifications.domain.planning import plan
from notifications.domain.record import Order
from notifications.domain.sending_time import LIFETIME
from notifications.domain.shipment import Fact, Lane, Notification, Shipment
from notifications.domain.statuses import Channel, ShipmentState, Status

# A Monday, 11:00 in Oslo: inside the Daytime window.
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
PACE = Pace()
KEY = OrderKey(0x1234567890ABCDEF1234567)
CREATOR = "ttd"
ADDRESS = "kari@example.com"
NUMBER = "+4799999999"


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def forward(self, by: timedelta | None = None, /, **by_units: float) -> None:
        self.moment += by or timedelta(**by_units)


def email_content(**members: Any) -> ShipmentContent:
    """An email to one address."""
    content = ShipmentContent(
        type=ShipmentType.NOTIFICATION,
        scheme=ChannelScheme.EMAIL,
        recipients=(Recipient(email_address=ADDRESS),),
        email=EmailTemplate(subject="A subject", body="A body"),
    )
    return replace(content, **members)


def sms_content(policy: SendingTimePolicy = SendingTimePolicy.ANYTIME, **members: Any) -> ShipmentContent:
    """An SMS to one number."""
    content = ShipmentContent(
        type=ShipmentType.NOTIFICATION,
        scheme=ChannelScheme.SMS,
        recipients=(Recipient(phone_number=NUMBER),),
        sms=SmsTemplate(body="A text", policy=policy),
    )
    return replace(content, **members)


def many(count: int) -> tuple[Recipient, ...]:
    """So many recipients of email."""
    return tuple(Recipient(email_address=f"kari{number}@example.com") for number in range(1, count + 1))


def draft(*contents: ShipmentContent, send_at: datetime = NOW, **members: Any) -> OrderDraft:
    """An order as it was validated; without contents it is one email."""
    shipments = tuple(ShipmentDraft(content=each, send_at=send_at) for each in contents or (email_content(),))
    order = OrderDraft(
        creator=CREATOR,
        kind=OrderKind.NOTIFICATION,
        idempotency_id="first",
        fingerprint="fingerprint",
        shipments=shipments,
    )
    return replace(order, **members)


def registered(**members: Any) -> Shipment:
    """A shipment that waits for its time, an email due now unless said otherwise."""
    shipment = Shipment(
        id=ShipmentId(KEY, 1),
        creator=CREATOR,
        content=email_content(),
        created=NOW,
        changed=NOW,
        send_at=NOW,
        expires=NOW + LIFETIME,
        due=NOW,
    )
    return replace(shipment, **members)


def sending(now: datetime = NOW, **members: Any) -> Shipment:
    """A shipment whose notifications wait for hand-over."""
    return plan(registered(**members), now, PACE)


def notification(number: int = 1, channel: Channel = Channel.EMAIL, **members: Any) -> Notification:
    """A notification that was not handed over yet."""
    address = ADDRESS if channel is Channel.EMAIL else NUMBER
    one = Notification(number=number, channel=channel, address=address, status=Status.NEW, changed=NOW)
    return replace(one, **members)


def both_channels(**members: Any) -> Shipment:
    """A shipment of two emails (1, 2) and two SMS (3, 4), each channel in a lane of its own."""
    rows = (
        notification(1),
        notification(2),
        notification(3, Channel.SMS),
        notification(4, Channel.SMS),
    )
    lanes = {
        Channel.EMAIL: Lane(todo=frozenset({1, 2}), after=NOW),
        Channel.SMS: Lane(todo=frozenset({3, 4}), after=NOW),
    }
    content = email_content(sms=SmsTemplate(body="A text", policy=SendingTimePolicy.ANYTIME))
    return registered(
        **{
            "content": content,
            "state": ShipmentState.SENDING,
            "notifications": rows,
            "lanes": lanes,
            "wants": "es",
            **members,
        }
    )


def fact(status: Status = Status.DELIVERED, number: int = 1, **members: Any) -> Fact:
    """A delivery report about a notification of `registered()`."""
    report = Fact(shipment=ShipmentId(KEY, 1), number=number, status=status, at=NOW + timedelta(seconds=5), code="x")
    return replace(report, **members)


def order_of(*shipments: Shipment, **members: Any) -> Order:
    """The order row of some shipments."""
    order = Order(
        key=shipments[0].id.key,
        creator=shipments[0].creator,
        kind=OrderKind.NOTIFICATION,
        identity=b"i" * 32,
        fingerprint="fingerprint",
        request="request-1",
        created=NOW,
        references=tuple(each.content.senders_reference for each in shipments),
        live=len(shipments),
    )
    return replace(order, **members)
