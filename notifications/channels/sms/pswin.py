"""SMS through LINK Mobility's PSWinCom XML gateway (wiki.pswin.com, "Gateway XML API"; docs/providers.md).

The gateway knows no idempotency key: every call that it accepts sends. So a call is Postponed only when it was
certainly not accepted, and everything unclear is Uncertain.
"""

# ruff: noqa: ASYNC109 - a time-out is part of the provider protocol: each call has what is left of its claim

import math
import re
from datetime import timedelta
from xml.etree.ElementTree import Element, SubElement

import httpx

from notifications.channels.exchange import SHORT_PAUSE, Answer, NoAnswer, exchange, undecided_by_status
from notifications.channels.protocol import SmsMessage
from notifications.channels.reports import legible_reference
from notifications.channels.sms.gateway_text import gateway_text, xml_text
from notifications.channels.sms.gateway_xml import field_text, read_xml, write_xml
from notifications.domain.clock import Clock, SystemClock
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.phone import e164
from notifications.domain.statuses import Status

_NOT_DIGITS = re.compile(r"[^0-9]")
_NUMERIC_SENDER = re.compile(r"\s*(\+|00)[0-9 ]+")
_MINUTE = timedelta(minutes=1)
# The gateway has one address: these say that ours is wrong, not that the message is.
_WRONG_ADDRESS = frozenset({404, 405, 415})


class PswinSms:
    """One account at one gateway; the client is the caller's and stays open."""

    name = "pswin-sms"
    memory = Memory.NONE

    def __init__(
        self, client: httpx.AsyncClient, url: str, username: str, password: str, clock: Clock | None = None
    ) -> None:
        self._client = client
        self._url = url
        self._username = username
        self._password = password
        self._clock = clock or SystemClock()

    async def send(self, message: SmsMessage, *, timeout: float) -> Outcome:
        """Hand one SMS over, within `timeout` seconds."""
        request = self._client.build_request(
            "POST",
            self._url,
            content=submission(message, self._username, self._password),
            headers={"Content-Type": "text/xml; charset=iso-8859-1"},
        )
        reply = await exchange(self._client, request, within=timeout)
        if isinstance(reply, NoAnswer):
            return reply.outcome(SHORT_PAUSE)
        return self._by_status(reply) or _by_content(reply.body)

    def _by_status(self, answer: Answer) -> Outcome | None:
        if answer.status < 200 or answer.status >= 300:
            if answer.status in _WRONG_ADDRESS:
                return Postponed(f"http_{answer.status}", SHORT_PAUSE)
            waits = undecided_by_status(answer, self._clock.now())
            return waits or Refused(Status.FAILED, f"http_{answer.status}")
        return None


def submission(message: SmsMessage, username: str, password: str) -> bytes:
    """The XML document that submits one message, delivery report requested."""
    session = Element("SESSION")
    _child(session, "CLIENT", username)
    _child(session, "PW", password)
    entry = SubElement(SubElement(session, "MSGLST"), "MSG")
    content = gateway_text(message.body)
    _child(entry, "ID", "1")
    _child(entry, "TEXT", content.text)
    _child(entry, "RCV", international(message.recipient))
    _child(entry, "SND", sender_number(message.sender))
    if content.operation is not None:
        _child(entry, "OP", content.operation)
    _child(entry, "TTL", str(minutes(message.time_to_live)))
    _child(entry, "RCPREQ", "Y")
    return write_xml(session)


def _child(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = xml_text(text)


def international(number: str) -> str:
    """A number as the gateway wants it: country code and digits, without + or 00, blanks or signs."""
    return _digits(e164(number))


def _digits(number: str) -> str:
    return _NOT_DIGITS.sub("", number).removeprefix("00")


def sender_number(sender: str) -> str:
    """A sender as given, except that an international number loses its + or 00, which the gateway forbids."""
    return _digits(sender) if _NUMERIC_SENDER.fullmatch(sender) else sender


def minutes(time_to_live: timedelta) -> int:
    """Whole minutes, rounded up and at least 1: to the gateway 0 means its own default, which is days."""
    return max(1, math.ceil(time_to_live / _MINUTE))


def _by_content(body: bytes) -> Outcome:
    """What the answer says of logon and message ("Send message response XML")."""
    session = read_xml(body)
    if session is None or session.tag != "SESSION":
        return Uncertain("unreadable_answer", SHORT_PAUSE)
    match field_text(session, "LOGON"):
        case "FAIL":
            return Postponed("logon_failed", SHORT_PAUSE)
        case "OK":
            return _by_entry(session.find("MSGLST/MSG"))
    return Uncertain("unreadable_answer", SHORT_PAUSE)


def _by_entry(entry: Element | None) -> Outcome:
    match field_text(entry, "STATUS"):
        case "OK":
            # A reference that could not stand in a row key is none: the message is sent, its report cannot be matched.
            return Accepted(legible_reference(field_text(entry, "REF")))
        case "FAIL" if (field_text(entry, "INFO") or "").startswith("Invalid RCV"):
            return Refused(Status.INVALID_RECIPIENT, "invalid_rcv")
        case "FAIL":
            return Refused(Status.FAILED, "gateway_fail")
    return Uncertain("unreadable_answer", SHORT_PAUSE)
