"""Valid requests to start from, and what the parser says of a changed one."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

from notifications.contract.limits import Limits
from notifications.contract.orders import parse_chain
from notifications.contract.problems import ValidationFailed
from notifications.contract.reading import OrderParser
from notifications.domain.order import OrderDraft, ShipmentContent

type Request = dict[str, Any]

NOW = datetime(2026, 8, 3, 7, 12, 45, 120034, tzinfo=UTC)
ABSENT = object()


def email_recipient(**settings: Any) -> Request:
    email = {"subject": "New message", "body": "You have received a message."} | settings
    return {"recipientEmail": {"emailAddress": "ola.normann@example.com", "emailSettings": email}}


def sms_recipient(**settings: Any) -> Request:
    sms = {"body": "You have received a message."} | settings
    return {"recipientSms": {"phoneNumber": "+4799999999", "smsSettings": sms}}


def order(**members: Any) -> Request:
    return {"idempotencyId": "order-2026-000123", "recipient": email_recipient()} | members


def full_order() -> Request:
    """An order in which every member of this version's contract is given."""
    return order(
        sendersReference="te-123-123",
        requestedSendTime="2026-08-10T08:00:00Z",
        conditionEndpoint="https://conditions.example.com/api/check/123",
        conditionFailurePolicy="DoNotSend",
        dialogportenAssociation={"dialogId": "dialog", "transmissionId": "transmission"},
        recipient=email_recipient(
            senderEmailAddress="noreply@example.com", contentType="Html", sendingTimePolicy="Anytime"
        ),
        reminders=[
            {
                "recipient": sms_recipient(sender="TTD", sendingTimePolicy="Daytime"),
                "delayDays": 7,
                "sendersReference": "te-123-123-rem-1",
                "conditionEndpoint": "https://conditions.example.com/api/check/123/reminder",
                "conditionFailurePolicy": "Send",
            },
            {"recipient": email_recipient(), "requestedSendTime": "2026-08-24T10:00:00+02:00"},
        ],
    )


def text_of(path: tuple[str | int, ...]) -> str:
    """A path as validation errors name it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def changed(request: Request, path: tuple[str | int, ...], value: object) -> Request:
    """A copy in which the member at a path has another value, or is ABSENT."""
    request = copy.deepcopy(request)
    node: Any = request
    for step in path[:-1]:
        node = node[step]
    if value is ABSENT:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return request


def parse(
    request: Request | bytes,
    parser: OrderParser[Any] = parse_chain,
    *,
    limits: Limits | None = None,
    now: datetime = NOW,
    creator: str = "ttd",
) -> OrderDraft:
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    return parser(body, creator=creator, now=now, limits=limits)


def content(
    request: Request | bytes, parser: OrderParser[Any] = parse_chain, *, creator: str = "ttd"
) -> ShipmentContent:
    """What is ordered of the main shipment."""
    return parse(request, parser, creator=creator).shipments[0].content


def failure(
    request: Request | bytes, parser: OrderParser[Any] = parse_chain, *, limits: Limits | None = None
) -> ValidationFailed:
    """What the parser raises for an invalid request."""
    try:
        parse(request, parser, limits=limits)
    except ValidationFailed as failed:
        return failed
    raise AssertionError("the request was taken for valid")


def errors(
    request: Request | bytes, parser: OrderParser[Any] = parse_chain, *, limits: Limits | None = None
) -> dict[str, list[str]]:
    return failure(request, parser, limits=limits).errors
