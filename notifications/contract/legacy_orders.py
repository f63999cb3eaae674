"""What the legacy API answers about orders: accepted ones, and ones that are read (http-contract.md 4.10 and 4.11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict
from uuid import UUID

from notifications.contract.ordered import (
    ORDERS,
    Ordered,
    OrderedRecipient,
    OrderedView,
    ordered,
    ordered_recipient,
)
from notifications.contract.schemas import Link, Uuid
from notifications.domain.order import ContentType, EmailTemplate, Recipient, SmsTemplate


class LookupStatus(StrEnum):
    """How many of the recipients that were looked up can be reached."""

    SUCCESS = "Success"
    PARTIAL_SUCCESS = "PartialSuccess"
    FAILED = "Failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupView:
    """What the registers said of an order's recipients: how many were looked up, and whom it will not reach.

    `reserved` are national identity numbers, `missing` those and organisation numbers; nobody is in both.
    """

    looked_up: int
    reserved: Sequence[str] = ()
    missing: Sequence[str] = ()

    @property
    def status(self) -> LookupStatus:
        """Success if everybody can be reached, Failed if nobody (section 3.7)."""
        unreachable = len(self.reserved) + len(self.missing)
        if not unreachable:
            return LookupStatus.SUCCESS
        return LookupStatus.FAILED if unreachable >= self.looked_up else LookupStatus.PARTIAL_SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedView:
    """An accepted legacy order; `lookup` is None where every recipient came with an address."""

    order_id: UUID
    lookup: LookupView | None = None
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Senders:
    """Who messages are from where an order does not say."""

    email: str
    sms: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView(OrderedView):
    """A shipment with what it was ordered to send, and to whom."""

    recipients: Sequence[Recipient]
    email: EmailTemplate | None = None
    sms: SmsTemplate | None = None


class RecipientLookup(TypedDict):
    """What the registers said of the recipients."""

    status: LookupStatus
    isReserved: list[str]
    missingContact: list[str]


class OrderRequestResponse(TypedDict):
    """An accepted order. The lookup is left out where every recipient came with an address."""

    orderId: Uuid
    recipientLookup: RecipientLookup | None
    warnings: list[str] | None


class OrderedEmail(TypedDict):
    """The email of an order, with the sender that it is from."""

    fromAddress: str
    subject: str
    body: str
    contentType: ContentType


class OrderedSms(TypedDict):
    """The SMS of an order, with the sender that it is from."""

    senderNumber: str
    body: str


class OrderLinks(TypedDict):
    """Where the order and its status are."""

    self: Link
    status: Link


class Order(Ordered, TypedDict):
    """An order as it was placed; addresses that were found later are not added."""

    recipients: list[OrderedRecipient]
    emailTemplate: OrderedEmail | None
    smsTemplate: OrderedSms | None
    links: OrderLinks


class OrderList(TypedDict):
    """The orders that have a reference, in no particular order."""

    count: int
    orders: list[Order]


def order_accepted(view: AcceptedView) -> OrderRequestResponse:
    """The answer to a legacy order."""
    return {
        "orderId": str(view.order_id),
        "recipientLookup": _lookup(view.lookup) if view.lookup else None,
        "warnings": list(view.warnings) or None,
    }


def order(view: OrderView, *, base_uri: str, senders: Senders) -> Order:
    """An order; `base_uri` (no slash at its end) begins the links."""
    itself = f"{base_uri}{ORDERS}/{view.shipment_id}"
    return {
        **ordered(view),
        "recipients": [ordered_recipient(recipient) for recipient in view.recipients],
        "emailTemplate": _email(view.email, senders) if view.email else None,
        "smsTemplate": _sms(view.sms, senders) if view.sms else None,
        "links": {"self": itself, "status": f"{itself}/status"},
    }


def order_list(views: Sequence[OrderView], *, base_uri: str, senders: Senders) -> OrderList:
    """The answer to a search."""
    return {"count": len(views), "orders": [order(each, base_uri=base_uri, senders=senders) for each in views]}


def _lookup(view: LookupView) -> RecipientLookup:
    return {"status": view.status, "isReserved": list(view.reserved), "missingContact": list(view.missing)}


def _email(template: EmailTemplate, senders: Senders) -> OrderedEmail:
    return {
        "fromAddress": template.sender or senders.email,
        "subject": template.subject,
        "body": template.body,
        "contentType": template.content_type,
    }


def _sms(template: SmsTemplate, senders: Senders) -> OrderedSms:
    return {"senderNumber": template.sender or senders.sms, "body": template.body}
