"""The manifest of a shipment on its way, from registered to its end."""

import asyncio
from datetime import datetime

import pytest

from local.simulators.pswin.recipients import number
from tests.system.expect import SHIPMENTS, assert_json
from tests.system.orders import Document, email_recipient, order, sms_recipient
from tests.system.running import POLL_SECONDS, System, is_final
from tests.system.times import ahead, written

pytestmark = pytest.mark.system

ROAD = ["Order_Registered", "Order_Processed", "Order_Completed"]


@pytest.mark.parametrize(
    ("recipient", "status"),
    [
        (email_recipient("slow+manifest@example.com"), "Email_Sending"),
        (sms_recipient(number("34", 9)), "SMS_Sending"),
    ],
)
async def test_a_message_in_its_providers_hands_is_shown_as_being_sent(
    system: System, recipient: Document, status: str
) -> None:
    shipment = (await system.order(order(recipient)))["notification"]["shipmentId"]
    manifest = await system.until_status(shipment, status)
    assert manifest["status"] == "Order_Processed"
    manifest = (await system.until_final([shipment]))[shipment]
    assert manifest["recipients"][0]["status"] == status.replace("Sending", "Delivered")


async def test_a_shipments_status_and_time_only_ever_go_forwards(system: System) -> None:
    due = written(ahead(seconds=6))
    shipment = (await system.order(order(email_recipient(), requestedSendTime=due)))["notification"]["shipmentId"]
    seen: list[Document] = []
    async with system.client() as http, asyncio.timeout(60):
        while not (seen and is_final(seen[-1])):
            seen.append(assert_json(await http.get(f"{SHIPMENTS}/{shipment}"), 200))
            await asyncio.sleep(POLL_SECONDS / 4)
    assert list(dict.fromkeys(each["status"] for each in seen)) == ROAD
    times = [datetime.fromisoformat(each["lastUpdate"]) for each in seen]
    assert times == sorted(times)
    assert [len(each["recipients"]) for each in seen] == sorted(len(each["recipients"]) for each in seen)


async def test_a_shipment_that_has_ended_never_changes_again(system: System) -> None:
    shipment = (await system.order(order(sms_recipient())))["notification"]["shipmentId"]
    ended = (await system.until_final([shipment]))[shipment]
    other = (await system.order(order(sms_recipient())))["notification"]["shipmentId"]
    await system.until_final([other])
    assert await system.shipment(shipment) == ended
