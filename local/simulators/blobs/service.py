"""The one endpoint: read a file."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from local.simulators.blobs.containers import Body, fate_of, size_of
from local.simulators.blobs.errors import VERSION, BlobError
from local.simulators.blobs.signatures import authorize
from local.simulators.fates import Turns, withhold
from local.simulators.journal import Journal, healthy
from local.simulators.serving import BuildApp

_PIECE = b"The quick brown fox jumps over the lazy dog.\r\n" * 1400
_ENDLESS_PAUSE = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the program was started; times in seconds."""

    slow: float = 40


def blobs(options: Options) -> BuildApp:
    """Return how the application is built."""

    def build(_: str) -> web.Application:
        service = _Service(options)
        app = web.Application()
        app.add_routes(
            [
                web.get("/_health", healthy),
                *service.calls.routes("/_calls"),
                web.get("/{container}{name:(/.*)?}", service.read, allow_head=False),
            ]
        )
        return app

    return build


class _Service:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._turns = Turns()
        self.calls = Journal()

    async def read(self, request: web.Request) -> web.StreamResponse:
        """`GET /{container}/{name}`: the file, or what its container makes of the call."""
        container = request.match_info["container"]
        fate = fate_of(container)
        try:
            authorize(request.query)
            fault = self._turns.fault_of(request.path, fate)
            if isinstance(fault, BlobError):
                raise fault
        except BlobError as error:
            self._note(request, error.status)
            return error.response()
        self._note(request, "none" if fault else 302 if fate.body is Body.ELSEWHERE else 200)
        if fault:
            await withhold(request, fault)
        if fate.body is Body.ELSEWHERE:
            return web.Response(status=302, headers={"Location": f"/elsewhere?{request.query_string}"})
        return await self._file(request, size_of(container), fate.body)

    def _note(self, request: web.Request, answer: int | str) -> None:
        # The query is the signature, and opens the file to whoever reads it.
        self.calls.add(kind="read", reference=request.path, recipient=None, answer=answer)

    async def _file(self, request: web.Request, size: int, body: Body) -> web.StreamResponse:
        response = web.StreamResponse(headers={"x-ms-version": VERSION, "x-ms-blob-type": "BlockBlob"})
        response.content_type = "application/octet-stream"
        if body is not Body.ENDLESS:
            response.content_length = size
        await response.prepare(request)
        match body:
            case Body.ENDLESS:
                await _write_for_ever(response)
            case Body.WHOLE:
                await _write(response, 0, size)
            case _:
                await _write(response, 0, size // 2)
                await self._second_half(request, response, size, body)
        return response

    async def _second_half(self, request: web.Request, response: web.StreamResponse, size: int, body: Body) -> None:
        if body is Body.SLOW:
            await asyncio.sleep(self._options.slow)
            await _write(response, size // 2, size)
        elif request.transport is not None:
            # Closed at once, what was written so far might not leave.
            request.transport.close()


def content(start: int, end: int) -> bytes:
    """Return the bytes of every file between two places: text that repeats itself."""
    offset = start % len(_PIECE)
    repeated = _PIECE * ((offset + end - start) // len(_PIECE) + 1)
    return repeated[offset : offset + end - start]


async def _write(response: web.StreamResponse, start: int, end: int) -> None:
    for place in range(start, end, len(_PIECE)):
        await response.write(content(place, min(place + len(_PIECE), end)))


async def _write_for_ever(response: web.StreamResponse) -> None:
    while True:
        await response.write(_PIECE)
        await asyncio.sleep(_ENDLESS_PAUSE)
