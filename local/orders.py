"""A small client of the service's API: place an order, look at a shipment, read the feed."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from local.errors import CommandError

API = "/notifications/api/v1/future"
RETRY_SECONDS = 0.3


class Orders:
    """The order API of one running service, as one organisation; the shapes are the API's own.

    Without an answer, or with a 429 or 5xx, a request is sent again until the caller's patience ends: reads
    change nothing, and an order's `idempotencyId` makes sending it twice safe. Any other answer than 200 or
    201 raises CommandError.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def place(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """The answer of `POST /future/orders`."""
        placed: dict[str, Any] = await self._ask(self._http.build_request("POST", f"{API}/orders", json=order))
        return placed

    async def shipment(self, shipment_id: str) -> dict[str, Any]:
        """The manifest of a shipment."""
        manifest: dict[str, Any] = await self._ask(self._http.build_request("GET", f"{API}/shipment/{shipment_id}"))
        return manifest

    async def newest_sequence(self) -> int:
        """The sequence number of the feed's last entry; 0 for an empty feed."""
        entries = await self._feed({"orderBy": "Desc", "pageSize": 1})
        return max((int(entry["sequenceNumber"]) for entry in entries), default=0)

    async def feed_after(self, sequence: int) -> list[dict[str, Any]]:
        """The feed's entries after a sequence number (at most one page of 500)."""
        return await self._feed({"seq": sequence})

    async def _feed(self, query: Mapping[str, str | int]) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = await self._ask(
            self._http.build_request("GET", f"{API}/shipment/feed", params=query)
        )
        return entries

    async def _ask(self, request: httpx.Request) -> Any:
        while True:
            answer = await self._attempt(request)
            if answer is not None and answer.status_code in {200, 201}:
                return answer.json()
            if answer is not None and answer.status_code != 429 and answer.status_code < 500:
                what = f"{request.method} {request.url.path}"
                raise CommandError(f"{what} answered {answer.status_code}: {answer.text[:500]}")
            await asyncio.sleep(RETRY_SECONDS)

    async def _attempt(self, request: httpx.Request) -> httpx.Response | None:
        try:
            return await self._http.send(request)
        except httpx.TransportError:
            return None
