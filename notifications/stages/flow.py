"""Flow: how much a queue should be given, as the timer and the planner see it."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.clock import Clock
from notifications.domain.record import WorkQueue
from notifications.storage.queues import PEEK, Queues
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

_FRESH = timedelta(seconds=1)
LEAST = 100


@dataclass(slots=True)
class Flow:
    """How many shipments a second a queue's workers take, as the timer sees it from tick to tick.

    Messages are what can be counted, shipments are what takes time: one full message is as long a wait as many small.
    """

    at: datetime | None = None
    left: int = 0
    pack: float = 1.0
    rate: float = 0.0

    def room(self, depth: int, now: datetime) -> int:
        """How many shipments to put now: what is taken in two seconds, or enough to find out how many that is."""
        if self.at and now > self.at:
            taken = max(0, self.left - depth) * self.pack
            self.rate = 0.5 * self.rate + 0.5 * taken / (now - self.at).total_seconds()
        self.at, self.left = now, depth
        return max(0, round(max(LEAST, 2 * self.rate) - depth * self.pack))

    def note(self, messages: int, shipments: int) -> None:
        """Count what was put."""
        if messages:
            self.pack = shipments / messages
            self.left += messages


class Room:
    """Whether a queue is short enough for a message put past the timer; asked at most once a second."""

    def __init__(self, queues: Queues, clock: Clock) -> None:
        self._queues = queues
        self._clock = clock
        self._known: dict[WorkQueue, tuple[datetime, int]] = {}
        self._lock = asyncio.Lock()

    async def in_queue(self, queue: WorkQueue) -> bool:
        """Whether fewer messages wait than a peek can see; a queue that cannot be looked at has no room."""
        async with self._lock:
            now = self._clock.now()
            asked, depth = self._known.get(queue, (None, 0))
            if asked is None or now - asked > _FRESH:
                depth = await self._depth(queue)
                self._known[queue] = (now, depth)
        return depth < PEEK

    async def _depth(self, queue: WorkQueue) -> int:
        try:
            return await self._queues.depth(queue)
        except Exception as error:  # noqa: BLE001 - the timer releases what is not put directly
            event(logger, logging.WARNING, "queue.not_counted", queue=queue, error=error_name(error))
            return PEEK

    def used(self, queue: WorkQueue) -> None:
        """Count a message that was just put."""
        asked, depth = self._known[queue]
        self._known[queue] = (asked, depth + 1)
