"""What Azure Communication Services reports of an SMS's delivery.

The event is that of learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events, whose examples
spell members both `deliveryStatus` and `DeliveryStatus`. Why an SMS failed stands in its details: as one of the "SMS
error codes" of learn.microsoft.com/azure/communication-services/concepts/troubleshooting-info, or as a sentence.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from notifications.channels.reports import Ignored, MalformedReport, first_moment, legible_id
from notifications.domain.statuses import Channel, Status

DELIVERY_REPORT = "Microsoft.Communication.SMSDeliveryReportReceived"

DELIVERED, FAILED = "Delivered", "Failed"

# A code that is not here says that nobody knows why.
FAILURES = {
    "4000": Status.REJECTED,  # fraud detection
    "4001": Status.REJECTED,  # invalid sender
    "4002": Status.INVALID_RECIPIENT,  # invalid number
    "4003": Status.UNDELIVERED,  # unsupported destination
    "4004": Status.INVALID_RECIPIENT,  # no such number
    "4005": Status.BARRED_RECEIVER,  # blocked by the recipient's carrier
    "4006": Status.UNDELIVERED,  # not reachable
    "4007": Status.BARRED_RECEIVER,  # the recipient opted out
    "4008": Status.REJECTED,  # too many messages for the profile
    "4009": Status.REJECTED,  # the service's entitlement system
    "4010": Status.REJECTED,  # sender not verified
    "5002": Status.EXPIRED,  # no report of the carrier in time
}

_STATUS = re.compile(r"[A-Za-z]{1,32}")
_CODE = re.compile(r"\s*([0-9]{4})\b")
# What the documentation says in words, and the code for the same.
_SENTENCES = (
    (re.compile(r"sender blocked for given recipient|opted out", re.IGNORECASE), "4007"),
    (re.compile(r"blocked by destination carrier", re.IGNORECASE), "4005"),
    (re.compile(r"invalid destination", re.IGNORECASE), "4002"),
    (re.compile(r"number (does not|doesn't) exist", re.IGNORECASE), "4004"),
    (re.compile(r"unsupported destination", re.IGNORECASE), "4003"),
    (re.compile(r"(is not|isn't) reachable", re.IGNORECASE), "4006"),
    (re.compile(r"delivery timeout", re.IGNORECASE), "5002"),
    (re.compile(r"message (is )?rejected", re.IGNORECASE), "4000"),
)


@dataclass(frozen=True, slots=True)
class AcsSmsReport:
    """What became of one SMS; `at` is UTC, or None without a legible time; `code` is the service's code or status."""

    channel: ClassVar[Channel] = Channel.SMS

    notification_id: UUID
    status: Status
    at: datetime | None
    code: str


def read_report(data: Mapping[object, object], event_time: object) -> AcsSmsReport | Ignored | MalformedReport:
    """Read the data of a `DELIVERY_REPORT`; its tag is the notification's id, and without one it is not ours."""
    told = {name.lower(): value for name, value in data.items() if isinstance(name, str)}
    identity, outcome = legible_id(told.get("tag")), told.get("deliverystatus")
    if identity is None:
        return Ignored("no_tag_of_ours", Channel.SMS)
    if outcome not in (DELIVERED, FAILED):
        return MalformedReport(_unknown(outcome), str(identity), channel=Channel.SMS)
    at = first_moment((told.get("receivedtimestamp"), event_time))
    if outcome == DELIVERED:
        return AcsSmsReport(identity, Status.DELIVERED, at, DELIVERED)
    code = _failure(told.get("deliverystatusdetails"))
    return AcsSmsReport(identity, FAILURES.get(code, Status.FAILED), at, code)


def _unknown(outcome: object) -> str:
    legible = isinstance(outcome, str) and _STATUS.fullmatch(outcome)
    return f"unknown_status:{outcome}" if legible else "no_status"


def _failure(details: object) -> str:
    """The code that the details begin with or mean, `Failed` when they say nothing; they may quote a number."""
    if not isinstance(details, str):
        return FAILED
    if code := _CODE.match(details):
        return code[1]
    return next((code for sentence, code in _SENTENCES if sentence.search(details)), FAILED)
