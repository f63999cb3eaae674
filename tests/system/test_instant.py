"""Instant messages: with the provider when the order is answered, once for an id, and 503 when it takes none."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest
from azure.data.tables.aio import TableClient

from local.simulators.pswin.recipients import number
from tests.contract.requests import instant, instant_email, instant_sms
from tests.system.expect import API, ORDERS, alike, assert_json
from tests.system.orders import Document, notification_id
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "instant-owner"
# How long a process believes what it read of a gate (notifications.storage.gates), and a little.
GATE_MEMORY_SECONDS = 2.2
# So many messages in trouble, one after another, close a gate (notifications.stages.gatekeeper).
OUTAGE = 3
SMS, OLD_SMS, EMAIL = f"{ORDERS}/instant/sms", f"{ORDERS}/instant", f"{ORDERS}/instant/email"


def text(to: str, path: str = SMS, **members: Any) -> Document:
    """An instant SMS in the form of its endpoint."""
    body = instant_sms(phoneNumber=to, **members) if path == SMS else instant(phoneNumber=to, **members)
    return body | {"idempotencyId": str(uuid4())}


def mail(to: str) -> Document:
    """An instant email."""
    body = instant_email()
    return body | {"idempotencyId": str(uuid4()), "recipientEmail": body["recipientEmail"] | {"emailAddress": to}}


def accepted(path: str, code: str, address: str) -> tuple[Document, str]:
    """An order for an endpoint, and its recipient as the provider's journal calls it."""
    if path == EMAIL:
        return mail(address), address
    return text(number(code), path), number(code).removeprefix("+")


def assert_not_taken(answer: httpx.Response) -> None:
    """The coded problem of section 7.2 for a provider that does not take the message."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert {**answer.json(), "traceId": ""} == {
        "type": "urn:altinn:error:NOT-00004",
        "title": "A temporary network failure occurred",
        "status": 503,
        "code": "NOT-00004",
        "traceId": "",
        "statusDescription": "Service Unavailable",
    }
    assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (503, True)


async def assert_none_taken(http: httpx.AsyncClient, orders: Mapping[str, Document]) -> None:
    """Order at each endpoint, all at once; fails unless no provider takes its message."""
    for answer in await asyncio.gather(*(http.post(path, json=body) for path, body in orders.items())):
        assert_not_taken(answer)


async def sends(system: System, path: str, recipient: str) -> list[Document]:
    """The provider's calls for a recipient."""
    calls = await system.calls("acs-email" if path == EMAIL else "pswin")
    return [call for call in calls if call["recipient"] == recipient and call["kind"] == "send"]


@pytest.fixture(scope="module")
def instant_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own: a provider that fails rests for everybody."""
    running = System.start(tmp_path_factory.mktemp("instant"), claim_seconds=20)
    try:
        yield running
    finally:
        running.stop()


async def end_of_rest(system: System) -> None:
    """Let both providers' pause be over, of which every process knows two seconds later."""
    gates = TableClient.from_connection_string(system.storage, "gates")
    async with gates:
        async for row in gates.list_entities():
            await gates.delete_entity(row["PartitionKey"], row["RowKey"])
    await asyncio.sleep(GATE_MEMORY_SECONDS)


@pytest.mark.parametrize("path", [SMS, OLD_SMS, EMAIL])
async def test_the_provider_has_the_message_when_the_order_is_answered(instant_system: System, path: str) -> None:
    code = {SMS: "41", OLD_SMS: "43", EMAIL: ""}[path]
    body, recipient = accepted(path, code, "twice+instant@example.com")
    async with instant_system.client(OWNER) as http:
        answer = await http.post(path, json=body)
        (call,) = await sends(instant_system, path, recipient)
        assert call["accepted"]
        again = await http.post(path, json=body)
        chain = await http.get(answer.headers["location"].removeprefix(instant_system.url))
    placed = assert_json(answer, 201)
    expected = {"shipmentId": "<id>", "sendersReference": body["sendersReference"]}
    assert alike(placed, {"notificationOrderId": "<id>", "notification": expected})
    assert answer.headers["location"] == f"{instant_system.url}{API}/orders/chain/{placed['notificationOrderId']}"
    assert assert_json(chain, 200)["notificationOrderId"] == placed["notificationOrderId"]
    assert (again.status_code, again.text, again.headers["idempotent-replayed"]) == (200, answer.text, "true")
    shipment = placed["notification"]["shipmentId"]
    manifest = (await instant_system.until_final([shipment], OWNER))[shipment]
    assert manifest["type"] == "Instant"
    assert manifest["recipients"][0]["status"] == ("Email_Delivered" if path == EMAIL else "SMS_Delivered")
    entry = (await published(instant_system, [shipment], OWNER))[shipment]
    assert entry["shipmentType"] == "Instant"
    assert len(await sends(instant_system, path, recipient)) == 1


async def test_the_gateway_is_told_what_to_send_and_for_how_long_it_is_worth_sending(instant_system: System) -> None:
    async with instant_system.client(OWNER) as http:
        assert_json(await http.post(SMS, json=text("+4799990501", timeToLiveInSeconds=600)), 201)
    (call,) = await sends(instant_system, SMS, "4799990501")
    assert (call["sender"], call["text"], call["ttl"]) == ("TTD", "Your code is 482913", "10")


@pytest.mark.parametrize("path", [SMS, EMAIL])
async def test_twenty_first_requests_at_once_are_one_order_and_one_message(instant_system: System, path: str) -> None:
    """The provider takes two seconds, so that all of them meet the one that is being sent."""
    body, recipient = accepted(path, "34", "slow+twenty@example.com")
    async with instant_system.client(OWNER) as http:
        answers = await asyncio.gather(*(http.post(path, json=body) for _ in range(20)))
    assert sorted(each.status_code for each in answers) == [200] * 19 + [201]
    assert len({each.text for each in answers}) == 1
    assert len(await sends(instant_system, path, recipient)) == 1


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (SMS, text("+4799990520"), "SMS_Failed_InvalidRecipient"),
        (OLD_SMS, text("+4799990521", OLD_SMS), "SMS_Failed"),
        (EMAIL, mail("suppressed-now+instant@example.com"), "Email_Failed_SuppressedRecipient"),
    ],
)
async def test_a_message_that_the_provider_refuses_for_good_is_an_order_that_failed(
    instant_system: System, path: str, body: Document, status: str
) -> None:
    async with instant_system.client(OWNER) as http:
        placed = assert_json(await http.post(path, json=body), 201)
    shipment = placed["notification"]["shipmentId"]
    manifest = (await instant_system.until_final([shipment], OWNER))[shipment]
    assert manifest["recipients"][0]["status"] == status


async def test_an_sms_whose_answer_is_lost_is_handed_over_once_whatever_the_client_repeats(
    instant_system: System,
) -> None:
    bodies = {code: text(number(code)) for code in ("32", "33", "35")}
    await end_of_rest(instant_system)
    async with instant_system.client(OWNER) as http:
        for answer in await asyncio.gather(*(http.post(SMS, json=body) for body in bodies.values())):
            assert_not_taken(answer)
        for _ in range(2):
            again = await asyncio.gather(*(http.post(SMS, json=body) for body in bodies.values()))
            assert [(each.status_code, each.headers["idempotent-replayed"]) for each in again] == [(200, "true")] * 3
    for code in bodies:
        assert len(await sends(instant_system, SMS, number(code).removeprefix("+"))) == 1


async def test_an_email_whose_answer_is_lost_is_accepted_once_and_found_to_be_delivered(
    instant_system: System,
) -> None:
    addresses = ["hang@example.com", "reset@example.com"]
    bodies = [mail(address) for address in addresses]
    await end_of_rest(instant_system)
    async with instant_system.client(OWNER) as http:
        for answer in await asyncio.gather(*(http.post(EMAIL, json=body) for body in bodies)):
            assert_not_taken(answer)
        again = [assert_json(await http.post(EMAIL, json=body), 200) for body in bodies]
    await end_of_rest(instant_system)
    shipments = [each["notification"]["shipmentId"] for each in again]
    for manifest in (await instant_system.until_final(shipments, OWNER)).values():
        assert manifest["recipients"][0]["status"] == "Email_Delivered"
    for address in addresses:
        assert sum(call["accepted"] for call in await sends(instant_system, EMAIL, address)) == 1


async def test_a_provider_that_is_down_is_told_and_the_same_id_is_sent_when_it_is_back(
    instant_system: System,
) -> None:
    """Both providers fail twice, not for the first time; a request that finds one at rest is refused without a call."""
    orders = {SMS: text(number("30")), EMAIL: mail("unavailable@example.com")}
    recipients = {SMS: number("30").removeprefix("+"), EMAIL: "unavailable@example.com"}
    async with instant_system.client(OWNER) as http:
        await end_of_rest(instant_system)
        for _ in range(OUTAGE):
            await assert_none_taken(http, {SMS: text(number("31")), EMAIL: mail("error@example.com")})
        for _ in range(2):
            await end_of_rest(instant_system)
            for _ in range(2):
                await assert_none_taken(http, orders)
        await end_of_rest(instant_system)
        placed = {path: assert_json(await http.post(path, json=body), 201) for path, body in orders.items()}
    shipments = {path: each["notification"]["shipmentId"] for path, each in placed.items()}
    await instant_system.until_final(list(shipments.values()), OWNER)
    for path, recipient in recipients.items():
        calls = await sends(instant_system, path, recipient)
        assert [call["accepted"] for call in calls] == [False, False, True]
        if path == EMAIL:
            assert {call["operationId"] for call in calls} == {notification_id(shipments[path])}
