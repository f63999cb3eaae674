"""Where a gateway's reference and our notification meet, whichever of receipt and report comes first.

A gateway that knows nothing of our ids names a message when it takes it, and reports under that name. The sender writes
reference and id before it records the hand-over; a report that is faster leaves itself here, and the sender finds it.
Neither order loses a report.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.domain.statuses import Status
from notifications.storage.codec import key_part, moment, parse_moment, text
from notifications.storage.table import Delete, Insert, Merge, Reason, Rejected, Row, Table
from notifications.telemetry import event

logger = logging.getLogger(__name__)

_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True)
class EarlyReport:
    """A report whose message was not known when it came."""

    status: Status
    at: datetime
    code: str


type Deliver = Callable[[EarlyReport], Awaitable[None]]


class References:
    """One row for each reference: the notification's id, or the reports that came before it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def prepare(self) -> None:
        """Create the table if it is not there."""
        await self._table.prepare()

    async def introduce(self, reference: str, notification: UUID, deliver: Deliver) -> None:
        """Say which notification a reference means, delivering first the reports that were waiting for it.

        A crash in between delivers them again, which is harmless; the other way round would lose them.
        """
        partition, key = _place(reference)
        named = {"id": str(notification)}
        try:
            await self._table.commit(partition, [Insert(key, {**named, "reports": "[]"})])
        except Rejected:
            await self._join(reference, notification, deliver)

    async def _join(self, reference: str, notification: UUID, deliver: Deliver) -> None:
        """Name a reference that is there already: by an early report, by oneself, or used again by the gateway."""
        partition, key = _place(reference)
        while row := await self._table.get(partition, key):
            if known := text(row.properties, "id"):
                if known != str(notification):
                    event(logger, logging.ERROR, "reference.reused", notification=notification, operation=reference)
                return
            for report in _reports(row):
                await deliver(report)
            try:
                await self._table.commit(partition, [Merge(key, {"id": str(notification)}, row.etag)])
            except Rejected:
                continue
            return

    async def resolve(self, reference: str, report: EarlyReport) -> UUID | None:
        """The notification that a reference means, or None after leaving the report for its sender to find."""
        partition, key = _place(reference)
        while True:
            row = await self._table.get(partition, key)
            if row and (known := text(row.properties, "id")):
                return UUID(known)
            waiting = _reports(row) if row else []
            if any((each.status, each.code) == (report.status, report.code) for each in waiting):
                return None
            waiting.append(report)
            change = {"reports": json.dumps([[each.status, moment(each.at), each.code] for each in waiting])}
            try:
                operation = Merge(key, change, row.etag) if row else Insert(key, {"id": "", **change})
                await self._table.commit(partition, [operation])
            except Rejected:
                continue
            return None

    async def forget(self, references: Sequence[str]) -> None:
        """Remove references whose notifications' retention has ended."""
        for reference in references:
            partition, key = _place(reference)
            try:
                await self._table.commit(partition, [Delete(key)])
            except Rejected as refusal:
                if refusal.reason is not Reason.MISSING:
                    raise


def _place(reference: str) -> tuple[str, str]:
    """Neighbouring references share a partition: a gateway counts upwards, and one partition would be hot."""
    key = key_part(reference)
    return key[:-_NEIGHBOURS] or "-", key


def _reports(row: Row) -> list[EarlyReport]:
    waiting = json.loads(str(row.properties["reports"]))
    return [EarlyReport(Status(status), parse_moment(at), code) for status, at, code in waiting]
