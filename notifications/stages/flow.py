"""Flow: how much a queue should be given, as the timer and the planner see it."""

import asyncio
import logging
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.clock import Clock
from notifications.domain.record import WorkQueue
from notifications.stages.rate import TokenBucket
from notifications.storage.queues import Queues
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

_FRESH = timedelta(seconds=1)
LEAST = 100
SHORT = LEAST // 2
"""A queue of fewer shipments leaves the timer room, whoever else puts messages there."""


@dataclass(slots=True)
class Flow:
    """How many shipments a second a queue's workers take, as the timer sees it from tick to tick.

    A heavy shipment counts as a pack here: a hundred of them that count as one each are minutes of work.
    """

    at: datetime | None = None
    left: int = 0
    rate: float = 0.0

    def room(self, depth: int, now: datetime) -> int:
        """How many shipments to put beside what waits: what is taken in two seconds, or enough to find that out."""
        if self.at and now > self.at:
            taken = max(0, self.left - depth)
            self.rate = 0.5 * self.rate + 0.5 * taken / (now - self.at).total_seconds()
        self.at, self.left = now, depth
        return max(0, round(max(LEAST, 2 * self.rate) - depth))

    def note(self, shipments: int) -> None:
        """Count the load of what was put."""
        self.left += shipments


class Allowances:
    """How many shipments of each creator may pass the timer by: so many at once, and so many more every second.

    All others wait for the timer, which releases them in fair turns.
    """

    def __init__(self, burst: int, per_second: int, clock: Clock) -> None:
        self._buckets = defaultdict[str, TokenBucket](lambda: TokenBucket(per_second, clock, burst))

    def take(self, creator: str) -> bool:
        """Spend one, if the creator has one."""
        return self._buckets[creator].book(timedelta(0)) is not None


class Room:
    """Whether a queue is short enough for a message put past the timer; asked at most once a second.

    Where one owner's shipments keep it full past the timer, those that the timer should release never get their turn.
    """

    def __init__(self, queues: Queues, clock: Clock) -> None:
        self._queues = queues
        self._clock = clock
        self._known: dict[WorkQueue, tuple[datetime, int | None]] = {}
        self._lock = asyncio.Lock()

    async def in_queue(self, queue: WorkQueue) -> bool:
        """Whether few shipments wait; a queue that cannot be looked at has no room."""
        async with self._lock:
            now = self._clock.now()
            asked, depth = self._known.get(queue, (None, 0))
            # An answer of a time to come is that of a clock which was set back since.
            if asked is None or not timedelta(0) <= now - asked <= _FRESH:
                depth = await self._depth(queue)
                self._known[queue] = (now, depth)
        return depth is not None and depth < SHORT

    def is_counted(self, queue: WorkQueue) -> bool:
        """Whether the queue could be looked at when it was asked for last."""
        return self._known[queue][1] is not None

    async def _depth(self, queue: WorkQueue) -> int | None:
        try:
            return (await self._queues.depth(queue)).shipments
        except Exception as error:  # noqa: BLE001 - the timer releases what is not put directly
            event(logger, logging.WARNING, "queue.not_counted", queue=queue, error=error_name(error))
            return None

    def used(self, queue: WorkQueue, shipments: int) -> None:
        """Count the load of a message that was just put."""
        asked, depth = self._known[queue]
        self._known[queue] = (asked, None if depth is None else depth + shipments)
