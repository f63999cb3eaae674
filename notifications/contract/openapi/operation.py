"""What is told of each endpoint: the table that the document is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from notifications.contract.request_model import RequestModel
from notifications.contract.schemas import Schema

API = "/notifications/api/v1"

JSON = "application/json"
HTML = "text/html"


class Tag(StrEnum):
    """What an endpoint is about; the order of the document."""

    ORDER = "Order"
    INSTANT = "Instant Orders"
    STATUS = "Status"
    DEPRECATED = "Deprecated"
    SUPPORT = "Support"
    METRICS = "Metrics"
    REPORTS = "Delivery Reports"
    SERVICE = "Service"


TAGS: Mapping[Tag, str] = {
    Tag.ORDER: "Place orders with reminders, and cancel them.",
    Tag.INSTANT: "Messages that somebody waits for, such as codes for logging in. They are handed over at once.",
    Tag.STATUS: "What became of an order: by id, as a feed of what ended, or by dialog.",
    Tag.DEPRECATED: "The first version of the interface. It goes on working; new clients use the other endpoints.",
    Tag.SUPPORT: "For the support desk: what was sent to a person or an organisation, whoever ordered it.",
    Tag.METRICS: "Figures for the operators of the service.",
    Tag.REPORTS: "Where providers report what became of messages.",
    Tag.SERVICE: "The service itself.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A value in the path, the query or a header."""

    name: str
    where: Literal["path", "query", "header"]
    schema: Schema
    description: str
    required: bool = False


IDENTITY = Parameter(
    name="id",
    where="path",
    schema={"type": "string", "format": "uuid"},
    description="The id that the order was answered with.",
    required=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is sent: a request model, or a schema by media type where the body is not JSON of ours."""

    model: type[RequestModel] | None = None
    media_types: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A successful answer: the type it is built as, or a schema by media type where it is not JSON of ours."""

    description: str
    shape: Any = None
    media_types: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path. `security` lists the credentials that suffice; `problems` the statuses of its errors."""

    id: str
    method: Literal["get", "post", "put"]
    path: str
    tag: Tag
    summary: str
    description: str
    security: Sequence[Mapping[str, Sequence[str]]]
    answers: Mapping[int, Answer]
    problems: Sequence[int]
    parameters: Sequence[Parameter] = ()
    body: Body | None = None
    deprecated: bool = False
