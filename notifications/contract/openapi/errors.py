"""The errors of all operations, as the document describes them (http-contract.md section 7)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from notifications.contract.problems import MEDIA_TYPE
from notifications.contract.schemas import REFERENCE, Schema


class _Error(NamedTuple):
    name: str
    description: str
    headers: Mapping[str, str] = {}


_RETRY = {"Retry-After": "In how many seconds to come again."}

_ERRORS = {
    400: _Error("BadRequest", "The request is not valid; `errors` says all that is wrong with it, and where."),
    401: _Error(
        "Unauthorized",
        "No credential, or one that does not verify.",
        {"WWW-Authenticate": "Which credential is wanted."},
    ),
    403: _Error("Forbidden", "The credential does not allow it, or does not say for which organisation it acts."),
    404: _Error("NotFound", "There is no such thing, or it is somebody else's."),
    409: _Error("Conflict", "The state of the order does not allow it."),
    411: _Error("LengthRequired", "The body was sent in chunks, which do not arrive; send it with `Content-Length`."),
    413: _Error("ContentTooLarge", "The body, or the order that it describes, is too large."),
    415: _Error("UnsupportedMediaType", "The body is not said to be of the media type that is wanted."),
    422: _Error("MissingContact", "`NOT-00001`: the registers know no address of a recipient. Nothing is stored."),
    429: _Error("TooManyRequests", "Too much at once. Nothing was done.", _RETRY),
    499: _Error(
        "ClientClosedRequest",
        "`NOT-00002`: the caller was gone before the answer. Known to clients, and not sent: this service is not told.",
    ),
    500: _Error("InternalError", "A mistake of the service."),
    503: _Error(
        "ServiceUnavailable",
        "Something that the service needs does not answer; instant messages are told `NOT-00004`. Repeat the request.",
        _RETRY,
    ),
}


def responses(statuses: Iterable[int]) -> Schema:
    """The answers that operations refer to."""
    return {_ERRORS[status].name: response(status, {}) for status in statuses}


def reference(status: int) -> Schema:
    """How an operation names the answer of a status."""
    return {"$ref": f"#/components/responses/{_ERRORS[status].name}"}


def response(status: int, shown: Schema) -> Schema:
    """The answer of a status, with examples where there are any."""
    error = _ERRORS[status]
    content = {"schema": {"$ref": REFERENCE.format(model="ProblemDetails")}, **({"examples": shown} if shown else {})}
    headers = {name: {"description": text, "schema": {"type": "string"}} for name, text in error.headers.items()}
    return {
        "description": error.description,
        **({"headers": headers} if headers else {}),
        "content": {MEDIA_TYPE: content},
    }
