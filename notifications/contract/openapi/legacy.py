"""The endpoints of the API's first version (http-contract.md sections 3.7 to 3.10)."""

from typing import Any

from notifications.contract.legacy_orders import Order, OrderList, OrderRequestResponse
from notifications.contract.legacy_request import LegacyEmailOrder, LegacyRequest, LegacySmsOrder
from notifications.contract.legacy_status import OrderWithStatus
from notifications.contract.notification_summary import NotificationSummary
from notifications.contract.openapi import security
from notifications.contract.openapi.operation import API, IDENTITY, Answer, Body, Operation, Parameter, Tag
from notifications.contract.request_model import RequestModel
from notifications.contract.schemas import NOT_BLANK

_PLACING = """\
Each request is an order of its own: there is no `idempotencyId`. Recipients without an address are looked up; whom the
order will not reach is told in `recipientLookup`, and nobody is refused for it."""

_BY_SHIPMENT = "The id is that of the order, or of any shipment."


def _place(id_: str, path: str, model: type[RequestModel], *, what: str, how: str) -> Operation:
    return Operation(
        id=id_,
        method="post",
        path=API + path,
        tag=Tag.DEPRECATED,
        summary=f"Order {what}",
        description=f"{how}\n\n{_PLACING}",
        security=security.CREATE,
        body=Body(model=model),
        answers={
            202: Answer(
                description="The order is accepted and stored.",
                shape=OrderRequestResponse,
                headers={"Location": "Where the order is."},
            )
        },
        problems=(400, 401, 403, 411, 413, 415, 429, 500, 503),
        deprecated=True,
    )


def _read(id_: str, path: str, shape: Any, summary: str, description: str = _BY_SHIPMENT) -> Operation:
    return Operation(
        id=id_,
        method="get",
        path=f"{API}/orders/{{id}}{path}",
        tag=Tag.DEPRECATED,
        summary=summary,
        description=description,
        security=security.CREATE,
        parameters=(IDENTITY,),
        answers={200: Answer(description="What was asked for.", shape=shape)},
        problems=(400, 401, 403, 404, 500, 503),
        deprecated=True,
    )


def _summary(id_: str, channel: str, name: str) -> Operation:
    return _read(
        id_,
        f"/notifications/{channel}",
        NotificationSummary,
        f"The {name} notifications of an order",
        "Expired notifications are called `Failed`, and only the description tells. An address that was not found is "
        "empty.",
    )


LEGACY = (
    _place(
        "place_legacy_order",
        "/orders",
        LegacyRequest,
        what="messages to many, by channels that are chosen",
        how="A template is given for each channel that may be used.",
    ),
    _place(
        "place_legacy_email_order",
        "/orders/email",
        LegacyEmailOrder,
        what="an email to many",
        how="The sender is the service's own address. Mobile numbers of recipients are not looked at.",
    ),
    _place(
        "place_legacy_sms_order",
        "/orders/sms",
        LegacySmsOrder,
        what="an SMS to many",
        how="It is sent between 09:00 and 17:00, Norwegian time. Email addresses of recipients are not looked at.",
    ),
    Operation(
        id="find_orders",
        method="get",
        path=f"{API}/orders",
        tag=Tag.DEPRECATED,
        summary="The orders that have a reference",
        description="References count in their own letter case.",
        security=security.CREATE,
        parameters=(
            Parameter(
                name="sendersReference",
                where="query",
                schema={"type": "string", "pattern": NOT_BLANK},
                description="What the order was called.",
                required=True,
            ),
        ),
        answers={200: Answer(description="The orders, or none.", shape=OrderList)},
        problems=(400, 401, 403, 500, 503),
        deprecated=True,
    ),
    _read("get_order", "", Order, "An order as it was placed"),
    _read(
        "get_order_status",
        "/status",
        OrderWithStatus,
        "The status of an order",
        "An order whose messages are being sent is called `Completed` already; the description tells.",
    ),
    Operation(
        id="cancel_order",
        method="put",
        path=f"{API}/orders/{{id}}/cancel",
        tag=Tag.ORDER,
        summary="Cancel one shipment",
        description="""\
Cancels a shipment of any kind of order that is more than five minutes away; reminders are shipments of their own. A
shipment that is cancelled already stays so.""",
        security=security.CREATE,
        parameters=(IDENTITY,),
        answers={200: Answer(description="The shipment, cancelled.", shape=OrderWithStatus)},
        problems=(400, 401, 403, 404, 409, 500, 503),
    ),
    _summary("get_email_notifications", "email", "email"),
    _summary("get_sms_notifications", "sms", "SMS"),
)
