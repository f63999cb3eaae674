"""A proxy in front of Azurite that ends whoever uses it at a chosen request that belongs to the work.

The work is what an order causes: writes, point reads, and messages put, taken and deleted. What goes on in an idle
service too is passed on unnoticed: polling of empty queues, peeks, and the timer's look at what is due.
"""

import asyncio
import base64
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from local.azurite import ACCOUNT, connection_string
from local.ports import free_ports

# The timer reads up to the wake-ups that are due now; nothing else ends there.
_TIMERS_RANGE = re.compile(r"RowKey lt '2\|")
_MESSAGES = re.compile(r"/[^/]+/[^/]+/messages(/|$)")
_TAKEN = re.compile(rb"<MessageId>([^<]*)</MessageId>.*?<MessageText>([^<]*)</MessageText>", re.DOTALL)
_PUT = re.compile(rb"<MessageText>([^<]*)</MessageText>")
# What differs from order to order: partitions, message ids, references.
_PASSING = re.compile(r"PartitionKey='[^']*',|(?<=messages/).*|\d{6,}")
# Rows that name no order of ours, and that only the work reads.
_SHARED = ("refs", "gates")
_BETWEEN_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "host"})


class Moment(StrEnum):
    """When the user of storage ends: before its request gets there, or before it hears the answer."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Target:
    """The n-th request of a kind, from 1. A kind names the order too, so that two orders under way do not blur it."""

    kind: str
    occurrence: int

    def __str__(self) -> str:
        return f"{self.kind} #{self.occurrence}"


@dataclass(slots=True)
class Strike:
    """Calls `end` at the target; without one it only notices what goes by.

    `names` are words for what a request may be about, by how that is written in a request: an order's key, a partition.
    Other orders' requests are not noticed: a dead host's messages come back while the next order is under way.
    """

    target: Target | None
    moment: Moment
    end: Callable[[], None]
    names: Mapping[str, str]
    seen: list[Target] = field(default_factory=list)
    struck: asyncio.Event = field(default_factory=asyncio.Event)
    _messages: set[str] = field(default_factory=set)
    _last: float = field(default_factory=time.monotonic)

    def falls_on(self, request: web.BaseRequest, content: bytes) -> bool:
        """Notice a request; whether it is the target."""
        text = f"{request.path} {request.query_string} {content.decode(errors='replace')} {_decoded(content)}"
        about = "+".join(name for word, name in self.names.items() if word in text)
        resource = request.path.partition(f"/{ACCOUNT}/")[2]
        if not about and not resource.startswith(_SHARED) and resource.rpartition("/")[2] not in self._messages:
            return False
        self._last = time.monotonic()
        kind = f"{request.method} {_impersonal(resource, self.names)} [{about}]"
        self.seen.append(Target(kind, 1 + sum(each.kind == kind for each in self.seen)))
        return self.seen[-1] == self.target

    def falls_on_taken(self, request: web.BaseRequest, content: bytes) -> bool:
        """Notice messages that were taken, if there are any of the orders'; whether they are the target."""
        taken = [identity for identity, text in _TAKEN.findall(content) if self._is_known(base64.b64decode(text))]
        self._messages.update(identity.decode() for identity in taken)
        return self.moment is Moment.AFTER and bool(taken) and self.falls_on(request, content)

    def _is_known(self, message: bytes) -> bool:
        return any(word in message.decode(errors="replace") for word in self.names)

    def fall(self) -> None:
        """End the user of storage."""
        self.end()
        self.struck.set()

    async def fell(self, quiet: float) -> bool:
        """Wait for it; False once nothing was noticed for `quiet` seconds, for then the target never comes."""
        while not self.struck.is_set():
            left = self._last + quiet - time.monotonic()
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
        """Show all that belongs to the work to this strike from now on."""
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
        falls = strike is not None and is_work(request) and strike.falls_on(request, body)
        if strike and falls and strike.moment is Moment.BEFORE:
            return _cut_off(strike, request)
        answer, content = await self._ask(service, request, body)
        if strike and takes_messages(request):
            falls = strike.falls_on_taken(request, content)
        if strike and falls:
            return _cut_off(strike, request)
        return answer

    async def _ask(self, service: str, request: web.BaseRequest, body: bytes) -> tuple[web.Response, bytes]:
        url = URL(self._upstream[service] + request.raw_path, encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _BETWEEN_HOPS}
        skip = ("User-Agent", "Accept-Encoding", "Content-Type", "Accept")
        async with self._http.request(
            request.method, url, headers=headers, data=body or None, skip_auto_headers=skip
        ) as answer:
            content = await answer.read()
            passed = web.Response(status=answer.status, body=content)
            for name, value in answer.headers.items():
                if name.lower() not in _BETWEEN_HOPS:
                    passed.headers[name] = value
        return passed, content


def is_work(request: web.BaseRequest) -> bool:
    """Whether a request is caused by an order, as far as the request alone tells."""
    if _MESSAGES.match(request.path):
        return request.method != "GET"
    if request.path.endswith("/Tables") or "comp" in request.query:
        return False
    return request.path.count("/") >= 2 and not _TIMERS_RANGE.search(request.query.get("$filter", ""))


def takes_messages(request: web.BaseRequest) -> bool:
    """Whether a request takes messages from a queue, if there are any."""
    return request.method == "GET" and bool(_MESSAGES.match(request.path)) and "peekonly" not in request.query


def _decoded(content: bytes) -> str:
    return b" ".join(base64.b64decode(text) for text in _PUT.findall(content)).decode(errors="replace")


def _impersonal(resource: str, names: Mapping[str, str]) -> str:
    for word, name in names.items():
        resource = resource.replace(word, name)
    return _PASSING.sub("", resource)


def _cut_off(strike: Strike, request: web.BaseRequest) -> web.Response:
    strike.fall()
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=503)
