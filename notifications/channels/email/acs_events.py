"""Azure Communication Services' delivery events, as Event Grid brings them.

They come as an array (webhook) or as a single object (storage queue), in the Event Grid schema or as CloudEvents 1.0
(learn.microsoft.com/azure/event-grid/communication-services-email-events, …/webhook-event-delivery).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from notifications.channels.reports import MalformedReport
from notifications.domain.statuses import Status

DELIVERY_REPORT = "Microsoft.Communication.EmailDeliveryReportReceived"
VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

# engine.md section 7.1
STATUSES = {
    "Delivered": Status.DELIVERED,
    "Bounced": Status.BOUNCED,
    "Failed": Status.FAILED,
    "Expanded": Status.FAILED,
    "FilteredSpam": Status.FILTERED_SPAM,
    "Quarantined": Status.QUARANTINED,
    "Suppressed": Status.SUPPRESSED_RECIPIENT,
}

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_CODE = re.compile(r"[A-Za-z]{1,32}")
_VALIDATION_CODE = re.compile(r"[0-9A-Za-z_.-]{1,128}")


@dataclass(frozen=True, slots=True)
class EmailReport:
    """What became of one email; `at` is UTC, or None without a legible time; `code` is the service's status."""

    notification_id: UUID
    status: Status
    at: datetime | None
    code: str


@dataclass(frozen=True, slots=True)
class Handshake:
    """Event Grid asks whether we want the subscription; answer 200 with `{"validationResponse": code}`."""

    code: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that is none of ours, such as opened or clicked."""

    reason: str


type EmailEvent = EmailReport | Handshake | Ignored | MalformedReport


def parse_events(body: bytes) -> list[EmailEvent]:
    """Every event of a body in order, each by itself; a body that is not JSON is a single MalformedReport."""
    try:
        events: object = json.loads(body)
    except (ValueError, RecursionError):
        return [MalformedReport("not_json")]
    return [_event(event) for event in (events if isinstance(events, list) else [events])]


def _event(event: object) -> EmailEvent:
    match event:
        case {"eventType": str(kind), "data": {**data}, **rest}:
            return _by_kind(kind, data, rest.get("eventTime"))
        case {"specversion": str(), "type": str(kind), "data": {**data}, **rest}:
            return _by_kind(kind, data, rest.get("time"))
    return MalformedReport("not_an_event")


def _by_kind(kind: str, data: Mapping[object, object], time: object) -> EmailEvent:
    if kind == DELIVERY_REPORT:
        return _report(data, time)
    if kind == VALIDATION:
        return _handshake(data)
    return Ignored("other_event_type")


def _handshake(data: Mapping[object, object]) -> Handshake | MalformedReport:
    code = data.get("validationCode")
    if isinstance(code, str) and _VALIDATION_CODE.fullmatch(code):
        return Handshake(code)
    return MalformedReport("no_validation_code")


def _report(data: Mapping[object, object], time: object) -> EmailReport | MalformedReport:
    message_id, code = data.get("messageId"), data.get("status")
    if not (isinstance(message_id, str) and _UUID.fullmatch(message_id)):
        return MalformedReport("no_message_id")
    status = STATUSES.get(code) if isinstance(code, str) else None
    if not isinstance(code, str) or status is None:
        legible = isinstance(code, str) and _CODE.fullmatch(code)
        return MalformedReport(f"unknown_status:{code}" if legible else "no_status", message_id.lower())
    return EmailReport(UUID(message_id), status, _moment(data, time), code)


def _moment(data: Mapping[object, object], event_time: object) -> datetime | None:
    """The attempt's time (the documentation spells it both ways), else the event's."""
    texts = (data.get("deliveryAttemptTimeStamp"), data.get("deliveryAttemptTimestamp"), event_time)
    return next((moment for text in texts if (moment := _utc(text))), None)


def _utc(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
