"""Two owners on one running system: with the other's ids, nothing can be read, found, cancelled or ordered again."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
import pytest_asyncio

from local.tokens import SCOPES
from tests.system.expect import API, FEED, ORDERS, SHIPMENTS, UNKNOWN_ID
from tests.system.legacy import LEGACY
from tests.system.orders import email_recipient, order, sms_recipient
from tests.system.people import person
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

FIRST, SECOND = "isolated-first", "isolated-second"
REFERENCE, DIALOG, PERSON = "isolated-reference", "isolated-dialog", "01818030009"
BY_ID = [
    ("GET", f"{SHIPMENTS}/{{sent}}"),
    ("GET", f"{LEGACY}/{{sent}}"),
    ("GET", f"{LEGACY}/{{sent}}/status"),
    ("GET", f"{LEGACY}/{{sent}}/notifications/email"),
    ("GET", f"{LEGACY}/{{sent}}/notifications/sms"),
    ("GET", f"{LEGACY}/chain/{{order}}"),
    ("PUT", f"{LEGACY}/chain/{{order}}/cancel"),
    ("PUT", f"{LEGACY}/{{waiting}}/cancel"),
    ("PUT", f"{LEGACY}/{{sent}}/cancel"),
]
NOBODYS = {"sent": UNKNOWN_ID, "waiting": UNKNOWN_ID, "order": f"{UNKNOWN_ID[:-8]}00000000"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def theirs(system: System) -> dict[str, str]:
    """The ids of the first owner's order: its message was sent, its reminder waits."""
    body = order(
        person(PERSON),
        sendersReference=REFERENCE,
        dialogportenAssociation={"dialogId": DIALOG, "transmissionId": DIALOG},
        reminders=[{"delayDays": 7, "recipient": sms_recipient()}],
    )
    placed = await system.order(body, FIRST)
    sent = placed["notification"]["shipmentId"]
    await system.until_final([sent], FIRST)
    await published(system, [sent], FIRST)
    waiting = placed["notification"]["reminders"][0]["shipmentId"]
    return {"sent": sent, "waiting": waiting, "order": placed["notificationOrderId"]}


async def asked(system: System, owner: str, method: str, path: str, **given: Any) -> tuple[int, Any]:
    """An answer without the number of its request."""
    async with system.client(owner) as http:
        answer = await http.request(method, path, **given)
    told = answer.json()
    return answer.status_code, {**told, "traceId": ""} if isinstance(told, Mapping) else told


@pytest.mark.parametrize(("method", "path"), BY_ID)
async def test_the_others_ids_look_as_if_nobody_had_them(
    system: System, theirs: dict[str, str], method: str, path: str
) -> None:
    nobodys = await asked(system, SECOND, method, path.format(**NOBODYS))
    assert await asked(system, SECOND, method, path.format(**theirs)) == nobodys
    assert nobodys[0] == 404
    if method == "GET":
        assert (await asked(system, FIRST, method, path.format(**theirs)))[0] == 200


async def test_nothing_of_the_others_was_cancelled(system: System, theirs: dict[str, str]) -> None:
    assert (await system.shipment(theirs["waiting"], FIRST))["status"] == "Order_Registered"
    assert (await system.shipment(theirs["sent"], FIRST))["status"] == "Order_Completed"


@pytest.mark.parametrize(
    ("path", "params", "nothing"),
    [
        (FEED, {}, []),
        (FEED, {"orderBy": "desc"}, []),
        (LEGACY, {"sendersReference": REFERENCE}, {"count": 0, "orders": [], "traceId": ""}),
        (f"{API}/future/log", {"dialogId": DIALOG}, []),
        (f"{API}/future/log", {"transmissionId": DIALOG}, []),
    ],
)
async def test_searches_find_nothing_of_the_others(
    system: System, theirs: dict[str, str], path: str, params: dict[str, str], nothing: object
) -> None:
    assert await asked(system, SECOND, "GET", path, params=params) == (200, nothing)
    assert theirs["sent"] in str(await asked(system, FIRST, "GET", path, params=params))


async def test_the_others_idempotency_id_is_free(system: System) -> None:
    body = order(email_recipient(), requestedSendTime="2099-08-10T08:00:00Z")
    orders = [(await system.order(body, owner))["notificationOrderId"] for owner in (FIRST, SECOND)]
    assert orders[0] != orders[1]


async def test_the_support_desk_sees_whom_both_wrote_to(system: System, theirs: dict[str, str]) -> None:
    path = f"{API}/future/dashboard/recipients/notifications/nin"
    async with system.client(SECOND, scope=SCOPES["support"]) as http:
        answer = await http.get(path, headers={"NationalIdentityNumber": PERSON})
    (found,) = [each for each in answer.json() if each["shipmentId"] == theirs["sent"]]
    assert (found["creatorName"], found["sendersReference"]) == (FIRST, REFERENCE)


async def test_a_platform_token_is_its_issuers_whatever_the_bearer_says(system: System, theirs: dict[str, str]) -> None:
    issuer = system.address("issuer")
    async with httpx.AsyncClient(base_url=issuer, trust_env=False, verify=False) as http:
        token = (await http.post("/platform-token", json={"org": "isolated"})).json()["access_token"]
    async with system.client(FIRST) as http:
        http.headers["PlatformAccessToken"] = token
        assert (await http.get(f"{SHIPMENTS}/{theirs['sent']}")).status_code == 404
        placed = await http.post(ORDERS, json=order(email_recipient(), requestedSendTime="2099-08-10T08:00:00Z"))
    shipment = placed.json()["notification"]["shipmentId"]
    assert (await system.shipment(shipment, "isolated"))["status"] == "Order_Registered"
