"""Emails with attachments: the order itself (http-contract.md sections 3.3, 4.5 and 5.7)."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.contract.orders import parse_composed
from notifications.domain.order import (
    Attachment,
    ChannelScheme,
    ConditionPolicy,
    ContentType,
    EmailTemplate,
    OrderKind,
    Recipient,
    ShipmentType,
)
from tests.contract.builders import ABSENT, NOW, changed, content, errors, failure, parse, text_of
from tests.contract.requests import SAS, attachment, composed

SETTINGS = ("recipient", "emailSettings")
PAST = "RequestedSendTime must be greater than or equal to now."


def test_every_member_reaches_the_draft() -> None:
    draft = parse(composed(attachment(), attachment(filename="a.txt", mimeType="TEXT/Plain")), parse_composed)
    (shipment,) = draft.shipments
    assert (draft.creator, draft.kind, draft.idempotency_id) == ("ttd", OrderKind.COMPOSED, "composed-001")
    assert (draft.dialog_id, draft.transmission_id) == ("dialog", "transmission")
    assert shipment.send_at == datetime(2026, 8, 10, 8, tzinfo=UTC)
    assert shipment.time_to_live is None
    assert shipment.content.type is ShipmentType.COMPOSED
    assert shipment.content.scheme is ChannelScheme.EMAIL
    assert shipment.content.recipients == (Recipient(email_address="ola.normann@example.com"),)
    assert shipment.content.email == EmailTemplate(
        subject="New message",
        body="You have received a message.",
        sender="noreply@example.com",
        content_type=ContentType.HTML,
        attachments=(
            Attachment(filename="decision.pdf", mime_type="application/pdf", sas_url=SAS),
            Attachment(filename="a.txt", mime_type="TEXT/Plain", sas_url=SAS),
        ),
    )
    assert shipment.content.senders_reference == "case-9"
    assert shipment.content.condition_endpoint == "https://conditions.example.com/api/check/9"
    assert shipment.content.condition_policy is ConditionPolicy.DO_NOT_SEND


def test_a_send_time_is_kept_to_the_microsecond() -> None:
    recipient = {"emailAddress": "ola.normann@example.com", "emailSettings": {"subject": "Hello", "body": "No files."}}
    request = {"idempotencyId": "1", "recipient": recipient, "requestedSendTime": "2026-08-10T08:00:00.123456Z"}
    (shipment,) = parse(request, parse_composed).shipments
    assert shipment.send_at == datetime(2026, 8, 10, 8, 0, 0, 123456, tzinfo=UTC)


def test_an_order_of_the_required_members_alone_is_for_now() -> None:
    email = {"subject": "Hello", "body": "No files this time."}
    recipient = {"emailAddress": "ola.normann@example.com", "emailSettings": email}
    draft = parse({"idempotencyId": "composed-002", "recipient": recipient}, parse_composed)
    assert draft.shipments[0].send_at == NOW.replace(microsecond=121000)
    assert draft.shipments[0].content.email == EmailTemplate(subject="Hello", body="No files this time.")
    assert (draft.dialog_id, draft.transmission_id) == (None, None)


@pytest.mark.parametrize("attachments", [None, []])
def test_attachments_may_be_null_or_empty(attachments: object) -> None:
    email = content(changed(composed(), (*SETTINGS, "attachments"), attachments), parse_composed).email
    assert email is not None
    assert email.attachments == ()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("idempotencyId",), "", "IdempotencyId cannot be null or empty."),
        (
            ("requestedSendTime",),
            "2026-08-10T08:00:00",
            "The requested send time value must have specified a time zone.",
        ),
        (("conditionEndpoint",), "ftp://x.example.com", "ConditionEndpoint must use http or https scheme."),
        (("conditionEndpoint",), "x", "ConditionEndpoint must be a valid absolute URI or null."),
        (("recipient",), None, "Recipient email object cannot be null."),
        (("recipient", "emailAddress"), "ola@", "Invalid email address format."),
        (SETTINGS, None, "Recipient email settings cannot be null."),
        ((*SETTINGS, "subject"), "", "The email subject must not be empty."),
        ((*SETTINGS, "body"), None, "The email body must not be empty."),
        ((*SETTINGS, "senderEmailAddress"), "", "The sender email address is not valid."),
        ((*SETTINGS, "sendingTimePolicy"), "Daytime", "Email only supports send time anytime"),
        ((*SETTINGS, "contentType"), 9, "Email content type must be either Plain or HTML."),
        ((*SETTINGS, "attachments"), {}, "The JSON value could not be converted to an array."),
        (("dialogportenAssociation", "dialogId"), 1, "The JSON value could not be converted to a string."),
    ],
)
def test_a_bad_value_is_told_under_its_own_path_alone(path: tuple[str, ...], value: object, message: str) -> None:
    assert errors(changed(composed(), path, value), parse_composed) == {text_of(path): [message]}


def test_a_replay_whose_send_time_has_passed_comes_with_its_order() -> None:
    request = composed(requestedSendTime="2026-08-03T07:00:00Z")
    failed = failure(request, parse_composed)
    assert failed.errors == {"requestedSendTime": [PAST]}
    assert failed.draft == parse(request, parse_composed, now=NOW - timedelta(hours=1))


def test_a_passed_send_time_beside_a_bad_attachment_comes_with_no_order() -> None:
    failed = failure(composed(attachment(filename="x"), requestedSendTime="2026-08-03T07:00:00Z"), parse_composed)
    assert set(failed.errors) == {"requestedSendTime", "recipient.emailSettings.attachments[0].filename"}
    assert failed.draft is None


def test_a_subject_is_one_line() -> None:
    email = content(changed(composed(), (*SETTINGS, "subject"), "a\nb"), parse_composed).email
    assert email is not None
    assert email.subject == "a b"


def test_another_attachment_is_another_order() -> None:
    first = parse(composed(), parse_composed).fingerprint
    assert parse(composed(attachment(filename="other.pdf")), parse_composed).fingerprint != first
    assert parse(changed(composed(), ("sendersReference",), ABSENT), parse_composed).fingerprint != first
