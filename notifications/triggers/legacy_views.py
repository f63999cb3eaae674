"""From shipments to what the legacy API, the dashboard and the activity log show of them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from notifications.contract.activity_log import LogEntryView
from notifications.contract.dashboard import AttemptView, DashboardView
from notifications.contract.legacy_orders import OrderView
from notifications.contract.legacy_status import OrderStatusView
from notifications.contract.notification_summary import NotificationView, SummaryView
from notifications.domain.shipment import Shipment
from notifications.domain.statuses import Channel, order_status
from notifications.stages.inquiries import Logged, Told
from notifications.stages.metrics import delivery_reference
from notifications.triggers.views import history_view, told_reference


def order_view(shipment: Shipment) -> OrderView:
    """A shipment as it was ordered."""
    content = shipment.content
    return OrderView(**_ordered(shipment), recipients=content.recipients, email=content.email, sms=content.sms)


def order_status_view(shipment: Shipment) -> OrderStatusView:
    """A shipment as the legacy API tells its status."""
    return OrderStatusView(
        **_ordered(shipment) | {"senders_reference": told_reference(shipment.content.senders_reference)},
        status=order_status(shipment.state, shipment.ending),
        last_update=shipment.changed,
        notifications=[(one.channel, one.status) for one in shipment.notifications],
    )


def _ordered(shipment: Shipment) -> dict[str, Any]:
    content = shipment.content
    return {
        "shipment_id": shipment.id.uuid,
        "creator": shipment.creator,
        "created": shipment.created,
        "requested_send_time": shipment.send_at,
        "channels": content.scheme,
        "senders_reference": content.senders_reference,
        "condition_endpoint": content.condition_endpoint,
        "ignore_reservation": content.ignore_reservation,
        "resource_id": content.resource_id,
        "resource_action": content.resource_action,
    }


def summary_view(shipment: Shipment, channel: Channel, now: datetime) -> SummaryView:
    """A shipment's notifications of one channel."""
    return SummaryView(
        order_id=shipment.id.uuid,
        channel=channel,
        senders_reference=told_reference(shipment.content.senders_reference),
        notifications=[
            NotificationView(
                id=shipment.id.notification(one.number),
                recipient=shipment.recipient_of(one),
                address=one.address,
                status=one.status,
                last_update=one.changed,
                in_hand=shipment.in_hand(one, now),
                reason=one.reason,
                history=history_view(one),
            )
            for one in shipment.notifications
            if one.channel is channel
        ],
    )


def dashboard_view(told: Told, now: datetime) -> DashboardView:
    """A shipment with what it sent to the one who was asked about."""
    shipment = told.shipment
    return DashboardView(
        shipment_id=shipment.id.uuid,
        creator=shipment.creator,
        type=shipment.content.type,
        channels=shipment.content.scheme,
        requested_send_time=shipment.send_at,
        resource_id=shipment.content.resource_id,
        senders_reference=told_reference(shipment.content.senders_reference),
        attempts=[
            AttemptView(
                recipient=shipment.recipient_of(one),
                channel=one.channel,
                address=one.address,
                status=one.status,
                last_update=one.changed,
                in_hand=shipment.in_hand(one, now),
            )
            for one in told.notifications
        ],
    )


def log_views(logged: Logged, now: datetime) -> Iterator[LogEntryView]:
    """Every notification of an order."""
    for shipment in logged.shipments:
        for one in shipment.notifications:
            yield LogEntryView(
                shipment_id=shipment.id.uuid,
                notification_id=shipment.id.notification(one.number),
                type=shipment.content.type,
                channel=one.channel,
                recipient=shipment.recipient_of(one),
                address=one.address,
                status=one.status,
                requested_send_time=shipment.send_at,
                last_update=one.changed,
                senders_reference=told_reference(shipment.content.senders_reference),
                dialog_id=logged.order.dialog_id,
                transmission_id=logged.order.transmission_id,
                reference=delivery_reference(shipment, one),
                resource_id=shipment.content.resource_id,
                in_hand=shipment.in_hand(one, now),
            )
