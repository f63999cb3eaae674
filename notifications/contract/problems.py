"""Problem details (RFC 9457): every error that the service answers with (http-contract.md section 7, spec item 2)."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Annotated, NamedTuple, TypedDict

from pydantic import Field

from notifications.contract.schemas import Link
from notifications.domain.order import OrderDraft

MEDIA_TYPE = "application/problem+json"

_RFC_9110 = "https://tools.ietf.org/html/rfc9110#section-"


class ValidationFailed(Exception):
    """A request is not valid: `errors` holds message texts under the JSON path that the client sent.

    When send times in the past are all that is wrong, `draft` is the order that would have resulted, so that a replay
    can be looked up before the errors are answered (spec item 3).
    """

    def __init__(
        self,
        errors: Mapping[str, list[str]],
        *,
        draft: OrderDraft | None = None,
    ) -> None:
        super().__init__("the request is not valid")
        self.errors = dict(errors)
        self.draft = draft


class BodyTooLarge(Exception):
    """A request body has more bytes than `limit`."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the request body is larger than {limit} bytes")
        self.limit = limit


class ProblemDetails(TypedDict):
    """What went wrong (RFC 9457). The trace id is what to quote when asking for help."""

    type: Link
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str | None
    code: str | None
    errors: Mapping[str, list[str]] | None
    traceId: str
    statusDescription: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem as it is answered; `headers` are those that its status calls for beside the content type.

    `error` repeats the detail under the name that the reference's metrics endpoints give it.
    """

    status: int
    title: str
    type: str
    code: str | None = None
    status_description: str | None = None
    detail: str | None = None
    errors: Mapping[str, list[str]] | None = None
    error: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class ProblemResponse(NamedTuple):
    """A problem in the form an HTTP trigger returns it."""

    status: int
    headers: dict[str, str]
    body: bytes


def to_response(problem: Problem, trace_id: str) -> ProblemResponse:
    """Write a problem; `trace_id` is in W3C form (`trace.trace_id`)."""
    members: ProblemDetails = {
        "type": problem.type,
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "errors": problem.errors,
        "traceId": trace_id,
        "statusDescription": problem.status_description,
        "error": problem.error,
    }
    present = {name: value for name, value in members.items() if value is not None}
    # a query value that is echoed may hold what UTF-8 cannot
    body = json.dumps(present, ensure_ascii=False, indent=2).encode("utf-8", "replace")
    return ProblemResponse(problem.status, {"Content-Type": MEDIA_TYPE, **problem.headers}, body)


def validation_failed(errors: Mapping[str, list[str]]) -> Problem:
    """400: the request is not valid, said member by member (section 7.1)."""
    title = "One or more validation errors occurred."
    return Problem(status=400, title=title, type=_RFC_9110 + "15.5.1", errors=errors)


def unauthorized(detail: str, *, challenge: str = "Bearer") -> Problem:
    """401: no credential that could be verified; `challenge` is what WWW-Authenticate asks for."""
    return _plain(401, "Unauthorized", "15.5.2", detail, {"WWW-Authenticate": challenge})


def api_key_refused(text: str) -> Problem:
    """401 of the metrics endpoints: one of the four texts of section 3.11, also where existing clients look for it."""
    return replace(unauthorized(text, challenge="ApiKey"), error=text)


def forbidden(detail: str) -> Problem:
    """403: the caller is known and may not do this."""
    return _plain(403, "Forbidden", "15.5.4", detail)


def not_found(detail: str | None = None) -> Problem:
    """404 for an unknown route, or an order that does not exist for this caller."""
    return _plain(404, "Not Found", "15.5.5", detail)


def method_not_allowed(allow: tuple[str, ...]) -> Problem:
    """405: the path exists for the methods in `allow` only."""
    return _plain(405, "Method Not Allowed", "15.5.6", None, {"Allow": ", ".join(allow)})


def conflict(detail: str) -> Problem:
    """409: the state of the order does not allow it."""
    return _plain(409, "Conflict", "15.5.10", detail)


def length_required() -> Problem:
    """411: the body came in chunks, which the Functions host does not hand on (azure-functions-host issue 4926)."""
    detail = "Send the body with a Content-Length header; one that is sent in chunks does not arrive."
    return _plain(411, "Length Required", "15.5.12", detail)


def body_too_large(detail: str) -> Problem:
    """413: the body, or the order that it describes, is larger than is accepted."""
    return _plain(413, "Content Too Large", "15.5.14", detail)


def unsupported_media_type(wanted: str = "application/json in UTF-8") -> Problem:
    """415: the body is not said to be what is wanted, JSON as a rule."""
    return _plain(415, "Unsupported Media Type", "15.5.16", f"Send the body as {wanted}.")


def too_many_requests(retry_after: timedelta) -> Problem:
    """429: the service is busy; `retry_after` is rounded up to whole seconds, at least one."""
    detail = "The service takes no more requests at the moment; try again later."
    return Problem(
        status=429,
        title="Too Many Requests",
        type="https://tools.ietf.org/html/rfc6585#section-4",
        detail=detail,
        headers=_retry(retry_after),
    )


def internal_error() -> Problem:
    """500: a mistake of ours, of which the caller learns nothing but the trace id."""
    return _plain(500, "An error occurred while processing your request.", "15.6.1", None)


def service_unavailable(detail: str, retry_after: timedelta) -> Problem:
    """503: something that the service needs does not answer."""
    return _plain(503, "Service Unavailable", "15.6.4", detail, _retry(retry_after))


def missing_contact_information() -> Problem:
    """NOT-00001 (422): the registers know no address that the order could be sent to."""
    return _coded("NOT-00001", 422, "Missing contact information for recipient(s)", "Unprocessable Entity")


def shipment_not_found() -> Problem:
    """NOT-00003 (404): no such shipment for this caller."""
    return _coded("NOT-00003", 404, "Shipment not found", "Not Found")


def provider_unreachable(retry_after: timedelta) -> Problem:
    """NOT-00004 (503): an instant message could not be handed over, and nothing was stored."""
    problem = _coded("NOT-00004", 503, "A temporary network failure occurred", "Service Unavailable")
    return replace(problem, headers=_retry(retry_after))


def _plain(
    status: int, title: str, section: str, detail: str | None, headers: Mapping[str, str] | None = None
) -> Problem:
    return Problem(status=status, title=title, type=_RFC_9110 + section, detail=detail, headers=headers or {})


def _coded(code: str, status: int, title: str, description: str) -> Problem:
    kind = f"urn:altinn:error:{code}"
    return Problem(status=status, title=title, type=kind, code=code, status_description=description)


def _retry(after: timedelta) -> dict[str, str]:
    return {"Retry-After": str(max(1, math.ceil(after.total_seconds())))}
