"""Persons and external identities: what is asked, and what is made of the answers."""

from typing import Any

import pytest

from notifications.domain.contacts import ContactPoints, Unavailable
from tests.recipients.registers import (
    EXTERNAL_IDENTITIES,
    KARI,
    MONA,
    NOBODY,
    NORA,
    OLA,
    PERSONS,
    Registers,
    directory_of,
    external,
    person,
)

EMAIL = "kari@example.com"
MOBILE = "+4799999999"


def entry(number: str = KARI, email: str | None = EMAIL, mobile: str | None = MOBILE, **members: Any) -> dict[str, Any]:
    """One person as the register tells of it."""
    told = {"userId": 1, "nationalIdentityNumber": number, "isReserved": False, "email": email, "mobileNumber": mobile}
    return {**told, **members}


async def told_of_kari(*entries: dict[str, Any]) -> ContactPoints | Unavailable:
    registers = Registers()
    registers.answering(PERSONS, *entries)
    async with directory_of(registers) as directory:
        return (await directory.contact_points([person()]))[person()]


async def test_a_person_is_reached_by_what_the_register_says() -> None:
    assert await told_of_kari(entry()) == ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,))


async def test_the_question_names_the_numbers_and_whether_old_contact_points_count() -> None:
    registers = Registers({PERSONS: NOBODY})
    async with directory_of(registers) as directory:
        await directory.contact_points([person(KARI), person(OLA, use_stale=True), person(MONA)])
    asked = sorted(registers.asked(PERSONS), key=lambda question: question["useStaleContactInfo"])
    assert asked == [
        {"nationalIdentityNumbers": [KARI, MONA], "useStaleContactInfo": False},
        {"nationalIdentityNumbers": [OLA], "useStaleContactInfo": True},
    ]


async def test_the_same_person_with_and_without_old_contact_points_is_two_questions() -> None:
    def answer(question: dict[str, Any]) -> dict[str, Any]:
        return {"contactPointsList": [entry(email=EMAIL if question["useStaleContactInfo"] else None)]}

    async with directory_of(Registers({PERSONS: answer})) as directory:
        found = await directory.contact_points([person(), person(use_stale=True)])
    assert found == {
        person(): ContactPoints(mobiles=(MOBILE,)),
        person(use_stale=True): ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,)),
    }


@pytest.mark.parametrize("reserved", [True, False])
async def test_a_reservation_is_told(reserved: bool) -> None:
    found = await told_of_kari(entry(isReserved=reserved))
    assert found == ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,), reserved=reserved)


async def test_a_person_whom_the_register_leaves_out_has_no_addresses_and_is_not_reserved() -> None:
    assert await told_of_kari() == ContactPoints()


@pytest.mark.parametrize("member", ["userId", "isReserved", "email", "mobileNumber"])
async def test_a_member_that_is_null_or_absent_tells_nothing(member: str) -> None:
    null = await told_of_kari({**entry(), member: None})
    absent = await told_of_kari({key: value for key, value in entry().items() if key != member})
    assert null == absent
    assert isinstance(null, ContactPoints)
    assert not null.reserved


async def test_members_that_nobody_knows_are_passed_over() -> None:
    assert await told_of_kari(entry(more={"deep": [1]})) == ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,))


@pytest.mark.parametrize(
    ("written", "mobile"),
    [
        ("99999999", (MOBILE,)),
        ("004799999999", (MOBILE,)),
        ("+47 999 99 999", (MOBILE,)),
        ("99 99 99 99", (MOBILE,)),
        ("+4722222222", ()),
        ("12345", ()),
        ("", ()),
        ("not a number", ()),
    ],
)
async def test_a_mobile_is_normalised_and_blanked_when_it_is_invalid(written: str, mobile: tuple[str, ...]) -> None:
    assert await told_of_kari(entry(mobile=written)) == ContactPoints(emails=(EMAIL,), mobiles=mobile)


@pytest.mark.parametrize("written", ["", "  ", "not an address", "a@b", "a@example.com;b@example.com"])
async def test_an_email_that_is_no_address_is_left_out(written: str) -> None:
    assert await told_of_kari(entry(email=written)) == ContactPoints(mobiles=(MOBILE,))


async def test_of_a_person_told_of_twice_the_first_counts_and_a_reservation_in_any() -> None:
    found = await told_of_kari(entry(), entry(email="other@example.com", isReserved=True), entry(email=None))
    assert found == ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,), reserved=True)


async def test_entries_that_are_null_or_about_nobody_are_passed_over() -> None:
    registers = Registers({PERSONS: {"contactPointsList": [None, {"email": EMAIL}, entry()]}})
    async with directory_of(registers) as directory:
        found = await directory.contact_points([person()])
    assert found[person()] == ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,))


async def test_an_external_identity_is_reached_by_what_the_register_says() -> None:
    registers = Registers()
    registers.answering(EXTERNAL_IDENTITIES, {"externalIdentity": NORA, "email": EMAIL, "mobileNumber": "99999999"})
    async with directory_of(registers) as directory:
        found = await directory.contact_points([external()])
    assert found == {external(): ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,))}
    assert registers.asked(EXTERNAL_IDENTITIES) == [{"externalIdentities": [NORA]}]


async def test_an_external_identity_is_matched_whatever_its_letter_case() -> None:
    registers = Registers()
    registers.answering(EXTERNAL_IDENTITIES, {"externalIdentity": NORA.upper(), "email": EMAIL, "mobileNumber": None})
    mixed = external("urn:altinn:person:idporten-email:Nora@Example.com")
    async with directory_of(registers) as directory:
        found = await directory.contact_points([external(), mixed])
    assert found == dict.fromkeys([external(), mixed], ContactPoints(emails=(EMAIL,)))


@pytest.mark.parametrize("answered", ["urn:altinn:party:username:Nora", "urn:altinn:person:legacy-selfidentified:nora"])
async def test_a_user_name_is_matched_in_each_of_its_forms(answered: str) -> None:
    registers = Registers()
    registers.answering(EXTERNAL_IDENTITIES, {"externalIdentity": answered, "email": EMAIL, "mobileNumber": None})
    asked = external("urn:altinn:username:nora")
    async with directory_of(registers) as directory:
        assert await directory.contact_points([asked]) == {asked: ContactPoints(emails=(EMAIL,))}


async def test_of_an_external_identity_told_of_twice_the_first_counts() -> None:
    registers = Registers()
    registers.answering(
        EXTERNAL_IDENTITIES,
        {"externalIdentity": NORA, "email": EMAIL, "mobileNumber": None},
        {"externalIdentity": NORA, "email": "other@example.com", "mobileNumber": MOBILE},
    )
    async with directory_of(registers) as directory:
        assert (await directory.contact_points([external()]))[external()] == ContactPoints(emails=(EMAIL,))


async def test_entries_about_no_external_identity_are_passed_over() -> None:
    registers = Registers()
    registers.answering(EXTERNAL_IDENTITIES, None, {"email": EMAIL}, {"externalIdentity": None, "email": EMAIL})
    async with directory_of(registers) as directory:
        assert await directory.contact_points([external()]) == {external(): ContactPoints()}


async def test_no_list_of_external_identities_means_that_nobody_was_found() -> None:
    async with directory_of(Registers({EXTERNAL_IDENTITIES: lambda _: None})) as directory:
        assert await directory.contact_points([external()]) == {external(): ContactPoints()}
