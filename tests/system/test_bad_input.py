"""Bad input: each answers as the contract says, and nothing of it is stored."""

import json
from uuid import uuid4

import pytest

from tests.system.bad_orders import REFUSED_ADDRESS, bad_orders, good_order
from tests.system.expect import ORDERS, assert_json, assert_problem
from tests.system.orders import email_recipient, notification_id, order
from tests.system.published import published
from tests.system.running import System
from tests.system.times import in_an_hour

pytestmark = pytest.mark.system

JSON = {"Content-Type": "application/json"}
TEN_MEGABYTES = 10 * 1024 * 1024
TITLES = [bad.title for bad in bad_orders("x")]


@pytest.mark.parametrize("title", TITLES)
async def test_a_bad_order_is_answered_400_and_leaves_its_idempotency_id_unused(system: System, title: str) -> None:
    identity = str(uuid4())
    bad = next(each for each in bad_orders(identity) if each.title == title)
    async with system.client("careless") as http:
        problem = assert_problem(await http.post(ORDERS, content=bad.body, headers=JSON), 400)
        assert set(problem["errors"]) == set(bad.paths)
        assert bad.text in " ".join(problem["errors"][bad.paths[0]])
        good = {**good_order(identity), "requestedSendTime": in_an_hour()}
        assert_json(await http.post(ORDERS, json=good), 201)


async def test_nothing_of_what_was_refused_is_ever_sent_or_shown(system: System) -> None:
    identity = str(uuid4())
    async with system.client("very-careless") as http:
        for bad in bad_orders(identity):
            assert_problem(await http.post(ORDERS, content=bad.body, headers=JSON), 400)
        placed = assert_json(await http.post(ORDERS, json=good_order(identity)), 201)
    shipment = placed["notification"]["shipmentId"]
    await system.until_final([shipment], "very-careless")
    await published(system, [shipment], "very-careless")
    assert [entry["shipmentId"] for entry in await system.feed("very-careless")] == [shipment]
    calls = await system.emails()
    sent = [call["operationId"] for call in calls if call["recipient"] == REFUSED_ADDRESS]
    assert sent == [notification_id(shipment)]


async def test_a_body_over_ten_megabytes_is_answered_413_and_one_of_ten_is_read(system: System) -> None:
    body = json.dumps({**good_order(str(uuid4())), "requestedSendTime": in_an_hour()}).encode()
    async with system.client("careless") as http:
        too_large = body + b" " * (TEN_MEGABYTES + 1 - len(body))
        assert_problem(await http.post(ORDERS, content=too_large, headers=JSON), 413)
        assert_json(await http.post(ORDERS, content=too_large[:-1], headers=JSON), 201)


async def test_an_order_too_large_to_store_is_answered_413_and_not_stored(system: System) -> None:
    # Random text cannot be compressed: each email is within its own limit, together they are too much.
    recipient = email_recipient(body="".join(str(uuid4()) for _ in range(60_000)))
    reminders = [{"delayDays": 1, "recipient": recipient}, {"delayDays": 2, "recipient": recipient}]
    placed = order(recipient, requestedSendTime=in_an_hour(), reminders=reminders)
    async with system.client("careless") as http:
        assert_problem(await http.post(ORDERS, json=placed), 413)
        assert_json(await http.post(ORDERS, json={**placed, "reminders": []}), 201)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "json"]
)
async def test_a_wrong_content_type_is_answered_415_before_anything_else(system: System, content_type: str) -> None:
    body = json.dumps({**good_order(str(uuid4())), "requestedSendTime": in_an_hour()})
    async with system.client("careless") as http:
        del http.headers["Authorization"]
        assert_problem(await http.post(ORDERS, content=body, headers={"Content-Type": content_type}), 415)
    async with system.client("careless") as http:
        assert_problem(await http.post(ORDERS, content=body, headers={"Content-Type": content_type}), 415)
        assert_json(await http.post(ORDERS, content=body, headers=JSON), 201)


async def test_a_missing_content_type_is_answered_415_to_callers_with_a_token_and_401_to_others(
    system: System,
) -> None:
    body = json.dumps(good_order(str(uuid4()))).encode()
    async with system.client("careless") as http:
        assert_problem(await http.post(ORDERS, content=body), 415)
        del http.headers["Authorization"]
        assert_problem(await http.post(ORDERS, content=body), 401)


@pytest.mark.parametrize("content_type", ["application/json", "APPLICATION/JSON; charset=UTF-8"])
async def test_json_is_taken_with_or_without_its_character_set(system: System, content_type: str) -> None:
    body = json.dumps({**good_order(str(uuid4())), "requestedSendTime": in_an_hour()}).encode()
    async with system.client("careless") as http:
        assert_json(await http.post(ORDERS, content=body, headers={"Content-Type": content_type}), 201)


async def test_a_problem_carries_the_callers_trace(system: System) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    async with system.client("careless") as http:
        answer = await http.post(
            ORDERS, content=b"", headers={**JSON, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        )
    assert assert_problem(answer, 400)["traceId"].split("-")[1] == trace
