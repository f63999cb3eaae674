"""Health: whether storage can be reached, and how far behind the service is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.clock import Clock
from notifications.storage.orders import OrderStore
from notifications.telemetry import event, fault

logger = logging.getLogger(__name__)

_FRESH = timedelta(seconds=2)
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What an operator asks first: can storage be reached, and since when has the oldest due work waited."""

    healthy: bool
    oldest_due: datetime | None
    behind: timedelta


class Health:
    """What is found out is remembered for two seconds and shared, so that probes cost little however many come."""

    def __init__(self, store: OrderStore, clock: Clock, *, patience: float = _PATIENCE) -> None:
        self._store = store
        self._clock = clock
        self._patience = patience
        self._healthy = _Shared(self._storage_answers, clock)
        self._figures = _Shared(self._storage_tells, clock)

    async def healthy(self) -> bool:
        """Whether storage answers within five seconds."""
        return await self._healthy()

    async def figures(self) -> Figures:
        """Health, and the age of the oldest wake-up that is due; unhealthy when storage does not tell it."""
        return await self._figures()

    async def _storage_answers(self) -> bool:
        return await self._in_time(self._store.reachable()) or False

    async def _storage_tells(self) -> Figures:
        figures = await self._in_time(self._read()) if await self.healthy() else None
        return figures or Figures(healthy=False, oldest_due=None, behind=timedelta(0))

    async def _read(self) -> Figures:
        now = self._clock.now()
        oldest = await self._store.oldest_due(now)
        return Figures(healthy=True, oldest_due=oldest, behind=now - oldest if oldest else timedelta(0))

    async def _in_time[T](self, question: Awaitable[T]) -> T | None:
        try:
            async with asyncio.timeout(self._patience):
                return await question
        except Exception as error:  # noqa: BLE001 - every reason means the same to a probe
            event(logger, logging.ERROR, "health.storage_unreachable", **fault(error))
            return None


class _Shared[T]:
    """A question that one asks for all who come while it is open, and for two seconds after."""

    def __init__(self, ask: Callable[[], Awaitable[T]], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = asyncio.Lock()
        self._known: tuple[datetime, T] | None = None

    async def __call__(self) -> T:
        async with self._lock:
            # An answer of a time to come is that of a clock which was set back since.
            if self._known is None or not timedelta(0) <= self._clock.now() - self._known[0] < _FRESH:
                answer = await self._ask()
                # Its age counts from when it was had: those who waited for it would each ask again otherwise.
                self._known = (self._clock.now(), answer)
            return self._known[1]
