"""A proxy in front of Azurite that ends whoever uses it at its n-th request that belongs to the work.

The work is what an order causes: writes, point reads, and messages put, taken and deleted. What goes on in an idle
service too is passed on uncounted: polling of empty queues, peeks, and the timer's look at what is due.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from local.azurite import connection_string
from local.ports import free_ports

# The timer reads up to the wake-ups that are due now; nothing else ends there.
_TIMERS_RANGE = re.compile(r"RowKey lt '2\|")
_MESSAGES = re.compile(r"/[^/]+/[^/]+/messages(/|$)")
_BETWEEN_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


class Moment(StrEnum):
    """When the user of storage ends: before its request gets there, or before it hears the answer."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class Strike:
    """What ends the user of storage: `end` is called at the request with this number, counted from 1."""

    number: int
    moment: Moment
    end: Callable[[], None]
    counted: int = 0
    last: float = field(default_factory=time.monotonic)
    request: str = ""
    struck: asyncio.Event = field(default_factory=asyncio.Event)

    def falls_on(self, request: str) -> bool:
        """Count a request; whether it is the one."""
        self.counted += 1
        self.last = time.monotonic()
        if self.counted != self.number:
            return False
        self.request = request
        return True

    def fall(self) -> None:
        """End the user."""
        self.end()
        self.struck.set()

    async def fell(self, quiet: float) -> bool:
        """Wait for it; False once no request was counted for `quiet` seconds, for then it never comes."""
        while not self.struck.is_set():
            left = self.last + quiet - time.monotonic()
            if left <= 0:
                return False
            try:
                await asyncio.wait_for(self.struck.wait(), left)
            except TimeoutError:
                continue
        return True


class StorageProxy:
    """Passes requests on to an Azurite's queue and table service; at most one strike is armed at a time."""

    def __init__(self, queue: str, table: str) -> None:
        self._upstream = {"queue": queue, "table": table}
        self._ports = dict(zip(self._upstream, free_ports(2), strict=True))
        self._runners: list[web.ServerRunner] = []
        self._strike: Strike | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=60))
        for service, port in self._ports.items():
            runner = web.ServerRunner(web.Server(self._handler(service), access_log=None), shutdown_timeout=1)
            self._runners.append(runner)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for runner in self._runners:
            await runner.cleanup()
        await self._http.close()

    @property
    def connection(self) -> str:
        """The connection string that leads through the proxy."""
        return connection_string(*(f"http://127.0.0.1:{self._ports[service]}" for service in ("queue", "table")))

    def arm(self, strike: Strike) -> None:
        """Count for this strike from now on."""
        self._strike = strike

    def disarm(self) -> None:
        """Only pass on."""
        self._strike = None

    def _handler(self, service: str) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self._pass_on(service, request)

        return handle

    async def _pass_on(self, service: str, request: web.BaseRequest) -> web.StreamResponse:
        strike, body = self._strike, await request.read()
        falls = strike is not None and is_work(request) and strike.falls_on(described(request))
        if strike and falls and strike.moment is Moment.BEFORE:
            return _cut_off(strike, request)
        answer = await self._ask(service, request, body)
        if strike and strike.moment is Moment.AFTER and takes_messages(request) and b"<QueueMessage>" in _bytes(answer):
            falls = strike.falls_on(described(request))
        if strike and falls:
            return _cut_off(strike, request)
        return answer

    async def _ask(self, service: str, request: web.BaseRequest, body: bytes) -> web.Response:
        url = URL(self._upstream[service] + request.raw_path, encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _BETWEEN_HOPS}
        skip = ("User-Agent", "Accept-Encoding", "Content-Type", "Accept")
        async with self._http.request(
            request.method, url, headers=headers, data=body or None, skip_auto_headers=skip
        ) as answer:
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _BETWEEN_HOPS]
            passed = web.Response(status=answer.status, body=await answer.read())
            for name, value in kept:
                passed.headers[name] = value
        return passed


def is_work(request: web.BaseRequest) -> bool:
    """Whether a request is caused by an order, as far as the request alone tells."""
    if _MESSAGES.match(request.path):
        return request.method != "GET"
    if request.path.endswith("/Tables") or request.path.count("/") < 2:
        return False
    return not _TIMERS_RANGE.search(request.query.get("$filter", "")) and "comp" not in request.query


def takes_messages(request: web.BaseRequest) -> bool:
    """Whether a request takes messages from a queue, if there are any."""
    return request.method == "GET" and bool(_MESSAGES.match(request.path)) and "peekonly" not in request.query


def described(request: web.BaseRequest) -> str:
    """A request in a few words, for whoever reads what went wrong."""
    return f"{request.method} {request.path.partition('/devstoreaccount1/')[2]}"


def _cut_off(strike: Strike, request: web.BaseRequest) -> web.Response:
    strike.fall()
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)


def _bytes(answer: web.Response) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b""
