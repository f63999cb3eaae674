"""Azure Communication Services' events, as Event Grid brings them: those of emails and of SMS in one delivery.

They come as an array (webhook) or as a single object (storage queue), in the Event Grid schema or as CloudEvents 1.0
(learn.microsoft.com/azure/event-grid/event-schema-communication-services, …/webhook-event-delivery).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from notifications.channels.email import acs_events as email
from notifications.channels.email.acs_events import EmailReport
from notifications.channels.reports import Ignored, MalformedReport
from notifications.channels.sms import acs_events as sms
from notifications.channels.sms.acs_events import AcsSmsReport

VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"

_VALIDATION_CODE = re.compile(r"[0-9A-Za-z_.-]{1,128}")


@dataclass(frozen=True, slots=True)
class Handshake:
    """Event Grid asks whether we want the subscription; answer 200 with `{"validationResponse": code}`."""

    code: str


type AcsEvent = EmailReport | AcsSmsReport | Handshake | Ignored | MalformedReport


def parse_events(body: bytes) -> list[AcsEvent]:
    """Every event of a body in order, each by itself; a body that is not JSON is a single MalformedReport."""
    try:
        events: object = json.loads(body)
    except (ValueError, RecursionError):
        return [MalformedReport("not_json")]
    return [_event(event) for event in (events if isinstance(events, list) else [events])]


def _event(event: object) -> AcsEvent:
    match event:
        case {"eventType": str(kind), "data": {**data}, **rest}:
            return _by_kind(kind, data, rest.get("eventTime"))
        case {"specversion": str(), "type": str(kind), "data": {**data}, **rest}:
            return _by_kind(kind, data, rest.get("time"))
    return MalformedReport("not_an_event")


def _by_kind(kind: str, data: Mapping[object, object], time: object) -> AcsEvent:
    reader = _READERS.get(kind)
    return reader(data, time) if reader else Ignored("other_event_type")


def _handshake(data: Mapping[object, object], _: object) -> Handshake | MalformedReport:
    code = data.get("validationCode")
    if isinstance(code, str) and _VALIDATION_CODE.fullmatch(code):
        return Handshake(code)
    return MalformedReport("no_validation_code")


_READERS: dict[str, Callable[[Mapping[object, object], object], AcsEvent]] = {
    email.DELIVERY_REPORT: email.read_report,
    sms.DELIVERY_REPORT: sms.read_report,
    VALIDATION: _handshake,
}
