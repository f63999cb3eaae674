"""Which notifications a recipient gets: every cell of the table of channels and contact situations."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.addressing import Destination, destinations, first_channel
from notifications.domain.contacts import ContactPoints, UserContact
from notifications.domain.order import ChannelScheme, Recipient
from notifications.domain.statuses import Channel, Status
from tests.builders import email_content

EMAIL, MOBILE = "kari@example.com", "+4799999999"
PERSON = Recipient(national_identity_number="08895699684")

TO_EMAIL, TO_MOBILE = Destination(Channel.EMAIL, EMAIL), Destination(Channel.SMS, MOBILE)
NO_EMAIL = Destination(Channel.EMAIL, "", Status.RECIPIENT_NOT_IDENTIFIED)
NO_MOBILE = Destination(Channel.SMS, "", Status.RECIPIENT_NOT_IDENTIFIED)
EMAIL_RESERVED = Destination(Channel.EMAIL, "", Status.RECIPIENT_RESERVED)
SMS_RESERVED = Destination(Channel.SMS, "", Status.RECIPIENT_RESERVED)

BOTH = ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,))
ONLY_EMAIL = ContactPoints(emails=(EMAIL,))
ONLY_MOBILE = ContactPoints(mobiles=(MOBILE,))
NONE = ContactPoints()
RESERVED = ContactPoints(reserved=True)
RESERVED_WITH_BOTH = ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,), reserved=True)

CELLS = [
    (ChannelScheme.EMAIL, BOTH, [TO_EMAIL]),
    (ChannelScheme.EMAIL, ONLY_EMAIL, [TO_EMAIL]),
    (ChannelScheme.EMAIL, ONLY_MOBILE, [NO_EMAIL]),
    (ChannelScheme.EMAIL, NONE, [NO_EMAIL]),
    (ChannelScheme.EMAIL, RESERVED, [EMAIL_RESERVED]),
    (ChannelScheme.SMS, BOTH, [TO_MOBILE]),
    (ChannelScheme.SMS, ONLY_EMAIL, [NO_MOBILE]),
    (ChannelScheme.SMS, ONLY_MOBILE, [TO_MOBILE]),
    (ChannelScheme.SMS, NONE, [NO_MOBILE]),
    (ChannelScheme.SMS, RESERVED, [SMS_RESERVED]),
    (ChannelScheme.EMAIL_PREFERRED, BOTH, [TO_EMAIL]),
    (ChannelScheme.EMAIL_PREFERRED, ONLY_EMAIL, [TO_EMAIL]),
    (ChannelScheme.EMAIL_PREFERRED, ONLY_MOBILE, [TO_MOBILE]),
    (ChannelScheme.EMAIL_PREFERRED, NONE, [NO_EMAIL]),
    (ChannelScheme.EMAIL_PREFERRED, RESERVED, [EMAIL_RESERVED]),
    (ChannelScheme.EMAIL_PREFERRED, RESERVED_WITH_BOTH, [EMAIL_RESERVED]),
    (ChannelScheme.SMS_PREFERRED, BOTH, [TO_MOBILE]),
    (ChannelScheme.SMS_PREFERRED, ONLY_EMAIL, [TO_EMAIL]),
    (ChannelScheme.SMS_PREFERRED, ONLY_MOBILE, [TO_MOBILE]),
    (ChannelScheme.SMS_PREFERRED, NONE, [NO_MOBILE]),
    (ChannelScheme.SMS_PREFERRED, RESERVED, [SMS_RESERVED]),
    (ChannelScheme.SMS_PREFERRED, RESERVED_WITH_BOTH, [SMS_RESERVED]),
    (ChannelScheme.EMAIL_AND_SMS, BOTH, [TO_EMAIL, TO_MOBILE]),
    (ChannelScheme.EMAIL_AND_SMS, ONLY_EMAIL, [TO_EMAIL, NO_MOBILE]),
    (ChannelScheme.EMAIL_AND_SMS, ONLY_MOBILE, [TO_MOBILE, NO_EMAIL]),
    (ChannelScheme.EMAIL_AND_SMS, NONE, [NO_EMAIL, NO_MOBILE]),
    (ChannelScheme.EMAIL_AND_SMS, RESERVED, [EMAIL_RESERVED, SMS_RESERVED]),
]


@pytest.mark.parametrize(("scheme", "points", "expected"), CELLS)
def test_a_person_is_told_as_the_table_says(
    scheme: ChannelScheme, points: ContactPoints, expected: list[Destination]
) -> None:
    assert list(destinations(email_content(scheme=scheme), PERSON, points)) == expected


@pytest.mark.parametrize("scheme", ChannelScheme)
def test_a_reservation_that_is_to_be_ignored_is_no_reservation(scheme: ChannelScheme) -> None:
    content = email_content(scheme=scheme, ignore_reservation=True)
    assert destinations(content, PERSON, RESERVED_WITH_BOTH) == destinations(content, PERSON, BOTH)


ORGANIZATION = Recipient(organization_number="310000001")
OFFICIAL = ContactPoints(
    emails=("post@example.com", "office@example.com"),
    mobiles=("+4790000001", "+4790000002"),
    users=(
        UserContact(email="a@example.com", mobile="+4790000003"),
        UserContact(email="b@example.com"),
        UserContact(mobile="+4790000004"),
    ),
)


def addresses(scheme: ChannelScheme, points: ContactPoints) -> list[str]:
    return [each.address for each in destinations(email_content(scheme=scheme), ORGANIZATION, points)]


def test_an_organisation_is_told_at_every_official_address_and_each_user_in_the_ordered_channel() -> None:
    emails = ["post@example.com", "office@example.com", "a@example.com", "b@example.com"]
    mobiles = ["+4790000001", "+4790000002", "+4790000003", "+4790000004"]
    assert addresses(ChannelScheme.EMAIL, OFFICIAL) == emails
    assert addresses(ChannelScheme.SMS, OFFICIAL) == mobiles
    assert set(addresses(ChannelScheme.EMAIL_AND_SMS, OFFICIAL)) == {*emails, *mobiles}


def test_an_organisations_preference_is_decided_for_the_official_addresses_and_for_each_user() -> None:
    assert addresses(ChannelScheme.EMAIL_PREFERRED, OFFICIAL) == [
        "post@example.com",
        "office@example.com",
        "a@example.com",
        "b@example.com",
        "+4790000004",
    ]
    assert addresses(ChannelScheme.SMS_PREFERRED, OFFICIAL) == [
        "+4790000001",
        "+4790000002",
        "+4790000003",
        "b@example.com",
        "+4790000004",
    ]


def test_the_official_block_falls_back_as_a_whole() -> None:
    assert addresses(ChannelScheme.EMAIL_PREFERRED, ContactPoints(mobiles=OFFICIAL.mobiles)) == list(OFFICIAL.mobiles)
    assert addresses(ChannelScheme.SMS_PREFERRED, ContactPoints(emails=OFFICIAL.emails)) == list(OFFICIAL.emails)


def test_an_organisation_that_only_users_speak_for_is_reached_through_them() -> None:
    assert addresses(ChannelScheme.EMAIL, ContactPoints(users=(UserContact(email="a@example.com"),))) == [
        "a@example.com"
    ]


def test_addresses_given_by_the_caller_are_used_as_they_are_and_the_preferred_one_alone() -> None:
    given_both = Recipient(email_address=EMAIL, phone_number="0047 99 99 99 99")
    preferred = email_content(scheme=ChannelScheme.SMS_PREFERRED)
    assert destinations(preferred, given_both, None) == (Destination(Channel.SMS, "0047 99 99 99 99"),)


def test_addresses_that_are_the_same_to_their_recipient_are_told_once() -> None:
    points = ContactPoints(emails=("Kari@example.com", "kari@EXAMPLE.com"), mobiles=("+4799999999", "004799999999"))
    assert addresses(ChannelScheme.EMAIL_AND_SMS, points) == ["Kari@example.com", "+4799999999"]


def test_a_number_abroad_is_the_same_with_the_zero_that_is_dialled_at_home() -> None:
    points = ContactPoints(mobiles=("+46701234567", "+460701234567"))
    assert addresses(ChannelScheme.SMS, points) == ["+46701234567"]


def points_of() -> st.SearchStrategy[ContactPoints]:
    emails = st.lists(st.sampled_from(["a@example.com", "b@example.com", "c@example.com"]), unique=True).map(tuple)
    mobiles = st.lists(st.sampled_from(["+4790000001", "+4790000002"]), unique=True).map(tuple)
    users = st.lists(
        st.builds(
            UserContact,
            email=st.sampled_from([None, "u@example.com"]),
            mobile=st.sampled_from([None, "+4790000003"]),
        ),
        max_size=3,
    ).map(tuple)
    return st.builds(ContactPoints, emails=emails, mobiles=mobiles, users=users, reserved=st.booleans())


@given(st.sampled_from(ChannelScheme), points_of(), st.booleans())
def test_everybody_gets_at_least_one_notification_and_no_address_two(
    scheme: ChannelScheme, points: ContactPoints, ignored: bool
) -> None:
    found = destinations(email_content(scheme=scheme, ignore_reservation=ignored), ORGANIZATION, points)
    assert found
    keys = [each.key for each in found if each.key]
    assert len(keys) == len(set(keys))
    assert all((each.status is Status.NEW) == bool(each.address) for each in found)
    if scheme in (ChannelScheme.EMAIL, ChannelScheme.SMS):
        assert {each.channel for each in found} == {first_channel(scheme)}
