"""Whom legacy orders are for: each recipient by itself, and very many of them (http-contract.md section 5.8)."""

import json
from typing import Any

import pytest

from notifications.contract.limits import Limits
from notifications.contract.orders import parse_legacy, parse_legacy_email, parse_legacy_sms
from notifications.contract.problems import ValidationFailed
from notifications.contract.reading import OrderParser
from notifications.domain.order import ChannelScheme, Recipient
from tests.contract.builders import Request, content, errors, parse
from tests.contract.requests import NUMBER, ORGANIZATION, legacy, legacy_email, legacy_sms

EMAIL, MOBILE = "ola@example.com", "+4799999999"

NEEDS_EMAIL = (
    "Either a valid email address, organization number, or national identity number must be provided for each "
    "recipient."
)
NEEDS_MOBILE = (
    "Either a valid mobile number starting with country code, organization number, or national identity number must be "
    "provided for each recipient."
)
NEEDS_ANY = (
    "Either a valid email address, mobile number starting with country code, organization number, or national identity "
    "number must be provided for each recipient."
)
BAD_EMAIL = "Invalid email address format."
BAD_MOBILE = "Mobile number can contain only '+' and numeric characters, and it must adhere to the E.164 standard."
BAD_PERSON = "National identity number must be 11 digits long."
BAD_ORGANIZATION = "Organization number must be 9 digits long."
PERSON_ALONE = "National identity number cannot be combined with email address, mobile number, or organization number."
ORGANIZATION_ALONE = (
    "Organization number cannot be combined with email address, mobile number, or national identity number."
)
NOT_AN_OBJECT = "The JSON value could not be converted to an object."
NOT_A_STRING = "The JSON value could not be converted to a string."

type Told = dict[str, list[str]]

BY_EMAIL: list[tuple[Request, Told]] = [
    ({"emailAddress": EMAIL}, {}),
    ({"emailAddress": EMAIL, "mobileNumber": "not a number"}, {}),
    ({}, {"": [NEEDS_EMAIL]}),
    ({"emailAddress": ""}, {"": [NEEDS_EMAIL]}),
    ({"mobileNumber": MOBILE}, {"": [NEEDS_EMAIL]}),
    ({"emailAddress": "ola@"}, {".emailAddress": [BAD_EMAIL]}),
    ({"emailAddress": []}, {".emailAddress": [NOT_A_STRING]}),
]
BY_SMS: list[tuple[Request, Told]] = [
    ({"mobileNumber": MOBILE}, {}),
    ({"mobileNumber": "004798888888", "emailAddress": "no address"}, {}),
    ({"mobileNumber": None}, {"": [NEEDS_MOBILE]}),
    ({"emailAddress": EMAIL}, {"": [NEEDS_MOBILE]}),
    ({"mobileNumber": "99999999"}, {".mobileNumber": [BAD_MOBILE]}),
    ({"mobileNumber": "+4722222222"}, {".mobileNumber": [BAD_MOBILE]}),
    ({"mobileNumber": " "}, {".mobileNumber": [BAD_MOBILE]}),
]
BY_EITHER: list[tuple[Request, Told]] = [
    ({"emailAddress": EMAIL}, {}),
    ({"mobileNumber": MOBILE}, {}),
    ({"emailAddress": EMAIL, "mobileNumber": MOBILE}, {}),
    ({"isReserved": True}, {"": [NEEDS_ANY]}),
    (
        {"emailAddress": "x", "mobileNumber": "y"},
        {".emailAddress": [BAD_EMAIL], ".mobileNumber": [BAD_MOBILE]},
    ),
]
BY_ANY: list[tuple[Request, Told]] = [
    ({"nationalIdentityNumber": NUMBER}, {}),
    ({"organizationNumber": ORGANIZATION}, {}),
    ({"nationalIdentityNumber": NUMBER, "emailAddress": "", "mobileNumber": None, "organizationNumber": ""}, {}),
    ({"nationalIdentityNumber": "123"}, {".nationalIdentityNumber": [BAD_PERSON]}),
    ({"nationalIdentityNumber": "1606941234٥"}, {".nationalIdentityNumber": [BAD_PERSON]}),
    ({"organizationNumber": "12345678"}, {".organizationNumber": [BAD_ORGANIZATION]}),
    ({"nationalIdentityNumber": NUMBER, "emailAddress": EMAIL}, {"": [PERSON_ALONE]}),
    ({"nationalIdentityNumber": NUMBER, "mobileNumber": MOBILE}, {"": [PERSON_ALONE]}),
    ({"organizationNumber": ORGANIZATION, "emailAddress": EMAIL}, {"": [ORGANIZATION_ALONE]}),
    ({"organizationNumber": ORGANIZATION, "mobileNumber": MOBILE}, {"": [ORGANIZATION_ALONE]}),
    (
        {"organizationNumber": ORGANIZATION, "nationalIdentityNumber": NUMBER},
        {"": [PERSON_ALONE, ORGANIZATION_ALONE]},
    ),
    (
        {"organizationNumber": "1", "emailAddress": EMAIL},
        {".organizationNumber": [BAD_ORGANIZATION], "": [ORGANIZATION_ALONE]},
    ),
    ({"nationalIdentityNumber": 16069412345}, {".nationalIdentityNumber": [NOT_A_STRING]}),
    (
        {"organizationNumber": "x" * 321},
        {".organizationNumber": [BAD_ORGANIZATION, "The value must be at most 320 characters long."]},
    ),
]
ROWS = [
    *((parse_legacy_email, legacy_email, {}, row) for row in BY_EMAIL + BY_ANY),
    *((parse_legacy_sms, legacy_sms, {}, row) for row in BY_SMS + BY_ANY),
    *((parse_legacy, legacy, {"notificationChannel": "Email"}, row) for row in BY_EMAIL + BY_ANY),
    *((parse_legacy, legacy, {"notificationChannel": "Sms"}, row) for row in BY_SMS),
    *(
        (parse_legacy, legacy, {"notificationChannel": scheme}, row)
        for scheme in ("EmailPreferred", "SmsPreferred", "EmailAndSms")
        for row in BY_EITHER + BY_ANY
    ),
]


@pytest.mark.parametrize(("parser", "order", "members", "row"), ROWS)
def test_a_recipient_is_given_by_one_of_the_ways_that_its_channel_knows(
    parser: OrderParser[Any], order: Any, members: Request, row: tuple[Request, Told]
) -> None:
    recipient, expected = row
    told: Told = {}
    try:
        parse(order({"nationalIdentityNumber": NUMBER}, recipient, **members), parser)
    except ValidationFailed as failed:
        told = failed.errors
    assert told == {f"recipients[1]{path}": texts for path, texts in expected.items()}


@pytest.mark.parametrize("channel", [None, "Pigeon", 9])
def test_without_a_channel_only_what_holds_for_all_is_told(channel: object) -> None:
    recipients = [{}, {"emailAddress": "x"}, {"nationalIdentityNumber": "1", "emailAddress": EMAIL}]
    told = errors(legacy(*recipients, notificationChannel=channel, emailTemplate=None), parse_legacy)
    assert set(told) == {"notificationChannel", "recipients[2]", "recipients[2].nationalIdentityNumber"}


@pytest.mark.parametrize(
    ("parser", "order"),
    [(parse_legacy, legacy), (parse_legacy_email, legacy_email), (parse_legacy_sms, legacy_sms)],
)
@pytest.mark.parametrize("element", [None, 5, "ola@example.com", []])
def test_an_element_that_is_no_recipient_is_named(parser: OrderParser[Any], order: Any, element: object) -> None:
    told = errors(order({"nationalIdentityNumber": NUMBER}, element), parser)
    assert told == {"recipients[1]": [NOT_AN_OBJECT]}


def test_what_the_caller_says_of_a_reservation_must_be_a_boolean_and_is_not_used() -> None:
    recipient = {"nationalIdentityNumber": NUMBER}
    for said in (True, False, None):
        order = content(legacy_sms({**recipient, "isReserved": said}), parse_legacy_sms)
        assert order.recipients == (Recipient(national_identity_number=NUMBER),)
    told = errors(legacy_sms({**recipient, "isReserved": "no"}), parse_legacy_sms)
    assert told == {"recipients[0].isReserved": ["The JSON value could not be converted to a boolean."]}


def test_addresses_are_kept_as_they_were_sent() -> None:
    order = legacy({"emailAddress": " ola@example.com ", "mobileNumber": "+47 99 99 99 99 "})
    assert content(order, parse_legacy).recipients == (
        Recipient(email_address=" ola@example.com ", phone_number="+47 99 99 99 99 "),
    )


def test_more_recipients_than_the_limit_are_refused() -> None:
    limits = Limits(recipients=2)
    parse(legacy_sms(*[{"mobileNumber": MOBILE}] * 2), parse_legacy_sms, limits=limits)
    told = errors(legacy_sms(*[{}] * 4), parse_legacy_sms, limits=limits)
    assert told == {
        "recipients": ["There can be at most 2 recipients."],
        "recipients[0]": [NEEDS_MOBILE],
        "recipients[1]": [NEEDS_MOBILE],
    }


def test_fifty_thousand_recipients_are_taken_and_one_more_is_not() -> None:
    recipient = {"emailAddress": EMAIL, "mobileNumber": None, "organizationNumber": "", "isReserved": False}
    order = content(legacy_email(*[recipient] * 50_000), parse_legacy_email)
    assert order.recipients == (Recipient(email_address=EMAIL),) * 50_000
    told = errors(legacy_email(*[recipient] * 50_001), parse_legacy_email)
    assert told == {"recipients": ["There can be at most 50000 recipients."]}


def test_of_very_many_failures_a_thousand_are_told_and_the_others_counted() -> None:
    told = errors(legacy_email(*[{"emailAddress": "x"}] * 1500), parse_legacy_email)
    assert told.pop("$") == ["There are 500 more failures."]
    assert told == {f"recipients[{index}].emailAddress": [BAD_EMAIL] for index in range(1000)}


def test_an_order_for_more_values_than_its_recipients_need_is_refused() -> None:
    limits = Limits(json_values=10, recipients=5)
    body = json.dumps({"extra": [0] * 100}).encode()
    assert errors(body, parse_legacy_sms, limits=limits) == {"$": ["The JSON holds more than 40 values."]}


@pytest.mark.parametrize(
    ("parser", "order", "path"),
    [
        (parse_legacy_sms, legacy_sms, "senderNumber"),
        (parse_legacy, legacy, "smsTemplate.senderNumber"),
    ],
)
def test_each_country_that_fails_names_is_warned_about_once(parser: OrderParser[Any], order: Any, path: str) -> None:
    numbers = ["+358401234567", "+4799999999", "00358 40 123 4568", "+34612345678"]
    draft = parse(order(*({"mobileNumber": number} for number in numbers)), parser)
    finland, spain = draft.warnings
    assert finland.startswith(f"{path}: Names often fail as sender in the country of +358")
    assert spain.startswith(f"{path}: Names often fail as sender in the country of +34")


def test_a_numeric_sender_and_recipients_by_identity_are_not_warned_about() -> None:
    finnish = {"mobileNumber": "+358401234567"}
    assert parse(legacy_sms(finnish, senderNumber="+4759444444"), parse_legacy_sms).warnings == ()
    assert parse(legacy_sms({"nationalIdentityNumber": NUMBER}), parse_legacy_sms).warnings == ()


def test_every_channel_is_covered_by_a_row() -> None:
    assert {members.get("notificationChannel") for _, _, members, _ in ROWS} - {None} == {*ChannelScheme}
