"""Who may do what: every credential that must not pass, on every endpoint that needs one."""

import base64
import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from tests.system.expect import (
    API,
    FEED,
    ORDERS,
    SHIPMENTS,
    UNKNOWN_ID,
    assert_json,
    assert_problem,
    assert_shipment_not_found,
)
from tests.system.orders import Document, email_recipient, order
from tests.system.published import published
from tests.system.running import System
from tests.system.times import in_an_hour

pytestmark = pytest.mark.system

REFUSED_TOKENS = [
    {"expired": True},
    {"not_before": 600},
    {"without_exp": True},
    {"foreign_key": True},
    {"algorithm": "none"},
    {"algorithm": "HS256"},
    {"issuer": "https://issuer.example.com"},
]
CREATE = "altinn:serviceowner/notifications.create"


@pytest.fixture
async def visitor(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a credential."""
    async with system.client() as http:
        del http.headers["Authorization"]
        yield http


async def ask_everything(http: httpx.AsyncClient, placed: Document) -> list[httpx.Response]:
    """One request to each endpoint that needs a credential."""
    return [
        await http.post(ORDERS, json=placed),
        await http.get(f"{SHIPMENTS}/{UNKNOWN_ID}"),
        await http.get(FEED),
        await http.put(f"{API}/orders/{UNKNOWN_ID}/cancel"),
    ]


def an_order() -> Document:
    return order(email_recipient(), requestedSendTime=in_an_hour())


@pytest.mark.parametrize("overrides", REFUSED_TOKENS, ids=str)
async def test_a_token_that_proves_nothing_is_answered_401_everywhere(
    system: System, visitor: httpx.AsyncClient, overrides: Document
) -> None:
    placed = an_order()
    visitor.headers["Authorization"] = f"Bearer {await system.token(**overrides)}"
    for answer in await ask_everything(visitor, placed):
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"] == "Bearer"
    async with system.client() as http:
        assert_json(await http.post(ORDERS, json=placed), 201)


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Bearer a.b.c", "Basic dXNlcjpwYXNz"])
async def test_no_token_or_a_malformed_one_is_answered_401_everywhere(
    visitor: httpx.AsyncClient, header: str | None
) -> None:
    if header is not None:
        visitor.headers["Authorization"] = header
    for answer in await ask_everything(visitor, an_order()):
        assert_problem(answer, 401)


async def test_a_token_whose_claims_were_changed_is_answered_401(system: System, visitor: httpx.AsyncClient) -> None:
    header, claims, signature = (await system.token("ttd")).split(".")
    changed = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"urn:altinn:org": "skd"}
    forged = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()
    visitor.headers["Authorization"] = f"Bearer {header}.{forged}.{signature}"
    for answer in await ask_everything(visitor, an_order()):
        assert_problem(answer, 401)


@pytest.mark.parametrize(
    "scope", ["", "altinn:serviceowner/notifications", CREATE.upper(), f"{CREATE}d", f"{CREATE},{CREATE}"]
)
async def test_a_token_without_the_scope_is_answered_403_everywhere(system: System, scope: str) -> None:
    placed = an_order()
    async with system.client(scope=scope) as http:
        for answer in await ask_everything(http, placed):
            assert_problem(answer, 403)
    async with system.client() as http:
        assert_json(await http.post(ORDERS, json=placed), 201)


async def test_altinns_own_scope_claim_goes_before_the_ordinary_one(system: System) -> None:
    async with system.client(scope="something else", altinn_scope=f"first {CREATE} last") as http:
        assert_json(await http.get(FEED), 200)
    async with system.client(scope=CREATE, altinn_scope="something else") as http:
        assert_problem(await http.get(FEED), 403)


async def test_a_token_that_names_no_organisation_is_answered_403_everywhere(system: System) -> None:
    async with system.client(without_org=True) as http:
        for answer in await ask_everything(http, an_order()):
            assert_problem(answer, 403)
        # The body is looked at first (section 1.3), also where an earlier request could be found by it.
        assert_problem(await http.post(ORDERS, json={}), 400)
        late = order(email_recipient(), requestedSendTime="2020-01-01T08:00:00Z")
        assert_problem(await http.post(ORDERS, json=late), 400)


@pytest.mark.parametrize("token", ["x", "a.b.c"])
async def test_a_platform_access_token_is_refused_whatever_the_bearer_says(system: System, token: str) -> None:
    async with system.client() as http:
        http.headers["PlatformAccessToken"] = token
        for answer in await ask_everything(http, an_order()):
            assert_problem(answer, 401)
        http.headers["PlatformAccessToken"] = await system.token()
        for answer in await ask_everything(http, an_order()):
            assert_problem(answer, 401)


async def test_the_token_may_come_in_the_cookie(system: System, visitor: httpx.AsyncClient) -> None:
    visitor.headers["Cookie"] = f"other=1; AltinnStudioRuntime={await system.token('cookie-owner')}"
    placed = an_order()
    shipment = assert_json(await visitor.post(ORDERS, json=placed), 201)["notification"]["shipmentId"]
    assert (await system.shipment(shipment, "cookie-owner"))["status"] == "Order_Registered"


async def test_another_organisations_shipment_looks_as_if_it_were_not_there(system: System) -> None:
    placed = await system.order(an_order(), "first-owner")
    shipment = placed["notification"]["shipmentId"]
    async with system.client("second-owner") as http:
        assert_shipment_not_found(await http.get(f"{SHIPMENTS}/{shipment}"))
        assert_problem(await http.put(f"{API}/orders/{shipment}/cancel"), 404)
    assert (await system.shipment(shipment, "first-owner"))["status"] == "Order_Registered"


async def test_another_organisations_entries_are_not_in_the_feed(system: System) -> None:
    placed = await system.order(order(email_recipient()), "first-owner")
    shipment = placed["notification"]["shipmentId"]
    await system.until_final([shipment], "first-owner")
    await published(system, [shipment], "first-owner")
    assert await system.feed("second-owner") == []


async def test_two_organisations_may_use_the_same_idempotency_id(system: System) -> None:
    placed = an_order()
    answers = [await system.order(placed, org) for org in ("first-owner", "second-owner")]
    assert answers[0]["notificationOrderId"] != answers[1]["notificationOrderId"]


async def test_organisations_are_told_apart_by_letter_case(system: System) -> None:
    placed = await system.order(an_order(), f"owner-{uuid4()}")
    async with system.client("OWNER") as http:
        assert_shipment_not_found(await http.get(f"{SHIPMENTS}/{placed['notification']['shipmentId']}"))
