"""Which addresses can be used: properties that hold whatever people registered."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.contacts import ContactPoints, UserContact
from notifications.domain.email_address import is_email_address
from notifications.domain.phone import is_mobile_number
from notifications.recipients.addresses import email, mobile, official, personal, user_contact, with_users

NUMBERS = ["+4799999999", "99999999", "004799999999", "+47 999 99 998", "+4722222222", "12345", "", "+46701234567"]
EMAILS = ["a@example.com", "A@Example.com", " b@example.com ", "no address", "", "  ", "c@example.com\x00"]

numbers = st.one_of(st.none(), st.sampled_from(NUMBERS), st.text(), st.from_regex(r"[+0-9 ()\-]{0,20}", fullmatch=True))
emails = st.one_of(st.none(), st.sampled_from(EMAILS), st.text(), st.emails())
users = st.lists(st.builds(user_contact, emails, numbers)).map(lambda found: [each for each in found if each])


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("99999999", "+4799999999"),
        ("41234567", "+4741234567"),
        ("004799999999", "+4799999999"),
        ("+4799999999", "+4799999999"),
        (" +47 99 99 99 99", "+4799999999"),
        ("+47\u00a0999\u00a099\u00a0999", "+4799999999"),
        ("(+47) 999-99-999", "+4799999999"),
        ("999.99.999", "+4799999999"),
        ("+47/999 99 999", "+4799999999"),
        ("+46 70 123 45 67", "+46701234567"),
        ("+46 (0)70 123 45 67", "+46701234567"),
        ("+46 070 123 45 67", "+46701234567"),
        ("+47 (0) 999 99 999", "+4799999999"),
        ("\u202d+47 999 99 999\u202c", "+4799999999"),
        ("999\u00b799\u00b7999", "+4799999999"),
        ("4799999999", None),
        ("22222222", None),
        ("+4722222222", None),
        ("9999999", None),
        ("+4799999999 ext. 5", None),
        ("ring meg", None),
        ("+", None),
        (None, None),
    ],
)
def test_a_mobile_is_written_as_plus_and_digits(written: str | None, number: str | None) -> None:
    assert mobile(written) == number


@given(numbers)
def test_a_mobile_is_valid_and_stays_as_it_is(written: str | None) -> None:
    number = mobile(written)
    if number is not None:
        assert is_mobile_number(number)
        assert re.fullmatch(r"\+[1-9][0-9]+", number)
        assert mobile(number) == number


@given(emails)
def test_an_email_is_trimmed_printable_and_not_blank(written: str | None) -> None:
    address = email(written)
    if address is not None:
        assert address
        assert address == address.strip()
        assert address.isprintable()
        assert email(address) == address


@pytest.mark.parametrize(("length", "kept"), [(320, True), (321, False)])
def test_an_email_has_a_greatest_length(length: int, kept: bool) -> None:
    address = "@example.com".rjust(length, "a")
    assert (email(address) == address) is kept


@given(emails, numbers, st.booleans())
def test_a_persons_email_reads_as_one(address: str | None, number: str | None, reserved: bool) -> None:
    points = personal(address, number, reserved=reserved)
    assert all(map(is_email_address, points.emails))
    assert all(map(is_mobile_number, points.mobiles))
    assert (points.reserved, points.users) == (reserved, ())


@given(st.lists(emails), st.lists(numbers), users)
def test_no_address_is_there_twice(
    addresses: list[str | None], mobiles: list[str | None], told: list[UserContact]
) -> None:
    points = with_users(official(addresses, mobiles), told)
    all_emails = [*points.emails, *(user.email for user in points.users if user.email)]
    all_mobiles = [*points.mobiles, *(user.mobile for user in points.users if user.mobile)]
    assert len({each.lower() for each in all_emails}) == len(all_emails)
    assert len(set(all_mobiles)) == len(all_mobiles)


@given(st.lists(emails), st.lists(numbers), users)
def test_no_address_is_lost(addresses: list[str | None], mobiles: list[str | None], told: list[UserContact]) -> None:
    points = with_users(official(addresses, mobiles), told)
    found = {each.lower() for each in points.emails} | {user.email.lower() for user in points.users if user.email}
    assert found == {kept.lower() for each in addresses if (kept := email(each))} | {
        user.email.lower() for user in told if user.email
    }
    reached = set(points.mobiles) | {user.mobile for user in points.users if user.mobile}
    assert reached == {kept for each in mobiles if (kept := mobile(each))} | {
        user.mobile for user in told if user.mobile
    }


@given(st.lists(emails), st.lists(numbers), users)
def test_every_user_who_is_told_has_an_address_and_cleaning_again_changes_nothing(
    addresses: list[str | None], mobiles: list[str | None], told: list[UserContact]
) -> None:
    points = with_users(official(addresses, mobiles), told)
    assert all(user.email or user.mobile for user in points.users)
    bare = ContactPoints(emails=points.emails, mobiles=points.mobiles)
    assert with_users(bare, points.users) == points
