"""Orders for somebody whom the registers know, and who is in them without a file of one's own."""

from typing import Any

from local.simulators.registers.people import default_people, read_people
from tests.system.orders import BODY, SUBJECT, TEXT, Document, order

PEOPLE = read_people(default_people())
SCHEMES = ("Email", "Sms", "EmailPreferred", "SmsPreferred", "EmailAndSms")
RESOURCE = "urn:altinn:resource:te_svc123"


def texts(subject: str = SUBJECT, body: str = BODY, text: str = TEXT, **email: str) -> Document:
    """Settings of both channels; the SMS may leave at any hour. `email` are further members of emailSettings."""
    return {
        "emailSettings": {"subject": subject, "body": body, **email},
        "smsSettings": {"body": text, "sendingTimePolicy": "Anytime"},
    }


def person(number: str, scheme: str = "Email", **members: Any) -> Document:
    """A recipient by national identity number."""
    return {"recipientPerson": {"nationalIdentityNumber": number, "channelSchema": scheme, **texts(), **members}}


def organization(number: str, scheme: str = "Email", **members: Any) -> Document:
    """A recipient by organisation number."""
    return {"recipientOrganization": {"orgNumber": number, "channelSchema": scheme, **texts(), **members}}


def external(urn: str, scheme: str = "Email", **members: Any) -> Document:
    """A recipient by external identity."""
    return {"recipientExternalIdentity": {"externalIdentity": urn, "channelSchema": scheme, **texts(), **members}}


def reminding(recipient: Document, **reminder: Any) -> Document:
    """An order that is not sent while a test looks, with one reminder for another recipient."""
    return order(recipient, reminders=[{"delayDays": 1, **reminder}])


def legacy(scheme: str, *recipients: Document, **members: Any) -> Document:
    """An order of the legacy API by the channels of a scheme, with both templates."""
    return {
        "notificationChannel": scheme,
        "recipients": list(recipients),
        "emailTemplate": {"subject": SUBJECT, "body": BODY},
        "smsTemplate": {"body": TEXT},
        **members,
    }


def nin(number: str) -> Document:
    """A recipient of the legacy API by national identity number."""
    return {"nationalIdentityNumber": number}


def orgno(number: str) -> Document:
    """A recipient of the legacy API by organisation number."""
    return {"organizationNumber": number}


def numbers() -> set[str]:
    """All identity and organisation numbers of the registers."""
    return {each.number for each in PEOPLE.persons} | {each.number for each in PEOPLE.organizations}
