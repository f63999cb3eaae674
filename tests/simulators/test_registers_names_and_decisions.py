"""The lookup of names, the decisions, and who may ask."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from local.simulators.issuer.keys import KeyRing
from local.simulators.issuer.service import issuer
from local.simulators.serving import listening
from tests.simulators.registers import (
    DECISION,
    NAMES,
    PERSONS,
    Registers,
    decided,
    decision_request,
    registered,
)

UNIT = 51000006
READER, NOBODY, WRITER, INVALID = 20000011, 20000012, 20000013, 20000015
LEVEL_THREE, UNHEARD_OF = 20000019, 20000020


@pytest.fixture
async def altinn() -> AsyncIterator[Registers]:
    async with registered() as registers:
        yield registers


async def test_names_are_answered_with_every_member_of_the_protocol(altinn: Registers) -> None:
    assert await altinn.names(organizations=["310010014"], persons=["01818030009"]) == [
        {"name": "Bare Epost AS", "orgNo": "310010014", "ssn": None},
        {"name": "Kari Begge", "orgNo": None, "ssn": "01818030009"},
    ]
    assert (await altinn.calls())["byRegister"] == {"names": {"calls": 1, "identities": 2}}


async def test_whoever_has_no_name_is_answered_with_null_and_whoever_is_unknown_not_at_all(altinn: Registers) -> None:
    entries = await altinn.names(organizations=["213001000", "999999999"], persons=["15839430008", "31929900000"])
    assert entries == [
        {"name": None, "orgNo": "213001000", "ssn": None},
        {"name": None, "orgNo": None, "ssn": "15839430008"},
    ]


@pytest.mark.parametrize(
    "body",
    [
        {"parties": [{"ssn": "17859600041"}]},
        {"socialSecurityNumbers": ["17859600041"], "organizationNumbers": None, "parties": None},
    ],
)
async def test_each_way_to_ask_for_a_name_is_enough(altinn: Registers, body: dict[str, Any]) -> None:
    assert [each["name"] for each in await altinn.entries(NAMES, body)] == ["Generated Person 42"]


async def test_users_are_permitted_what_the_file_says(altinn: Registers) -> None:
    pairs = [(UNIT, READER), (UNIT, NOBODY), (UNIT, WRITER), (51000007, READER), (UNIT, 1)]
    reading = decided(await altinn.decisions(*pairs))
    assert [pair for pair, decision in reading.items() if decision == "Permit"] == [(UNIT, READER)]
    assert set(reading) == set(pairs)
    assert set(reading.values()) == {"Permit", "NotApplicable"}
    writing = decided(await altinn.decisions(*pairs, action="write", resource="te_svc123"))
    assert [pair for pair, decision in writing.items() if decision == "Permit"] == [(UNIT, WRITER)]


async def test_a_permit_for_every_resource_holds_for_any(altinn: Registers) -> None:
    entries = await altinn.decisions((51000005, 20000001), (51000011, 30000001), resource="whatever")
    assert set(decided(entries).values()) == {"Permit"}


async def test_an_app_is_asked_for_by_its_organisation_and_its_whole_name(altinn: Registers) -> None:
    whole = decided(await altinn.decisions((UNIT, READER), (UNIT, WRITER), org="ttd", app="my_long_app"))
    cut = decided(await altinn.decisions((UNIT, READER), (UNIT, WRITER), org="ttd", app="my"))
    assert whole == {(UNIT, READER): "Permit", (UNIT, WRITER): "NotApplicable"}
    assert cut == {(UNIT, READER): "NotApplicable", (UNIT, WRITER): "Permit"}


async def test_a_result_repeats_the_attributes_that_were_asked_to_be_repeated(altinn: Registers) -> None:
    (entry,) = await altinn.decisions((UNIT, READER))
    assert [each["categoryId"] for each in entry["category"]] == [
        "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject",
        "urn:oasis:names:tc:xacml:3.0:attribute-category:resource",
    ]
    attributes = [attribute for each in entry["category"] for attribute in each["attribute"]]
    assert [each["attributeId"] for each in attributes] == ["urn:altinn:userid", "urn:altinn:partyid"]
    assert entry["status"] == {"statusCode": {"value": "urn:oasis:names:tc:xacml:1.0:status:ok"}}
    assert entry["obligations"] is None


@pytest.mark.parametrize(
    ("user", "category", "value"),
    [(LEVEL_THREE, "urn:altinn:minimum-authenticationlevel", "3"), (UNHEARD_OF, "urn:example:unheard-of", "1")],
)
async def test_a_permit_comes_with_the_user_s_obligations(
    altinn: Registers, user: int, category: str, value: str
) -> None:
    (entry,) = await altinn.decisions((UNIT, user))
    assert entry["decision"] == "Permit"
    ((assignment,),) = [each["attributeAssignment"] for each in entry["obligations"]]
    assert (assignment["category"], assignment["value"]) == (category, value)
    (refused,) = await altinn.decisions((UNIT, user), action="write", resource="te_svc123")
    assert refused["obligations"] is None


async def test_one_request_needs_no_references(altinn: Registers) -> None:
    body = decision_request((UNIT, READER))
    del body["request"]["multiRequests"]
    assert [each["decision"] for each in await altinn.entries(DECISION, body)] == ["Permit"]


@pytest.mark.parametrize("references", [["subject20000011", "action"], ["subject20000011", "action", "resource1"], []])
async def test_a_reference_to_nothing_is_indeterminate(altinn: Registers, references: list[str]) -> None:
    body = decision_request((UNIT, READER))
    body["request"]["multiRequests"]["requestReference"].append({"referenceId": references})
    assert [each["decision"] for each in await altinn.entries(DECISION, body)] == ["Permit", "Indeterminate"]


async def test_several_requests_without_references_are_indeterminate(altinn: Registers) -> None:
    body = decision_request((UNIT, READER), (UNIT, NOBODY))
    del body["request"]["multiRequests"]
    assert [each["decision"] for each in await altinn.entries(DECISION, body)] == ["Indeterminate"]


async def test_500_pairs_are_decided_in_one_call_and_one_more_is_refused(altinn: Registers) -> None:
    for count, status in ((500, 200), (501, 400)):
        pairs = [(51000011, 30000001 + number) for number in range(count)]
        answer = await altinn.http.post(DECISION, json=decision_request(*pairs))
        assert answer.status_code == status
    assert (await altinn.calls())["byRegister"] == {"decisions": {"calls": 2, "identities": 1001}}


@pytest.mark.parametrize("body", ["{}", '{"request": {"accessSubject": [], "action": []}}', "no json"])
async def test_a_body_that_is_no_request_is_answered_400(altinn: Registers, body: str) -> None:
    assert (await altinn.http.post(DECISION, content=body)).status_code == 400


@pytest.mark.parametrize("headers", [{}, {"Ocp-Apim-Subscription-Key": "wrong"}])
async def test_without_the_subscription_key_every_call_is_answered_401(headers: dict[str, str]) -> None:
    async with registered(subscription_key="right") as registers:
        for path in (PERSONS, NAMES, DECISION):
            answer = await registers.http.post(path, json={}, headers=headers)
            assert answer.status_code == 401
            assert "Ocp-Apim-Subscription-Key" in answer.json()["detail"]


async def test_with_the_subscription_key_a_call_is_answered() -> None:
    async with registered(subscription_key="right") as registers:
        registers.http.headers["Ocp-Apim-Subscription-Key"] = "right"
        assert await registers.persons("01818030009")


@pytest.mark.parametrize(("headers", "noted"), [({}, "absent"), ({"PlatformAccessToken": "any"}, "unverified")])
async def test_the_lookup_of_names_notes_whether_there_was_a_platform_token(
    altinn: Registers, headers: dict[str, str], noted: str
) -> None:
    assert (await altinn.http.post(NAMES, json={}, headers=headers)).status_code == 200
    (call,) = (await altinn.calls())["calls"]
    assert call["platformToken"] == noted


async def platform_token(base: str, **members: Any) -> str:
    async with httpx.AsyncClient() as http:
        answer = await http.post(f"{base}/platform-token", json=members)
    token: str = answer.json()["access_token"]
    return token


@pytest.mark.parametrize(
    ("members", "status", "noted"),
    [
        ({"org": "platform"}, 200, "verified"),
        ({"org": "ttd"}, 200, "verified"),
        ({"expired": True}, 401, "refused"),
        ({"without_exp": True}, 401, "refused"),
        ({"foreign_key": True}, 401, "refused"),
        ({"algorithm": "none"}, 401, "refused"),
        ({"algorithm": "HS256"}, 401, "refused"),
        ({"org": "nobody-knows"}, 401, "refused"),
        ({"org": "../../jwks"}, 401, "refused"),
    ],
)
async def test_with_platform_keys_names_are_told_for_a_token_that_verifies(
    members: dict[str, Any], status: int, noted: str
) -> None:
    async with (
        listening(issuer(KeyRing()), 0) as base,
        registered(platform_keys_url=f"{base}/platform-keys/{{issuer}}/jwks.json") as registers,
    ):
        token = await platform_token(base, **members)
        answer = await registers.http.post(NAMES, json={}, headers={"PlatformAccessToken": token})
        (call,) = (await registers.calls())["calls"]
    assert (answer.status_code, call["platformToken"]) == (status, noted)


@pytest.mark.parametrize(("headers", "noted"), [({}, "absent"), ({"PlatformAccessToken": "a.b.c"}, "refused")])
async def test_with_platform_keys_names_are_not_told_without_a_token(headers: dict[str, str], noted: str) -> None:
    async with registered(platform_keys_url="http://127.0.0.1:1/{issuer}") as registers:
        assert (await registers.http.post(NAMES, json={}, headers=headers)).status_code == 401
        assert (await registers.http.post(PERSONS, json={"nationalIdentityNumbers": []})).status_code == 200
        assert (await registers.calls())["calls"][0]["platformToken"] == noted


async def test_an_issuer_of_platform_tokens_that_is_away_proves_nothing() -> None:
    async with listening(issuer(KeyRing()), 0) as base:
        token = await platform_token(base)
    async with registered(platform_keys_url=f"{base}/platform-keys/{{issuer}}/jwks.json") as registers:
        answer = await registers.http.post(NAMES, json={}, headers={"PlatformAccessToken": token})
    assert answer.status_code == 401
