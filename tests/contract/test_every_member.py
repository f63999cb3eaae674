"""What holds for every member of every kind of order: missing, of the wrong type, null, and enums in every spelling."""

from collections.abc import Iterator
from typing import Any

import pytest

from notifications.contract.problems import ValidationFailed
from tests.contract.builders import ABSENT, Request, changed, errors, parse, text_of
from tests.contract.requests import CASES

type Path = tuple[str | int, ...]

REQUIRED = {
    "chain": {
        "idempotencyId",
        "recipient",
        "emailAddress",
        "emailSettings",
        "phoneNumber",
        "smsSettings",
        "subject",
        "body",
    },
    "looked-up": {
        "idempotencyId",
        "recipient",
        "nationalIdentityNumber",
        "orgNumber",
        "externalIdentity",
        "channelSchema",
        "subject",
        "body",
    },
    "instant-sms": {"idempotencyId", "recipientSms", "phoneNumber", "timeToLiveInSeconds", "smsSettings", "body"},
    "instant-email": {"idempotencyId", "recipientEmail", "emailAddress", "emailSettings", "subject", "body"},
    "instant": {
        "idempotencyId",
        "recipient",
        "recipientSms",
        "phoneNumber",
        "timeToLiveInSeconds",
        "smsSettings",
        "body",
    },
    "composed": {
        "idempotencyId",
        "recipient",
        "emailAddress",
        "emailSettings",
        "subject",
        "body",
        "filename",
        "mimeType",
        "sasUrl",
    },
    "legacy": set(),
    "legacy-email": {"subject", "body"},
    "legacy-sms": {"body"},
}
"""The members without which an order cannot be read (http-contract.md sections 4.2 to 4.9)."""

BY_RULE: dict[str, dict[Path, dict[str, list[str]]]] = {
    "chain": {
        ("recipient", "recipientEmail"): {"recipient": ["Must have exactly one recipient."]},
        ("reminders", 0, "recipient", "recipientSms"): {"reminders[0].recipient": ["Must have exactly one recipient."]},
        ("reminders", 1, "recipient", "recipientEmail"): {
            "reminders[1].recipient": ["Must have exactly one recipient."]
        },
        ("reminders", 0, "delayDays"): {
            "reminders[0]": ["Either DelayDays or RequestedSendTime must be defined, but not both."]
        },
        ("reminders", 1, "requestedSendTime"): {
            "reminders[1]": ["Either DelayDays or RequestedSendTime must be defined, but not both."]
        },
    },
    "looked-up": {
        ("recipient", "recipientPerson"): {"recipient": ["Must have exactly one recipient."]},
        ("recipient", "recipientPerson", "emailSettings"): {
            "recipient.recipientPerson.emailSettings": ["EmailSettings must be set when ChannelSchema is EmailAndSms"]
        },
        ("recipient", "recipientPerson", "smsSettings"): {
            "recipient.recipientPerson.smsSettings": ["SmsSettings must be set when ChannelSchema is EmailAndSms"]
        },
        ("recipient", "recipientPerson", "resourceId"): {
            "recipient.recipientPerson.resourceAction": ["ResourceAction cannot be specified without a ResourceId."]
        },
        **{
            ("reminders", index, "recipient", kind): {
                f"reminders[{index}].recipient": ["Must have exactly one recipient."]
            }
            for index, kind in enumerate(["recipientOrganization", "recipientExternalIdentity"])
        },
        **{
            ("reminders", index, "recipient", kind, member): {
                f"reminders[{index}].recipient.{kind}.{member}": [
                    f"{member[0].upper()}{member[1:]} must be set when ChannelSchema is SmsPreferred or EmailPreferred"
                ]
            }
            for index, kind in enumerate(["recipientOrganization", "recipientExternalIdentity"])
            for member in ("emailSettings", "smsSettings")
        },
        **{
            ("reminders", index, "recipient", kind, "resourceId"): {
                f"reminders[{index}].recipient.{kind}.resourceAction": [
                    "ResourceAction cannot be specified without a ResourceId."
                ]
            }
            for index, kind in enumerate(["recipientOrganization", "recipientExternalIdentity"])
        },
        **{
            ("reminders", index, "delayDays"): {
                f"reminders[{index}]": ["Either DelayDays or RequestedSendTime must be defined, but not both."]
            }
            for index in (0, 1)
        },
    },
    "legacy": {
        ("notificationChannel",): {"notificationChannel": ["A notification channel must be defined."]},
        ("emailTemplate",): {"emailTemplate": ["An email template is required for the selected notification channel."]},
        ("smsTemplate",): {"smsTemplate": ["An SMS template is required for the selected the notification channel."]},
        ("emailTemplate", "subject"): {"emailTemplate.subject": ["The email template subject must not be empty."]},
        ("emailTemplate", "body"): {"emailTemplate.body": ["The email template body must not be empty."]},
        ("smsTemplate", "body"): {"smsTemplate.body": ["The SMS template body must not be empty."]},
    },
}
NO_RECIPIENT = {"recipients": ["One or more recipient is required."]}
NEEDS_ONE = {
    "legacy": "Either a valid email address, mobile number starting with country code, organization number, or "
    "national identity number must be provided for each recipient.",
    "legacy-email": "Either a valid email address, organization number, or national identity number must be provided "
    "for each recipient.",
    "legacy-sms": "Either a valid mobile number starting with country code, organization number, or national identity "
    "number must be provided for each recipient.",
}
for kind, needs_one in NEEDS_ONE.items():
    rules = BY_RULE.setdefault(kind, {})
    rules[("recipients",)] = NO_RECIPIENT
    rules[("resourceId",)] = {"resourceAction": ["ResourceAction cannot be specified without a ResourceId."]}
    rules[("recipients", 1, "organizationNumber")] = {"recipients[1]": [needs_one]}
    rules[("recipients", 2, "nationalIdentityNumber")] = {"recipients[2]": [needs_one]}
BY_RULE["legacy-email"][("recipients", 0, "emailAddress")] = {"recipients[0]": [NEEDS_ONE["legacy-email"]]}
BY_RULE["legacy-sms"][("recipients", 0, "mobileNumber")] = {"recipients[0]": [NEEDS_ONE["legacy-sms"]]}


def members(node: Any, path: Path = ()) -> Iterator[Path]:
    """The path of every member of every object of a request."""
    if isinstance(node, list):
        for index, value in enumerate(node):
            yield from members(value, (*path, index))
    elif isinstance(node, dict):
        for name, value in node.items():
            yield (*path, name)
            yield from members(value, (*path, name))


EVERY_MEMBER = [(kind, path) for kind, (_, request) in CASES.items() for path in members(request)]


def said(kind: str, path: Path) -> dict[str, list[str]]:
    """What is wrong with a request in which a member is missing."""
    if path[-1] in REQUIRED[kind] and path not in BY_RULE.get(kind, {}):
        return {text_of(path): [f"The {path[-1]} field is required."]}
    return BY_RULE.get(kind, {}).get(path, {})


@pytest.mark.parametrize(("kind", "path"), EVERY_MEMBER, ids=str)
def test_a_missing_member_is_told_if_it_is_needed(kind: str, path: Path) -> None:
    _, request = CASES[kind]
    assert told(kind, changed(request, path, ABSENT)) == said(kind, path)


def told(kind: str, request: Request) -> dict[str, list[str]]:
    try:
        parse(request, CASES[kind][0])
    except ValidationFailed as failed:
        return failed.errors
    return {}


@pytest.mark.parametrize("kind", CASES)
def test_the_full_request_is_valid(kind: str) -> None:
    assert told(kind, CASES[kind][1]) == {}


@pytest.mark.parametrize(("kind", "path"), EVERY_MEMBER, ids=str)
@pytest.mark.parametrize("wrong", [True, -5.5, [[]]])
def test_a_value_of_the_wrong_type_is_told_under_the_members_own_path(kind: str, path: Path, wrong: object) -> None:
    parser, request = CASES[kind]
    if wrong is True and isinstance(value_at(request, path), bool):
        return
    assert text_of(path) in {name.removesuffix("[0]") for name in errors(changed(request, path, wrong), parser)}


def value_at(node: Any, path: Path) -> Any:
    for step in path:
        node = node[step]
    return node


CHANNELS = ["Email", "Sms", "EmailPreferred", "SmsPreferred", "EmailAndSms"]
CONTENT_TYPES = ["Plain", "Html"]
POLICIES = ["Send", "DoNotSend"]
ENUMS: list[tuple[str, Path, list[str], int, str]] = [
    (
        "looked-up",
        ("recipient", "recipientPerson", "channelSchema"),
        CHANNELS,
        0,
        "Invalid channel scheme value.",
    ),
    (
        "looked-up",
        ("reminders", 0, "recipient", "recipientOrganization", "channelSchema"),
        CHANNELS,
        0,
        "Invalid channel scheme value.",
    ),
    (
        "looked-up",
        ("reminders", 1, "recipient", "recipientExternalIdentity", "channelSchema"),
        CHANNELS,
        0,
        "Invalid channel scheme value.",
    ),
    ("legacy", ("notificationChannel",), CHANNELS, 0, "Invalid channel scheme value."),
    (
        "chain",
        ("reminders", 0, "recipient", "recipientSms", "smsSettings", "sendingTimePolicy"),
        ["Anytime", "Daytime"],
        1,
        "SMS only supports send time daytime and anytime",
    ),
    (
        "chain",
        ("recipient", "recipientEmail", "emailSettings", "sendingTimePolicy"),
        ["Anytime"],
        1,
        "Email only supports send time anytime",
    ),
    (
        "composed",
        ("recipient", "emailSettings", "sendingTimePolicy"),
        ["Anytime"],
        1,
        "Email only supports send time anytime",
    ),
    *(
        (kind, path, CONTENT_TYPES, 0, "Email content type must be either Plain or HTML.")
        for kind, path in [
            ("chain", ("recipient", "recipientEmail", "emailSettings", "contentType")),
            ("instant-email", ("recipientEmail", "emailSettings", "contentType")),
            ("composed", ("recipient", "emailSettings", "contentType")),
            ("legacy-email", ("contentType",)),
            ("legacy", ("emailTemplate", "contentType")),
        ]
    ),
    *(
        (kind, path, POLICIES, 0, "ConditionFailurePolicy must be either Send or DoNotSend.")
        for kind, path in [
            ("chain", ("conditionFailurePolicy",)),
            ("chain", ("reminders", 0, "conditionFailurePolicy")),
            ("composed", ("conditionFailurePolicy",)),
            ("legacy-sms", ("conditionFailurePolicy",)),
        ]
    ),
]


@pytest.mark.parametrize(("kind", "path", "names", "first", "_"), ENUMS)
def test_an_enum_is_read_by_name_in_any_letter_case_and_by_number(
    kind: str, path: Path, names: list[str], first: int, _: str
) -> None:
    parser, request = CASES[kind]
    for number, name in enumerate(names, start=first):
        named = parse(changed(request, path, name), parser)
        for spelling in (name.upper(), name.lower(), number, str(number)):
            assert parse(changed(request, path, spelling), parser) == named


@pytest.mark.parametrize(("kind", "path", "names", "first", "message"), ENUMS)
def test_a_number_without_a_meaning_is_told(kind: str, path: Path, names: list[str], first: int, message: str) -> None:
    parser, request = CASES[kind]
    for undefined in (-1, 5, "7", 2**31 - 1):
        assert errors(changed(request, path, undefined), parser) == {text_of(path): [message]}


@pytest.mark.parametrize(("kind", "path", "names", "first", "_"), ENUMS)
def test_a_name_without_a_meaning_is_told_the_names_that_there_are(
    kind: str, path: Path, names: list[str], first: int, _: str
) -> None:
    parser, request = CASES[kind]
    for unknown in ("Pigeon", "", "Ema il"):
        (message,) = errors(changed(request, path, unknown), parser)[text_of(path)]
        assert message.startswith("The JSON value could not be converted to one of: ")
        assert all(name in message for name in names)
