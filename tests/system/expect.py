"""What every answer must look like, whatever it says."""

import json
import re
from typing import Any

import httpx

API = "/notifications/api/v1"
ORDERS = f"{API}/future/orders"
SHIPMENTS = f"{API}/future/shipment"
FEED = f"{API}/future/shipment/feed"
EMAIL_REPORTS = "/notifications/email/api/v1/reports"
SMS_REPORTS = "/notifications/sms/api/v1/reports"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
UNKNOWN_ID = "0190f8a2-1111-8d3c-8f4e-5a6b01000000"

# RFC 9110 says that the section of a status is where its meaning is told.
_TYPES = {
    400: ("https://tools.ietf.org/html/rfc9110#section-15.5.1", "One or more validation errors occurred."),
    401: ("https://tools.ietf.org/html/rfc9110#section-15.5.2", "Unauthorized"),
    403: ("https://tools.ietf.org/html/rfc9110#section-15.5.4", "Forbidden"),
    404: ("https://tools.ietf.org/html/rfc9110#section-15.5.5", "Not Found"),
    405: ("https://tools.ietf.org/html/rfc9110#section-15.5.6", "Method Not Allowed"),
    409: ("https://tools.ietf.org/html/rfc9110#section-15.5.10", "Conflict"),
    413: ("https://tools.ietf.org/html/rfc9110#section-15.5.14", "Content Too Large"),
    415: ("https://tools.ietf.org/html/rfc9110#section-15.5.16", "Unsupported Media Type"),
    503: ("https://tools.ietf.org/html/rfc9110#section-15.6.4", "Service Unavailable"),
    429: ("https://tools.ietf.org/html/rfc6585#section-4", "Too Many Requests"),
}
_SHIPMENT_NOT_FOUND = {
    "type": "urn:altinn:error:NOT-00003",
    "title": "Shipment not found",
    "status": 404,
    "code": "NOT-00003",
    "statusDescription": "Not Found",
}
_TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,5}[1-9])?Z")
_PLACEHOLDERS = {"<id>": UUID, "<time>": TIMESTAMP}


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem details that an answer must be (RFC 9457); its `errors` are there exactly with 400."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    problem = _problem(answer)
    expected = ("type", "title", "status", "traceId", *(["errors"] if status == 400 else []))
    assert set(problem) - {"detail"} == set(expected)
    assert (problem["type"], problem["title"], problem["status"]) == (*_TYPES[status], status)
    return problem


def assert_shipment_not_found(answer: httpx.Response) -> None:
    """The coded problem of section 7.2 for a shipment that the caller does not have."""
    problem = _problem(answer)
    assert (answer.status_code, {**problem, "traceId": ""}) == (404, {**_SHIPMENT_NOT_FOUND, "traceId": ""})


def assert_json(answer: httpx.Response, status: int) -> Any:
    """A successful answer's document: JSON in UTF-8, indented by two spaces, without null members."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    document = answer.json()
    assert answer.text == json.dumps(document, indent=2, ensure_ascii=False)
    assert "null" not in re.sub(r'"[^"]*"', "", answer.text)
    return document


def alike(answer: Any, example: Any) -> bool:
    """Whether an answer has an example's shape: the same members in the same order, any ids and times of ours.

    In the example they are `<id>` and `<time>`.
    """
    if isinstance(example, dict):
        return list(answer) == list(example) and all(alike(answer[name], example[name]) for name in example)
    if isinstance(example, list):
        return len(answer) == len(example) and all(map(alike, answer, example))
    pattern = _PLACEHOLDERS.get(example) if isinstance(example, str) else None
    return pattern.fullmatch(answer) is not None if pattern else bool(answer == example)


def _problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert _TRACE.fullmatch(problem["traceId"]), problem["traceId"]
    return problem
