"""NotificationSummary, the legacy API's notifications of one order and channel (http-contract.md section 4.13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from notifications.contract.notification_statuses import description, is_success, summary_name
from notifications.contract.ordered import OrderedRecipient
from notifications.contract.responses import StatusView
from notifications.contract.schemas import SummaryStatus, Timestamp, Uuid
from notifications.contract.timestamps import write_timestamp
from notifications.domain.order import Recipient
from notifications.domain.statuses import Channel, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationView:
    """One notification: who it is for, and the address it goes to, which is "" where none was found."""

    id: UUID
    recipient: Recipient
    address: str
    status: Status
    last_update: datetime
    in_hand: bool = False
    reason: str | None = None
    history: Sequence[StatusView] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryView:
    """The notifications of one channel that an order led to."""

    order_id: UUID
    channel: Channel
    notifications: Sequence[NotificationView] = ()
    senders_reference: str | None = None


class EarlierStatus(TypedDict):
    """A status that a notification had, since when, and the provider's code for it where it gave one."""

    status: SummaryStatus
    at: Timestamp
    reason: str | None


class SendStatus(TypedDict):
    """How far a notification is; what expired is called failed, and only the description tells.

    Beside what the reference system tells: the provider's code for the status, and the statuses before this one.
    """

    status: SummaryStatus
    description: str
    lastUpdate: Timestamp
    reason: str | None
    history: list[EarlierStatus] | None


class NotificationWithStatus(TypedDict):
    """One notification, with the address that it goes to and whose it is."""

    id: Uuid
    succeeded: bool
    recipient: OrderedRecipient
    sendStatus: SendStatus


class NotificationSummary(TypedDict):
    """The notifications of an order on one channel."""

    orderId: Uuid
    sendersReference: str | None
    generated: int
    succeeded: int
    notifications: list[NotificationWithStatus]


def notification_summary(view: SummaryView) -> NotificationSummary:
    """The summary of either channel."""
    return {
        "orderId": str(view.order_id),
        "sendersReference": view.senders_reference,
        "generated": len(view.notifications),
        "succeeded": sum(is_success(each.status) for each in view.notifications),
        "notifications": [_notification(each, view.channel) for each in view.notifications],
    }


def _notification(view: NotificationView, channel: Channel) -> NotificationWithStatus:
    return {
        "id": str(view.id),
        "succeeded": is_success(view.status),
        "recipient": _recipient(view, channel),
        "sendStatus": {
            "status": summary_name(channel, view.status, in_hand=view.in_hand),
            "description": description(channel, view.status, in_hand=view.in_hand),
            "lastUpdate": write_timestamp(view.last_update),
            "reason": view.reason,
            "history": [_earlier(channel, each) for each in view.history] or None,
        },
    }


def _earlier(channel: Channel, view: StatusView) -> EarlierStatus:
    return {"status": summary_name(channel, view.status), "at": write_timestamp(view.at), "reason": view.reason}


def _recipient(view: NotificationView, channel: Channel) -> OrderedRecipient:
    return {
        "emailAddress": view.address if channel is Channel.EMAIL else None,
        "mobileNumber": view.address if channel is Channel.SMS else None,
        "organizationNumber": view.recipient.organization_number,
        "nationalIdentityNumber": view.recipient.national_identity_number,
    }
