"""Health: whether storage can be reached, and how far behind the service is."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.clock import Clock
from notifications.storage.orders import OrderStore
from notifications.telemetry import error_name, event

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
    """Answers are remembered for two seconds, so that a probe costs nothing however often it comes."""

    def __init__(self, store: OrderStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._asked: datetime | None = None
        self._healthy = False

    async def healthy(self) -> bool:
        """Whether storage answers within five seconds."""
        now = self._clock.now()
        if self._asked is None or now - self._asked >= _FRESH:
            self._healthy = await self._storage_answers()
            self._asked = now
        return self._healthy

    async def figures(self) -> Figures:
        """Health, and the age of the oldest wake-up that is due."""
        now = self._clock.now()
        if not await self.healthy():
            return Figures(healthy=False, oldest_due=None, behind=timedelta(0))
        oldest = await self._store.oldest_due(now)
        return Figures(healthy=True, oldest_due=oldest, behind=now - oldest if oldest else timedelta(0))

    async def _storage_answers(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._store.reachable()
        except Exception as error:  # noqa: BLE001 - every reason means the same to a probe
            event(logger, logging.ERROR, "health.storage_unreachable", error=error_name(error))
            return False
