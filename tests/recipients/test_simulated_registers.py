"""The directory and the simulated registers that a laptop runs: they understand each other."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from local.simulators.issuer.keys import KeyRing
from local.simulators.issuer.platform import PlatformKeys
from local.simulators.issuer.service import issuer
from local.simulators.registers.people import People
from local.simulators.registers.service import Options, registers
from local.simulators.serving import listening
from notifications.domain.clock import SystemClock
from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable, UserContact
from notifications.domain.order import Recipient
from notifications.recipients.composition import build_directory
from notifications.recipients.directory import Directory
from notifications.recipients.exchange import Patience
from tests.recipients.registers import external, organization, person

KEY = "a-subscription-key"
BOTH, RESERVED, STALE, TYPED, INVALID, NAMELESS = (f"0181803000{digit}" for digit in range(6))
BAKERY, SMITHY, FIVE_THOUSAND, NAMELESS_FIRM = (f"31001000{digit}" for digit in range(4))
NORA, USERNAME = "urn:altinn:person:idporten-email:nora@example.com", "urn:altinn:party:username:brukernavn"
LEVEL = {
    "id": "urn:altinn:obligation:authenticationLevel1",
    "category": "urn:altinn:minimum-authenticationlevel",
    "value": "3",
}
UNHEARD_OF = {"id": "urn:example:obligation:other", "category": "urn:example:other", "value": "1"}
PEOPLE = {
    "persons": [
        {"number": BOTH, "name": "Kari Begge", "email": "kari@example.com", "mobile": "+4799999901"},
        {"number": RESERVED, "email": "reidar@example.com", "mobile": "+4799999902", "reserved": True},
        {"number": STALE, "email": "gro@example.com", "mobile": "+4799999903", "lastConfirmed": "2020-01-31"},
        {"number": TYPED, "email": "no address", "mobile": "0047 999 99 904"},
        {"number": INVALID, "email": "no address", "mobile": "+4722222222"},
        {"number": NAMELESS, "email": "nameless@example.com"},
    ],
    "generatedPersons": {"from": "17859600000", "count": 3000},
    "organizations": [
        {
            "number": BAKERY,
            "name": "Bakeriet AS",
            "partyId": 51,
            "emails": ["post@example.com", " ", "POST@example.com"],
            "mobiles": ["99999940", "+4799999940", "12345"],
            "users": [
                {
                    "userId": 1,
                    "email": "leser@example.com",
                    "mobile": "+4799999941",
                    "resources": {"te_tax": ["read"], "app_ttd_my_long_app": ["read"]},
                },
                {"userId": 2, "email": "nobody@example.com", "mobile": "+4799999942"},
                {
                    "userId": 3,
                    "email": "writer@example.com",
                    "resources": {"te_tax": ["write"], "app_ttd_my": ["read"]},
                },
                {"userId": 4, "email": "other@example.com", "onlyFor": ["te_other"], "resources": {"*": ["read"]}},
                {"userId": 5, "email": "invalid@example.com", "mobile": "12345", "resources": {"te_tax": ["read"]}},
                {"userId": 6, "mobile": "12345", "resources": {"te_tax": ["read"]}},
                {"userId": 7, "email": "Post@example.com", "mobile": "99999940", "resources": {"te_tax": ["read"]}},
                {
                    "userId": 8,
                    "email": "leser@example.com",
                    "mobile": "+4799999948",
                    "onlyFor": ["*"],
                    "resources": {"te_tax": ["read"]},
                },
                {
                    "userId": 9,
                    "email": "level@example.com",
                    "resources": {"te_tax": ["read"]},
                    "obligations": [LEVEL],
                },
                {
                    "userId": 10,
                    "email": "unknown@example.com",
                    "resources": {"te_tax": ["read"]},
                    "obligations": [UNHEARD_OF],
                },
            ],
        },
        {
            "number": SMITHY,
            "name": "Smia AS",
            "partyId": 52,
            "users": [{"userId": 1, "email": "smed@example.com", "resources": {"*": ["read"]}}],
        },
        {
            "number": FIVE_THOUSAND,
            "partyId": 53,
            "generatedUsers": {"count": 5000, "resources": {"*": ["read"]}},
        },
        {"number": NAMELESS_FIRM, "partyId": 54},
    ],
    "externalIdentities": [
        {"urn": NORA, "email": "nora@example.com", "mobile": "+4799999961"},
        {"urn": USERNAME, "mobile": "+4799999962"},
    ],
}


async def _no_pause(_: float) -> None:
    pass


def _directory(http: httpx.AsyncClient, url: str, *, platform_key: str | None = None) -> Directory:
    return build_directory(
        http,
        profile=f"{url}/profile/api/v1",
        register=f"{url}/register/api/v1",
        authorization=f"{url}/authorization/api/v1",
        subscription_key=KEY,
        platform_key=platform_key,
        clock=SystemClock(),
        remembered_seconds=0,
        patience=Patience(attempt=30, total=60, pause=_no_pause),
    )


@asynccontextmanager
async def simulated() -> AsyncIterator[tuple[Directory, httpx.AsyncClient]]:
    """A directory over these people, and a client for calls and switches."""
    build = registers(People.model_validate_json(json.dumps(PEOPLE)), Options(subscription_key=KEY))
    async with listening(build, 0) as url, httpx.AsyncClient(base_url=url) as http:
        directory = _directory(http, url)
        yield directory, http


async def told(*inquiries: Inquiry) -> list[ContactPoints | Unavailable]:
    async with simulated() as (directory, _):
        found = await directory.contact_points(inquiries)
    return [found[each] for each in inquiries]


async def calls(http: httpx.AsyncClient) -> dict[str, Any]:
    by_register = (await http.get("/calls")).json()["byRegister"]
    return {register: total["calls"] for register, total in by_register.items()}


async def test_persons_are_found_with_reservation_and_age_of_their_contact_points() -> None:
    found = await told(person(BOTH), person(RESERVED), person(STALE), person(STALE, use_stale=True), person("0" * 11))
    assert found == [
        ContactPoints(emails=("kari@example.com",), mobiles=("+4799999901",)),
        ContactPoints(emails=("reidar@example.com",), mobiles=("+4799999902",), reserved=True),
        ContactPoints(),
        ContactPoints(emails=("gro@example.com",), mobiles=("+4799999903",)),
        ContactPoints(),
    ]


async def test_numbers_and_addresses_are_cleaned() -> None:
    assert await told(person(TYPED), person(INVALID), organization(BAKERY)) == [
        ContactPoints(mobiles=("+4799999904",)),
        ContactPoints(),
        ContactPoints(emails=("post@example.com",), mobiles=("+4799999940",)),
    ]


async def test_external_identities_are_found_in_any_letter_case() -> None:
    assert await told(external(NORA), external(NORA.replace("nora", "Nora")), external(USERNAME)) == [
        ContactPoints(emails=("nora@example.com",), mobiles=("+4799999961",)),
        ContactPoints(emails=("nora@example.com",), mobiles=("+4799999961",)),
        ContactPoints(mobiles=("+4799999962",)),
    ]


async def test_users_are_told_who_may_do_it_and_whose_obligations_are_understood() -> None:
    reading, writing = await told(
        organization(BAKERY, "te_tax"), organization(BAKERY, "te_tax", resource_action="write")
    )
    official = ContactPoints(emails=("post@example.com",), mobiles=("+4799999940",))
    assert reading == replace(
        official,
        users=(
            UserContact(email="leser@example.com", mobile="+4799999941"),
            UserContact(email="invalid@example.com"),
            UserContact(mobile="+4799999948"),
            UserContact(email="level@example.com"),
        ),
    )
    assert writing == replace(official, users=(UserContact(email="writer@example.com"),))


async def test_an_app_with_underscores_in_its_name_is_another_than_its_beginning() -> None:
    long, short = await told(organization(BAKERY, "app_ttd_my_long_app"), organization(BAKERY, "app_ttd_my"))
    assert isinstance(long, ContactPoints)
    assert isinstance(short, ContactPoints)
    assert [user.email for user in long.users] == ["leser@example.com"]
    assert [user.email for user in short.users] == ["writer@example.com"]


async def test_an_organisation_of_users_alone_is_reached_with_a_resource_only() -> None:
    official, with_resource, forecast = await told(
        organization(SMITHY),
        organization(SMITHY, "te_any"),
        organization(SMITHY, "te_any", forecast=True),
    )
    assert official == ContactPoints()
    assert isinstance(with_resource, ContactPoints)
    assert with_resource.users == (UserContact(email="smed@example.com"),)
    assert forecast == with_resource


async def test_an_organisation_of_five_thousand_users_takes_ten_calls_for_decisions() -> None:
    inquiry = organization(FIVE_THOUSAND, "te_any")
    async with simulated() as (directory, http):
        found = (await directory.contact_points([inquiry]))[inquiry]
        assert isinstance(found, ContactPoints)
        assert len(found.users) == 5000
        assert await calls(http) == {"organizations": 1, "units": 1, "decisions": 10}


async def test_three_thousand_persons_take_three_calls() -> None:
    inquiries = [person(str(17859600000 + position)) for position in range(3000)]
    async with simulated() as (directory, http):
        found = await directory.contact_points(inquiries)
        assert await calls(http) == {"persons": 3}
    assert found[inquiries[2999]] == ContactPoints(emails=("person-3000@example.com",), mobiles=("+4799702999",))


async def test_names_are_found() -> None:
    recipients = [Recipient(national_identity_number=BOTH), Recipient(organization_number=BAKERY)]
    nameless = [Recipient(national_identity_number=NAMELESS), Recipient(organization_number=NAMELESS_FIRM)]
    async with simulated() as (directory, http):
        found = await directory.names([*recipients, *nameless])
        assert await calls(http) == {"names": 1}
    assert list(found.values()) == ["Kari Begge", "Bakeriet AS", "", ""]


async def test_register_verifies_our_platform_token_by_the_keys_that_are_published() -> None:
    keys = PlatformKeys()
    ours = keys.of("platform")
    assert ours is not None
    kari = Recipient(national_identity_number=BOTH)
    async with listening(issuer(KeyRing(), platform=keys), 0) as issuing:
        options = Options(platform_keys_url=f"{issuing}/platform-keys/{{issuer}}/jwks.json")
        build = registers(People.model_validate_json(json.dumps(PEOPLE)), options)
        async with listening(build, 0) as url, httpx.AsyncClient() as http:
            private = ours.newest.private_pem().decode()
            signing, silent = (_directory(http, url, platform_key=key) for key in (private, None))
            assert await signing.names([kari]) == {kari: "Kari Begge"}
            assert await silent.names([kari]) == {kari: Unavailable("names")}


ASKED = (person(BOTH), external(NORA), organization(BAKERY, "te_tax"))


@pytest.mark.parametrize(
    ("switch", "place", "register"),
    [
        ("persons", 0, "persons"),
        ("externalIdentities", 1, "external-identities"),
        ("organizations", 2, "organizations"),
        ("units", 2, "units"),
        ("decisions", 2, "authorization"),
    ],
)
@pytest.mark.parametrize("fault", ["down", "garbage", "reset"])
async def test_a_switched_register_is_unavailable_until_it_is_back(
    switch: str, place: int, register: str, fault: str
) -> None:
    async with simulated() as (directory, http):
        await http.put("/switches", json={switch: {fault: True}})
        found = list((await directory.contact_points(ASKED)).values())
        assert [each for each in found if isinstance(each, Unavailable)] == [Unavailable(register)]
        assert found[place] == Unavailable(register)
        await http.put("/switches", json={})
        assert Unavailable(register) not in (await directory.contact_points(ASKED)).values()


@pytest.mark.parametrize("switch", ["persons", "externalIdentities", "organizations", "names"])
async def test_a_register_that_answers_about_somebody_else_is_unavailable(switch: str) -> None:
    kari = Recipient(national_identity_number=BOTH)
    async with simulated() as (directory, http):
        await http.put("/switches", json={switch: {"somebodyElse": True}})
        found = list((await directory.contact_points([*ASKED[:2], organization(BAKERY)])).values())
        names = await directory.names([kari])
    expected = {"persons": 0, "externalIdentities": 1, "organizations": 2, "names": 3}
    assert [isinstance(each, Unavailable) for each in [*found, names[kari]]] == [
        place == expected[switch] for place in range(4)
    ]


@pytest.mark.parametrize("fault", ["somebodyElse", "halfMissing"])
async def test_decisions_that_are_not_about_all_who_were_asked_for_decide_nothing(fault: str) -> None:
    async with simulated() as (directory, http):
        await http.put("/switches", json={"decisions": {fault: True}})
        assert await directory.contact_points([ASKED[2]]) == {ASKED[2]: Unavailable("authorization")}
