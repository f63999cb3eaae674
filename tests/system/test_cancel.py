"""Cancelling: what is registered and more than five minutes away; once or often, each shipment by itself."""

import asyncio

import httpx
import pytest

from tests.system.expect import API, ORDERS, assert_json, assert_problem
from tests.system.orders import Document, email_recipient, order, sms_recipient
from tests.system.published import published
from tests.system.running import System
from tests.system.times import ahead, in_an_hour, written

pytestmark = pytest.mark.system


async def cancel(http: httpx.AsyncClient, shipment: str) -> httpx.Response:
    return await http.put(f"{API}/orders/{shipment}/cancel")


def with_reminder() -> Document:
    reminder = {"recipient": sms_recipient(), "delayDays": 1, "sendersReference": "reminder"}
    return order(email_recipient(), requestedSendTime=in_an_hour(), reminders=[reminder])


async def test_cancelling_twice_is_answered_alike_and_the_manifest_says_cancelled(system: System) -> None:
    placed = await system.order(with_reminder())
    shipment = placed["notification"]["shipmentId"]
    async with system.client() as http:
        first = assert_json(await cancel(http, shipment), 200)
        again = assert_json(await cancel(http, shipment), 200)
    assert first == again
    assert first["processingStatus"]["status"] == "Cancelled"
    manifest = await system.shipment(shipment)
    assert (manifest["status"], manifest["recipients"]) == ("Order_Cancelled", [])
    assert manifest["lastUpdate"] == first["processingStatus"]["lastUpdate"]


async def test_twenty_at_once_cancel_once(system: System) -> None:
    shipment = (await system.order(with_reminder()))["notification"]["shipmentId"]
    async with system.client() as http:
        answers = await asyncio.gather(*(cancel(http, shipment) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


async def test_a_reminder_and_its_order_are_cancelled_each_by_itself(system: System) -> None:
    first, second = [(await system.order(with_reminder()))["notification"] for _ in range(2)]
    async with system.client() as http:
        assert_json(await cancel(http, first["shipmentId"]), 200)
        of_reminder = assert_json(await cancel(http, second["reminders"][0]["shipmentId"]), 200)
    assert (of_reminder["notificationChannel"], of_reminder["sendersReference"]) == ("Sms", "reminder")
    shipments = [first, first["reminders"][0], second, second["reminders"][0]]
    statuses = [(await system.shipment(each["shipmentId"]))["status"] for each in shipments]
    assert statuses == ["Order_Cancelled", "Order_Registered", "Order_Registered", "Order_Cancelled"]


@pytest.mark.parametrize(("seconds", "status"), [(299, 409), (330, 200)])
async def test_five_minutes_before_the_send_time_it_is_too_late(system: System, seconds: int, status: int) -> None:
    placed = await system.order(order(email_recipient(), requestedSendTime=written(ahead(seconds=seconds))))
    async with system.client() as http:
        answer = await cancel(http, placed["notification"]["shipmentId"])
    if status == 409:
        assert_problem(answer, 409)
    else:
        assert_json(answer, 200)
    expected = "Order_Registered" if status == 409 else "Order_Cancelled"
    assert (await system.shipment(placed["notification"]["shipmentId"]))["status"] == expected


async def test_a_cancelled_order_placed_again_is_a_replay_and_stays_cancelled(system: System) -> None:
    placed = with_reminder()
    async with system.client() as http:
        first = assert_json(await http.post(ORDERS, json=placed), 201)
        assert_json(await cancel(http, first["notification"]["shipmentId"]), 200)
        assert assert_json(await http.post(ORDERS, json=placed), 200) == first
    assert (await system.shipment(first["notification"]["shipmentId"]))["status"] == "Order_Cancelled"


async def test_a_cancelled_shipment_is_not_in_the_feed(system: System) -> None:
    cancelled = (await system.order(with_reminder(), "changed-mind"))["notification"]["shipmentId"]
    async with system.client("changed-mind") as http:
        assert_json(await cancel(http, cancelled), 200)
    sent = (await system.order(order(email_recipient()), "changed-mind"))["notification"]["shipmentId"]
    await system.until_final([sent], "changed-mind")
    await published(system, [sent], "changed-mind")
    assert [entry["shipmentId"] for entry in await system.feed("changed-mind")] == [sent]
