"""Counting the calls of the registers where they leave, repeated attempts and those that get no answer included."""

import asyncio
from collections.abc import Mapping

import httpx

from notifications.telemetry.measures import REGISTER_CALLS, record


class CountedTransport(httpx.AsyncBaseTransport):
    """Passes requests on and counts what came of each; `named` are the registers by what their addresses begin with."""

    def __init__(self, transport: httpx.AsyncBaseTransport, named: Mapping[str, str]) -> None:
        self._transport = transport
        self._named = named

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer's head; its body may still fail to arrive."""
        outcome = "unreachable"
        try:
            response = await self._transport.handle_async_request(request)
            outcome = str(response.status_code)
        except (httpx.TimeoutException, asyncio.CancelledError):
            # Whoever asks a register stops waiting by cancelling.
            outcome = "timeout"
            raise
        else:
            return response
        finally:
            record(REGISTER_CALLS, register=self._register(str(request.url)), outcome=outcome)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()

    def _register(self, url: str) -> str:
        return next((name for address, name in self._named.items() if url.startswith(address)), "other")
