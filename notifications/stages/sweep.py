"""Sweep: what no shipment takes with it when its retention ends.

Those are the metrics' days, reports of messages that nobody recorded, and what leads to a shipment that is gone.
"""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from notifications.domain.clock import Clock
from notifications.domain.pace import Pace
from notifications.storage.index import RECIPIENT_PARTS, Index
from notifications.storage.orders import OrderStore
from notifications.storage.references import Note, References
from notifications.telemetry import event

logger = logging.getLogger(__name__)

# Less than a function may run (`functionTimeout` in host.json).
WORK_TIME = timedelta(minutes=4)
# A gateway reports within days, and a receipt that follows its report does so within seconds.
EARLY_REPORTS_KEPT = timedelta(days=7)
# Each part is looked through once in so many nights; what a shipment left in it is rare, and a look reads every row.
_PARTS_A_NIGHT = 2
_STRAY_AFTER = timedelta(days=30)


class Sweep:
    """Removes what is older than it may be, a step at a time; what a run does not get to is left to the next.

    Every step is safe to repeat, and for several runs at once.
    """

    def __init__(self, orders: OrderStore, index: Index, references: References, clock: Clock, pace: Pace) -> None:
        self._orders = orders
        self._index = index
        self._references = references
        self._clock = clock
        self._pace = pace

    async def __call__(self) -> None:
        """Sweep once. What fails does not keep the rest from being swept; its error is raised at the end."""
        enough = self._clock.now() + WORK_TIME
        parts = (self._days(enough), self._early_reports(enough), self._recipients(enough))
        outcomes = await asyncio.gather(*parts, return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _days(self, enough: datetime) -> None:
        """Remove the days that lie further back than the retention time, the oldest first."""
        oldest_kept = (self._clock.now() - self._pace.retention).astimezone(UTC).date()
        while day := await self._index.oldest_day(oldest_kept):
            if self._clock.now() >= enough:
                event(logger, logging.WARNING, "sweep.unfinished", reason="days", at=day)
                return
            event(logger, logging.INFO, "sweep.removed", at=day, count=await self._index.forget_some(day))

    async def _early_reports(self, enough: datetime) -> None:
        """Remove reports whose message nobody recorded; their age counts from when a sweep first saw them."""
        async for notes in self._references.notes():
            now = self._clock.now()
            if now >= enough:
                event(logger, logging.WARNING, "sweep.unfinished", reason="early_reports")
                return
            await self._references.stamp((note for note in notes if note.seen is None), now)
            for note in notes:
                if note.seen and now - note.seen >= EARLY_REPORTS_KEPT:
                    await self._drop(note)

    async def _drop(self, note: Note) -> None:
        if await self._references.drop(note):
            event(logger, logging.WARNING, "report.unmatched", operation=note.reference)

    async def _recipients(self, enough: datetime) -> None:
        """Remove what leads from a recipient to a shipment that is gone, as after a change of the hash's key."""
        now = self._clock.now()
        first = now.toordinal() * _PARTS_A_NIGHT
        for part in range(first, first + _PARTS_A_NIGHT):
            async for rows in self._index.recipients_in(part % RECIPIENT_PARTS):
                old = [row for row in rows if now - row[1] > self._pace.retention + _STRAY_AFTER]
                gone = [row for row in old if not await self._orders.holds(row[2])]
                await self._index.forget_recipients(gone)
                if gone:
                    event(logger, logging.INFO, "sweep.strays_removed", count=len(gone))
                if self._clock.now() >= enough:
                    event(logger, logging.WARNING, "sweep.unfinished", reason="recipients")
                    return
