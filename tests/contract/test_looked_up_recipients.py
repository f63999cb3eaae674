"""Recipients whose addresses the registers know: what of them reaches the draft (http-contract.md section 3.1)."""

from typing import Any

import pytest

from notifications.domain.order import (
    ChannelScheme,
    EmailTemplate,
    Recipient,
    SendingTimePolicy,
    ShipmentType,
    SmsTemplate,
)
from tests.contract.builders import Request, content, errors, order, parse
from tests.contract.requests import NUMBER, ORGANIZATION, external, looked_up_order, organization, person

EMAIL = EmailTemplate(subject="New message", body="You have received a message.")
SMS = SmsTemplate(body="Hello", policy=SendingTimePolicy.DAYTIME)


def test_a_person_is_looked_up_on_the_terms_that_were_given() -> None:
    main = content(looked_up_order())
    assert main.type is ShipmentType.NOTIFICATION
    assert main.scheme is ChannelScheme.EMAIL_AND_SMS
    assert main.recipients == (Recipient(national_identity_number=NUMBER),)
    assert (main.email, main.sms) == (EMAIL, SMS)
    assert (main.resource_id, main.resource_action) == ("urn:altinn:resource:te_svc123", "read")
    assert main.ignore_reservation is True
    assert main.use_stale_contact_information is True


def test_an_organisation_is_looked_up_for_a_reminder() -> None:
    reminder = parse(looked_up_order()).shipments[1].content
    assert reminder.type is ShipmentType.REMINDER
    assert reminder.scheme is ChannelScheme.SMS_PREFERRED
    assert reminder.recipients == (Recipient(organization_number=ORGANIZATION),)
    assert (reminder.email, reminder.sms) == (EMAIL, SMS)
    assert (reminder.resource_id, reminder.resource_action) == ("urn:altinn:resource:te_svc123", "write")
    assert reminder.ignore_reservation is None
    assert reminder.use_stale_contact_information is False


def test_what_a_person_is_not_asked_about_is_off() -> None:
    given = {"nationalIdentityNumber": NUMBER, "channelSchema": "Sms", "smsSettings": {"body": "Hello"}}
    main = content(order(recipient={"recipientPerson": given}))
    assert (main.ignore_reservation, main.use_stale_contact_information) == (False, False)
    assert (main.resource_id, main.resource_action) == (None, None)
    assert (main.email, main.sms) == (None, SMS)


@pytest.mark.parametrize("scheme", ChannelScheme)
def test_both_messages_are_kept_whichever_channels_are_used(scheme: ChannelScheme) -> None:
    main = content(order(recipient=person(channelSchema=scheme)))
    assert (main.scheme, main.email, main.sms) == (scheme, EMAIL, SMS)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("urn:altinn:username:ola", "urn:altinn:username:ola"),
        ("urn:altinn:username:Ola+Nordmann", "urn:altinn:username:Ola Nordmann"),
        ("urn:altinn:party:username:bl%C3%A5b%C3%A6r", "urn:altinn:party:username:blåbær"),
        ("urn:altinn:person:legacy-selfidentified:a%3Ab", "urn:altinn:person:legacy-selfidentified:a:b"),
        (
            "urn:altinn:person:idporten-email:ola%2Btag@example.com",
            "urn:altinn:person:idporten-email:ola+tag@example.com",
        ),
    ],
)
def test_an_external_identity_is_decoded_and_keeps_its_prefix(sent: str, kept: str) -> None:
    assert content(order(recipient=external(externalIdentity=sent))).recipients == (Recipient(external_identity=kept),)


@pytest.mark.parametrize(
    "sent", ["urn:altinn:username:a%00b", "urn:altinn:username:%20", "ola@example.com", "urn:altinn:username"]
)
def test_what_is_no_external_identity_is_refused(sent: str) -> None:
    told = errors(order(recipient=external(externalIdentity=sent)))
    path = "recipient.recipientExternalIdentity.externalIdentity"
    assert told == {path: ["Invalid external identity URN format."]}


@pytest.mark.parametrize("creator", ["skd", "SKD"])
def test_the_tax_administration_takes_stale_contact_information(creator: str) -> None:
    request = order(
        recipient=person(useStaleContactInformation=False),
        reminders=[
            {"delayDays": 1, "recipient": person(useStaleContactInformation=False)},
            {"delayDays": 1, "recipient": organization()},
        ],
    )
    taken = [each.content.use_stale_contact_information for each in parse(request, creator=creator).shipments]
    assert taken == [True, True, False]
    assert not content(request, creator="skdx").use_stale_contact_information


@pytest.mark.parametrize("recipient", [person(), organization(), external()])
def test_no_warning_is_given_while_the_recipients_country_is_unknown(recipient: Request) -> None:
    (member,) = recipient.values()
    member["smsSettings"] = {"body": "Hello", "sender": "TTD"}
    assert parse(order(recipient=recipient)).warnings == ()


def test_a_name_that_is_cut_is_warned_about_all_the_same() -> None:
    (warning,) = parse(order(recipient=person(smsSettings={"body": "x", "sender": "Skatteetaten AS"}))).warnings
    assert warning.startswith("recipient.recipientPerson.smsSettings.sender: The sender is longer than 11 characters")


@pytest.mark.parametrize(("member", "longest"), [("resourceId", 1024), ("resourceAction", 1024)])
def test_a_resource_is_named_within_limits(member: str, longest: int) -> None:
    def named(length: int) -> Any:
        return order(recipient=organization(**{member: "urn:altinn:resource:".ljust(length, "x")}))

    parse(named(longest))
    path = f"recipient.recipientOrganization.{member}"
    assert errors(named(longest + 1)) == {path: [f"The value must be at most {longest} characters long."]}
