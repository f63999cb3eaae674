"""An organisation that is held to a list of senders names no other one, wherever in an order."""

import json
from typing import Any

import pytest

from notifications.contract.orders import parse_chain, parse_legacy, parse_legacy_sms
from notifications.contract.problems import ValidationFailed
from notifications.domain.sender_rights import parse_sender_rights
from tests.builders import NOW

RIGHTS = parse_sender_rights("ttd=TTD,post@example.com")
REFUSED = ["The sender is not one that your organisation may use."]


def chain(sms_sender: str | None, email_sender: str | None) -> bytes:
    sms = {"phoneNumber": "+4799999999", "smsSettings": {"body": "B", "sender": sms_sender}}
    email: dict[str, Any] = {
        "emailAddress": "kari@example.com",
        "emailSettings": {"subject": "S", "body": "B", "senderEmailAddress": email_sender},
    }
    order = {
        "idempotencyId": "1",
        "recipient": {"recipientSms": sms},
        "reminders": [{"delayDays": 1, "recipient": {"recipientEmail": email}}],
    }
    return json.dumps(order).encode()


def test_its_own_senders_and_the_services_are_taken() -> None:
    for senders in (("TTD", "post@example.com"), (None, None), (" ", None)):
        assert parse_chain(chain(*senders), creator="ttd", now=NOW, rights=RIGHTS)


def test_all_others_are_refused_where_they_stand_with_all_else_that_is_wrong() -> None:
    body = chain("Skatt", "other@example.com").replace(b'"idempotencyId": "1"', b'"idempotencyId": ""')
    with pytest.raises(ValidationFailed) as told:
        parse_chain(body, creator="ttd", now=NOW, rights=RIGHTS)
    assert told.value.errors == {
        "idempotencyId": ["IdempotencyId cannot be null or empty."],
        "recipient.recipientSms.smsSettings.sender": REFUSED,
        "reminders[0].recipient.recipientEmail.emailSettings.senderEmailAddress": REFUSED,
    }


def test_organisations_without_a_list_may_use_any() -> None:
    assert parse_chain(chain("Skatt", "other@example.com"), creator="skd", now=NOW, rights=RIGHTS)


def test_the_legacy_members_are_held_to_the_list_too() -> None:
    recipients = [{"mobileNumber": "+4799999999"}]
    sms = json.dumps({"body": "B", "senderNumber": "Skatt", "recipients": recipients}).encode()
    with pytest.raises(ValidationFailed) as told:
        parse_legacy_sms(sms, creator="ttd", now=NOW, rights=RIGHTS)
    assert told.value.errors == {"senderNumber": REFUSED}
    template = {"subject": "S", "body": "B", "fromAddress": "other@example.com"}
    order = {
        "notificationChannel": "Email",
        "emailTemplate": template,
        "recipients": [{"emailAddress": "kari@example.com"}],
    }
    with pytest.raises(ValidationFailed) as told:
        parse_legacy(json.dumps(order).encode(), creator="ttd", now=NOW, rights=RIGHTS)
    assert told.value.errors == {"emailTemplate.fromAddress": REFUSED}
