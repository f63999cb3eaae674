"""Orders of the legacy API: members, times and templates (http-contract.md sections 3.7, 4.9 and 5.8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.contract.orders import parse_legacy, parse_legacy_email, parse_legacy_sms
from notifications.contract.reading import OrderParser
from notifications.domain.order import (
    ChannelScheme,
    ConditionPolicy,
    ContentType,
    EmailTemplate,
    OrderKind,
    Recipient,
    ShipmentType,
    SmsTemplate,
)
from tests.contract.builders import ABSENT, NOW, Request, changed, content, errors, failure, parse, text_of
from tests.contract.requests import NUMBER, ORGANIZATION, addressed_recipients, legacy, legacy_email, legacy_sms

LEGACY = [(parse_legacy, legacy()), (parse_legacy_email, legacy_email()), (parse_legacy_sms, legacy_sms())]
NO_ZONE = "The requested send time value must have specified a time zone."
PAST = "Send time must be in the future. Leave blank to send immediately."
NOT_A_TIME = (
    "The JSON value could not be converted to a date-time. Write ISO 8601 with a time zone: 2030-01-31T08:00:00Z."
)
NO_ENDPOINT = "The condition endpoint must be a valid URL."
NO_EMAIL = "An email template is required for the selected notification channel."
NO_SMS = "An SMS template is required for the selected the notification channel."

BOTH_CHANNELS = ["EmailPreferred", "SmsPreferred", "EmailAndSms"]


@pytest.mark.parametrize(("parser", "request_"), LEGACY)
def test_what_all_channels_have_in_common_reaches_the_draft(parser: OrderParser[Any], request_: Request) -> None:
    draft = parse(request_, parser)
    (shipment,) = draft.shipments
    assert (draft.creator, draft.kind, draft.idempotency_id) == ("ttd", OrderKind.NOTIFICATION, None)
    assert len(bytes.fromhex(draft.fingerprint)) == 32
    assert shipment.send_at == datetime(2026, 8, 10, 8, tzinfo=UTC)
    assert shipment.time_to_live is None
    assert shipment.content.type is ShipmentType.NOTIFICATION
    assert shipment.content.senders_reference == "ref-2026-01"
    assert shipment.content.condition_endpoint == "https://conditions.example.com/api/check/77"
    assert shipment.content.condition_policy is ConditionPolicy.DO_NOT_SEND
    assert shipment.content.ignore_reservation is True
    assert (shipment.content.resource_id, shipment.content.resource_action) == ("te_svc123", "read")
    assert shipment.content.use_stale_contact_information is False


def test_an_email_is_from_the_services_own_address_and_mobile_numbers_are_left_out() -> None:
    order = content(legacy_email(*addressed_recipients()), parse_legacy_email)
    assert order.scheme is ChannelScheme.EMAIL
    assert order.recipients == (
        Recipient(email_address="ola@example.com"),
        Recipient(organization_number=ORGANIZATION),
        Recipient(national_identity_number=NUMBER),
    )
    assert order.email == EmailTemplate(subject="Subject", body="<b>Body</b>", content_type=ContentType.HTML)
    assert order.sms is None


def test_an_sms_has_the_legacy_sending_time_and_email_addresses_are_left_out() -> None:
    order = content(legacy_sms(*addressed_recipients()), parse_legacy_sms)
    assert order.scheme is ChannelScheme.SMS
    assert order.recipients[0] == Recipient(phone_number="+4799999999")
    assert order.sms == SmsTemplate(body="Hello from TTD", sender="TTD", policy=None)
    assert order.email is None


@pytest.mark.parametrize("scheme", ChannelScheme)
def test_an_order_by_chosen_channels_keeps_all_addresses_and_both_templates(scheme: ChannelScheme) -> None:
    order = content(legacy(*addressed_recipients(), notificationChannel=scheme), parse_legacy)
    assert order.scheme is scheme
    assert order.recipients[0] == Recipient(email_address="ola@example.com", phone_number="+4799999999")
    assert order.email == EmailTemplate(
        subject="New message",
        body="You have received a message.",
        sender="noreply@example.com",
        content_type=ContentType.HTML,
    )
    assert order.sms == SmsTemplate(body="Hei", sender="TTD", policy=None)


@pytest.mark.parametrize(("parser", "request_"), LEGACY)
def test_a_send_time_is_kept_to_the_microsecond(parser: OrderParser[Any], request_: Request) -> None:
    (shipment,) = parse(changed(request_, ("requestedSendTime",), "2026-08-10T08:00:00.123456Z"), parser).shipments
    assert shipment.send_at == datetime(2026, 8, 10, 8, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(("parser", "request_"), LEGACY)
def test_what_is_not_given_takes_its_default(parser: OrderParser[Any], request_: Request) -> None:
    optional = [
        "sendersReference",
        "requestedSendTime",
        "conditionEndpoint",
        "conditionFailurePolicy",
        "ignoreReservation",
        "resourceId",
        "resourceAction",
        "contentType",
        "senderNumber",
    ]
    for name in (each for each in optional if each in request_):
        request_ = changed(request_, (name,), ABSENT)
    (shipment,) = parse(request_, parser).shipments
    order = shipment.content
    assert shipment.send_at == NOW.replace(microsecond=121000)
    assert (order.senders_reference, order.condition_endpoint, order.ignore_reservation) == (None, None, None)
    assert (order.resource_id, order.resource_action) == (None, None)
    assert order.condition_policy is ConditionPolicy.SEND
    assert order.email is None or order.email.content_type in {ContentType.PLAIN, ContentType.HTML}


def test_a_template_without_sender_and_content_type_takes_the_defaults() -> None:
    templates = {"emailTemplate": {"subject": "a", "body": "b"}, "smsTemplate": {"body": "c"}}
    order = content(legacy(**templates), parse_legacy)
    assert order.email == EmailTemplate(subject="a", body="b")
    assert order.sms == SmsTemplate(body="c", policy=None)
    plain = content(changed(legacy_email(), ("contentType",), None), parse_legacy_email).email
    assert plain is not None
    assert plain.content_type is ContentType.PLAIN


@pytest.mark.parametrize("sender", ["", " "])
def test_a_blank_sender_means_the_default(sender: str) -> None:
    order = content(
        legacy(
            emailTemplate={"subject": "a", "body": "b", "fromAddress": sender},
            smsTemplate={"body": "c", "senderNumber": sender},
        ),
        parse_legacy,
    )
    assert order.email is not None
    assert order.sms is not None
    assert (order.email.sender, order.sms.sender) == (None, None)


@pytest.mark.parametrize(
    ("parser", "request_", "path"),
    [
        (parse_legacy_email, legacy_email(), ("subject",)),
        (parse_legacy, legacy(), ("emailTemplate", "subject")),
    ],
)
def test_each_line_break_in_a_subject_becomes_one_space(
    parser: OrderParser[Any], request_: Request, path: tuple[str, ...]
) -> None:
    email = content(changed(request_, path, "a\r\nb\nc"), parser).email
    assert email is not None
    assert email.subject == "a b c"


@pytest.mark.parametrize(("parser", "request_"), LEGACY)
@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("requestedSendTime", "2030-01-31T08:00:00", NO_ZONE),
        ("requestedSendTime", "2026-08-03T07:07:45.120033Z", PAST),
        (
            "requestedSendTime",
            None,
            NOT_A_TIME,
        ),
        ("requestedSendTime", "9990-01-01T00:00:00Z", "The send time must lie before the year 9990."),
        *(
            ("conditionEndpoint", uri, NO_ENDPOINT)
            for uri in [
                "",
                "/check",
                "http://localhost/check",
                "http://127.0.0.1/check",
                "https://[2001:db8::1]/x",
                "https://conditions/check",
                "ftp://conditions.example.com/x",
                "https://example.c0m/",
                "https://ex ample.com/",
                "https://example.com:port/",
                "https://blåbær.example.com/",
            ]
        ),
        ("recipients", None, "The recipients field is required."),
        ("recipients", [], "One or more recipient is required."),
        ("recipients", {}, "The JSON value could not be converted to an array."),
        ("ignoreReservation", "true", "The JSON value could not be converted to a boolean."),
        ("resourceAction", "  ", "ResourceAction cannot be blank or whitespace."),
        ("sendersReference", 5, "The JSON value could not be converted to a string."),
        ("sendersReference", "x" * 1025, "The value must be at most 1024 characters long."),
        ("resourceId", "x" * 1025, "The value must be at most 1024 characters long."),
        (
            "conditionEndpoint",
            "https://example.com/".ljust(8193, "x"),
            "The value must be at most 8192 characters long.",
        ),
        ("conditionFailurePolicy", "Perhaps", "The JSON value could not be converted to one of: Send, DoNotSend."),
    ],
)
def test_a_bad_value_is_told_under_its_own_path_alone(
    parser: OrderParser[Any], request_: Request, name: str, value: object, message: str
) -> None:
    assert errors(changed(request_, (name,), value), parser) == {name: [message]}


@pytest.mark.parametrize(("parser", "request_"), LEGACY)
@pytest.mark.parametrize("resource", [ABSENT, None, "", " "])
def test_an_action_needs_a_resource(parser: OrderParser[Any], request_: Request, resource: object) -> None:
    told = errors(changed(request_, ("resourceId",), resource), parser)
    assert told == {"resourceAction": ["ResourceAction cannot be specified without a ResourceId."]}
    parse(changed(changed(request_, ("resourceId",), resource), ("resourceAction",), ""), parser)


@pytest.mark.parametrize(
    ("parser", "request_", "path", "value", "message"),
    [
        *(
            (parse_legacy_email, legacy_email(), (member,), value, message)
            for member, message in [
                ("subject", "The email template subject must not be empty."),
                ("body", "The email template body must not be empty."),
            ]
            for value in (None, "", " ")
        ),
        *(
            (parse_legacy_sms, legacy_sms(), ("body",), value, "The SMS template body must not be empty.")
            for value in (None, "", "\t")
        ),
        (parse_legacy_sms, legacy_sms(), ("body",), "a" * 2449, "The SMS body takes more than 16 segments."),
        (
            parse_legacy_sms,
            legacy_sms(),
            ("senderNumber",),
            "T&D",
            "The SMS sender must be a phone number, or consist of letters, digits and spaces.",
        ),
        (parse_legacy, legacy(), ("notificationChannel",), None, "A notification channel must be defined."),
        *(
            (parse_legacy, legacy(), (template, member), None, f"The {member} field is required.")
            for template, members in [
                ("emailTemplate", ["subject", "body", "fromAddress"]),
                ("smsTemplate", ["body", "senderNumber"]),
            ]
            for member in members
        ),
        *(
            (parse_legacy, legacy(), path, value, message)
            for path, message in [
                (("emailTemplate", "subject"), "The email template subject must not be empty."),
                (("emailTemplate", "body"), "The email template body must not be empty."),
                (("smsTemplate", "body"), "The SMS template body must not be empty."),
            ]
            for value in (ABSENT, "", " ")
        ),
        (
            parse_legacy,
            legacy(),
            ("emailTemplate", "fromAddress"),
            "x" * 321,
            "The value must be at most 320 characters long.",
        ),
        (
            parse_legacy,
            legacy(),
            ("emailTemplate", "subject"),
            "x" * 2001,
            "The value must be at most 2000 characters long.",
        ),
        (parse_legacy, legacy(), ("emailTemplate",), [], "The JSON value could not be converted to an object."),
    ],
)
def test_a_bad_text_is_told_under_its_own_path_alone(
    parser: OrderParser[Any], request_: Request, path: tuple[str, ...], value: object, message: str
) -> None:
    assert errors(changed(request_, path, value), parser) == {text_of(path): [message]}


@pytest.mark.parametrize(
    ("scheme", "told"),
    [
        ("Email", {"emailTemplate": [NO_EMAIL]}),
        ("Sms", {"smsTemplate": [NO_SMS]}),
        *((scheme, {"emailTemplate": [NO_EMAIL], "smsTemplate": [NO_SMS]}) for scheme in BOTH_CHANNELS),
    ],
)
@pytest.mark.parametrize("missing", [ABSENT, None])
def test_every_channel_needs_its_template(scheme: str, told: dict[str, list[str]], missing: object) -> None:
    request = changed(legacy(notificationChannel=scheme), ("emailTemplate",), missing)
    assert errors(changed(request, ("smsTemplate",), missing), parse_legacy) == told


@pytest.mark.parametrize(("scheme", "unused"), [("Email", "smsTemplate"), ("Sms", "emailTemplate")])
def test_a_template_that_the_channel_does_not_use_may_be_missing_but_not_empty(scheme: str, unused: str) -> None:
    parse(changed(legacy(notificationChannel=scheme), (unused,), ABSENT), parse_legacy)
    told = errors(changed(legacy(notificationChannel=scheme), (unused, "body"), ""), parse_legacy)
    assert list(told) == [f"{unused}.body"]


@pytest.mark.parametrize(("parser", "request_"), LEGACY)
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-08-03T07:07:45.120034Z", NOW.replace(minute=7)),
        ("2026-08-03T09:12:45.120034+02:00", NOW),
        ("2026-08-03T07:13:00Z", NOW.replace(minute=13, second=0, microsecond=0)),
    ],
)
def test_a_time_that_passed_within_five_minutes_is_kept_as_one_ahead_is(
    parser: OrderParser[Any], request_: Request, text: str, kept: datetime
) -> None:
    (shipment,) = parse(changed(request_, ("requestedSendTime",), text), parser).shipments
    assert shipment.send_at == kept


@pytest.mark.parametrize(("parser", "request_"), LEGACY)
def test_a_passed_time_comes_with_no_order_since_nothing_can_be_replayed(
    parser: OrderParser[Any], request_: Request
) -> None:
    failed = failure(changed(request_, ("requestedSendTime",), "2020-01-31T08:00:00Z"), parser)
    assert failed.errors == {"requestedSendTime": [PAST]}
    assert failed.draft is None
    both = failure(changed(request_, ("requestedSendTime",), "2020-01-31T08:00:00"), parser)
    assert both.errors == {"requestedSendTime": [NO_ZONE, PAST]}


@pytest.mark.parametrize(
    "uri",
    ["https://conditions.example.no/api/check/1?a=b%20c", "HTTP://example.com:8080", "https://127.0.0.1.example.com/"],
)
def test_a_condition_endpoint_has_a_host_with_a_top_level_domain(uri: str) -> None:
    assert content(changed(legacy_sms(), ("conditionEndpoint",), uri), parse_legacy_sms).condition_endpoint == uri


def test_a_condition_endpoint_may_be_null() -> None:
    assert content(changed(legacy_sms(), ("conditionEndpoint",), None), parse_legacy_sms).condition_endpoint is None


def test_an_idempotency_id_is_unknown_to_the_legacy_api() -> None:
    assert parse(legacy_sms(idempotencyId=5), parse_legacy_sms).idempotency_id is None


def test_the_same_content_has_the_same_fingerprint() -> None:
    first = parse(legacy_email(), parse_legacy_email)
    later = parse(legacy_email(contentType=1), parse_legacy_email, now=NOW + timedelta(hours=1))
    assert first.fingerprint == later.fingerprint
    assert parse(legacy_email(body="x"), parse_legacy_email).fingerprint != first.fingerprint
