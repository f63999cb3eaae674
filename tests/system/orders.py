"""Orders to place: valid ones, whose parts a test may change."""

import uuid
from typing import Any

type Document = dict[str, Any]

SUBJECT = "Letter about a synthetic matter"
BODY = "You have received a synthetic letter."
TEXT = "You have received a synthetic message."


def email_recipient(address: str = "kari.nordmann@example.com", **settings: Any) -> Document:
    """An email recipient; `settings` are members of emailSettings."""
    return {
        "recipientEmail": {"emailAddress": address, "emailSettings": {"subject": SUBJECT, "body": BODY, **settings}}
    }


def sms_recipient(number: str = "+4799999999", **settings: Any) -> Document:
    """An SMS recipient whose message may leave at any hour; `settings` are members of smsSettings."""
    sms = {"body": TEXT, "sendingTimePolicy": "Anytime", **settings}
    return {"recipientSms": {"phoneNumber": number, "smsSettings": sms}}


def order(recipient: Document, **members: Any) -> Document:
    """An order to be sent at once, with an idempotencyId of its own."""
    return {"idempotencyId": str(uuid.uuid4()), "recipient": recipient, **members}


def notification_id(shipment_id: str, number: int = 1) -> str:
    """The id of a shipment's notification, by which providers know it."""
    return f"{shipment_id[:-6]}{number:06x}"
