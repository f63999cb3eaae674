"""The endpoints that take orders: how each is parsed, and a request in which every member is given."""

from collections.abc import Mapping
from typing import Any

from notifications.contract import orders
from notifications.contract.reading import OrderParser
from tests.contract.builders import email_recipient, full_order

type Parser = OrderParser[Any]

PARSERS: Mapping[str, Parser] = {
    "place_order": orders.parse_chain,
    "send_instant_sms": orders.parse_instant_sms,
    "send_instant_email": orders.parse_instant_email,
    "send_instant": orders.parse_instant,
    "place_composed_email": orders.parse_composed,
    "place_legacy_order": orders.parse_legacy,
    "place_legacy_email_order": orders.parse_legacy_email,
    "place_legacy_sms_order": orders.parse_legacy_sms,
}
"""The parser of each operation that takes an order."""

_SMS = {
    "phoneNumber": "+4799999999",
    "timeToLiveInSeconds": 300,
    "smsSettings": {"body": "Your code is 482913", "sender": "TTD"},
}
_EMAIL = {"subject": "Subject", "body": "Body", "senderEmailAddress": "noreply@example.com", "contentType": "Html"}
_SIGNED = "https://files.blob.core.windows.net/out/a.pdf?se=2026-12-01T12%3A00%3A00Z&sr=b&sp=r&sig=abc"
_PLACED = {
    "sendersReference": "ref",
    "requestedSendTime": "2026-08-10T08:00:00Z",
    "conditionEndpoint": "https://conditions.example.com/check",
    "conditionFailurePolicy": "DoNotSend",
}
_LOOKED_UP = {
    "channelSchema": "EmailAndSms",
    "emailSettings": {"subject": "Subject", "body": "Body"},
    "smsSettings": {"body": "Body"},
    "resourceId": "urn:altinn:resource:svc",
    "resourceAction": "read",
}
_LEGACY = {**_PLACED, "ignoreReservation": True, "resourceId": "urn:altinn:resource:svc", "resourceAction": "read"}
_PEOPLE = [{"nationalIdentityNumber": "16869412345", "isReserved": False}, {"organizationNumber": "312508729"}]


def _to(**recipient: Any) -> dict[str, Any]:
    return {"idempotencyId": "id", "recipient": recipient}


FULL: Mapping[str, list[dict[str, Any]]] = {
    "place_order": [
        full_order(),
        _to(
            recipientPerson={
                "nationalIdentityNumber": "16869412345",
                "ignoreReservation": True,
                "useStaleContactInformation": True,
                **_LOOKED_UP,
            }
        ),
        _to(recipientOrganization={"orgNumber": "312508729", **_LOOKED_UP}),
        _to(recipientExternalIdentity={"externalIdentity": "urn:altinn:username:ola", **_LOOKED_UP}),
    ],
    "send_instant_sms": [{"idempotencyId": "id", "sendersReference": "ref", "recipientSms": _SMS}],
    "send_instant": [{"idempotencyId": "id", "sendersReference": "ref", "recipient": {"recipientSms": _SMS}}],
    "send_instant_email": [
        {
            "idempotencyId": "id",
            "sendersReference": "ref",
            "recipientEmail": {"emailAddress": "ola.normann@example.com", "emailSettings": _EMAIL},
        }
    ],
    "place_composed_email": [
        {
            **_PLACED,
            "idempotencyId": "id",
            "dialogportenAssociation": {"dialogId": "dialog", "transmissionId": "transmission"},
            "recipient": {
                **email_recipient()["recipientEmail"],
                "emailSettings": {
                    **_EMAIL,
                    "sendingTimePolicy": "Anytime",
                    "attachments": [{"filename": "a.pdf", "mimeType": "application/pdf", "sasUrl": _SIGNED}],
                },
            },
        }
    ],
    "place_legacy_order": [
        {
            **_LEGACY,
            "notificationChannel": "EmailAndSms",
            "recipients": [
                *_PEOPLE,
                {"emailAddress": "ola.normann@example.com", "mobileNumber": "+4799999999"},
            ],
            "emailTemplate": {
                "subject": "Subject",
                "body": "Body",
                "fromAddress": "noreply@example.com",
                "contentType": "Html",
            },
            "smsTemplate": {"body": "Body", "senderNumber": "TTD"},
        }
    ],
    "place_legacy_email_order": [
        {**_LEGACY, "recipients": _PEOPLE, "subject": "Subject", "body": "Body", "contentType": "Html"}
    ],
    "place_legacy_sms_order": [{**_LEGACY, "recipients": _PEOPLE, "body": "Body", "senderNumber": "TTD"}],
}
"""Valid requests that together give every member of each operation."""
