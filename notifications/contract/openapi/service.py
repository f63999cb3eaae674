"""The endpoints for operators, providers and probes (http-contract.md sections 3.11 and 3.13)."""

from notifications.contract.health import HealthFigures
from notifications.contract.openapi import security
from notifications.contract.openapi.operation import API, HTML, JSON, Answer, Body, Operation, Parameter, Tag
from notifications.contract.responses import SendCondition
from notifications.contract.schemas import Schema

_PAGE = {HTML: {"type": "string"}}
_FILE: dict[str, Schema] = {"application/octet-stream": {}}
_EXPORT_HEADERS = {
    "Content-Disposition": "The name of the file.",
    "X-File-Hash": "MD5 of the file, in Base64.",
    "X-File-Size": "Its bytes.",
    "X-Total-FileTransfer-Count": "Its rows.",
    "X-Generated-At": "When it was made.",
    "X-Environment": "Which environment its figures are of.",
}
_FORM: Schema = {
    "type": "object",
    "properties": {
        "month": {"type": "integer", "minimum": 1, "maximum": 12},
        "year": {"type": "integer", "minimum": 2020},
    },
    "required": ["month", "year"],
}
_MONTH = {"application/x-www-form-urlencoded": _FORM, "multipart/form-data": _FORM}
_XML = {"type": "string", "description": "An XML document of the gateway, whose root is `MSGLST`."}
_EVENTS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"eventType": {"type": "string"}, "data": {"type": "object"}},
        "required": ["eventType", "data"],
    },
}
_HANDSHAKE = {"type": "object", "properties": {"validationResponse": {"type": "string"}}}


def _export(channel: str, name: str) -> Operation:
    return Operation(
        id=f"export_{channel}_metrics",
        method="post",
        path=f"{API}/metrics/{channel}",
        tag=Tag.METRICS,
        summary=f"Yesterday's {name} notifications as a Parquet file",
        description="Every notification whose shipment ended yesterday (UTC), once.",
        security=security.METRICS,
        answers={200: Answer(description="The file.", media_types=_FILE, headers=_EXPORT_HEADERS)},
        problems=(401, 500, 503),
    )


SERVICE = (
    Operation(
        id="metrics_form",
        method="get",
        path=f"{API}/metrics",
        tag=Tag.METRICS,
        summary="A form for the figures of a month",
        description="For a browser, which sends the key as a password.",
        security=security.METRICS_PAGE,
        answers={200: Answer(description="The page.", media_types=_PAGE)},
        problems=(401, 500, 503),
    ),
    Operation(
        id="metrics_page",
        method="post",
        path=f"{API}/metrics",
        tag=Tag.METRICS,
        summary="The figures of a month, by organisation",
        description="What each organisation ordered and what became of it, and how fast messages were handed over.",
        security=security.METRICS_PAGE,
        body=Body(media_types=_MONTH),
        answers={200: Answer(description="The page.", media_types=_PAGE)},
        problems=(400, 401, 411, 413, 500, 503),
    ),
    _export("email", "email"),
    _export("sms", "SMS"),
    Operation(
        id="receive_email_reports",
        method="post",
        path="/notifications/email/api/v1/reports",
        tag=Tag.REPORTS,
        summary="Delivery reports of emails",
        description="Events of Azure Communication Services, which Event Grid delivers, and its handshake.",
        security=security.EMAIL_REPORTS,
        body=Body(media_types={JSON: _EVENTS}),
        answers={
            200: Answer(
                description="The reports are stored, to which nothing is said; or the handshake is answered.",
                media_types={JSON: _HANDSHAKE, "text/plain": {"type": "string", "maxLength": 0}},
            )
        },
        problems=(400, 401, 411, 413, 500, 503),
    ),
    Operation(
        id="receive_sms_reports",
        method="post",
        path="/notifications/sms/api/v1/reports",
        tag=Tag.REPORTS,
        summary="Delivery reports of SMS",
        description="The gateway's XML. A DOCTYPE is allowed, entities are not.",
        security=security.SMS_REPORTS,
        body=Body(media_types={"application/xml": _XML, "text/xml": _XML, "text/plain": _XML}),
        answers={
            200: Answer(description="The reports are stored.", media_types={"application/xml": {"type": "string"}})
        },
        problems=(400, 401, 411, 413, 415, 500, 503),
    ),
    Operation(
        id="test_send_condition",
        method="get",
        path=f"{API}/tests/sendcondition",
        tag=Tag.SERVICE,
        summary="A condition endpoint to try orders with",
        description="Answers as a service owner's own condition endpoint would.",
        security=security.ANYBODY,
        parameters=(
            Parameter(
                name="conditionMet",
                where="query",
                schema={"type": "boolean", "default": False},
                description="What to answer; anything but `true` means no.",
            ),
        ),
        answers={200: Answer(description="The answer.", shape=SendCondition)},
        problems=(500, 503),
    ),
    Operation(
        id="health",
        method="get",
        path="/health",
        tag=Tag.SERVICE,
        summary="Whether the service works",
        description="Whether storage can be reached. With the key also how far behind the service is.",
        security=security.HEALTH,
        answers={
            status: Answer(
                description=description,
                shape=HealthFigures,
                media_types={"text/plain": {"type": "string", "enum": [word]}},
            )
            for status, word, description in ((200, "Healthy", "It does."), (503, "Unhealthy", "It does not."))
        },
        problems=(),
    ),
    Operation(
        id="openapi",
        method="get",
        path="/openapi.json",
        tag=Tag.SERVICE,
        summary="This document",
        description="OpenAPI 3.1.",
        security=security.ANYBODY,
        answers={200: Answer(description="The document.", media_types={JSON: {"type": "object"}})},
        problems=(500, 503),
    ),
    Operation(
        id="docs",
        method="get",
        path="/docs",
        tag=Tag.SERVICE,
        summary="This document as a page",
        description="For people.",
        security=security.ANYBODY,
        answers={200: Answer(description="The page.", media_types=_PAGE)},
        problems=(500, 503),
    ),
)
