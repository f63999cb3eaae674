"""The four lookups of contact points: what is asked, what is answered, what is refused."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.simulators.registers import EXTERNAL, NAMES, ORGANIZATIONS, PERSONS, UNITS, Registers, registered

TODAY = datetime.now(UTC).date()


@pytest.fixture
async def altinn() -> AsyncIterator[Registers]:
    async with registered() as registers:
        yield registers


def addresses(entry: dict[str, Any]) -> tuple[str | None, str | None]:
    return entry["email"], entry["mobileNumber"]


async def test_a_person_is_answered_with_every_member_of_the_protocol(altinn: Registers) -> None:
    assert await altinn.persons("01818030009") == [
        {
            "userId": 1,
            "nationalIdentityNumber": "01818030009",
            "isReserved": False,
            "mobileNumber": "+4799999901",
            "email": "kari.begge@example.com",
        }
    ]


async def test_a_person_without_addresses_is_answered_with_nulls(altinn: Registers) -> None:
    (entry,) = await altinn.persons("04848330049")
    assert addresses(entry) == (None, None)


async def test_whoever_is_not_registered_is_left_out(altinn: Registers) -> None:
    assert [each["nationalIdentityNumber"] for each in await altinn.persons("31929900000", "04848330049")] == [
        "04848330049"
    ]


async def test_a_person_asked_for_twice_is_answered_and_counted_once(altinn: Registers) -> None:
    assert len(await altinn.persons("04848330049", "04848330049")) == 1
    assert (await altinn.calls())["byRegister"] == {"persons": {"calls": 1, "identities": 1}}


async def test_a_reserved_person_is_told_with_the_addresses(altinn: Registers) -> None:
    (entry,) = await altinn.persons("05858430099")
    assert entry["isReserved"] is True
    assert addresses(entry) == ("reidar.reservert@example.com", "+4799999905")


async def test_a_stale_contact_is_told_only_when_asked_for(altinn: Registers) -> None:
    (without,) = await altinn.persons("07878630089")
    (refused,) = await altinn.persons("07878630089", useStaleContactInfo=False)
    (told,) = await altinn.persons("07878630089", useStaleContactInfo=True)
    assert addresses(without) == addresses(refused) == (None, None)
    assert addresses(told) == ("gamle.gro@example.com", "+4799999907")


@pytest.mark.parametrize(("days", "told"), [(0, True), (540, True), (560, False)])
async def test_a_contact_is_stale_after_18_months(days: int, told: bool) -> None:
    person = {"number": "01818030009", "email": "a@example.com", "lastConfirmed": str(TODAY - timedelta(days))}
    async with registered({"persons": [person]}) as registers:
        (entry,) = await registers.persons("01818030009")
    assert (entry["email"] is not None) is told


async def test_generated_persons_have_consecutive_numbers_and_addresses_of_their_own(altinn: Registers) -> None:
    numbers = [str(number) for number in range(17859600000, 17859600500)]
    entries = await altinn.persons(*numbers)
    assert [each["nationalIdentityNumber"] for each in entries] == numbers
    assert len({address for each in entries for address in addresses(each)}) == 1000
    assert len(await altinn.persons("17859599999", "17859619999", "17859620000")) == 1


async def test_an_organization_is_answered_with_every_member_of_the_protocol(altinn: Registers) -> None:
    assert await altinn.organizations("310010014", "999999999", "310010030") == [
        {
            "organizationNumber": "310010014",
            "partyId": 51000002,
            "mobileNumberList": [],
            "emailList": ["kontor@example.com", "leder@example.com"],
        },
        {"organizationNumber": "310010030", "partyId": 51000004, "mobileNumberList": [], "emailList": []},
    ]


async def test_the_users_of_an_organization_are_answered_with_every_member_of_the_protocol(altinn: Registers) -> None:
    assert await altinn.units("310010065", "999999999") == [
        {
            "organizationNumber": "310010065",
            "partyId": 51000007,
            "userContactPoints": [
                {"userId": 20000021, "mobileNumber": "+4799999951", "email": "uten.rett@example.com"}
            ],
        }
    ]


async def test_an_organization_without_users_is_left_out_of_the_units(altinn: Registers) -> None:
    assert await altinn.units("310010014") == []


async def test_a_user_who_wants_to_know_of_one_resource_is_left_out_for_others(altinn: Registers) -> None:
    def ids(entries: list[dict[str, Any]]) -> set[int]:
        return {user["userId"] for entry in entries for user in entry["userContactPoints"]}

    other = ids(await altinn.units("310010057", resource="te_other"))
    assert other - ids(await altinn.units("310010057")) == {20000014}


async def test_five_thousand_users_have_ids_and_addresses_of_their_own(altinn: Registers) -> None:
    ((entry),) = await altinn.units("213001019")
    users = entry["userContactPoints"]
    assert len(users) == 5000
    for member in ("userId", "email", "mobileNumber"):
        assert len({user[member] for user in users}) == 5000


@pytest.mark.parametrize("asked", ["nora.innlogget@example.com", "NORA.Innlogget@Example.com"])
async def test_an_external_identity_is_found_in_any_letter_case_and_named_as_asked(
    altinn: Registers, asked: str
) -> None:
    urn = f"urn:altinn:person:idporten-email:{asked}"
    assert await altinn.external(urn, "urn:altinn:username:nobody") == [
        {"externalIdentity": urn, "email": "nora.innlogget@example.com", "mobileNumber": "+4799999961"}
    ]


@pytest.mark.parametrize(
    "prefix",
    ["urn:altinn:username:", "urn:altinn:person:legacy-selfidentified:", "urn:altinn:party:username:"],
)
@pytest.mark.parametrize("name", ["brukernavn", "gammelbruker", "partsbruker"])
async def test_a_user_name_is_the_same_in_each_of_its_forms(altinn: Registers, prefix: str, name: str) -> None:
    (entry,) = await altinn.external(prefix + name)
    assert entry["externalIdentity"] == prefix + name
    assert any(addresses(entry))


@pytest.mark.parametrize(
    ("path", "member", "more"),
    [
        (PERSONS, "nationalIdentityNumbers", {}),
        (EXTERNAL, "externalIdentities", {}),
        (ORGANIZATIONS, "organizationNumbers", {}),
        (UNITS, "organizationNumbers", {"resourceId": "te_svc123"}),
        (NAMES, "socialSecurityNumbers", {}),
        (NAMES, "organizationNumbers", {}),
    ],
)
async def test_a_thousand_identities_are_answered_and_one_more_is_refused(
    altinn: Registers, path: str, member: str, more: dict[str, Any]
) -> None:
    for count, status in ((1000, 200), (1001, 400)):
        body = {member: [str(number) for number in range(10**10, 10**10 + count)], **more}
        assert (await altinn.http.post(path, json=body)).status_code == status
    assert [call["answer"] for call in (await altinn.calls())["calls"]] == [200, 400]


@pytest.mark.parametrize(
    ("path", "body", "names"),
    [
        (PERSONS, "{}", "nationalIdentityNumbers: is required"),
        (PERSONS, '{"nationalIdentityNumbers": null}', "nationalIdentityNumbers"),
        (PERSONS, '{"nationalIdentityNumbers": [1]}', "nationalIdentityNumbers[0]"),
        (PERSONS, '{"nationalIdentityNumbers": [], "useStale": true}', "useStale"),
        (EXTERNAL, '{"externalIdentity": []}', "externalIdentities: is required"),
        (ORGANIZATIONS, "[]", "Input should be an object"),
        (UNITS, '{"organizationNumbers": []}', "resourceId: is required"),
        (NAMES, '{"parties": [{"orgNumber": "1"}]}', "parties[0].orgNumber"),
        (NAMES, "{", "Invalid JSON"),
    ],
)
async def test_a_body_that_is_no_question_is_answered_400_and_names_the_member(
    altinn: Registers, path: str, body: str, names: str
) -> None:
    answer = await altinn.http.post(path, content=body)
    assert answer.status_code == 400
    assert names in answer.json()["detail"]
