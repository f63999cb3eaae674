"""OrderWithStatus, the legacy API's status of an order (http-contract.md sections 4.12 and 6.1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypedDict

from notifications.contract.notification_statuses import is_success
from notifications.contract.ordered import ORDERS, Ordered, OrderedView, ordered
from notifications.contract.schemas import Link, Timestamp, one_of
from notifications.contract.timestamps import write_timestamp
from notifications.domain.statuses import Channel, OrderStatus, Status

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


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStatusView(OrderedView):
    """A shipment as the legacy API tells its status; `last_update` is when that status was reached.

    `notifications` holds channel and status of each notification that was generated.
    """

    status: OrderStatus
    last_update: datetime
    notifications: Sequence[tuple[Channel, Status]] = ()


class ProcessingStatus(TypedDict):
    """How far an order is."""

    status: Annotated[str, one_of([each.value for each in OrderStatus if each not in _NAMES])]
    description: str
    lastUpdate: Timestamp


class SummaryLinks(TypedDict):
    """Where the notifications of a channel are told one by one."""

    self: Link


class ChannelSummary(TypedDict):
    """How many notifications were generated on a channel, and how many a provider or the recipient has."""

    links: SummaryLinks
    generated: int
    succeeded: int


class NotificationsStatusSummary(TypedDict):
    """The channels on which notifications were generated."""

    email: ChannelSummary | None
    sms: ChannelSummary | None


class OrderWithStatus(Ordered, TypedDict):
    """An order with its status. The summary is left out while nothing has been generated."""

    processingStatus: ProcessingStatus
    notificationsStatusSummary: NotificationsStatusSummary | None


def order_with_status(view: OrderStatusView, *, base_uri: str) -> OrderWithStatus:
    """The status of an order; `base_uri` (no slash at its end) begins the links."""
    return {
        **ordered(view),
        "processingStatus": {
            "status": _NAMES.get(view.status, view.status.value),
            "description": _DESCRIPTIONS[view.status],
            "lastUpdate": write_timestamp(view.last_update),
        },
        "notificationsStatusSummary": _summary(view, base_uri),
    }


def _summary(view: OrderStatusView, base_uri: str) -> NotificationsStatusSummary | None:
    if not view.notifications:
        return None
    return {
        "email": _channel_summary(view, Channel.EMAIL, base_uri),
        "sms": _channel_summary(view, Channel.SMS, base_uri),
    }


def _channel_summary(view: OrderStatusView, channel: Channel, base_uri: str) -> ChannelSummary | None:
    statuses = [status for notified, status in view.notifications if notified is channel]
    if not statuses:
        return None
    return {
        "links": {"self": f"{base_uri}{ORDERS}/{view.shipment_id}/notifications/{channel.value}"},
        "generated": len(statuses),
        # the reference does not count a delivered SMS here; that is taken for a mistake
        "succeeded": sum(map(is_success, statuses)),
    }
