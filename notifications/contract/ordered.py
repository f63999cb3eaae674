"""What legacy orders and their statuses begin with, and how they show a recipient (http-contract.md section 4.11)."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from notifications.contract.schemas import Timestamp, Uuid
from notifications.contract.timestamps import write_timestamp
from notifications.domain.order import ChannelScheme, Recipient

ORDERS = "/notifications/api/v1/orders"
"""Where the links of legacy answers lead, below the service's base URI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedView:
    """What a shipment was ordered with, as far as every legacy answer tells it."""

    shipment_id: UUID
    creator: str
    created: datetime
    requested_send_time: datetime
    channels: ChannelScheme
    senders_reference: str | None = None
    condition_endpoint: str | None = None
    ignore_reservation: bool | None = None
    resource_id: str | None = None
    resource_action: str | None = None


class Ordered(TypedDict):
    """What an order and its status have in common."""

    id: Uuid
    sendersReference: str | None
    requestedSendTime: Timestamp
    creator: str
    created: Timestamp
    notificationChannel: ChannelScheme
    ignoreReservation: bool | None
    resourceId: str | None
    resourceAction: str | None
    conditionEndpoint: str | None


class OrderedRecipient(TypedDict):
    """A recipient: an address, the identity whose address was looked up, or nothing that the legacy API can show."""

    emailAddress: str | None
    mobileNumber: str | None
    organizationNumber: str | None
    nationalIdentityNumber: str | None


def ordered(view: OrderedView) -> Ordered:
    """The members in the reference's order."""
    return {
        "id": str(view.shipment_id),
        "sendersReference": view.senders_reference,
        "requestedSendTime": write_timestamp(view.requested_send_time),
        "creator": view.creator,
        "created": write_timestamp(view.created),
        "notificationChannel": view.channels,
        "ignoreReservation": view.ignore_reservation,
        "resourceId": view.resource_id,
        "resourceAction": view.resource_action,
        "conditionEndpoint": view.condition_endpoint,
    }


def ordered_recipient(recipient: Recipient) -> OrderedRecipient:
    """A recipient as it was ordered; an external identity has no member of its own and shows as `{}`."""
    return {
        "emailAddress": recipient.email_address,
        "mobileNumber": recipient.phone_number,
        "organizationNumber": recipient.organization_number,
        "nationalIdentityNumber": recipient.national_identity_number,
    }
