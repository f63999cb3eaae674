"""What each member of an order must hold by itself, and under which path it is told."""

from typing import Any

import pytest

from notifications.contract.limits import Limits
from tests.contract.builders import (
    ABSENT,
    changed,
    email_recipient,
    errors,
    full_order,
    order,
    parse,
    sms_recipient,
    text_of,
)

EMAIL = ("recipient", "recipientEmail")
SMS = ("reminders", 0, "recipient", "recipientSms")

NOT_A_STRING = "The JSON value could not be converted to a string."
NOT_AN_OBJECT = "The JSON value could not be converted to an object."


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("idempotencyId",), ABSENT, "The idempotencyId field is required."),
        (("idempotencyId",), None, "IdempotencyId cannot be null or empty."),
        (("idempotencyId",), " \t", "IdempotencyId cannot be null or empty."),
        (("idempotencyId",), 5, NOT_A_STRING),
        (("recipient",), ABSENT, "The recipient field is required."),
        (("recipient",), None, "Recipient specification cannot be null."),
        (("recipient",), [], NOT_AN_OBJECT),
        (("recipient",), {}, "Must have exactly one recipient."),
        (EMAIL, "x", NOT_AN_OBJECT),
        ((*EMAIL, "emailAddress"), ABSENT, "The emailAddress field is required."),
        ((*EMAIL, "emailAddress"), None, "Invalid email address format."),
        ((*EMAIL, "emailAddress"), "", "Invalid email address format."),
        ((*EMAIL, "emailAddress"), "not.an.email", "Invalid email address format."),
        ((*EMAIL, "emailSettings"), ABSENT, "The emailSettings field is required."),
        ((*EMAIL, "emailSettings"), None, "Email sending options cannot be null."),
        ((*EMAIL, "emailSettings", "subject"), ABSENT, "The subject field is required."),
        ((*EMAIL, "emailSettings", "subject"), None, "The email subject must not be empty."),
        ((*EMAIL, "emailSettings", "subject"), " ", "The email subject must not be empty."),
        ((*EMAIL, "emailSettings", "body"), ABSENT, "The body field is required."),
        ((*EMAIL, "emailSettings", "body"), "", "The email body must not be empty."),
        ((*EMAIL, "emailSettings", "body"), {}, NOT_A_STRING),
        ((*EMAIL, "emailSettings", "senderEmailAddress"), "", "The sender email address is not valid."),
        ((*EMAIL, "emailSettings", "senderEmailAddress"), "sender@", "The sender email address is not valid."),
        ((*EMAIL, "emailSettings", "contentType"), 7, "Email content type must be either Plain or HTML."),
        (
            (*EMAIL, "emailSettings", "contentType"),
            "Markdown",
            "The JSON value could not be converted to one of: Plain, Html.",
        ),
        ((*EMAIL, "emailSettings", "sendingTimePolicy"), "Daytime", "Email only supports send time anytime"),
        ((*EMAIL, "emailSettings", "sendingTimePolicy"), 0, "Email only supports send time anytime"),
        ((*SMS, "phoneNumber"), ABSENT, "The phoneNumber field is required."),
        ((*SMS, "phoneNumber"), None, "Recipient phone number cannot be null or empty."),
        ((*SMS, "phoneNumber"), "", "Recipient phone number cannot be null or empty."),
        ((*SMS, "phoneNumber"), "99999999", "Recipient phone number is not a valid mobile number."),
        ((*SMS, "phoneNumber"), 4799999999, NOT_A_STRING),
        ((*SMS, "smsSettings"), ABSENT, "The smsSettings field is required."),
        ((*SMS, "smsSettings"), None, "The smsSettings field is required."),
        ((*SMS, "smsSettings", "body"), ABSENT, "The body field is required."),
        ((*SMS, "smsSettings", "body"), "", "SMS body cannot be null or empty."),
        ((*SMS, "smsSettings", "body"), "a" * 2449, "The SMS body takes more than 16 segments."),
        (
            (*SMS, "smsSettings", "sender"),
            "Altinn-test",
            "The SMS sender must be a phone number, or consist of letters, digits and spaces.",
        ),
        ((*SMS, "smsSettings", "sendingTimePolicy"), 3, "SMS only supports send time daytime and anytime"),
        (
            (*SMS, "smsSettings", "sendingTimePolicy"),
            "Evening",
            "The JSON value could not be converted to one of: Anytime, Daytime.",
        ),
        (("sendersReference",), 5, NOT_A_STRING),
        (("conditionEndpoint",), "/relative", "ConditionEndpoint must be a valid absolute URI or null."),
        (("conditionEndpoint",), "", "ConditionEndpoint must be a valid absolute URI or null."),
        (("conditionEndpoint",), "ftp://x.example.com/", "ConditionEndpoint must use http or https scheme."),
        (("reminders", 0, "conditionEndpoint"), "mailto:a", "ConditionEndpoint must use http or https scheme."),
        (("conditionFailurePolicy",), 2, "ConditionFailurePolicy must be either Send or DoNotSend."),
        (
            ("conditionFailurePolicy",),
            "Perhaps",
            "The JSON value could not be converted to one of: Send, DoNotSend.",
        ),
        (("dialogportenAssociation",), "x", NOT_AN_OBJECT),
        (("dialogportenAssociation", "dialogId"), 5, NOT_A_STRING),
        (("dialogportenAssociation", "transmissionId"), [], NOT_A_STRING),
        (("reminders",), {}, "The JSON value could not be converted to an array."),
        (("reminders", 1), None, NOT_AN_OBJECT),
        (("reminders", 0, "recipient"), ABSENT, "The recipient field is required."),
        (("reminders", 0, "recipient"), {}, "Must have exactly one recipient."),
        (("reminders", 0, "delayDays"), 0, "DelayDays must be greater than or equal to 1 day."),
        (("reminders", 0, "delayDays"), "-3", "DelayDays must be greater than or equal to 1 day."),
        (("reminders", 0, "delayDays"), "seven", "The JSON value could not be converted to an integer."),
        (("reminders", 0, "delayDays"), 1.5, "The JSON value could not be converted to an integer."),
        (("reminders", 0, "delayDays"), True, "The JSON value could not be converted to an integer."),
        (("reminders", 0, "delayDays"), str(-(2**31)), "DelayDays must be greater than or equal to 1 day."),
        (("reminders", 0, "delayDays"), "٧", "The JSON value could not be converted to an integer."),
        (("reminders", 0, "delayDays"), 2**31, "The JSON value could not be converted to an integer."),
        (("reminders", 0, "sendersReference"), {}, NOT_A_STRING),
    ],
)
def test_a_bad_value_is_told_under_its_own_path_alone(path: tuple[str | int, ...], value: Any, message: str) -> None:
    assert errors(changed(full_order(), path, value)) == {text_of(path): [message]}


def test_the_full_order_is_valid() -> None:
    assert parse(full_order()).warnings == ()


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
@pytest.mark.parametrize("path", [("idempotencyId",), (*EMAIL, "emailSettings", "body"), ("conditionEndpoint",)])
def test_text_that_cannot_be_stored_or_sent_is_refused(path: tuple[str, ...], text: str) -> None:
    told = {text_of(path): ["The text holds a NUL character or a lone surrogate."]}
    assert errors(changed(full_order(), path, text)) == told


@pytest.mark.parametrize(
    ("path", "longest"),
    [
        (("idempotencyId",), 1024),
        (("sendersReference",), 1024),
        (("dialogportenAssociation", "dialogId"), 1024),
        (("reminders", 0, "sendersReference"), 1024),
        ((*EMAIL, "emailSettings", "subject"), 2000),
    ],
)
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(path: tuple[str | int, ...], longest: int) -> None:
    parse(changed(full_order(), path, "x" * longest))
    told = {text_of(path): [f"The value must be at most {longest} characters long."]}
    assert errors(changed(full_order(), path, "x" * (longest + 1))) == told


@pytest.mark.parametrize("member", ["emailAddress", "senderEmailAddress"])
def test_an_address_longer_than_320_characters_is_refused(member: str) -> None:
    path = (*EMAIL, member) if member == "emailAddress" else (*EMAIL, "emailSettings", member)
    parse(changed(full_order(), path, "x" * 308 + "@example.com"))
    told = errors(changed(full_order(), path, "x" * 309 + "@example.com"))
    assert told == {text_of(path): ["The value must be at most 320 characters long."]}


def test_a_condition_endpoint_longer_than_its_limit_is_refused() -> None:
    told = errors(order(conditionEndpoint="https://example.com/" + "x" * 8173))
    assert told == {"conditionEndpoint": ["The value must be at most 8192 characters long."]}


def test_an_email_body_is_limited_by_its_bytes() -> None:
    limits = Limits(email_body_bytes=10)
    parse(order(recipient=email_recipient(body="ø" * 5)), limits=limits)
    told = errors(order(recipient=email_recipient(body="ø" * 5 + "x")), limits=limits)
    assert told == {"recipient.recipientEmail.emailSettings.body": ["The email body must not be larger than 10 bytes."]}


def test_an_sms_is_limited_by_its_segments() -> None:
    limits = Limits(sms_segments=1)
    parse(order(recipient=sms_recipient(body="€" * 80)), limits=limits)
    told = errors(order(recipient=sms_recipient(body="€" * 80 + "x")), limits=limits)
    assert told == {"recipient.recipientSms.smsSettings.body": ["The SMS body takes more than 1 segments."]}


def test_more_reminders_than_the_limit_are_refused() -> None:
    reminder = {"recipient": sms_recipient(), "delayDays": 1}
    assert len(parse(order(reminders=[reminder] * 30)).shipments) == 31
    assert errors(order(reminders=[reminder] * 31)) == {"reminders": ["There can be at most 30 reminders."]}


@pytest.mark.parametrize("value", [None, []])
def test_reminders_may_be_null_or_empty(value: object) -> None:
    assert len(parse(order(reminders=value)).shipments) == 1


@pytest.mark.parametrize("content_type", ["Html", "html", "HTML", 1, "1"])
def test_an_enum_is_read_in_any_letter_case_and_by_number(content_type: object) -> None:
    email = parse(order(recipient=email_recipient(contentType=content_type))).shipments[0].content.email
    assert email is not None
    assert email.content_type == "Html"


@pytest.mark.parametrize(
    ("policy", "name"), [(1, "Anytime"), ("2", "Daytime"), (None, "Daytime"), ("anyTIME", "Anytime")]
)
def test_sending_times_are_numbered_from_one(policy: object, name: str) -> None:
    sms = parse(order(recipient=sms_recipient(sendingTimePolicy=policy))).shipments[0].content.sms
    assert sms is not None
    assert sms.policy == name


@pytest.mark.parametrize(
    "uri",
    [
        "http://localhost:5090/check",
        "https://10.0.0.1/x?a=b%20c#d",
        "HTTPS://example.com",
        "https://[2001:db8::1]/x",
        "https://blåbær.example.com/sjekk",
    ],
)
def test_an_absolute_http_uri_is_a_condition_endpoint(uri: str) -> None:
    assert parse(order(conditionEndpoint=uri)).shipments[0].content.condition_endpoint == uri


@pytest.mark.parametrize(
    "uri",
    [
        "https://",
        "https:///path",
        "//example.com/x",
        "https://exa mple.com",
        "https://example.com/%zz",
        "https://example.com:port/",
        "https://example.com:70000/",
        "https://[2001:db8::1/x",
        "https://example.com/\n",
        "example.com",
        "https://ex\u2100mple.com/",
    ],
)
def test_what_is_no_absolute_uri_is_refused(uri: str) -> None:
    told = errors(order(conditionEndpoint=uri))
    assert told == {"conditionEndpoint": ["ConditionEndpoint must be a valid absolute URI or null."]}
