"""The delivery report of an SMS, as Event Grid delivers it.

Schema: learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events.
"""

import uuid
from datetime import UTC, datetime

from local.simulators.acs_email.events import Event
from local.simulators.acs_sms.messages import Message
from local.simulators.acs_sms.recipients import Report

_TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
    "/providers/microsoft.communication/communicationservices/local"
)


def delivery_report(message_id: str, message: Message, report: Report) -> Event:
    """Return the event that says what became of an SMS, of Event Grid's own schema."""
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    delivered = int(report.status == "Delivered")
    data: dict[str, object] = {
        "messageId": message_id,
        "from": message.sender,
        "to": message.recipient,
        "deliveryStatus": report.status,
        "deliveryStatusDetails": report.details,
        "receivedTimestamp": now,
        "deliveryAttempts": [{"timestamp": now, "segmentsSucceeded": delivered, "segmentsFailed": 1 - delivered}],
    }
    if message.tag is not None:
        data["tag"] = message.tag
    return {
        "id": str(uuid.uuid4()),
        "topic": _TOPIC,
        "subject": f"/phonenumber/{message.sender.removeprefix('+')}",
        "data": data,
        "eventType": "Microsoft.Communication.SMSDeliveryReportReceived",
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": now,
    }
