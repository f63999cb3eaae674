"""Dead letters: reports that could not be used are kept for an operator, as many as storage and endpoint can bear."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from notifications.domain.clock import Clock
from notifications.storage.dead_reports import MAX_CONTENT, DeadReport, DeadReportStore
from notifications.telemetry import event

logger = logging.getLogger(__name__)

# Enough for a provider that begins to say something new, and little enough for what somebody throws at the endpoint.
ROWS_A_MINUTE = 300
BYTES_A_MINUTE = 4 * 1024 * 1024
_MINUTE = timedelta(minutes=1)


class DeadLetters:
    """Keeps reports; what is more than one process may write in a minute is counted in the log, and gone."""

    def __init__(self, store: DeadReportStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._since: datetime | None = None
        self._rows = 0
        self._bytes = 0

    def room(self) -> int:
        """How many rows may still be written in this minute, if they are not too large."""
        now = self._clock.now()
        # A clock that was set back must not stop this until it has caught up.
        if self._since is None or abs(now - self._since) >= _MINUTE:
            self._since, self._rows, self._bytes = now, 0, 0
        return max(ROWS_A_MINUTE - self._rows, 0) if self._bytes < BYTES_A_MINUTE else 0

    async def keep(self, reports: Sequence[DeadReport], beside: int = 0) -> None:
        """Keep reports, the same ones once; `beside` are those that nobody made into such for want of room."""
        distinct = list({each.id: each for each in reports}.values())
        some = list(self._booked(distinct))
        if lost := len(distinct) - len(some) + beside:
            event(logger, logging.ERROR, "report.dead_not_kept", count=lost)
        await self._store.put(some)

    def _booked(self, reports: Sequence[DeadReport]) -> Iterator[DeadReport]:
        for report in reports:
            if not self.room():
                return
            self._rows += 1
            self._bytes += min(report.size, MAX_CONTENT)
            yield report
