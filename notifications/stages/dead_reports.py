"""Dead reports: what an operator may ask of the delivery reports that could not be used."""

from datetime import datetime

from notifications.stages.report import Refusal, Report
from notifications.storage.dead_reports import DeadReport, DeadReportStore


class NoSuchReport(LookupError):
    """There is no dead report of that id; it may have been replayed, removed, or too old to be kept."""


class DeadReports:
    """Lists, replays and removes; whoever may do so sees addresses of recipients, if they ask for the content."""

    def __init__(self, store: DeadReportStore, report: Report) -> None:
        self._store = store
        self._report = report

    async def list(self, since: datetime, limit: int | None = None, *, content: bool = False) -> list[DeadReport]:
        """The first reports that came from a moment on, oldest first; without their content unless it is asked for."""
        found = await self._store.since(since, limit)
        if not content:
            return found
        return [whole for each in found if (whole := await self._store.get(each.id))]

    async def replay(self, identity: str) -> Refusal | None:
        """Give a report to its reader again; removed when it was taken, else why it was not. Raises `NoSuchReport`."""
        report = await self._found(identity)
        refusal = await self._report.again(report)
        if refusal is None:
            # One that came again meanwhile stays: it was not the same delivery that was taken.
            await self._store.remove(report)
        return refusal

    async def remove(self, identity: str) -> None:
        """Forget a report. Raises `NoSuchReport`."""
        while not await self._store.remove(await self._found(identity)):
            pass

    async def _found(self, identity: str) -> DeadReport:
        report = await self._store.get(identity)
        if report is None:
            raise NoSuchReport(identity)
        return report
