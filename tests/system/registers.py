"""The simulated registers of a running system: what they were asked, and what they do wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.system.orders import Document
from tests.system.running import System


class Registers:
    """The registers of one system."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def forget_calls(self) -> None:
        """Count from here."""
        (await self._http.delete("/calls")).raise_for_status()

    async def asked(self) -> Document:
        """How often each was asked about how many: `{"count", "byRegister", "calls"}`."""
        asked: Document = (await self._http.get("/calls")).json()
        return asked

    async def turn(self, **faults: dict[str, Any]) -> None:
        """Let registers do wrong (docs/simulators.md, Switches); those that are not named work again."""
        (await self._http.put("/switches", json=faults)).raise_for_status()


@asynccontextmanager
async def registers(system: System) -> AsyncIterator[Registers]:
    """The registers until the end of the block, which leaves none of them with a fault."""
    async with httpx.AsyncClient(base_url=system.address("registers"), trust_env=False, verify=False) as http:
        both = Registers(http)
        try:
            yield both
        finally:
            await both.turn()
