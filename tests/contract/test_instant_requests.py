"""Messages that are sent while the caller waits (http-contract.md sections 3.2, 4.4 and 5.6)."""

from datetime import timedelta
from typing import Any

import pytest

from notifications.contract.orders import parse_instant, parse_instant_email, parse_instant_sms
from notifications.contract.reading import OrderParser
from notifications.domain.order import (
    ChannelScheme,
    ContentType,
    EmailTemplate,
    OrderKind,
    Recipient,
    SendingTimePolicy,
    ShipmentType,
    SmsTemplate,
)
from tests.contract.builders import NOW, Request, changed, content, errors, parse, text_of
from tests.contract.requests import instant, instant_email, instant_sms

SMS, OLD = ("recipientSms",), ("recipient", "recipientSms")
EMAIL = ("recipientEmail",)
LIFE = "Time-to-live must be between 60 and 172800 seconds (48 hours)."
NOT_AN_INTEGER = "The JSON value could not be converted to an integer."
NOT_A_CONTENT_TYPE = "The JSON value could not be converted to one of: Plain, Html."


@pytest.mark.parametrize(("parser", "request_"), [(parse_instant_sms, instant_sms()), (parse_instant, instant())])
def test_an_instant_sms_is_for_now_at_any_hour(parser: OrderParser[Any], request_: Request) -> None:
    draft = parse(request_, parser)
    (shipment,) = draft.shipments
    assert (draft.kind, draft.idempotency_id, draft.creator) == (OrderKind.INSTANT, "otp-8f0c1a", "ttd")
    assert shipment.send_at == NOW.replace(microsecond=121000)
    assert shipment.time_to_live == timedelta(minutes=5)
    assert shipment.content.type is ShipmentType.INSTANT
    assert shipment.content.scheme is ChannelScheme.SMS
    assert shipment.content.recipients == (Recipient(phone_number="+4799999999"),)
    assert shipment.content.sms == SmsTemplate(
        body="Your code is 482913", sender="TTD", policy=SendingTimePolicy.ANYTIME
    )
    assert shipment.content.email is None
    assert shipment.content.senders_reference == "login-4711"


def test_an_instant_email_is_for_now_and_lives_for_48_hours() -> None:
    draft = parse(instant_email(), parse_instant_email)
    (shipment,) = draft.shipments
    assert (draft.kind, draft.idempotency_id) == (OrderKind.INSTANT, "mail-001")
    assert shipment.send_at == NOW.replace(microsecond=121000)
    assert shipment.time_to_live == timedelta(hours=48)
    assert shipment.content.type is ShipmentType.INSTANT
    assert shipment.content.scheme is ChannelScheme.EMAIL
    assert shipment.content.recipients == (Recipient(email_address="kari.nordmann@example.com"),)
    assert shipment.content.email == EmailTemplate(
        subject="New message",
        body="You have received a message.",
        sender="noreply@example.com",
        content_type=ContentType.HTML,
    )
    assert shipment.content.sms is None
    assert shipment.content.senders_reference == "ref-001"


@pytest.mark.parametrize(
    ("parser", "request_", "path", "value", "message"),
    [
        *(
            (parser, request, (*path, member), value, message)
            for parser, request, path in [(parse_instant_sms, instant_sms(), SMS), (parse_instant, instant(), OLD)]
            for member, value, message in [
                ("phoneNumber", None, "Recipient phone number cannot be null or empty."),
                ("phoneNumber", "99999999", "Recipient phone number is not a valid mobile number."),
                ("timeToLiveInSeconds", 59, LIFE),
                ("timeToLiveInSeconds", "172801", LIFE),
                ("timeToLiveInSeconds", -1, LIFE),
                ("timeToLiveInSeconds", None, NOT_AN_INTEGER),
                ("timeToLiveInSeconds", "soon", NOT_AN_INTEGER),
                ("timeToLiveInSeconds", 60.5, NOT_AN_INTEGER),
                ("timeToLiveInSeconds", 2**31, NOT_AN_INTEGER),
                ("smsSettings", None, "The smsSettings field is required."),
            ]
        ),
        (parse_instant_sms, instant_sms(), SMS, None, "SMS details cannot be null."),
        (parse_instant, instant(), OLD, None, "SMS details cannot be null."),
        (parse_instant, instant(), ("recipient",), None, "The recipient field is required."),
        (
            parse_instant_sms,
            instant_sms(),
            (*SMS, "smsSettings", "body"),
            " ",
            "SMS body cannot be null or empty.",
        ),
        (
            parse_instant_sms,
            instant_sms(),
            (*SMS, "smsSettings", "body"),
            "a" * 2449,
            "The SMS body takes more than 16 segments.",
        ),
        (
            parse_instant_sms,
            instant_sms(),
            (*SMS, "smsSettings", "sender"),
            "T&D",
            "The SMS sender must be a phone number, or consist of letters, digits and spaces.",
        ),
        (parse_instant_sms, instant_sms(), ("idempotencyId",), "", "IdempotencyId cannot be null or empty."),
        (parse_instant_email, instant_email(), ("idempotencyId",), None, "IdempotencyId cannot be null or empty."),
        *(
            (parse_instant_email, instant_email(), (*EMAIL, *path), value, message)
            for path, value, message in [
                ((), None, "Email details cannot be null."),
                (("emailAddress",), "kari@localhost", "Invalid email address format."),
                (("emailAddress",), "", "Invalid email address format."),
                (("emailSettings",), None, "Email settings cannot be null."),
                (("emailSettings", "subject"), "", "The email subject cannot be empty."),
                (("emailSettings", "subject"), None, "The email subject cannot be empty."),
                (("emailSettings", "body"), "\n", "The email body cannot be empty."),
                (("emailSettings", "senderEmailAddress"), "", "Invalid email address format."),
                (("emailSettings", "senderEmailAddress"), "x", "Invalid email address format."),
                (("emailSettings", "contentType"), 2, "Email content type must be either Plain or HTML."),
                (("emailSettings", "contentType"), True, NOT_A_CONTENT_TYPE),
                (("emailSettings", "contentType"), 1.5, NOT_A_CONTENT_TYPE),
            ]
        ),
    ],
)
def test_a_bad_value_is_told_under_its_own_path_alone(
    parser: OrderParser[Any], request_: Request, path: tuple[str, ...], value: object, message: str
) -> None:
    assert errors(changed(request_, path, value), parser) == {text_of(path): [message]}


@pytest.mark.parametrize("seconds", [60, 172800, "300"])
def test_the_bounds_of_the_time_to_live_are_taken(seconds: object) -> None:
    (shipment,) = parse(instant_sms(timeToLiveInSeconds=seconds), parse_instant_sms).shipments
    assert shipment.time_to_live == timedelta(seconds=int(str(seconds)))


def test_an_instant_email_says_nothing_of_sending_times() -> None:
    # the member of other orders is unknown here, and unknown members are ignored
    parse(instant_email(sendingTimePolicy="Daytime"), parse_instant_email)


def test_a_subject_is_one_line_since_a_header_cannot_carry_more() -> None:
    email = content(instant_email(subject="Your code\r\nBcc: x@example.com"), parse_instant_email).email
    assert email is not None
    assert email.subject == "Your code Bcc: x@example.com"


def test_senders_are_trimmed_and_a_blank_one_means_the_default() -> None:
    email = content(instant_email(senderEmailAddress=" noreply@example.com "), parse_instant_email).email
    sms = content(instant_sms(smsSettings={"body": "x", "sender": " "}), parse_instant_sms).sms
    assert email is not None
    assert sms is not None
    assert (email.sender, sms.sender) == ("noreply@example.com", None)


@pytest.mark.parametrize(
    ("parser", "request_", "path"),
    [
        (parse_instant_sms, instant_sms(phoneNumber="+358401234567"), "recipientSms.smsSettings.sender"),
        (parse_instant, instant(phoneNumber="+358401234567"), "recipient.recipientSms.smsSettings.sender"),
    ],
)
def test_a_named_sender_towards_a_country_that_fails_names_is_warned_about(
    parser: OrderParser[Any], request_: Request, path: str
) -> None:
    (warning,) = parse(request_, parser).warnings
    assert warning.startswith(f"{path}: Names often fail as sender in the country of +358")
