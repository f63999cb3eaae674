"""What the service answers (http-contract.md sections 4.3, 4.4, 4.6 and 4.7): views filled by a trigger, as JSON.

Every function returns a TypedDict, which the OpenAPI document is made of as well; `render` leaves out what is None.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, TypedDict
from uuid import UUID

from pydantic import Field

from notifications.contract.schemas import LifecycleStatus, RecipientStatus, Timestamp, Uuid
from notifications.contract.timestamps import write_timestamp
from notifications.domain.order import ShipmentType
from notifications.domain.statuses import Channel, OrderStatus, Status, wire_name

MEDIA_TYPE = "application/json; charset=utf-8"

type Json = Mapping[str, object] | Sequence[object] | str | int | bool | None


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
class StatusView:
    """A status that a notification had, since when, and why where that is known."""

    status: Status
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientView:
    """One notification; `destination` is "" where none was found, `in_hand` says that a live claim covers it.

    `segments` are those of an SMS, which was `shortened` when a name made it too long. `late` is what was reported
    after the notification had ended.
    """

    channel: Channel
    destination: str
    status: Status
    last_update: datetime
    in_hand: bool = False
    reason: str | None = None
    segments: int | None = None
    shortened: bool = False
    history: Sequence[StatusView] = ()
    late: Status | None = None


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


class ShipmentReference(TypedDict):
    """A shipment: its id, and what the caller calls it."""

    shipmentId: Uuid
    sendersReference: str | None


class ShipmentReferences(TypedDict):
    """The main shipment, and its reminders where there are any."""

    reminders: list[ShipmentReference] | None
    shipmentId: Uuid
    sendersReference: str | None


class NotificationOrderChainResponse(TypedDict):
    """An accepted order. Its warnings say what will be sent otherwise than it was ordered."""

    notificationOrderId: Uuid
    notification: ShipmentReferences
    warnings: list[str] | None


class InstantOrderResponse(TypedDict):
    """An accepted instant message. Its warnings say what will be sent otherwise than it was ordered."""

    notificationOrderId: Uuid
    notification: ShipmentReference
    warnings: list[str] | None


class StatusChange(TypedDict):
    """A status that a notification had, since when, and the provider's code for it where it gave one."""

    status: RecipientStatus
    at: Timestamp
    reason: str | None


class ManifestRecipient(TypedDict):
    """One notification of a shipment; the destination is empty where none was found.

    Beside what the reference system tells: the provider's code for the status, the segments of an SMS and whether it
    was shortened to the most that can be sent, the statuses before this one, and what was reported after the end.
    """

    type: Literal["Email", "SMS"]
    destination: str
    status: RecipientStatus
    lastUpdate: Timestamp
    reason: str | None
    segments: Annotated[int, Field(ge=1)] | None
    shortened: Literal[True] | None
    history: list[StatusChange] | None
    lateReport: RecipientStatus | None


class ShipmentManifest(TypedDict):
    """A shipment and what became of each of its notifications, email first; none before it is processed."""

    shipmentId: Uuid
    sendersReference: str | None
    type: ShipmentType
    status: LifecycleStatus
    lastUpdate: Timestamp
    recipients: list[ManifestRecipient]


class ChainShipment(TypedDict):
    """A shipment of an order. Whether it is cancelled is said when that was asked for."""

    shipmentId: Uuid
    sendersReference: str | None
    type: ShipmentType
    status: LifecycleStatus
    lastUpdate: Timestamp
    cancelled: bool | None


class NotificationOrderChainStatus(TypedDict):
    """An order with the status of each of its shipments, main first."""

    notificationOrderId: Uuid
    shipments: list[ChainShipment]


class FeedRecipient(TypedDict):
    """One notification of a shipment that ended."""

    destination: str
    status: RecipientStatus
    lastUpdate: Timestamp


class StatusFeedEntry(TypedDict):
    """A shipment that ended; its sequence number is the cursor to read on from."""

    sequenceNumber: Annotated[int, Field(ge=1)]
    shipmentId: Uuid
    sendersReference: str | None
    recipients: list[FeedRecipient]
    status: LifecycleStatus
    lastUpdate: Timestamp
    shipmentType: ShipmentType


class SendCondition(TypedDict):
    """What a condition endpoint answers."""

    sendNotification: bool


def chain(view: ChainView) -> NotificationOrderChainResponse:
    """The answer to an order; reminders and warnings only where there are any."""
    main = _shipment_ref(view.main)
    return {
        "notificationOrderId": str(view.order_id),
        "notification": {"reminders": [_shipment_ref(each) for each in view.reminders] or None, **main},
        "warnings": list(view.warnings) or None,
    }


def instant(view: ChainView) -> InstantOrderResponse:
    """The answer to an instant order, which has no reminders."""
    return {
        "notificationOrderId": str(view.order_id),
        "notification": _shipment_ref(view.main),
        "warnings": list(view.warnings) or None,
    }


def manifest(view: ManifestView) -> ShipmentManifest:
    """One shipment with its notifications."""
    return {
        "shipmentId": str(view.shipment_id),
        "sendersReference": view.senders_reference,
        "type": view.type,
        "status": _lifecycle(view.status),
        "lastUpdate": write_timestamp(view.last_update),
        "recipients": [_manifest_recipient(each) for each in view.recipients],
    }


def chain_status(view: ChainStatusView) -> NotificationOrderChainStatus:
    """What the Location of a 201 leads to (spec/README.md item 4): recipients are in each shipment's own manifest."""
    return {
        "notificationOrderId": str(view.order_id),
        "shipments": [_chain_shipment(each, asked_to_cancel=view.asked_to_cancel) for each in view.shipments],
    }


def feed(entries: Sequence[FeedEntryView]) -> list[StatusFeedEntry]:
    """A page of the status feed."""
    return [_feed_entry(entry) for entry in entries]


def send_condition(*, met: bool) -> SendCondition:
    """The test helper's answer, as a condition endpoint gives it (section 10.1)."""
    return {"sendNotification": met}


def render(value: Json) -> bytes:
    """UTF-8, indented by two spaces, without null members, nothing escaped that need not be."""
    return json.dumps(_without_null(value), ensure_ascii=False, indent=2).encode()


def _shipment_ref(ref: ShipmentRef) -> ShipmentReference:
    return {"shipmentId": str(ref.shipment_id), "sendersReference": ref.senders_reference}


def _manifest_recipient(view: RecipientView) -> ManifestRecipient:
    return {
        "type": "Email" if view.channel is Channel.EMAIL else "SMS",
        **_recipient(view),
        "reason": view.reason,
        "segments": view.segments,
        "shortened": True if view.shortened else None,
        "history": [_status_change(view.channel, each) for each in view.history] or None,
        "lateReport": wire_name(view.channel, view.late) if view.late else None,
    }


def _status_change(channel: Channel, view: StatusView) -> StatusChange:
    return {"status": wire_name(channel, view.status), "at": write_timestamp(view.at), "reason": view.reason}


def _chain_shipment(view: ManifestView, *, asked_to_cancel: bool) -> ChainShipment:
    return {
        "shipmentId": str(view.shipment_id),
        "sendersReference": view.senders_reference,
        "type": view.type,
        "status": _lifecycle(view.status),
        "lastUpdate": write_timestamp(view.last_update),
        "cancelled": view.status is OrderStatus.CANCELLED if asked_to_cancel else None,
    }


def _feed_entry(entry: FeedEntryView) -> StatusFeedEntry:
    shipment = entry.shipment
    return {
        "sequenceNumber": entry.sequence_number,
        "shipmentId": str(shipment.shipment_id),
        "sendersReference": shipment.senders_reference,
        "recipients": [_recipient(recipient) for recipient in shipment.recipients],
        "status": _lifecycle(shipment.status),
        "lastUpdate": write_timestamp(shipment.last_update),
        "shipmentType": shipment.type,
    }


def _recipient(view: RecipientView) -> FeedRecipient:
    return {
        "destination": view.destination,
        "status": wire_name(view.channel, view.status, in_hand=view.in_hand),
        "lastUpdate": write_timestamp(view.last_update),
    }


def _lifecycle(status: OrderStatus) -> str:
    return f"Order_{status.value}"


def _without_null(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _without_null(member) for name, member in value.items() if member is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_null(element) for element in value]
    return value
