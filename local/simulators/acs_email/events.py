"""The delivery report of an email, as Event Grid delivers it.

Schema: learn.microsoft.com/azure/event-grid/communication-services-email-events.
"""

from local.simulators.acs.event_grid import Event, event, timestamp
from local.simulators.acs_email.messages import Message


def delivery_report(operation_id: str, message: Message, status: str) -> Event:
    """Return the event that says what became of an email, of Event Grid's own schema."""
    now = timestamp()
    data: dict[str, object] = {
        "sender": message.sender,
        "recipient": message.recipient,
        "internetMessageId": f"<{operation_id}@local>",
        "messageId": operation_id,
        "status": status,
        "deliveryStatusDetails": {"statusMessage": f"Simulated: {status}"},
        "deliveryAttemptTimestamp": now,
    }
    subject = f"sender/{message.sender}/message/{operation_id}"
    return event("Microsoft.Communication.EmailDeliveryReportReceived", subject, data, now)
