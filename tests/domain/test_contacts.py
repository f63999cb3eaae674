"""Who is looked up, what is asked, and who lacks an address."""

import pytest

from notifications.domain.contacts import ContactPoints, Inquiry, UserContact, inquiry, is_looked_up, lacks_contact
from notifications.domain.order import ChannelScheme, Recipient
from tests.builders import email_content

PERSON = Recipient(national_identity_number="08895699684")
ORGANIZATION = Recipient(organization_number="310000001")
SELF_IDENTIFIED = Recipient(external_identity="urn:altinn:username:kari")


@pytest.mark.parametrize("recipient", [PERSON, ORGANIZATION, SELF_IDENTIFIED])
@pytest.mark.parametrize("scheme", ChannelScheme)
def test_whoever_is_given_by_identity_is_looked_up(scheme: ChannelScheme, recipient: Recipient) -> None:
    assert is_looked_up(scheme, recipient)


@pytest.mark.parametrize("scheme", ChannelScheme)
def test_addresses_alone_are_never_looked_up(scheme: ChannelScheme) -> None:
    assert not is_looked_up(scheme, Recipient(email_address="kari@example.com"))


def test_a_person_is_asked_about_without_the_resource_which_has_no_effect_on_persons() -> None:
    content = email_content(
        use_stale_contact_information=True, resource_id="urn:altinn:resource:a", resource_action="sign"
    )
    assert inquiry(content, PERSON) == Inquiry(recipient=PERSON, use_stale=True)


def test_an_organisation_is_asked_about_with_the_resource_without_its_prefix_and_reading_as_default() -> None:
    content = email_content(resource_id=" urn:altinn:resource:te_svc ", use_stale_contact_information=True)
    assert inquiry(content, ORGANIZATION) == Inquiry(
        recipient=ORGANIZATION, resource_id="te_svc", resource_action="read"
    )
    signing = email_content(resource_id="te_svc", resource_action=" sign ")
    assert inquiry(signing, ORGANIZATION, forecast=True) == Inquiry(
        recipient=ORGANIZATION, resource_id="te_svc", resource_action="sign", forecast=True
    )


@pytest.mark.parametrize("resource", [None, "", "  ", "urn:altinn:resource:"])
def test_without_a_resource_only_official_addresses_are_asked_for(resource: str | None) -> None:
    content = email_content(resource_id=resource, resource_action="sign")
    assert inquiry(content, ORGANIZATION, forecast=True) == Inquiry(recipient=ORGANIZATION)


@pytest.mark.parametrize(
    ("scheme", "points", "lacking"),
    [
        (ChannelScheme.EMAIL, ContactPoints(mobiles=("+4799999999",)), True),
        (ChannelScheme.EMAIL, ContactPoints(emails=("a@example.com",)), False),
        (ChannelScheme.EMAIL, ContactPoints(users=(UserContact(email="a@example.com"),)), False),
        (ChannelScheme.SMS, ContactPoints(emails=("a@example.com",)), True),
        (ChannelScheme.SMS, ContactPoints(users=(UserContact(mobile="+4799999999"),)), False),
        (ChannelScheme.EMAIL_PREFERRED, ContactPoints(mobiles=("+4799999999",)), False),
        (ChannelScheme.SMS_PREFERRED, ContactPoints(emails=("a@example.com",)), False),
        (ChannelScheme.EMAIL_AND_SMS, ContactPoints(emails=("a@example.com",)), False),
        (ChannelScheme.EMAIL_AND_SMS, ContactPoints(), True),
    ],
)
def test_contact_is_lacking_where_no_address_fits_the_channels(
    scheme: ChannelScheme, points: ContactPoints, lacking: bool
) -> None:
    assert lacks_contact(scheme, points) is lacking
