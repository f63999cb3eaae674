"""What the support dashboard is told about one person or organisation (http-contract.md section 4.8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from notifications.contract.notification_statuses import legacy_name
from notifications.contract.schemas import LegacyStatus, Timestamp, Uuid
from notifications.contract.timestamps import write_timestamp
from notifications.domain.order import ChannelScheme, Recipient, ShipmentType
from notifications.domain.statuses import Channel, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One notification for the one who is asked about; its address is "" where none was found."""

    recipient: Recipient
    channel: Channel
    address: str
    status: Status
    last_update: datetime
    in_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardView:
    """A shipment that was to reach the one who is asked about."""

    shipment_id: UUID
    creator: str
    type: ShipmentType
    channels: ChannelScheme
    requested_send_time: datetime
    attempts: Sequence[AttemptView] = ()
    resource_id: str | None = None
    senders_reference: str | None = None


class DeliveryAttempt(TypedDict):
    """One notification; the identity is that which was asked about."""

    nationalIdentityNumber: str | None
    organizationNumber: str | None
    channel: Channel
    emailAddress: str | None
    mobileNumber: str | None
    result: LegacyStatus
    resultTime: Timestamp


class DashboardNotification(TypedDict):
    """A shipment that was to reach the one who is asked about, and what became of it."""

    shipmentId: Uuid
    creatorName: str
    resourceId: str | None
    sendersReference: str | None
    requestedSendTime: Timestamp
    notificationChannel: ChannelScheme
    notificationType: ShipmentType
    deliveryAttempts: list[DeliveryAttempt]


def dashboard(views: Sequence[DashboardView]) -> list[DashboardNotification]:
    """The answer to a search, in the order that it is given in (newest send time first)."""
    return [_notification(view) for view in views]


def _notification(view: DashboardView) -> DashboardNotification:
    return {
        "shipmentId": str(view.shipment_id),
        "creatorName": view.creator,
        "resourceId": view.resource_id,
        "sendersReference": view.senders_reference,
        "requestedSendTime": write_timestamp(view.requested_send_time),
        "notificationChannel": view.channels,
        "notificationType": view.type,
        "deliveryAttempts": [_attempt(each) for each in view.attempts],
    }


def _attempt(view: AttemptView) -> DeliveryAttempt:
    return {
        "nationalIdentityNumber": view.recipient.national_identity_number,
        "organizationNumber": view.recipient.organization_number,
        "channel": view.channel,
        "emailAddress": view.address if view.channel is Channel.EMAIL else None,
        "mobileNumber": view.address if view.channel is Channel.SMS else None,
        "result": legacy_name(view.channel, view.status, in_hand=view.in_hand),
        "resultTime": write_timestamp(view.last_update),
    }
