"""The orders that are placed: one recipient, a text of ordinary length, synthetic addresses only."""

import uuid
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

SUBJECT = "A letter about a synthetic matter"
BODY = "You have received a letter. Log in to read it, and answer before the date that it names. " * 3
_TEXT = "You have received a letter. Log in to read it."

type Body = dict[str, Any]


class Kind(StrEnum):
    """What an order is made of."""

    EMAIL = "email"
    EMAIL_WITH_REMINDER = "email+reminder"
    SMS = "sms"
    INVALID = "invalid"


def body(kind: Kind, due: float | None) -> Body:
    """A new order, requested for a moment (seconds since the epoch), or to be sent at once; a reminder a day later."""
    order: Body = {"idempotencyId": str(uuid.uuid4()), "recipient": _sms() if kind is Kind.SMS else _email()}
    if due is not None:
        moment = datetime.fromtimestamp(due, UTC).isoformat(timespec="milliseconds")
        order["requestedSendTime"] = moment.replace("+00:00", "Z")
    if kind is Kind.EMAIL_WITH_REMINDER:
        order["reminders"] = [{"delayDays": 1, "recipient": _email()}]
    if kind is Kind.INVALID:
        order["recipient"] = {"recipientEmail": {"emailAddress": "nobody", "emailSettings": {"subject": ""}}}
    return order


def _email() -> Body:
    settings = {"subject": SUBJECT, "body": BODY}
    return {"recipientEmail": {"emailAddress": "kari.nordmann@example.com", "emailSettings": settings}}


def _sms() -> Body:
    # At any hour, or a run in the evening would wait for the morning.
    settings = {"body": _TEXT, "sendingTimePolicy": "Anytime"}
    return {"recipientSms": {"phoneNumber": "+4799999999", "smsSettings": settings}}
