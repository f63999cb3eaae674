"""Rules between members, and that everything wrong with a request is told at once."""

import json
from typing import Any

import pytest

from tests.contract.builders import Request, email_recipient, errors, order, parse, sms_recipient

EMAIL_SETTINGS = {"subject": "Hi", "body": "Hello"}
SMS_SETTINGS = {"body": "Hello"}


def person(**members: Any) -> Request:
    recipient = {"nationalIdentityNumber": "16069412345", "channelSchema": "Email", "emailSettings": EMAIL_SETTINGS}
    return order(recipient={"recipientPerson": recipient | members})


def organization(**members: Any) -> Request:
    recipient = {"orgNumber": "312508729", "channelSchema": "Sms", "smsSettings": SMS_SETTINGS}
    return order(recipient={"recipientOrganization": recipient | members})


def external(urn: Any) -> Request:
    recipient = {"externalIdentity": urn, "channelSchema": "Email", "emailSettings": EMAIL_SETTINGS}
    return order(recipient={"recipientExternalIdentity": recipient})


def test_everything_wrong_is_told_at_once_under_the_paths_the_client_sent() -> None:
    request = {
        "idempotencyId": "order-2026-000124",
        "requestedSendTime": "2020-01-01T08:00:00",
        "conditionEndpoint": "ftp://conditions.example.com/x",
        "recipient": {
            "recipientPerson": {
                "nationalIdentityNumber": "123",
                "channelSchema": "EmailAndSms",
                "resourceAction": "read",
                "emailSettings": {"subject": "Hi", "body": "Hello", "sendingTimePolicy": "Daytime"},
            }
        },
        "reminders": [
            {"recipient": {"recipientSms": {"phoneNumber": "99999999", "smsSettings": {"body": "Hello"}}}},
            {"delayDays": 1},
        ],
    }
    assert errors(request) == {
        "requestedSendTime": [
            "The requested send time value must have specified a time zone.",
            "RequestedSendTime must be greater than or equal to now.",
        ],
        "conditionEndpoint": ["ConditionEndpoint must use http or https scheme."],
        "recipient.recipientPerson.smsSettings": ["SmsSettings must be set when ChannelSchema is EmailAndSms"],
        "recipient.recipientPerson.emailSettings.sendingTimePolicy": ["Email only supports send time anytime"],
        "recipient.recipientPerson.resourceAction": ["ResourceAction cannot be specified without a ResourceId."],
        "recipient.recipientPerson.nationalIdentityNumber": ["National identity number must be 11 digits long."],
        "reminders[0]": ["Either DelayDays or RequestedSendTime must be defined, but not both."],
        "reminders[0].recipient.recipientSms.phoneNumber": ["Recipient phone number is not a valid mobile number."],
        "reminders[1].recipient": ["The recipient field is required."],
    }


def test_an_empty_object_misses_both_required_members() -> None:
    assert errors({}) == {
        "idempotencyId": ["The idempotencyId field is required."],
        "recipient": ["The recipient field is required."],
    }


def test_an_error_names_members_as_the_client_spelled_them() -> None:
    body = {"IDEMPOTENCYID": "x", "Recipient": {"recipientEMAIL": {"EmailAddress": "x", "EmailSettings": {"Body": 5}}}}
    assert errors(body) == {
        "Recipient.recipientEMAIL.EmailAddress": ["Invalid email address format."],
        "Recipient.recipientEMAIL.EmailSettings.subject": ["The subject field is required."],
        "Recipient.recipientEMAIL.EmailSettings.Body": ["The JSON value could not be converted to a string."],
    }


def test_two_recipients_are_refused_and_both_are_validated() -> None:
    told = errors(order(recipient=email_recipient(subject="") | sms_recipient(body="")))
    assert told == {
        "recipient": ["Must have exactly one recipient."],
        "recipient.recipientEmail.emailSettings.subject": ["The email subject must not be empty."],
        "recipient.recipientSms.smsSettings.body": ["SMS body cannot be null or empty."],
    }


def test_a_recipient_that_is_null_does_not_count() -> None:
    assert errors(order(recipient={"recipientEmail": None})) == {"recipient": ["Must have exactly one recipient."]}


def test_a_reminder_with_both_delay_and_time_is_told_all_three_rules() -> None:
    reminder = {"recipient": sms_recipient(), "delayDays": 1, "requestedSendTime": "2026-09-01T08:00:00Z"}
    assert errors(order(reminders=[reminder])) == {
        "reminders[0]": ["Either DelayDays or RequestedSendTime must be defined, but not both."],
        "reminders[0].requestedSendTime": ["RequestedSendTime must be null when DelayDays is set."],
        "reminders[0].delayDays": ["DelayDays must be null when RequestedSendTime is set."],
    }


def test_a_reminder_whose_delay_and_time_are_null_has_neither() -> None:
    reminder = {"recipient": sms_recipient(), "delayDays": None, "requestedSendTime": None}
    told = errors(order(reminders=[reminder]))
    assert told == {"reminders[0]": ["Either DelayDays or RequestedSendTime must be defined, but not both."]}


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (person(), "recipientPerson"),
        (person(ignoreReservation=True, useStaleContactInformation=False), "recipientPerson"),
        (person(resourceId=None, resourceAction=None, smsSettings=None), "recipientPerson"),
        (person(resourceId="urn:altinn:resource:x", resourceAction="read"), "recipientPerson"),
        (person(resourceId="urn:altinn:resource:x", resourceAction=""), "recipientPerson"),
        (organization(), "recipientOrganization"),
        (external("urn:altinn:person:idporten-email:user%2Btag@example.com"), "recipientExternalIdentity"),
        (external("urn:altinn:username:ola"), "recipientExternalIdentity"),
        (external("urn:altinn:person:legacy-selfidentified:ola"), "recipientExternalIdentity"),
        (external("urn:altinn:party:username:ola"), "recipientExternalIdentity"),
    ],
)
def test_a_recipient_whose_address_is_looked_up_is_taken(request_: Request, kind: str) -> None:
    assert parse(request_).shipments[0].content.recipients


@pytest.mark.parametrize(
    ("request_", "path", "message"),
    [
        (person(nationalIdentityNumber=""), ".nationalIdentityNumber", "'National Identity Number' must not be empty."),
        (
            person(nationalIdentityNumber="1606941234٥"),
            ".nationalIdentityNumber",
            "National identity number must be 11 digits long.",
        ),
        (
            person(ignoreReservation=None),
            ".ignoreReservation",
            "The JSON value could not be converted to a boolean.",
        ),
        (
            person(useStaleContactInformation="true"),
            ".useStaleContactInformation",
            "The JSON value could not be converted to a boolean.",
        ),
        (person(channelSchema=9), ".channelSchema", "Invalid channel scheme value."),
        (
            person(channelSchema=None),
            ".channelSchema",
            "The JSON value could not be converted to one of: Email, Sms, EmailPreferred, SmsPreferred, EmailAndSms.",
        ),
        (person(emailSettings=None), ".emailSettings", "EmailSettings must be set when ChannelSchema is Email"),
        (
            person(channelSchema="EmailPreferred"),
            ".smsSettings",
            "SmsSettings must be set when ChannelSchema is SmsPreferred or EmailPreferred",
        ),
        (
            person(channelSchema=3),
            ".smsSettings",
            "SmsSettings must be set when ChannelSchema is SmsPreferred or EmailPreferred",
        ),
        (person(smsSettings={"body": ""}), ".smsSettings.body", "SMS body cannot be null or empty."),
        (person(resourceId=""), ".resourceId", "ResourceId must have a valid syntax."),
        (person(resourceId="urn:altinn:resource:"), ".resourceId", "ResourceId must have a valid syntax."),
        (
            person(resourceId="urn:altinn:resource:x", resourceAction=" "),
            ".resourceAction",
            "ResourceAction cannot be blank or whitespace.",
        ),
        (
            organization(orgNumber="31250872"),
            ".orgNumber",
            "Organization number must be 9 digits long.",
        ),
        (organization(orgNumber="31250872٩"), ".orgNumber", "Organization number must be 9 digits long."),
        (organization(orgNumber=None), ".orgNumber", "OrgNumber cannot be null or empty."),
        (organization(smsSettings=None), ".smsSettings", "SmsSettings must be set when ChannelSchema is Sms"),
        (external(""), ".externalIdentity", "ExternalIdentity cannot be null or empty."),
        (external("urn:altinn:username:"), ".externalIdentity", "Invalid external identity URN format."),
        (external("urn:altinn:username:%20+"), ".externalIdentity", "Invalid external identity URN format."),
        (external("urn:ALTINN:username:ola"), ".externalIdentity", "Invalid external identity URN format."),
        (
            external("urn:altinn:person:idporten-email:user+tag@example.com"),
            ".externalIdentity",
            "Invalid external identity URN format.",
        ),
    ],
)
def test_a_looked_up_recipient_that_is_invalid_is_told_why(request_: Request, path: str, message: str) -> None:
    kind = next(iter(request_["recipient"]))
    assert errors(request_) == {f"recipient.{kind}{path}": [message]}


@pytest.mark.parametrize("recipient", [person(), organization(), external("urn:altinn:username:ola")])
@pytest.mark.parametrize(
    ("channels", "when", "needed"),
    [
        ("Email", "Email", {"emailSettings"}),
        ("Sms", "Sms", {"smsSettings"}),
        ("EmailPreferred", "SmsPreferred or EmailPreferred", {"emailSettings", "smsSettings"}),
        ("SmsPreferred", "SmsPreferred or EmailPreferred", {"emailSettings", "smsSettings"}),
        ("EmailAndSms", "EmailAndSms", {"emailSettings", "smsSettings"}),
    ],
)
def test_each_channel_needs_its_settings(recipient: Request, channels: str, when: str, needed: set[str]) -> None:
    ((kind, members),) = recipient["recipient"].items()
    without = {name: each for name, each in members.items() if not name.endswith("Settings")}
    request = order(recipient={kind: without | {"channelSchema": channels}})
    assert errors(request) == {
        f"recipient.{kind}.{name}": [f"{name[0].upper()}{name[1:]} must be set when ChannelSchema is {when}"]
        for name in needed
    }


@pytest.mark.parametrize("action", ["read", " "])
@pytest.mark.parametrize("resource", ["", "  "])
def test_an_action_beside_a_blank_resource_is_told_with_it(resource: str, action: str) -> None:
    told = errors(organization(resourceId=resource, resourceAction=action))
    assert told == {
        "recipient.recipientOrganization.resourceId": ["ResourceId must have a valid syntax."],
        "recipient.recipientOrganization.resourceAction": ["ResourceAction cannot be specified without a ResourceId."],
    }


def test_a_person_without_a_channel_schema_is_told_so() -> None:
    request = person()
    del request["recipient"]["recipientPerson"]["channelSchema"]
    assert errors(request) == {"recipient.recipientPerson.channelSchema": ["The channelSchema field is required."]}


def test_rules_hold_for_the_recipients_of_reminders_too() -> None:
    reminder = {"delayDays": 1, "recipient": person(resourceAction="read")["recipient"]}
    assert errors(order(reminders=[reminder])) == {
        "reminders[0].recipient.recipientPerson.resourceAction": [
            "ResourceAction cannot be specified without a ResourceId."
        ]
    }


def test_the_rules_of_a_list_that_is_too_long_are_told_up_to_the_limit() -> None:
    told = errors(json.dumps(order(reminders=[{}] * 5000)).encode())
    assert told["reminders"] == ["There can be at most 30 reminders."]
    assert len(told) == 31
