"""What the service answers (http-contract.md sections 4.3, 4.6 and 4.7): views filled by a trigger, written as JSON.

Every function returns JSON-ready values; `render` leaves out what is null.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.contract.timestamps import write_timestamp
from notifications.domain.order import ShipmentType
from notifications.domain.statuses import Channel, OrderStatus, Status, wire_name

MEDIA_TYPE = "application/json; charset=utf-8"

type Json = Mapping[str, Json] | Sequence[Json] | str | int | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRef:
    """A shipment as the answer to an order names it."""

    shipment_id: UUID
    senders_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainView:
    """An accepted order: its id, the main shipment, the reminders in order, and what the caller is warned of."""

    order_id: UUID
    main: ShipmentRef
    reminders: Sequence[ShipmentRef] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientView:
    """One notification; `destination` is "" where none was found, `in_hand` says that a live claim covers it."""

    channel: Channel
    destination: str
    status: Status
    last_update: datetime
    in_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestView:
    """A shipment with its notifications, email first."""

    shipment_id: UUID
    type: ShipmentType
    status: OrderStatus
    last_update: datetime
    recipients: Sequence[RecipientView] = ()
    senders_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStatusView:
    """An order with the state of every shipment; after a cancellation, each also says whether it is cancelled."""

    order_id: UUID
    shipments: Sequence[ManifestView]
    asked_to_cancel: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntryView:
    """A finished shipment and its place in the creator's feed."""

    sequence_number: int
    shipment: ManifestView


def chain(view: ChainView) -> Json:
    """NotificationOrderChainResponse: reminders and warnings only where there are any."""
    reminders = [_shipment_ref(reminder) for reminder in view.reminders]
    return {
        "notificationOrderId": str(view.order_id),
        "notification": {"reminders": reminders or None, **_shipment_ref(view.main)},
        "warnings": list(view.warnings) or None,
    }


def manifest(view: ManifestView) -> Json:
    """ShipmentManifest."""
    return {
        "shipmentId": str(view.shipment_id),
        "sendersReference": view.senders_reference,
        "type": view.type.value,
        "status": _lifecycle(view.status),
        "lastUpdate": write_timestamp(view.last_update),
        "recipients": [{"type": _TYPES[each.channel], **_recipient(each)} for each in view.recipients],
    }


def chain_status(view: ChainStatusView) -> Json:
    """What the Location of a 201 leads to (spec/README.md item 4): recipients are in each shipment's own manifest."""
    return {
        "notificationOrderId": str(view.order_id),
        "shipments": [
            {
                "shipmentId": str(each.shipment_id),
                "sendersReference": each.senders_reference,
                "type": each.type.value,
                "status": _lifecycle(each.status),
                "lastUpdate": write_timestamp(each.last_update),
                "cancelled": each.status is OrderStatus.CANCELLED if view.asked_to_cancel else None,
            }
            for each in view.shipments
        ],
    }


def feed(entries: Sequence[FeedEntryView]) -> Json:
    """A page of the status feed."""
    return [_feed_entry(entry) for entry in entries]


def render(value: Json) -> bytes:
    """UTF-8, indented by two spaces, without null members, nothing escaped that need not be."""
    return json.dumps(_without_null(value), ensure_ascii=False, indent=2).encode()


_TYPES = {Channel.EMAIL: "Email", Channel.SMS: "SMS"}


def _shipment_ref(ref: ShipmentRef) -> dict[str, Json]:
    return {"shipmentId": str(ref.shipment_id), "sendersReference": ref.senders_reference}


def _feed_entry(entry: FeedEntryView) -> Json:
    shipment = entry.shipment
    return {
        "sequenceNumber": entry.sequence_number,
        "shipmentId": str(shipment.shipment_id),
        "sendersReference": shipment.senders_reference,
        "recipients": [_recipient(recipient) for recipient in shipment.recipients],
        "status": _lifecycle(shipment.status),
        "lastUpdate": write_timestamp(shipment.last_update),
        "shipmentType": shipment.type.value,
    }


def _recipient(view: RecipientView) -> dict[str, Json]:
    return {
        "destination": view.destination,
        "status": wire_name(view.channel, view.status, in_hand=view.in_hand),
        "lastUpdate": write_timestamp(view.last_update),
    }


def _lifecycle(status: OrderStatus) -> str:
    return f"Order_{status.value}"


def _without_null(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {name: _without_null(member) for name, member in value.items() if member is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_null(element) for element in value]
    return value
