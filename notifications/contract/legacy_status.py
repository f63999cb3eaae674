"""OrderWithStatus, which `PUT /orders/{id}/cancel` answers with (http-contract.md sections 4.12 and 6.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.contract.responses import Json
from notifications.contract.timestamps import write_timestamp
from notifications.domain.order import ChannelScheme
from notifications.domain.statuses import Channel, OrderStatus, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatusView:
    """A shipment as the legacy API tells its status; `last_update` is when that status was reached.

    `notifications` holds channel and status of each notification that was generated.
    """

    shipment_id: UUID
    creator: str
    created: datetime
    requested_send_time: datetime
    channels: ChannelScheme
    status: OrderStatus
    last_update: datetime
    senders_reference: str | None = None
    condition_endpoint: str | None = None
    notifications: Sequence[tuple[Channel, Status]] = ()


def order_with_status(view: OrderStatusView, *, base_uri: str) -> Json:
    """OrderWithStatus; `base_uri` (no slash at its end) begins the links."""
    return {
        "id": str(view.shipment_id),
        "sendersReference": view.senders_reference,
        "requestedSendTime": write_timestamp(view.requested_send_time),
        "creator": view.creator,
        "created": write_timestamp(view.created),
        "notificationChannel": view.channels.value,
        "conditionEndpoint": view.condition_endpoint,
        "processingStatus": {
            "status": _NAMES.get(view.status, view.status.value),
            "description": _DESCRIPTIONS[view.status],
            "lastUpdate": write_timestamp(view.last_update),
        },
        "notificationsStatusSummary": _summary(view, base_uri),
    }


# the legacy API has no name for processed orders; only the description tells them from completed ones
_NAMES = {OrderStatus.PROCESSED: "Completed"}

_DESCRIPTIONS = {
    OrderStatus.REGISTERED: "Order has been registered and is awaiting requested send time before processing.",
    OrderStatus.PROCESSING: "Order processing is ongoing. Notifications are being generated.",
    OrderStatus.PROCESSED: "Order processing is done. Notifications have been successfully generated.",
    OrderStatus.COMPLETED: "Order processing is completed. All notifications have a final status.",
    OrderStatus.CONDITION_NOT_MET: "Order processing was stopped due to send condition not being met.",
    OrderStatus.CANCELLED: "Order processing was stopped due to order being cancelled.",
}

# as the reference counts: a delivered SMS is not among them
_SUCCEEDED = {
    Channel.EMAIL: frozenset({Status.ACCEPTED, Status.DELIVERED}),
    Channel.SMS: frozenset({Status.ACCEPTED}),
}


def _summary(view: OrderStatusView, base_uri: str) -> Json:
    if not view.notifications:
        return None
    return {channel.value: _channel_summary(view, channel, base_uri) for channel in Channel}


def _channel_summary(view: OrderStatusView, channel: Channel, base_uri: str) -> Json:
    statuses = [status for notified, status in view.notifications if notified is channel]
    if not statuses:
        return None
    path = f"/notifications/api/v1/orders/{view.shipment_id}/notifications/{channel.value}"
    return {
        "links": {"self": base_uri + path},
        "generated": len(statuses),
        "succeeded": sum(status in _SUCCEEDED[channel] for status in statuses),
    }
