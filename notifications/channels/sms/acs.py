"""SMS through Azure Communication Services' REST API, version 2021-03-07 (docs/providers.md has the mapping).

The notification's id is the repeatability id, so a repeat within five minutes is the same SMS, and it is the tag, so a
delivery report names its notification. The service cannot be asked what became of an id.
"""

# ruff: noqa: ASYNC109 - a time-out is part of the provider protocol: each call has what is left of its claim

import logging
import re
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime

import httpx

from notifications.channels.acs_auth import Authentication
from notifications.channels.acs_rest import AcsResource, json_body, read_error, read_json
from notifications.channels.exchange import SHORT_PAUSE, Answer, NoAnswer, undecided_by_status
from notifications.channels.protocol import SmsMessage
from notifications.channels.sms.acs_first_sent import first_sent
from notifications.domain.clock import Clock, SystemClock
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.phone import e164
from notifications.domain.statuses import Status
from notifications.telemetry import event

logger = logging.getLogger(__name__)

API_VERSION = "2021-03-07"
# learn.microsoft.com/azure/communication-services/concepts/sms/sms-faq
MOST_CHARACTERS = 2048

_MESSAGE_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")
_NUMERIC_SENDER = re.compile(r"\s*(?:\+|00)([0-9 ]+)")
# Of the service's texts only "Invalid To phone number format." is documented, and what it says of a first-sent time.
_INVALID_RECIPIENT = re.compile(r"invalid\W+(to|destination|recipient)\b", re.IGNORECASE)
_INVALID_SENDER = re.compile(r"invalid\W+(from|source|sender)\b", re.IGNORECASE)
_INVALID_REPEATABILITY = re.compile(r"invalid\b.*\b(date\W?time|repeatability|uuid|guid)", re.IGNORECASE)
# What the service says of a signature or token that it does not take.
_DENIED = "Denied"
# The resource has one address: these say that ours is wrong, not that the message is.
_WRONG_ADDRESS = frozenset({404, 405, 415})
_CONFLICT, _PRECONDITION_FAILED = 409, 412


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """What the service said of the one message: in the body of a 202, or with an error answer to the whole call."""

    status: int
    whole: bool = False
    text: str = field(default="", repr=False)
    code: str | None = None
    message_id: str | None = None
    successful: bool = False
    rejected: bool = False


class AcsSms:
    """One Communication Services resource; `own_sender` is the sender of our settings, the only one that is our fault.

    The client is the caller's and stays open.
    """

    name = "acs-sms"
    memory = Memory.SHORT

    def __init__(
        self,
        client: httpx.AsyncClient,
        endpoint: str,
        authentication: Authentication,
        own_sender: str,
        clock: Clock | None = None,
    ) -> None:
        self._resource = AcsResource(client, endpoint, authentication)
        self._own_sender = sender_id(own_sender)
        self._clock = clock or SystemClock()

    async def send(self, message: SmsMessage, *, timeout: float) -> Outcome:
        """Hand one SMS over, within `timeout` seconds; the same id again within minutes is the same SMS."""
        if len(message.body) > MOST_CHARACTERS:
            return Refused(Status.FAILED, "text_too_long", elsewhere=True, here=True)
        body = json_body(submission(message, self._clock.now()))
        request = self._resource.request("POST", f"/sms?api-version={API_VERSION}", body)
        reply = await self._resource.call(request, within=timeout)
        if isinstance(reply, NoAnswer):
            return reply.outcome(SHORT_PAUSE)
        if isinstance(reply, Postponed):
            return reply
        verdict = _verdict(reply)
        if verdict is None:
            return Uncertain("unreadable_answer", SHORT_PAUSE)
        return self._judged(verdict, reply, own_sender=sender_id(message.sender) == self._own_sender)

    def _judged(self, said: _Verdict, answer: Answer, *, own_sender: bool) -> Outcome:
        if said.successful:
            return Accepted(said.message_id)
        if said.status == _CONFLICT or (said.rejected and not _about_us(said)):
            # The id is known: it was taken earlier, under a first-sent time of another step.
            return Accepted()
        shown = Answer(said.status, answer.headers, b"")
        waits = self._misconfigured(said, own_sender=own_sender) or undecided_by_status(shown, self._clock.now())
        return waits or _refused(said)

    def _misconfigured(self, said: _Verdict, *, own_sender: bool) -> Postponed | None:
        """What is ours to mend: it fails nobody's message, and pauses all unless it may be one order's sender only."""
        fault = _fault(said, own_sender=own_sender)
        if fault is not None:
            event(logger, logging.ERROR, "provider.misconfigured", provider=self.name, reason=fault.reason)
        return fault


def submission(message: SmsMessage, now: datetime) -> dict[str, object]:
    """The document that submits one message, delivery report requested."""
    moment = first_sent(now + message.time_to_live, now)
    recipient = {
        "to": e164(message.recipient),
        "repeatabilityRequestId": str(message.notification_id),
        "repeatabilityFirstSent": format_datetime(moment, usegmt=True),
    }
    return {
        "from": sender_id(message.sender),
        "smsRecipients": [recipient],
        # A lone surrogate is no character: no JSON reader has to take one.
        "message": message.body.encode("utf-8", "ignore").decode("utf-8"),
        "smsSendOptions": {"enableDeliveryReport": True, "tag": str(message.notification_id)},
    }


def sender_id(sender: str) -> str:
    """A sender as the service wants it: an international number as `+` and digits, all else as given."""
    number = _NUMERIC_SENDER.fullmatch(sender)
    return "+" + number[1].replace(" ", "") if number else sender


def _verdict(answer: Answer) -> _Verdict | None:
    if not 200 <= answer.status < 300:
        code, text = read_error(answer.body)
        return _Verdict(status=answer.status, whole=True, code=code, text=text)
    match read_json(answer.body):
        case {"value": [{"httpStatusCode": int(status), **item}]}:
            return _item(status, item)
    return None


def _item(status: int, item: dict[object, object]) -> _Verdict | None:
    successful = item.get("successful") is True
    if successful != (200 <= status < 300):
        # It says both that the message was taken and that it was not.
        return None
    text, repeat, message_id = item.get("errorMessage"), item.get("repeatabilityResult"), item.get("messageId")
    return _Verdict(
        status=status,
        text=text if isinstance(text, str) else "",
        message_id=message_id if isinstance(message_id, str) and _MESSAGE_ID.fullmatch(message_id) else None,
        successful=successful,
        rejected=isinstance(repeat, str) and repeat.lower() == "rejected",
    )


def _about_us(said: _Verdict) -> bool:
    """Whether a repeat is rejected for its form or its time rather than for being one: then nothing was sent."""
    return said.status == _PRECONDITION_FAILED or _INVALID_REPEATABILITY.search(said.text) is not None


def _fault(said: _Verdict, *, own_sender: bool) -> Postponed | None:
    if said.status in {401, 403}:
        # A sender that the resource does not own is answered 401 as well, and must not stop everybody else's messages.
        ours = own_sender or said.status == 403 or said.code == _DENIED
        return Postponed("unauthorized", SHORT_PAUSE) if ours else Postponed("unauthorized_sender")
    if said.whole and said.status in _WRONG_ADDRESS:
        return Postponed(f"http_{said.status}", SHORT_PAUSE)
    if said.status == _PRECONDITION_FAILED or said.rejected:
        return Postponed("first_sent", SHORT_PAUSE)
    if own_sender and _INVALID_SENDER.search(said.text):
        return Postponed("invalid_sender", SHORT_PAUSE)
    return None


def _refused(said: _Verdict) -> Refused:
    """Final; the reason is the service's code or status, never its text."""
    reason = said.code or f"http_{said.status}"
    return Refused(Status.INVALID_RECIPIENT if _INVALID_RECIPIENT.search(said.text) else Status.FAILED, reason)
