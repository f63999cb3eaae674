"""The line between the service and a simulated provider: what went over it, and trouble that a provider itself has not.

Trouble concerns every call while it lasts, whoever it is for; the special recipients of docs/simulators.md each have
their own.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from io import BytesIO
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web
from yarl import URL

from local.ports import free_ports

_LARGEST = 16 * 1024 * 1024
_OF_ONE_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})


class Trouble(Enum):
    """What happens to every call: it is refused for a while, or accepted and its answer lost in one of two ways."""

    THROTTLED = auto()
    HANGING = auto()
    RESET = auto()


@dataclass(frozen=True, slots=True)
class Crossing:
    """A call that came, when, what it carried, and whether the provider behind the line got it."""

    method: str
    at: datetime
    content: bytes = field(repr=False)
    passed: bool


class ProviderLine:
    """One provider's address for the service; `down` and `up` take it away and bring it back.

    `answer_seconds` is how long each answer is kept back.
    """

    def __init__(self) -> None:
        (self._port,) = free_ports(1)
        self._provider = ""
        self._runner: web.ServerRunner | None = None
        self.trouble: Trouble | None = None
        self.retry_after = 1
        self.answer_seconds = 0.0
        self.crossings: list[Crossing] = []

    async def __aenter__(self) -> Self:
        # What a caller gave up on must not be kept from the provider: that is what makes it uncertain.
        self._http = aiohttp.ClientSession(auto_decompress=False, timeout=aiohttp.ClientTimeout(total=60))
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()
        await self._http.close()

    @property
    def address(self) -> str:
        """Where the service finds the provider."""
        return f"http://127.0.0.1:{self._port}"

    def leads_to(self, provider: str) -> None:
        """Name the provider behind the line; nothing may be called before."""
        self._provider = provider

    async def up(self) -> None:
        """Listen, until it is taken down."""
        self._runner = web.ServerRunner(web.Server(self._handle, access_log=None), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def down(self) -> None:
        """Refuse every connection; open ones are closed."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        trouble, at = self.trouble, datetime.now(UTC)
        content = await request.clone(client_max_size=_LARGEST).read()
        self.crossings.append(Crossing(request.method, at, content, trouble is not Trouble.THROTTLED))
        if trouble is Trouble.THROTTLED:
            return web.Response(status=429, headers={"Retry-After": str(self.retry_after)})
        answer = await self._ask(request, content)
        if trouble is Trouble.RESET and request.transport is not None:
            request.transport.abort()
        elif trouble is Trouble.HANGING:
            await asyncio.Event().wait()
        await asyncio.sleep(self.answer_seconds)
        return answer

    async def _ask(self, request: web.BaseRequest, content: bytes) -> web.Response:
        # The host is kept, since it is part of what a request's signature covers.
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_ONE_HOP}
        headers["Content-Length"] = str(len(content))
        url = URL(self._provider + request.raw_path, encoded=True)
        async with self._http.request(
            request.method, url, headers=headers, data=BytesIO(content), skip_auto_headers=("Content-Type",)
        ) as answer:
            passed = web.Response(status=answer.status, body=await answer.read())
            passed.headers.update(
                {name: value for name, value in answer.headers.items() if name.lower() not in _OF_ONE_HOP}
            )
        return passed
