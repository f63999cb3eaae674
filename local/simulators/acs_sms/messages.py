"""The body of a send call, read and checked as the API specification demands, and the item that answers a recipient."""

import json
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aiohttp import web

from local.simulators.acs.errors import AcsError

API_VERSIONS = frozenset({"2021-03-07", "2022-07-07", "2024-01-02", "2024-02-05", "2025-09-17", "2026-01-23"})

MOST_RECIPIENTS = 100
LONGEST_MESSAGE = 2048

_E164 = re.compile(r"\+[1-9]\d{7,14}")
_ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_SHORT_CODE = re.compile(r"\d{4,8}")


@dataclass(frozen=True, slots=True)
class Repeatability:
    """What makes a call a repeat: its id, and when it was first sent; None stands for what is no id or no time."""

    id: uuid.UUID | None
    first_sent: datetime | None


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS to one number; without repeatability every call sends."""

    sender: str
    recipient: str
    text: str
    tag: str | None
    wants_report: bool
    repeatability: Repeatability | None


def check_api_version(request: web.Request) -> None:
    """Raise a 400 error unless the api-version parameter is one that the service knows."""
    if request.query.get("api-version") not in API_VERSIONS:
        raise _bad("The api-version is missing or not supported.")


def read_messages(body: bytes) -> list[Message]:
    """Return a message for each recipient of a JSON body; raise a 400 error that names what is wrong with the whole."""
    try:
        data = json.loads(body)
    except ValueError:
        raise _bad("The request body is not valid JSON.") from None
    recipients = _member(data, "smsRecipients", list)
    if not 1 <= len(recipients) <= MOST_RECIPIENTS:
        raise _bad(f"smsRecipients must have 1 to {MOST_RECIPIENTS} entries.")
    return [_message(data, each) for each in recipients]


def is_number(recipient: str) -> bool:
    """Say whether it is an E.164 number."""
    return _E164.fullmatch(recipient) is not None


def item(
    recipient: str, status: int, *, message_id: str | None = None, repeat: str | None = None, error: str | None = None
) -> dict[str, object]:
    """Return SmsSendResponseItem: what became of one recipient."""
    told = {"messageId": message_id, "repeatabilityResult": repeat, "errorMessage": error}
    return {
        "to": recipient,
        "httpStatusCode": status,
        "successful": message_id is not None,
        **{name: value for name, value in told.items() if value is not None},
    }


def _message(data: dict[str, object], recipient: object) -> Message:
    options = data.get("smsSendOptions") or {"enableDeliveryReport": False}
    tag = options.get("tag") if isinstance(options, dict) else None
    text = _member(data, "message", str)
    if len(text) > LONGEST_MESSAGE:
        raise _bad(f"The message is longer than {LONGEST_MESSAGE} characters.")
    return Message(
        sender=_sender(_member(data, "from", str)),
        recipient=_member(recipient, "to", str),
        text=text,
        tag=tag if isinstance(tag, str) else None,
        wants_report=_member(options, "enableDeliveryReport", bool),
        repeatability=_repeatability(recipient),
    )


def _repeatability(recipient: object) -> Repeatability | None:
    given = recipient if isinstance(recipient, dict) else {}
    identity, first = given.get("repeatabilityRequestId"), given.get("repeatabilityFirstSent")
    if identity is None and first is None:
        return None
    return Repeatability(_uuid(identity), _rfc1123(first))


def _uuid(value: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value)) if len(str(value)) == 36 else None
    except ValueError:
        return None


def _rfc1123(value: object) -> datetime | None:
    if not isinstance(value, str) or not value.endswith(" GMT"):
        return None
    try:
        return parsedate_to_datetime(value).astimezone(UTC)
    except ValueError:
        return None


def _sender(text: str) -> str:
    if not (_E164.fullmatch(text) or _ALPHANUMERIC.fullmatch(text) or _SHORT_CODE.fullmatch(text)):
        raise _bad("Invalid From phone number format.")
    return text


def _member[T](data: object, name: str, kind: type[T]) -> T:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        raise _bad(f"The {name} member is missing or of the wrong type.")
    return value


def _bad(message: str) -> AcsError:
    return AcsError(400, "BadRequest", message)
