"""A valid request of every kind of order with every member given, and what reads it."""

from typing import Any

from notifications.contract.orders import (
    parse_chain,
    parse_composed,
    parse_instant,
    parse_instant_email,
    parse_instant_sms,
    parse_legacy,
    parse_legacy_email,
    parse_legacy_sms,
)
from notifications.contract.reading import OrderParser
from tests.contract.builders import Request, full_order, order

SAS = (
    "https://ttdfiles.blob.core.windows.net/out/decision.pdf"
    "?sv=2024-11-04&se=2026-08-10T12%3A00%3A00Z&sr=b&sp=r&sig=abc%3D"
)
NUMBER, ORGANIZATION = "16069412345", "312508729"


def settings(**members: Any) -> Request:
    return {"subject": "New message", "body": "You have received a message."} | members


def person(**members: Any) -> Request:
    """A recipient by national identity number, with every member given."""
    recipient = {
        "nationalIdentityNumber": NUMBER,
        "channelSchema": "EmailAndSms",
        "emailSettings": settings(),
        "smsSettings": {"body": "Hello"},
        "resourceId": "urn:altinn:resource:te_svc123",
        "resourceAction": "read",
        "ignoreReservation": True,
        "useStaleContactInformation": True,
    }
    return {"recipientPerson": recipient | members}


def organization(**members: Any) -> Request:
    """A recipient by organisation number, with every member given."""
    recipient = {
        "orgNumber": ORGANIZATION,
        "channelSchema": "SmsPreferred",
        "emailSettings": settings(),
        "smsSettings": {"body": "Hello"},
        "resourceId": "urn:altinn:resource:te_svc123",
        "resourceAction": "write",
    }
    return {"recipientOrganization": recipient | members}


def external(**members: Any) -> Request:
    """A recipient by external identity, with every member given."""
    recipient = {
        "externalIdentity": "urn:altinn:username:ola",
        "channelSchema": "EmailPreferred",
        "emailSettings": settings(),
        "smsSettings": {"body": "Hello"},
        "resourceId": "urn:altinn:resource:te_svc123",
        "resourceAction": "read",
    }
    return {"recipientExternalIdentity": recipient | members}


def looked_up_order() -> Request:
    """An order whose recipients are all looked up."""
    reminders = [{"delayDays": 1, "recipient": organization()}, {"delayDays": 2, "recipient": external()}]
    return order(recipient=person(), reminders=reminders)


def instant_sms(**members: Any) -> Request:
    sms = {
        "phoneNumber": "+4799999999",
        "timeToLiveInSeconds": 300,
        "smsSettings": {"sender": "TTD", "body": "Your code is 482913"},
    }
    return {"idempotencyId": "otp-8f0c1a", "sendersReference": "login-4711", "recipientSms": sms | members}


def instant(**members: Any) -> Request:
    request = instant_sms(**members)
    return request | {"recipient": {"recipientSms": request.pop("recipientSms")}}


def instant_email(**members: Any) -> Request:
    email = settings(contentType="Html", senderEmailAddress="noreply@example.com") | members
    recipient = {"emailAddress": "kari.nordmann@example.com", "emailSettings": email}
    return {"idempotencyId": "mail-001", "sendersReference": "ref-001", "recipientEmail": recipient}


def attachment(**members: Any) -> Request:
    return {"filename": "decision.pdf", "mimeType": "application/pdf", "sasUrl": SAS} | members


def composed(*attachments: Any, **members: Any) -> Request:
    email = settings(
        contentType="Html",
        senderEmailAddress="noreply@example.com",
        sendingTimePolicy="Anytime",
        attachments=list(attachments) or [attachment()],
    )
    return {
        "idempotencyId": "composed-001",
        "sendersReference": "case-9",
        "requestedSendTime": "2026-08-10T08:00:00Z",
        "conditionEndpoint": "https://conditions.example.com/api/check/9",
        "conditionFailurePolicy": "DoNotSend",
        "dialogportenAssociation": {"dialogId": "dialog", "transmissionId": "transmission"},
        "recipient": {"emailAddress": "ola.normann@example.com", "emailSettings": email},
    } | members


def legacy_base(*recipients: Any) -> Request:
    """What the orders of all legacy channels have in common."""
    return {
        "recipients": list(recipients) or [{"nationalIdentityNumber": NUMBER}],
        "sendersReference": "ref-2026-01",
        "requestedSendTime": "2026-08-10T08:00:00Z",
        "conditionEndpoint": "https://conditions.example.com/api/check/77",
        "conditionFailurePolicy": "DoNotSend",
        "ignoreReservation": True,
        "resourceId": "te_svc123",
        "resourceAction": "read",
    }


def legacy_email(*recipients: Any, **members: Any) -> Request:
    return legacy_base(*recipients) | {"subject": "Subject", "body": "<b>Body</b>", "contentType": "Html"} | members


def legacy_sms(*recipients: Any, **members: Any) -> Request:
    return legacy_base(*recipients) | {"body": "Hello from TTD", "senderNumber": "TTD"} | members


def legacy(*recipients: Any, **members: Any) -> Request:
    templates = {
        "notificationChannel": "EmailPreferred",
        "emailTemplate": settings(fromAddress="noreply@example.com", contentType="Html"),
        "smsTemplate": {"body": "Hei", "senderNumber": "TTD"},
    }
    return legacy_base(*recipients) | templates | members


def addressed_recipients() -> list[Request]:
    """Recipients of the legacy API, by each way that there is."""
    return [
        {"emailAddress": "ola@example.com", "mobileNumber": "+4799999999", "isReserved": False},
        {"organizationNumber": ORGANIZATION},
        {"nationalIdentityNumber": NUMBER},
    ]


type Case = tuple[OrderParser[Any], Request]

CASES: dict[str, Case] = {
    "chain": (parse_chain, full_order()),
    "looked-up": (parse_chain, looked_up_order()),
    "instant-sms": (parse_instant_sms, instant_sms()),
    "instant-email": (parse_instant_email, instant_email()),
    "instant": (parse_instant, instant()),
    "composed": (parse_composed, composed()),
    "legacy": (parse_legacy, legacy(*addressed_recipients())),
    "legacy-email": (parse_legacy_email, legacy_email(*addressed_recipients())),
    "legacy-sms": (parse_legacy_sms, legacy_sms(*addressed_recipients())),
}
"""Every kind of order by name: its parser, and a full request."""
