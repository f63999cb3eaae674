"""The body of a send call, read and checked as the API specification demands."""

import base64
import json
import re
import uuid
from dataclasses import dataclass

from aiohttp import web

from local.simulators.acs.errors import AcsError

API_VERSIONS = frozenset({"2023-01-15-preview", "2023-03-31", "2024-07-01-preview", "2025-09-01"})

MOST_KEPT = 10_000
"""Characters of a text that the journal shows; bodies may have millions."""

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with an email; what is in it is not kept."""

    name: str
    content_type: str
    bytes: int

    def entry(self) -> dict[str, object]:
        """Return what the journal says of it."""
        return {"name": self.name, "contentType": self.content_type, "bytes": self.bytes}


@dataclass(frozen=True, slots=True)
class Message:
    """An email to send; only the first `to` address counts here, and only the beginning of the text is kept."""

    sender: str
    recipient: str
    subject: str
    content_type: str
    text: str
    attachments: tuple[Attachment, ...] = ()


def check_api_version(request: web.Request) -> None:
    """Raise a 400 error unless the api-version parameter is one that the service knows."""
    version = request.query.get("api-version")
    if version is None:
        raise AcsError(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
    if version not in API_VERSIONS:
        raise AcsError(400, "UnsupportedApiVersionValue", "The api-version is not supported.")


def operation_id_of(request: web.Request) -> str:
    """Return the Operation-Id header as a lower-case UUID, or a new one when there is none; raise a 400 error."""
    header = request.headers.get("Operation-Id")
    if header is None:
        return str(uuid.uuid4())
    try:
        return str(uuid.UUID(header))
    except ValueError:
        raise _bad("Operation-Id must be a UUID.") from None


def read_message(body: bytes) -> Message:
    """Return the message of a JSON body; raise a 400 error that names the first member that is wrong."""
    try:
        data = json.loads(body)
    except ValueError:
        raise _bad("The request body is not valid JSON.") from None
    content = _member(data, "content", dict)
    to = _member(_member(data, "recipients", dict), "to", list)
    if not to:
        raise _bad("recipients.to must not be empty.")
    sender, recipient = _address(_member(data, "senderAddress", str)), _address(_member(to[0], "address", str))
    subject, content_type = _member(content, "subject", str), _content_type(content)
    return Message(
        sender=sender,
        recipient=recipient,
        subject=subject,
        content_type=content_type,
        text=_member(content, content_type, str)[:MOST_KEPT],
        attachments=_attachments(data),
    )


def _attachments(data: dict[str, object]) -> tuple[Attachment, ...]:
    if data.get("attachments") is None:
        return ()
    return tuple(_attachment(each) for each in _member(data, "attachments", list))


def _attachment(data: object) -> Attachment:
    try:
        content = base64.b64decode(_member(data, "contentInBase64", str), validate=True)
    except ValueError:
        raise _bad("contentInBase64 must be Base64.") from None
    return Attachment(_member(data, "name", str), _member(data, "contentType", str), len(content))


def _content_type(content: dict[str, object]) -> str:
    for name in ("html", "plainText"):
        if isinstance(content.get(name), str):
            return name
    raise _bad("content must have plainText or html.")


def _member[T](data: object, name: str, kind: type[T]) -> T:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        raise _bad(f"The {name} member is missing or of the wrong type.")
    return value


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise _bad("Invalid format for email address")
    return text


def _bad(message: str) -> AcsError:
    return AcsError(400, "BadRequest", message)
