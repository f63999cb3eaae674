"""Email through Azure Communication Services' REST API, version 2023-03-31 (docs/providers.md has the mapping).

The notification's id is the `Operation-Id`: a repeated call with it is the same operation, and its fate can be asked
for. So a hand-over that got no answer is never a guess.
"""

# ruff: noqa: ASYNC109 - a time-out is part of the provider protocol: each call has what is left of its claim

import base64
import logging
import re
from uuid import UUID

import httpx

from notifications.channels.acs_auth import Authentication
from notifications.channels.acs_rest import AcsResource, json_body, read_error, read_json
from notifications.channels.email.header_text import one_line, without_lone_surrogates
from notifications.channels.exchange import SHORT_PAUSE, Answer, NoAnswer, asked_pause, undecided_by_status
from notifications.channels.protocol import AttachedFile, EmailMessage
from notifications.domain.clock import Clock, SystemClock
from notifications.domain.order import ContentType
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status
from notifications.telemetry import event

logger = logging.getLogger(__name__)

API_VERSION = "2023-03-31"
# "We limit the total size of an email request (which includes attachments) to 10MB", says the API specification.
LARGEST_REQUEST = 10 * 1024 * 1024

# What the service answers to a repeated operation id is not documented; these names would all say it.
_REPEATED = re.compile(
    r"operation\w*(already|exists|conflict|duplicate|in_?use)|(duplicate|conflict)\w*operation", re.IGNORECASE
)
# Those that are reported of senders that the resource does not have, and their likes: the codes are not documented.
_SENDER_CODE = re.compile(r"domain_?not_?(linked|found|verified)|(invalid|unknown|unauthorized)_?sender", re.IGNORECASE)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_UNKNOWN_SENDER = "invalid_sender"
_SUPPRESSED = "EmailDroppedAllRecipientsSuppressed"
_THROTTLED = "TooManyRequests"
_INVALID_ADDRESS = "Invalid format for email address"
# Without a code of the service's they say that the address in our settings is wrong, not that the message is.
_WRONG_ADDRESS = frozenset({404, 405, 415})
_OK, _ACCEPTED, _NOT_FOUND, _CONFLICT, _TOO_LARGE = 200, 202, 404, 409, 413


class AcsEmail:
    """One Communication Services resource; `own_sender` is the sender of our settings, the only one that is our fault.

    The client is the caller's and stays open.
    """

    name = "acs-email"
    memory = Memory.LASTING

    def __init__(
        self,
        client: httpx.AsyncClient,
        endpoint: str,
        authentication: Authentication,
        own_sender: str,
        clock: Clock | None = None,
    ) -> None:
        self._resource = AcsResource(client, endpoint, authentication)
        self._own_sender = own_sender.casefold()
        self._clock = clock or SystemClock()

    async def send(self, message: EmailMessage, *, timeout: float) -> Outcome:
        """Hand one email over, within `timeout` seconds; the same id again is the same email, not a second one."""
        body = json_body(_content(message))
        if len(body) > LARGEST_REQUEST:
            return Refused(Status.PAYLOAD_TOO_LARGE, "request_too_large", here=True)
        request = self._request("POST", "/emails:send", body)
        request.headers["Operation-Id"] = str(message.notification_id)
        reply = await self._call(request, timeout)
        if not isinstance(reply, Answer):
            return reply
        return self._sent(reply, own_sender=message.sender.casefold() == self._own_sender)

    async def find(self, notification_id: UUID, *, timeout: float) -> Outcome | None:
        """What the service knows of that id; None means unknown to it, Uncertain that it cannot be asked now."""
        reply = await self._call(self._request("GET", f"/emails/operations/{notification_id}"), timeout)
        if isinstance(reply, Answer):
            return self._found(reply)
        return Uncertain(reply.reason, reply.pause, here=reply.here)

    def _request(self, method: str, path: str, body: bytes = b"") -> httpx.Request:
        return self._resource.request(method, f"{path}?api-version={API_VERSION}", body)

    async def _call(self, request: httpx.Request, within: float) -> Answer | Postponed | Uncertain:
        reply = await self._resource.call(request, within=within)
        return reply.outcome(SHORT_PAUSE) if isinstance(reply, NoAnswer) else reply

    def _sent(self, answer: Answer, *, own_sender: bool) -> Outcome:
        code, text = read_error(answer.body)
        if answer.status in {_ACCEPTED, _CONFLICT} or (code and _REPEATED.search(code)):
            return Accepted()
        if code == _THROTTLED and answer.status != 429:
            return Postponed(code, asked_pause(answer, self._clock.now()))
        fault = _fault(code, answer.status)
        if fault and (own_sender or fault != _UNKNOWN_SENDER):
            return self._misconfigured(fault)
        waits = None if fault else undecided_by_status(answer, self._clock.now())
        return waits or _decided(code, text, answer.status)

    def _found(self, answer: Answer) -> Outcome | None:
        if answer.status == _NOT_FOUND:
            return None
        if answer.status != _OK:
            return Uncertain(f"http_{answer.status}", asked_pause(answer, self._clock.now()))
        return _fate(answer.body)

    def _misconfigured(self, reason: str) -> Postponed:
        """What is ours to mend: it fails nobody's message, and pauses all."""
        event(logger, logging.ERROR, "provider.misconfigured", provider=self.name, reason=reason)
        return Postponed(reason, SHORT_PAUSE)


def _content(message: EmailMessage) -> dict[str, object]:
    body = "html" if message.content_type is ContentType.HTML else "plainText"
    content: dict[str, object] = {
        "senderAddress": message.sender,
        "content": {"subject": _subject(message), body: without_lone_surrogates(message.body)},
        "recipients": {"to": [{"address": message.recipient}]},
    }
    if message.unsubscribe:
        content["headers"] = {"List-Unsubscribe": f"<{message.unsubscribe}>"}
    if message.attachments:
        content["attachments"] = [_attachment(each) for each in message.attachments]
    return content


def _subject(message: EmailMessage) -> str:
    """The subject as ordered; the service encodes it, so that line breaks alone cannot stay (engine.md section 5.6)."""
    return _LINE_BREAK.sub(" ", without_lone_surrogates(message.subject))


def _attachment(file: AttachedFile) -> dict[str, str]:
    content = base64.b64encode(file.content).decode("ascii")
    return {"name": one_line(file.name), "contentType": file.mime_type, "contentInBase64": content}


def _fault(code: str | None, status: int) -> str | None:
    """What is wrong with our settings, by its reason: an unknown sender is, unless the order named it."""
    if code and _SENDER_CODE.search(code) and 400 <= status < 500:
        return _UNKNOWN_SENDER
    return f"http_{status}" if code is None and status in _WRONG_ADDRESS else None


def _fate(body: bytes) -> Outcome:
    match read_json(body):
        case {"status": "NotStarted" | "Running" | "Succeeded"}:
            return Accepted()
        case {"status": "Failed" | "Canceled" as status}:
            code, text = read_error(body)
            return _refused(code or status, text, _OK)
    return Uncertain("unreadable_answer", SHORT_PAUSE)


def _decided(code: str | None, text: str, status: int) -> Refused | Uncertain:
    return Uncertain(f"http_{status}", SHORT_PAUSE) if status < 300 else _refused(code, text, status)


def _refused(code: str | None, text: str, status: int) -> Refused:
    """The classification of engine.md section 1.4; the reason is the service's code, never its text."""
    reason = code or f"http_{status}"
    if code == _SUPPRESSED:
        return Refused(Status.SUPPRESSED_RECIPIENT, reason)
    if _INVALID_ADDRESS in text:
        return Refused(Status.INVALID_EMAIL_FORMAT, reason)
    return Refused(Status.PAYLOAD_TOO_LARGE if status == _TOO_LARGE else Status.FAILED, reason)
