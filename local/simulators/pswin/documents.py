"""The gateway's XML documents (wiki.pswin.com: Gateway XML API, Send message response, Receive delivery report)."""

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

_OSLO = ZoneInfo("Europe/Oslo")
_UCS2 = "9"
"""The message type (OP) whose TEXT is the hexadecimal form of UCS-2 (wiki.pswin.com, Message types)."""


class UnreadableError(Exception):
    """The request is not a SESSION document."""


@dataclass(frozen=True, slots=True)
class Message:
    """One MSG of a request; ttl is minutes, None when absent; text is as the recipient reads it."""

    id: str
    text: str
    receiver: str
    sender: str
    ttl: str | None
    wants_report: bool


@dataclass(frozen=True, slots=True)
class Submission:
    """A SESSION of a request: who sends what."""

    client: str
    password: str
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one message: a reference when it was accepted, else the reason in info."""

    id: str
    reference: str | None
    info: str = ""

    @property
    def status(self) -> str:
        """Say OK or FAIL."""
        return "FAIL" if self.reference is None else "OK"


def read_submission(document: bytes) -> Submission:
    """Return the submission of a document, in the encoding that its XML declaration names; raise UnreadableError.

    A DOCTYPE is allowed, entities are not.
    """
    try:
        session = fromstring(document, forbid_dtd=False)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise UnreadableError from error
    messages = session.findall("MSGLST/MSG")
    if session.tag != "SESSION" or not messages:
        raise UnreadableError
    return Submission(
        client=session.findtext("CLIENT", ""),
        password=session.findtext("PW", ""),
        messages=tuple(_message(element, number) for number, element in enumerate(messages, 1)),
    )


def submit_response(*, reason: str | None = None, results: tuple[Result, ...] = ()) -> bytes:
    """Return the answer: LOGON FAIL with a reason, or LOGON OK with a result for each message."""
    session = Element("SESSION")
    _add(session, "LOGON", "FAIL" if reason is not None else "OK")
    _add(session, "REASON", reason or "")
    if results:
        listed = SubElement(session, "MSGLST")
        for result in results:
            listed.append(_result(result))
    return _document("pswincom_submit_response.dtd", session)


def delivery_report(reference: str, receiver: str, state: str) -> bytes:
    """Return the report of one message's final state at the present time.

    The documentation does not say which time zone DELIVERYTIME is in; the gateway is Norwegian, so this is Oslo's.
    """
    listed = Element("MSGLST")
    message = SubElement(listed, "MSG")
    _add(message, "ID", "1")
    _add(message, "REF", reference)
    _add(message, "RCV", receiver)
    _add(message, "STATE", state)
    _add(message, "DELIVERYTIME", datetime.now(_OSLO).strftime("%Y.%m.%d %H:%M:%S"))
    return _document("pswincom_report_request.dtd", listed)


def _message(element: Element, number: int) -> Message:
    return Message(
        id=element.findtext("ID") or str(number),
        text=_text(element),
        receiver=element.findtext("RCV", ""),
        sender=element.findtext("SND", ""),
        ttl=element.findtext("TTL"),
        wants_report=element.findtext("RCPREQ") == "Y",
    )


def _text(element: Element) -> str:
    text = element.findtext("TEXT", "")
    if element.findtext("OP") != _UCS2:
        return text
    try:
        return bytes.fromhex(text).decode("utf-16-be")
    except ValueError:
        return text


def _result(result: Result) -> Element:
    message = Element("MSG")
    _add(message, "ID", result.id)
    if result.reference is not None:
        _add(message, "REF", result.reference)
    _add(message, "STATUS", result.status)
    _add(message, "INFO", result.info)
    return message


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text


def _document(dtd: str, root: Element) -> bytes:
    head = f'<?xml version="1.0"?><!DOCTYPE {root.tag} SYSTEM "{dtd}">'
    body: bytes = tostring(root, encoding="us-ascii", xml_declaration=False, short_empty_elements=False)
    return head.encode() + body
