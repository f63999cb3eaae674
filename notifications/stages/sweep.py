"""Sweep: what no shipment takes with it when its retention ends: days of the metrics, reports of nothing we know."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from notifications.domain.clock import Clock
from notifications.domain.pace import Pace
from notifications.storage.index import Index
from notifications.storage.references import Note, References
from notifications.telemetry import event

logger = logging.getLogger(__name__)

# Less than a function may run (`functionTimeout` in host.json).
WORK_TIME = timedelta(minutes=4)
# A gateway reports within days, and a receipt that follows its report does so within seconds.
EARLY_REPORTS_KEPT = timedelta(days=7)


class Sweep:
    """Removes what is older than it may be, a step at a time; what a run does not get to is left to the next.

    Every step is safe to repeat, and for several runs at once.
    """

    def __init__(self, index: Index, references: References, clock: Clock, pace: Pace) -> None:
        self._index = index
        self._references = references
        self._clock = clock
        self._pace = pace

    async def __call__(self) -> None:
        """Sweep once. What fails does not keep the other from being swept; its error is raised at the end."""
        enough = self._clock.now() + WORK_TIME
        outcomes = await asyncio.gather(self._days(enough), self._early_reports(enough), return_exceptions=True)
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
