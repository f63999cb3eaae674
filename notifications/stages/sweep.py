"""Sweep: what no shipment takes with it when its retention ends.

Those are the days of the metrics and of the dead reports, reports of messages that nobody recorded, and what leads to a
shipment that is gone.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import batched
from typing import Protocol

from notifications.domain.clock import Clock
from notifications.domain.pace import Pace
from notifications.stages.read_once import unmatched
from notifications.storage.dead_reports import DeadReportStore
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
# So many fit in one dead report, whatever they say.
_UNMATCHED_AT_ONCE = 20


class _Daily(Protocol):
    """What is kept by days."""

    async def oldest_day(self, before: date) -> date | None:
        """The first day, of those before another, that something is kept of."""

    async def forget_some(self, day: date) -> int:
        """Remove some of a day; how many there were."""


class Sweep:
    """Removes what is older than it may be, a step at a time; what a run does not get to is left to the next.

    Every step is safe to repeat, and for several runs at once.
    """

    def __init__(
        self,
        orders: OrderStore,
        index: Index,
        references: References,
        dead_reports: DeadReportStore,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._orders = orders
        self._index = index
        self._references = references
        self._dead_reports = dead_reports
        self._clock = clock
        self._pace = pace

    async def __call__(self) -> None:
        """Sweep once. What fails does not keep the rest from being swept; its error is raised at the end."""
        enough = self._clock.now() + WORK_TIME
        parts = (
            self._days(self._index, "days", enough),
            self._days(self._dead_reports, "dead_reports", enough),
            self._early_reports(enough),
            self._recipients(enough),
        )
        outcomes = await asyncio.gather(*parts, return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _days(self, kept: _Daily, name: str, enough: datetime) -> None:
        """Remove the days that lie further back than the retention time, the oldest first."""
        oldest_kept = (self._clock.now() - self._pace.retention).astimezone(UTC).date()
        while day := await kept.oldest_day(oldest_kept):
            if self._clock.now() >= enough:
                event(logger, logging.WARNING, "sweep.unfinished", reason=name, at=day)
                return
            event(logger, logging.INFO, "sweep.removed", reason=name, at=day, count=await kept.forget_some(day))

    async def _early_reports(self, enough: datetime) -> None:
        """Remove reports whose message nobody recorded; their age counts from when a sweep first saw them."""
        async for notes in self._references.notes():
            now = self._clock.now()
            if now >= enough:
                event(logger, logging.WARNING, "sweep.unfinished", reason="early_reports")
                return
            await self._references.stamp((note for note in notes if note.seen is None), now)
            old = [note for note in notes if note.seen and now - note.seen >= EARLY_REPORTS_KEPT]
            for some in batched(old, _UNMATCHED_AT_ONCE, strict=False):
                await self._bury(some)
                for note in some:
                    await self._drop(note)

    async def _bury(self, notes: Sequence[Note]) -> None:
        """Keep what waited for an operator, before it is dropped: a sweep that dies in between keeps it twice."""
        waiting = {note.reference: await self._references.waiting(note) for note in notes}
        found = {reference: reports for reference, reports in waiting.items() if reports}
        if found:
            await self._dead_reports.put([unmatched(found, self._clock.now())])

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
