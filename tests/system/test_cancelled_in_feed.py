"""Cancelled shipments are in the feed of those creators alone that the settings name (spec item 11)."""

import pytest

from tests.system.conftest import TOLD_OF_CANCELLED
from tests.system.expect import API, assert_json
from tests.system.orders import email_recipient, order, sms_recipient
from tests.system.published import published
from tests.system.running import System
from tests.system.times import in_an_hour

pytestmark = pytest.mark.system

OTHER = "not-told-of-cancelled"


async def cancelled_chain(system: System, owner: str) -> list[str]:
    """The shipments of an order with a reminder, both cancelled."""
    reminder = {"recipient": sms_recipient(), "delayDays": 1, "sendersReference": "reminder"}
    placed = await system.order(order(email_recipient(), requestedSendTime=in_an_hour(), reminders=[reminder]), owner)
    async with system.client(owner) as http:
        answer = await http.put(f"{API}/orders/chain/{placed['notificationOrderId']}/cancel")
    assert {each["status"] for each in assert_json(answer, 200)["shipments"]} == {"Order_Cancelled"}
    main = placed["notification"]
    return [main["shipmentId"], main["reminders"][0]["shipmentId"]]


async def test_who_wants_it_reads_of_each_cancelled_shipment_in_the_feed(system: System) -> None:
    main, reminder = await cancelled_chain(system, TOLD_OF_CANCELLED)
    entries = await published(system, [main, reminder], TOLD_OF_CANCELLED)
    assert {(each["status"], str(each["recipients"])) for each in entries.values()} == {("Order_Cancelled", "[]")}
    assert (entries[main]["shipmentType"], entries[reminder]["shipmentType"]) == ("Notification", "Reminder")
    assert entries[reminder]["sendersReference"] == "reminder"


async def test_who_did_not_ask_for_it_reads_only_of_what_ended_otherwise(system: System) -> None:
    cancelled = await cancelled_chain(system, OTHER)
    sent = (await system.order(order(email_recipient()), OTHER))["notification"]["shipmentId"]
    await published(system, [sent], OTHER)
    assert not {each["shipmentId"] for each in await system.feed(OTHER)} & set(cancelled)
