"""The file that says who is in the registers: what is refused, and what the default one shows."""

import json
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

from local.simulators.acs_email import recipients as email_recipients
from local.simulators.pswin.recipients import fate_of
from local.simulators.registers.people import People, PeopleFileError, default_people, read_people

PERSON = {"number": "01818030009"}
ORGANIZATION = {"number": "310010014", "partyId": 1}


def faults_of(tmp_path: Path, document: object) -> tuple[str, ...]:
    """Return what is said of a file with this content."""
    path = tmp_path / "people.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), "utf-8")
    with pytest.raises(PeopleFileError) as caught:
        read_people(path)
    return caught.value.faults


@pytest.mark.parametrize(
    ("document", "fault"),
    [
        ("", "Invalid JSON: EOF while parsing a value at line 1 column 0"),
        ('{"persons": [}', "Invalid JSON: expected value at line 1 column 14"),
        ([], "Input should be an object"),
        ({"people": []}, "people is not known here; known are persons, generatedPersons, organizations"),
        ({"persons": {}}, "persons: Input should be a valid array"),
        ({"persons": [{}]}, "persons[0].number: is required"),
        ({"persons": [{"number": "1"}]}, "persons[0].number: give 11 digits"),
        ({"persons": [{"number": 1818030009}]}, "persons[0].number: Input should be a valid string"),
        ({"persons": [{**PERSON, "phone": "1"}]}, "persons[0]: phone is not known here; known are number, shows, name"),
        ({"persons": [{**PERSON, "reserved": "no"}]}, "persons[0].reserved: Input should be a valid boolean"),
        ({"persons": [{**PERSON, "lastConfirmed": "soon"}]}, "persons[0].lastConfirmed: give a date as 2026-12-31"),
        ({"persons": [{**PERSON, "lastConfirmed": 20240101}]}, "persons[0].lastConfirmed: give a date as 2026-12-31"),
        ({"persons": [{**PERSON, "lastConfirmed": "2024-13-01"}]}, "persons[0].lastConfirmed: Input should be a valid"),
        ({"persons": [PERSON, PERSON]}, "persons[1].number is there twice"),
        ({"generatedPersons": {"from": "01818030009"}}, "generatedPersons.count: is required"),
        (
            {"generatedPersons": {"from": "01818030009", "count": 100_001}},
            "generatedPersons.count: Input should be less than or equal to 100000",
        ),
        (
            {"generatedPersons": {"from": "99999999991", "count": 10}},
            "generatedPersons: the last number would have more than 11 digits",
        ),
        ({"organizations": [{"number": "310010014"}]}, "organizations[0].partyId: is required"),
        ({"organizations": [{"number": "31001001x", "partyId": 1}]}, "organizations[0].number: give 9 digits"),
        ({"organizations": [ORGANIZATION, ORGANIZATION]}, "organizations[1].number is there twice"),
        (
            {"organizations": [ORGANIZATION, {"number": "310010022", "partyId": 1}]},
            "organizations[1].partyId is there twice",
        ),
        (
            {"organizations": [{**ORGANIZATION, "users": [{"userId": 1}, {"userId": 1}]}]},
            "organizations[0]: users[1].userId is there twice",
        ),
        (
            {"organizations": [{**ORGANIZATION, "users": [{"userId": 1, "resources": ["read"]}]}]},
            "organizations[0].users[0].resources: Input should be an object",
        ),
        (
            {"organizations": [{**ORGANIZATION, "users": [{"userId": 1, "onlyFor": ["urn:altinn:resource:te"]}]}]},
            "organizations[0].users[0].onlyFor[0]: give a resource's id without urn:altinn:resource:",
        ),
        (
            {"organizations": [{**ORGANIZATION, "generatedUsers": 5000}]},
            "organizations[0].generatedUsers: Input should be an object",
        ),
        (
            {
                "organizations": [
                    {"number": number, "partyId": int(number), "generatedUsers": {"count": 30_000}}
                    for number in ("310010014", "310010022")
                ]
            },
            "give at most 50000 generatedUsers in all",
        ),
        (
            {"externalIdentities": [{"urn": "urn:altinn:person:identifier-no:01818030009"}]},
            "externalIdentities[0].urn: give a URN that begins with one of urn:altinn:person:idporten-email:",
        ),
        (
            {"externalIdentities": [{"urn": "urn:altinn:username:A"}, {"urn": "urn:altinn:username:a"}]},
            "externalIdentities[1].urn is there twice",
        ),
        (
            {"externalIdentities": [{"urn": "urn:altinn:username:a"}, {"urn": "urn:altinn:party:username:A"}]},
            "externalIdentities[1].urn is there twice",
        ),
        ({"switches": {"persons": {"broken": True}}}, "switches.persons.broken: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_member_is_named_with_what_would_be_right(tmp_path: Path, document: object, fault: str) -> None:
    (told,) = faults_of(tmp_path, document)
    assert told.startswith(fault)


def test_a_resource_with_its_prefix_is_refused(tmp_path: Path) -> None:
    user = {"userId": 1, "resources": {"urn:altinn:resource:te_svc123": ["read"]}}
    (told,) = faults_of(tmp_path, {"organizations": [{**ORGANIZATION, "users": [user]}]})
    assert "give a resource's id without urn:altinn:resource:" in told


def test_all_faults_are_told_at_once_and_none_with_its_value(tmp_path: Path) -> None:
    document = {"persons": [{"number": "0181803000x"}, {"number": "01818030009", "email": 4799999999}]}
    told = faults_of(tmp_path, document)
    assert told == ("persons[0].number: give 11 digits", "persons[1].email: Input should be a valid string")


def test_an_empty_file_knows_nobody(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text("{}")
    assert read_people(path) == People()


def test_a_file_may_begin_with_a_byte_order_mark_and_its_last_number_have_nothing_after_it(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_bytes(b'\xef\xbb\xbf{"generatedPersons": {"from": "99999999990", "count": 10}}')
    assert read_people(path).generated_persons


@pytest.fixture(scope="module")
def default() -> People:
    return read_people(default_people())


def addresses_of(people: People, member: str) -> list[str]:
    """Return all addresses of one kind, those of persons, organisations, users and external identities."""
    users = [user for each in people.organizations for user in each.users]
    single: list[Any] = [*people.persons, *people.external_identities, *users]
    official = [address for each in people.organizations for address in getattr(each, f"{member}s")]
    return [*(address for each in single if (address := getattr(each, member))), *official]


def test_the_default_persons_are_synthetic_or_the_contract_s_own(default: People) -> None:
    """Tenor adds 80 to the month; the contract's examples have no valid check digits, so nobody has them."""
    first = default.generated_persons
    assert first is not None
    numbers = [*(each.number for each in default.persons), first.first]
    assert [number for number in numbers if not 81 <= int(number[2:4]) <= 92] == ["16069412345", "29124112345"]


def test_the_default_organizations_are_of_the_synthetic_range(default: People) -> None:
    assert all(each.number[0] in "23" for each in default.organizations)


def test_the_default_addresses_are_synthetic(default: People) -> None:
    emails = [each for each in addresses_of(default, "email") if "@" in each]
    assert all(each.lower().endswith("@example.com") for each in emails)
    digits = {each.lstrip("+0").removeprefix("47") for each in addresses_of(default, "mobile")}
    assert all(each.startswith("999999") for each in digits - {"12345", "22222222", "99990002", "99990004"})


def test_the_default_addresses_are_delivered_but_for_those_that_show_a_failure(default: People) -> None:
    local_parts = {each.lower().partition("@")[0] for each in addresses_of(default, "email")}
    assert local_parts & email_recipients.RECIPIENTS.keys() == {"bounced", "failed"}
    reports = {fate_of(each.lstrip("+")).reports for each in addresses_of(default, "mobile")}
    assert reports == {("DELIVRD",), ("EXPIRED",), ("UNDELIV",)}


def test_the_default_file_shows_every_situation_of_a_person(default: People) -> None:
    situations = {(bool(each.email), bool(each.mobile), each.reserved) for each in default.persons}
    assert situations >= {(email, mobile, False) for email in (True, False) for mobile in (True, False)}
    assert situations >= {(True, True, True), (False, False, True)}
    assert any(each.last_confirmed and each.last_confirmed.year == 2020 for each in default.persons)


def test_the_default_file_shows_every_situation_of_an_organization(default: People) -> None:
    situations = {(len(each.emails) > 1, len(each.mobiles) > 1, bool(each.users)) for each in default.organizations}
    none = (False, False)
    assert situations >= {
        (True, True, False),
        (True, False, False),
        (False, True, False),
        (*none, False),
        (*none, True),
    }
    assert any(each.generated_users and each.generated_users.count == 5000 for each in default.organizations)


def test_the_default_file_has_every_kind_of_external_identity(default: People) -> None:
    kinds = {each.urn.rpartition(":")[0] for each in default.external_identities}
    assert kinds == {
        "urn:altinn:person:idporten-email",
        "urn:altinn:username",
        "urn:altinn:person:legacy-selfidentified",
        "urn:altinn:party:username",
    }


@pytest.mark.parametrize("base", [4799700000, 4799799999, 4799800000, 4799849999])
def test_generated_mobiles_are_valid_numbers_that_are_delivered(base: int) -> None:
    assert phonenumbers.is_valid_number(phonenumbers.parse(f"+{base}"))
    assert fate_of(str(base)).reports == ("DELIVRD",)
