"""Send conditions: whoever ordered is asked when the time has come."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from local.simulators.serving import listening
from tests.system.orders import email_recipient, order
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "condition-owner"


@dataclass
class Endpoint:
    """A condition endpoint: it answers /yes and /no, and an error to all else."""

    base: str = ""
    asked: Counter[str] = field(default_factory=Counter)
    unclear: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer, and count the question."""
        answer = request.match_info["answer"]
        self.asked[answer] += 1
        if answer not in {"yes", "no"}:
            self.unclear.set()
            return web.Response(status=500)
        return web.json_response({"sendNotification": answer == "yes"})


@asynccontextmanager
async def condition_endpoint() -> AsyncIterator[Endpoint]:
    """The endpoint until the end of the block."""
    found = Endpoint()

    def build(_: str) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/{answer}", found.answer)])
        return app

    async with listening(build, 0) as found.base:
        yield found


async def test_a_condition_decides_whether_a_message_is_sent(system: System) -> None:
    address = "only-if@example.com"
    async with condition_endpoint() as endpoint:
        placed = [
            await system.order(order(email_recipient(address), conditionEndpoint=f"{endpoint.base}/{answer}"), OWNER)
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


async def test_a_condition_that_stays_unclear_is_asked_once_more_and_then_the_orders_policy_decides(
    system: System,
) -> None:
    ends = {"Send": "Order_Completed", "DoNotSend": "Order_SendConditionNotMet"}
    async with condition_endpoint() as endpoint:
        placed = {
            policy: (
                await system.order(
                    order(
                        email_recipient(f"unclear+{policy}@example.com".lower()),
                        conditionEndpoint=f"{endpoint.base}/{policy}",
                        conditionFailurePolicy=policy,
                    ),
                    OWNER,
                )
            )["notification"]["shipmentId"]
            for policy in ends
        }
        async with asyncio.timeout(60):
            await endpoint.unclear.wait()
        asked_once = await asyncio.gather(*(system.shipment(each, OWNER) for each in placed.values()))
        assert {each["status"] for each in asked_once} == {"Order_Registered"}
        manifests = await system.until_final(list(placed.values()), OWNER)
    assert {policy: manifests[shipment]["status"] for policy, shipment in placed.items()} == ends
    assert endpoint.asked == dict.fromkeys(ends, 2)
    reached = [call["recipient"] for call in await system.emails()]
    assert [reached.count(f"unclear+{policy}@example.com".lower()) for policy in ends] == [1, 0]
