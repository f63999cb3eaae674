"""The HTTP front: finds the function for a request, checks its key, invokes it, answers."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import HttpProcessingError, RawRequestMessage

from local.host.console import complain
from local.host.functions import Function
from local.host.http_messages import request_datum, response_of
from local.host.invoker import Invoker, child_trace
from local.host.keys import Keys
from local.host.routes import Router
from local.host.throttle import Throttle, TooBusy
from local.host.worker import Outcome

# learn.microsoft.com, "Azure Functions HTTP trigger", limits: 100 MB unless this setting says otherwise.
BODY_LIMIT = 104_857_600
# learn.microsoft.com, "KestrelServerLimits", MaxRequestHeadersTotalSize.
HEADER_LIMIT = 32_768
MALFORMED = {
    "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
    "title": "Bad Request",
    "detail": "The request line or a header is malformed, or too long.",
}
HTTP_REASON = "This function was programmatically called via the host APIs."

type Admin = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def presented_key(request: web.BaseRequest) -> str:
    """The access key in a request: header `x-functions-key`, else the query's `code`, else empty."""
    return request.headers.get("x-functions-key") or request.query.get("code", "")


class Connection(web.RequestHandler):
    """One client's connection. What it sends that is no HTTP request, and may hold a credential, is not quoted."""

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a malformed request with problem details (RFC 9457), anything else as ever; close the connection."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        problem = MALFORMED | {"status": status, "traceId": child_trace(None)}
        response = web.Response(status=status, text=json.dumps(problem), content_type="application/problem+json")
        response.force_close()
        return response


class Listener(web.Server):
    """Gives every client its connection."""

    def __call__(self) -> Connection:
        """Make the connection that a client has opened."""
        return Connection(self, loop=asyncio.get_running_loop(), **self._kwargs)


class HttpServer:
    """Serves the HTTP-triggered functions and `/admin/…` on 127.0.0.1."""

    def __init__(
        self, router: Router[Function], invoker: Invoker, keys: Keys, throttle: Throttle, admin: Admin
    ) -> None:
        self._router = router
        self._throttle = throttle
        self._invoker = invoker
        self._keys = keys
        self._admin = admin
        self._limit = int(os.environ.get("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", BODY_LIMIT))
        self._runner = web.ServerRunner(
            # A body is the function's as it came: the real host does not unpack what Content-Encoding says either.
            Listener(
                self._handle,
                request_factory=self._request,
                access_log=None,
                auto_decompress=False,
                max_field_size=HEADER_LIMIT,
            ),
            shutdown_timeout=30,
        )

    async def start(self, port: int) -> int:
        """Listen; port 0 takes a free one. The port that is listened on. Raises OSError when it is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=1024)
        await site.start()
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close the listening socket and idle connections; requests under way are answered first."""
        await self._runner.cleanup()

    def _request(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: web.RequestHandler,
        writer: AbstractStreamWriter,
        task: "asyncio.Task[None]",
    ) -> web.BaseRequest:
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=self._limit)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path.lower().startswith("/admin/"):
            return await self._admin(request)
        found = self._router.find(request.method, request.raw_path)
        if found is None:
            return web.Response(status=404)
        function, route_values = found
        if not self._keys.admit(function.trigger.text("authLevel", "function"), function.name, presented_key(request)):
            return web.Response(status=401)
        try:
            async with self._throttle.turn():
                return await self._run(request, function, route_values)
        except TooBusy:
            return web.Response(status=429)

    async def _run(
        self, request: web.BaseRequest, function: Function, route_values: Mapping[str, str]
    ) -> web.StreamResponse:
        try:
            body = await self._body(request)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413)
        trace = (child_trace(request.headers.get("traceparent")), request.headers.get("tracestate", ""))
        value = request_datum(request, body, route_values)
        outcome = await self._invoker.start(function, value, {}, reason=HTTP_REASON, trace=trace)
        if not outcome.ok:
            return web.Response(status=500)
        return self._answer(function, outcome)

    @staticmethod
    def _answer(function: Function, outcome: Outcome) -> web.Response:
        output = function.http_output
        try:
            return response_of(outcome.value(output.name) if output else None)
        except ValueError as error:
            complain(f"Functions.{function.name}: its response cannot be sent: {error}")
            return web.Response(status=500)

    async def _body(self, request: web.BaseRequest) -> bytes:
        # The real host reads a body only when its length is declared: a chunked one arrives empty
        # (azure-functions-host issue 4926).
        length = request.content_length or 0
        if length > self._limit:
            raise web.HTTPRequestEntityTooLarge(self._limit, length)
        if length == 0:
            return b""
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        return await request.read()
