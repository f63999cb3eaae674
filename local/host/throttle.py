"""host.json's limits on HTTP requests: how many run at once, and how many may be in the host at all.

Source: learn.microsoft.com, "host.json reference", `maxConcurrentRequests` and `maxOutstandingRequests`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TooBusy(Exception):
    """As many requests are in the host as may be; the answer is 429."""


class Throttle:
    """Lets `concurrent` requests run, keeps others waiting, and refuses beyond `outstanding`; −1 is no limit."""

    def __init__(self, concurrent: int, outstanding: int) -> None:
        self._running = asyncio.Semaphore(concurrent) if concurrent >= 0 else None
        self._outstanding = outstanding
        self._inside = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for this request's turn and hold it. Raises TooBusy at once when there is no room to wait."""
        if 0 <= self._outstanding <= self._inside:
            raise TooBusy
        self._inside += 1
        try:
            if self._running is None:
                yield
            else:
                async with self._running:
                    yield
        finally:
            self._inside -= 1
