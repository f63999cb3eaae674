"""The delivery report of an SMS, as Event Grid delivers it.

Schema: learn.microsoft.com/azure/event-grid/communication-services-telephony-sms-events.
"""

from local.simulators.acs.event_grid import Event, event, timestamp
from local.simulators.acs_sms.messages import Message
from local.simulators.acs_sms.recipients import Report


def delivery_report(message_id: str, message: Message, report: Report) -> Event:
    """Return the event that says what became of an SMS, of Event Grid's own schema."""
    now = timestamp()
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
    subject = f"/phonenumber/{message.sender.removeprefix('+')}"
    return event("Microsoft.Communication.SMSDeliveryReportReceived", subject, data, now)
