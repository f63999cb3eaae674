"""A small publisher of organisations' platform keys over real HTTP, whose answers and availability a test decides."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Publisher:
    """Each organisation's keys, and how often which path was asked for; others get 404 unless `status` is set."""

    keys: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    status: int | None = None
    document: str | None = None
    asked: Counter[str] = field(default_factory=Counter)
    base: str = ""

    @property
    def template(self) -> str:
        return f"{self.base}/platform-keys/{{issuer}}/jwks.json"

    def asked_for(self, issuer: str) -> int:
        return self.asked[f"/platform-keys/{issuer}/jwks.json"]

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        keys = self.keys.get(request.match_info.get("issuer", ""))
        status = self.status or (404 if keys is None else 200)
        if self.document is not None:
            return web.Response(text=self.document, status=status)
        return web.json_response({"keys": keys}, status=status)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Publisher"]:
        """Answer on a free port of this machine until the block ends."""
        app = web.Application()
        app.add_routes(
            [web.get("/platform-keys/{issuer}/jwks.json", self._answer), web.get("/{anything:.*}", self._answer)]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            host, port = runner.addresses[0][:2]
            self.base = f"http://{host}:{port}"
            yield self
        finally:
            await runner.cleanup()
