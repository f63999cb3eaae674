"""The gateway's delivery reports (wiki.pswin.com, "Receive delivery report request XML").

Its `DELIVERYTIME` has no zone; the gateway is Norwegian, so it is read as Europe/Oslo time.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement
from zoneinfo import ZoneInfo

from notifications.channels.reports import MalformedReport, legible_reference
from notifications.channels.sms.gateway_xml import field_text, read_xml, write_xml
from notifications.domain.statuses import Status

# engine.md section 7.2
STATES = {
    "DELIVRD": Status.DELIVERED,
    "EXPIRED": Status.EXPIRED,
    "DELETED": Status.DELETED,
    "UNDELIV": Status.UNDELIVERED,
    "REJECTD": Status.REJECTED,
    "BARRED": Status.BARRED_RECEIVER,
    "FAILED": Status.FAILED,
    "UNKNOWN": Status.FAILED,
    "NULL": Status.FAILED,
}

_OSLO = ZoneInfo("Europe/Oslo")
_NUMBER = re.compile(r"[0-9]{1,18}")
_STATE = re.compile(r"[A-Z]{1,16}")


@dataclass(frozen=True, slots=True)
class SmsReport:
    """What became of one SMS; `at` is UTC, or None without a legible time; `number` is its ID in the document."""

    reference: str
    status: Status
    state: str
    at: datetime | None
    number: str


def parse_reports(body: bytes) -> list[SmsReport | MalformedReport]:
    """Every entry of a document in order, each by itself; a document that is not one is a single MalformedReport."""
    root = read_xml(body)
    if root is None:
        return [MalformedReport("not_xml")]
    entries = root.findall("MSG") if root.tag == "MSGLST" else []
    if not entries:
        return [MalformedReport("no_messages")]
    return [_report(entry, place) for place, entry in enumerate(entries, 1)]


def answer(numbers: Iterable[str]) -> bytes:
    """The document that tells the gateway which entries arrived; what it does not name, or gets no 200, comes again."""
    root = Element("MSGLST")
    for number in numbers:
        entry = SubElement(root, "MSG")
        SubElement(entry, "ID").text = number
        SubElement(entry, "STATUS").text = "OK"
    return write_xml(root)


def _report(entry: Element, place: int) -> SmsReport | MalformedReport:
    number = _number(entry, place)
    reference = legible_reference(field_text(entry, "REF"))
    if reference is None:
        return MalformedReport("no_reference", None, number)
    state = field_text(entry, "STATE") or ""
    status = STATES.get(state)
    if status is None:
        legible = f"unknown_state:{state}" if _STATE.fullmatch(state) else "no_state"
        return MalformedReport(legible, reference, number)
    return SmsReport(reference, status, state, _moment(field_text(entry, "DELIVERYTIME")), number)


def _number(entry: Element, place: int) -> str:
    number = field_text(entry, "ID") or ""
    return number if _NUMBER.fullmatch(number) else str(place)


def _moment(text: str | None) -> datetime | None:
    try:
        local = datetime.strptime(text or "", "%Y.%m.%d %H:%M:%S").replace(tzinfo=_OSLO)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
