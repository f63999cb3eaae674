"""A stand-in for the service and the token issuer, which shows each shipment as a test scripts it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

API = "/notifications/api/v1/future"
TOKEN = "synthetic-token"
DELIVERED = {
    "demo-email": ("Email_Delivered",),
    "demo-reminder": ("Email_Delivered",),
    "demo-sms": ("SMS_Delivered",),
    "demo-person": ("Email_Delivered", "SMS_Delivered"),
}


@dataclass
class StandInService:
    """What the service answers: the end of each shipment by reference, and how often the feed shows it."""

    ends: dict[str, tuple[str, ...]] = field(
        default_factory=lambda: {name: ("Order_Completed", *statuses) for name, statuses in DELIVERED.items()}
    )
    times_in_feed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DELIVERED, 1))
    failures_before_answers: int = 0
    refuse_orders: bool = False
    orders: list[dict[str, Any]] = field(default_factory=list)
    _references: dict[str, str] = field(default_factory=dict)
    _looks: dict[str, int] = field(default_factory=dict)
    _feed: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""

    async def token(self, request: web.Request) -> web.Response:
        return web.json_response({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 60})

    async def place(self, request: web.Request) -> web.Response:
        if self.refuse_orders:
            return web.json_response({"title": "One or more validation errors occurred."}, status=400)
        if self._fails_now():
            return web.Response(status=503)
        order = await request.json()
        self.orders.append(order)
        reminders = [self._shipment(reminder["sendersReference"]) for reminder in order.get("reminders", [])]
        notification = self._shipment(order["sendersReference"]) | ({"reminders": reminders} if reminders else {})
        return web.json_response({"notificationOrderId": str(uuid.uuid4()), "notification": notification}, status=201)

    async def shipment(self, request: web.Request) -> web.Response:
        shipment_id = request.match_info["id"]
        if self._fails_now():
            return web.Response(status=503)
        order, *notifications = self._seen(shipment_id)
        recipients = [{"status": status} for status in notifications]
        return web.json_response({"shipmentId": shipment_id, "status": order, "recipients": recipients})

    async def feed(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if request.query.get("orderBy") == "Desc":
            return web.json_response(self._feed[-1:])
        after = int(request.query["seq"])
        return web.json_response([entry for entry in self._feed if entry["sequenceNumber"] > after])

    def show_in_feed(self, shipment_id: str, statuses: tuple[str, ...], times: int) -> None:
        order, *notifications = statuses
        for _ in range(times):
            entry = {"shipmentId": shipment_id, "status": order, "sequenceNumber": len(self._feed) + 1}
            self._feed.append(entry | {"recipients": [{"status": status} for status in notifications]})

    def _shipment(self, reference: str) -> dict[str, Any]:
        shipment_id = str(uuid.uuid4())
        self._references[shipment_id] = reference
        return {"shipmentId": shipment_id, "sendersReference": reference}

    def _seen(self, shipment_id: str) -> tuple[str, ...]:
        looks = self._looks[shipment_id] = self._looks.get(shipment_id, 0) + 1
        reference = self._references[shipment_id]
        if looks < 3:
            return [("Order_Registered",), ("Order_Processed", "New")][looks - 1]
        if looks == 3 and self.ends[reference][0] == "Order_Completed":
            self.show_in_feed(shipment_id, self.ends[reference], self.times_in_feed[reference])
        return self.ends[reference]

    def _fails_now(self) -> bool:
        self.failures_before_answers -= 1
        return self.failures_before_answers >= 0


@asynccontextmanager
async def served(service: StandInService) -> AsyncIterator[StandInService]:
    """The stand-in on a free port, until the end of the block."""
    app = web.Application()
    app.router.add_post("/token", service.token)
    app.router.add_post(f"{API}/orders", service.place)
    app.router.add_get(f"{API}/shipment/feed", service.feed)
    app.router.add_get(API + "/shipment/{id}", service.shipment)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        service.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield service
    finally:
        await runner.cleanup()
        await asyncio.sleep(0)
