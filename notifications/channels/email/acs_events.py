"""What Azure Communication Services reports of an email's delivery.

learn.microsoft.com/azure/event-grid/communication-services-email-events
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from notifications.channels.reports import MalformedReport, first_moment, legible_id
from notifications.domain.statuses import Channel, Status

DELIVERY_REPORT = "Microsoft.Communication.EmailDeliveryReportReceived"

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

_CODE = re.compile(r"[A-Za-z]{1,32}")


@dataclass(frozen=True, slots=True)
class EmailReport:
    """What became of one email; `at` is UTC, or None without a legible time; `code` is the service's status."""

    channel: ClassVar[Channel] = Channel.EMAIL

    notification_id: UUID
    status: Status
    at: datetime | None
    code: str


def read_report(data: Mapping[object, object], event_time: object) -> EmailReport | MalformedReport:
    """Read the data of a `DELIVERY_REPORT`; its message id is the notification's."""
    identity, code = legible_id(data.get("messageId")), data.get("status")
    if identity is None:
        return MalformedReport("no_message_id")
    status = STATUSES.get(code) if isinstance(code, str) else None
    if not isinstance(code, str) or status is None:
        legible = isinstance(code, str) and _CODE.fullmatch(code)
        return MalformedReport(f"unknown_status:{code}" if legible else "no_status", str(identity))
    return EmailReport(identity, status, _moment(data, event_time), code)


def _moment(data: Mapping[object, object], event_time: object) -> datetime | None:
    """The attempt's time (the documentation spells it both ways), else the event's."""
    return first_moment((data.get("deliveryAttemptTimeStamp"), data.get("deliveryAttemptTimestamp"), event_time))
