"""A receiver of delivery reports: a real HTTP server that keeps what it gets and answers as told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from aiohttp import web
from multidict import CIMultiDict

from local.simulators.serving import listening

PATIENCE_SECONDS = 20


@dataclass(frozen=True)
class Received:
    """One request."""

    headers: CIMultiDict[str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The single Event Grid event of the body."""
        events = json.loads(self.body)
        assert len(events) == 1
        event: dict[str, Any] = events[0]
        return event


type Answer = Callable[[Received], web.Response]


def ok(_: Received) -> web.Response:
    return web.Response()


def validating(received: Received) -> web.Response:
    """Answer as an Event Grid subscriber does."""
    if received.headers["aeg-event-type"] != "SubscriptionValidation":
        return web.Response()
    return web.json_response({"validationResponse": received.event["data"]["validationCode"]})


class Receiver:
    """What was received, in order, and how the next request is answered."""

    def __init__(self, url: str, answer: Answer) -> None:
        self.url = url
        self.answer = answer
        self.waiting: asyncio.Queue[Received] = asyncio.Queue()

    async def next(self) -> Received:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.waiting.get()

    async def take(self, request: web.Request) -> web.Response:
        received = Received(CIMultiDict(request.headers), await request.read())
        self.waiting.put_nowait(received)
        return self.answer(received)


@asynccontextmanager
async def receiving(answer: Answer = ok, port: int = 0) -> AsyncIterator[Receiver]:
    """Listen on a port (0: a free one) while the context lasts."""
    receiver = Receiver("", answer)

    def build(base: str) -> web.Application:
        receiver.url = f"{base}/reports"
        app = web.Application()
        app.router.add_post("/reports", receiver.take)
        return app

    async with listening(build, port):
        yield receiver


async def taken_reports(base: str) -> list[dict[str, Any]]:
    """Wait until a simulator knows that a report of its was taken, and return what it says of all that were."""
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS) as http:
        while not (reports := (await http.get(f"{base}/_reports")).json()):
            continue
    return list(reports)
