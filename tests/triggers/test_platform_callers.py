"""Applications of the platform order in the name of the organisation that signed their token (section 1.2)."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from notifications.security.access import COMPOSED_SCOPE
from tests.contract.documented import OPERATION
from tests.security.issuer import Issuer, jwk
from tests.security.publisher import Publisher
from tests.stages.world import World
from tests.triggers.asks import asks, placing, there
from tests.triggers.edge import Edge, problem

BY_PLATFORM = sorted(
    name for name, each in OPERATION.items() if any("platformAccessToken" in one for one in each.security)
)
BY_TOKEN_ALONE = sorted(
    name
    for name, each in OPERATION.items()
    if any("bearer" in one for one in each.security) and name not in BY_PLATFORM
)


@pytest.fixture
async def publisher(issuer_key: RSAPrivateKey) -> AsyncIterator[Publisher]:
    """The keys of the applications of ttd and skd."""
    keys = [jwk(issuer_key, "main")]
    async with Publisher(keys={"ttd": keys, "skd": keys}).serving() as publisher:
        yield publisher


@pytest.fixture
async def edge(issuer_key: RSAPrivateKey, publisher: Publisher) -> AsyncIterator[Edge]:
    """The functions, where platform tokens are verified."""
    world = World()
    await world.store.prepare()
    async with (
        Issuer(keys=[jwk(issuer_key, "main")]).serving() as issuer,
        httpx.AsyncClient(verify=False) as client,
    ):
        yield Edge(world, issuer, issuer_key, client, publisher)


def platform(edge: Edge, org: str = "ttd") -> dict[str, str]:
    return {"PlatformAccessToken": edge.signed(iss=org)}


def test_only_composed_emails_and_the_dashboard_need_a_bearer_token() -> None:
    assert BY_TOKEN_ALONE == ["dashboard_organization", "dashboard_person", "place_composed_email"]
    assert len(BY_PLATFORM) == 18


@pytest.mark.parametrize("operation", BY_PLATFORM)
async def test_a_platform_token_is_enough_and_its_issuer_is_the_owner(edge: Edge, operation: str) -> None:
    ask = asks(edge, await there(edge))[operation]
    answer = await ask.but(credentials=platform(edge)).answer(edge)
    assert answer.status_code in OPERATION[operation].answers
    if ask.route:
        assert (await ask.but(credentials=platform(edge, "skd")).answer(edge)).status_code == 404


async def test_the_platform_token_names_the_owner_also_beside_a_bearer_token(edge: Edge) -> None:
    both = edge.bearer("ttd") | platform(edge, "skd")
    answer = await placing(edge, "place_order").but(credentials=both).answer(edge)
    shipment = json.loads(answer.get_body())["notification"]["shipmentId"]
    codes = []
    for credentials in (edge.bearer("skd"), edge.bearer("ttd")):
        found = await edge.call("get_shipment", headers=credentials, route={"id": shipment})
        codes.append(found.status_code)
    assert codes == [200, 404]


@pytest.mark.parametrize("operation", BY_PLATFORM + BY_TOKEN_ALONE)
@pytest.mark.parametrize("token", ["x", "a.b.c", "one, two"])
async def test_a_platform_token_that_does_not_verify_is_refused_whatever_the_bearer_says(
    edge: Edge, operation: str, token: str
) -> None:
    ask = asks(edge, await there(edge))[operation]
    refused = ask.but(credentials={**ask.credentials, "PlatformAccessToken": token})
    assert problem(await refused.answer(edge))["status"] == 401


@pytest.mark.parametrize("operation", BY_TOKEN_ALONE)
async def test_where_a_bearer_token_is_needed_a_platform_token_alone_is_not_enough(edge: Edge, operation: str) -> None:
    ask = asks(edge, await there(edge))[operation].but(credentials=platform(edge))
    assert problem(await ask.answer(edge))["status"] == 401


async def test_the_scope_of_composed_emails_is_needed_beside_a_platform_token(edge: Edge) -> None:
    ask = placing(edge, "place_composed_email")
    for scope, status in ((COMPOSED_SCOPE, 201), ("altinn:serviceowner/notifications.create", 403)):
        credentials = edge.bearer(scope=scope) | platform(edge)
        assert (await ask.but(credentials=credentials).answer(edge)).status_code == status


async def test_an_organisation_that_publishes_no_keys_is_refused(edge: Edge) -> None:
    ask = placing(edge, "place_order").but(credentials=platform(edge, "nobody"))
    assert problem(await ask.answer(edge))["status"] == 401


async def test_keys_that_cannot_be_read_now_are_not_the_callers_fault(edge: Edge, publisher: Publisher) -> None:
    publisher.status = 500
    answer = await placing(edge, "place_order").but(credentials=platform(edge)).answer(edge)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
