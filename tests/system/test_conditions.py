"""Send conditions: whoever ordered is asked when the time has come."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from local.simulators.serving import listening
from tests.system.orders import email_recipient, order
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "condition-owner"


@asynccontextmanager
async def condition_endpoint() -> AsyncIterator[str]:
    """An endpoint that answers /yes and /no."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"sendNotification": request.match_info["answer"] == "yes"})

    def build(_: str) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/{answer}", answer)])
        return app

    async with listening(build, 0) as base:
        yield base


async def test_a_condition_decides_whether_a_message_is_sent(system: System) -> None:
    address = "only-if@example.com"
    async with condition_endpoint() as base:
        placed = [
            await system.order(order(email_recipient(address), conditionEndpoint=f"{base}/{answer}"), OWNER)
            for answer in ("yes", "no")
        ]
        wanted, unwanted = (each["notification"]["shipmentId"] for each in placed)
        manifests = await system.until_final([wanted, unwanted], OWNER)
    assert manifests[wanted]["status"] == "Order_Completed"
    assert (manifests[unwanted]["status"], manifests[unwanted]["recipients"]) == ("Order_SendConditionNotMet", [])
    assert [call["recipient"] for call in await system.emails()].count(address) == 1
    entries = await published(system, [wanted, unwanted], OWNER)
    assert (entries[unwanted]["status"], entries[unwanted]["recipients"]) == ("Order_SendConditionNotMet", [])
    assert entries[wanted]["status"] == "Order_Completed"


async def test_a_condition_that_stays_unclear_keeps_the_order_registered_and_tried_again(system: System) -> None:
    placed = await system.order(order(email_recipient(), conditionEndpoint="http://127.0.0.1:1/closed"), OWNER)
    shipment = placed["notification"]["shipmentId"]
    other = await system.order(order(email_recipient()), OWNER)
    await system.until_final([other["notification"]["shipmentId"]], OWNER)
    assert (await system.shipment(shipment, OWNER))["status"] == "Order_Registered"
