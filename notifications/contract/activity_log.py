"""The activity log: what was sent in the matter of a dialog (engine.md section 8.3, behaviour.md section 9.5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypedDict
from uuid import UUID

from notifications.contract.schemas import RecipientStatus, Timestamp, Uuid
from notifications.contract.timestamps import write_timestamp
from notifications.domain.order import Recipient, ShipmentType
from notifications.domain.statuses import Channel, Status, wire_name


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntryView:
    """One notification; `reference` is the provider's name for it, once it has one."""

    shipment_id: UUID
    notification_id: UUID
    type: ShipmentType
    channel: Channel
    recipient: Recipient
    address: str
    status: Status
    requested_send_time: datetime
    last_update: datetime
    senders_reference: str | None = None
    dialog_id: str | None = None
    transmission_id: str | None = None
    reference: str | None = None
    resource_id: str | None = None
    in_hand: bool = False


class NotificationLogEntry(TypedDict):
    """One notification: what it was sent for, to whom, and what became of it.

    The recipient is the organisation number or national identity number that it was ordered for, left out where it was
    ordered for an address; the delivery reference is the provider's.
    """

    shipmentId: Uuid
    notificationId: Uuid
    sendersReference: str | None
    dialogId: str | None
    transmissionId: str | None
    deliveryReference: str | None
    recipient: str | None
    type: ShipmentType
    channel: Literal["Email", "Sms"]
    destination: str
    resourceId: str | None
    status: RecipientStatus
    requestedSendTime: Timestamp
    lastUpdateTime: Timestamp


def activity_log(views: Sequence[LogEntryView]) -> list[NotificationLogEntry]:
    """The answer to a search, in the order that it is given in."""
    return [_entry(view) for view in views]


def _entry(view: LogEntryView) -> NotificationLogEntry:
    return {
        "shipmentId": str(view.shipment_id),
        "notificationId": str(view.notification_id),
        "sendersReference": view.senders_reference,
        "dialogId": view.dialog_id,
        "transmissionId": view.transmission_id,
        "deliveryReference": view.reference,
        "recipient": view.recipient.organization_number or view.recipient.national_identity_number,
        "type": view.type,
        "channel": "Email" if view.channel is Channel.EMAIL else "Sms",
        "destination": view.address,
        "resourceId": view.resource_id,
        "status": wire_name(view.channel, view.status, in_hand=view.in_hand),
        "requestedSendTime": write_timestamp(view.requested_send_time),
        "lastUpdateTime": write_timestamp(view.last_update),
    }
