"""Paths, methods and ids that lead nowhere: problem details, never an empty answer (spec item 2)."""

import httpx
import pytest

from tests.system.expect import (
    API,
    EMAIL_REPORTS,
    FEED,
    ORDERS,
    SHIPMENTS,
    SMS_REPORTS,
    UNKNOWN_ID,
    assert_json,
    assert_problem,
    assert_shipment_not_found,
)
from tests.system.orders import email_recipient, order
from tests.system.running import System
from tests.system.times import in_an_hour

pytestmark = pytest.mark.system

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
ENDPOINTS = {
    ORDERS: "POST",
    f"{SHIPMENTS}/{UNKNOWN_ID}": "GET",
    FEED: "GET",
    f"{API}/orders/{UNKNOWN_ID}/cancel": "PUT",
    f"{API}/orders/not-an-id/cancel": "PUT",
    EMAIL_REPORTS: "POST",
    SMS_REPORTS: "POST",
    "/health": "GET",
}
NOWHERE = [
    "/",
    "/notifications",
    API,
    f"{API}/future",
    f"{ORDERS}/{UNKNOWN_ID}",
    f"{SHIPMENTS}/not-an-id",
    f"{SHIPMENTS}/{UNKNOWN_ID}x",
    f"{API}/orders/{UNKNOWN_ID}/nowhere",
    f"{API}/orders/chain/{UNKNOWN_ID}/nowhere",
    f"/api{ORDERS}",
    "/notifications/%00",
    "/..%2f..%2fetc/passwd",
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", NOWHERE)
async def test_an_unknown_path_is_answered_404(system: System, path: str, method: str) -> None:
    async with system.client() as http:
        assert_problem(await http.request(method, path), 404)


@pytest.mark.parametrize("path", ENDPOINTS)
async def test_a_wrong_method_is_answered_405_and_told_the_right_one(system: System, path: str) -> None:
    right = ENDPOINTS[path]
    async with httpx.AsyncClient(base_url=system.url, trust_env=False) as http:
        for method in set(METHODS) - {right}:
            answer = await http.request(method, path)
            assert_problem(answer, 405)
            assert answer.headers["allow"] == right


async def test_methods_that_nothing_answers_get_their_status_too(system: System) -> None:
    async with system.client() as http:
        answer = await http.head(ORDERS)
        assert (answer.status_code, answer.headers["allow"], answer.content) == (405, "POST", b"")
        for method in ("OPTIONS", "TRACE", "PROPFIND"):
            assert_problem(await http.request(method, ORDERS), 405)
            assert_problem(await http.request(method, "/nowhere"), 404)
        assert (await http.head("/nowhere")).status_code == 404


async def test_paths_are_read_in_any_letter_case(system: System) -> None:
    async with system.client() as http:
        assert_json(await http.get(FEED.upper()), 200)
        assert_shipment_not_found(await http.get(f"{SHIPMENTS}/{UNKNOWN_ID.upper()}".upper()))
        assert_problem(await http.delete(FEED.upper()), 405)


async def test_one_slash_at_the_end_means_nothing_and_two_lead_nowhere(system: System) -> None:
    async with system.client() as http:
        assert_json(await http.get(f"{FEED}/"), 200)
        assert_problem(await http.get(f"{FEED}//"), 404)
        assert_problem(await http.post(f"{ORDERS}//", json={}), 404)


@pytest.mark.parametrize(
    "identity",
    [
        UNKNOWN_ID,
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "2f1c9a52-6f1e-4b6a-9a2e-1f0d8a6b7c11",
        "0190f8a2-1111-8d3c-8f4e-5a6b00000000",
        "0190f8a2-1111-8d3c-8f4e-5a6bff000000",
    ],
)
async def test_an_id_that_nothing_has_is_answered_404(system: System, identity: str) -> None:
    async with system.client() as http:
        assert_shipment_not_found(await http.get(f"{SHIPMENTS}/{identity}"))
        assert_problem(await http.put(f"{API}/orders/{identity}/cancel"), 404)


async def test_neither_the_orders_id_nor_a_notifications_names_a_shipment(system: System) -> None:
    placed = await system.order(order(email_recipient(), requestedSendTime=in_an_hour()))
    shipment = placed["notification"]["shipmentId"]
    for identity in (placed["notificationOrderId"], shipment[:-1] + "1", shipment[:-8] + "02000000"):
        async with system.client() as http:
            assert_shipment_not_found(await http.get(f"{SHIPMENTS}/{identity}"))
            assert_problem(await http.put(f"{API}/orders/{identity}/cancel"), 404)


async def test_cancelling_what_is_no_id_is_answered_400(system: System) -> None:
    async with system.client() as http:
        problem = assert_problem(await http.put(f"{API}/orders/abc/cancel"), 400)
    assert problem["errors"] == {"id": ["The value 'abc' is not valid."]}
