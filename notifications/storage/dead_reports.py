"""Delivery reports that could not be used, kept for an operator: by days, so that each is gone when its day is.

| partition | key | holds |
|---|---|---|
| `yyyy-MM-dd`, the day (UTC) it came | hash of source and content | why, when it came last, and what came, packed |

The time is not in the key, so that what a provider repeats all day is one row.
"""

import hashlib
import re
import zlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from operator import attrgetter

from notifications.domain.statuses import Channel
from notifications.storage.batch import slices
from notifications.storage.codec import chunked, joined, moment, parse_moment, text
from notifications.storage.scan import clear, scan
from notifications.storage.table import Delete, Properties, Rejected, Row, Table, Upsert, Value

MAX_CONTENT = 64 * 1024
_ID = re.compile(r"(\d{4}-\d{2}-\d{2})-([0-9a-f]{20})")
_END = "~"
# Cut content that compresses badly is a little longer than it was.
_CHUNKS = 2
_TOLD = ("source", "channel", "reason", "detail", "received", "size")


class Source(StrEnum):
    """Who reads the content: the parser of what a provider sent, or our own notes of reports that were read once."""

    EVENT_GRID = "event-grid"
    PSWIN = "pswin"
    INBOX = "inbox"
    REFERENCES = "references"


class Reason(StrEnum):
    """Why a report could not be used; names that engine.md section 7.6 has are its own."""

    MALFORMED = "MALFORMED_REPORT"
    UNRECOGNIZED = "UNRECOGNIZED_SEND_RESULT"
    INVALID_ID = "INVALID_NOTIFICATION_IDENTIFIER"
    UNKNOWN_NOTIFICATION = "UNKNOWN_NOTIFICATION"
    NEVER_MATCHED = "NEVER_MATCHED"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadReport:
    """A report that could not be used; `content` may name a recipient, everything else may be logged.

    `size` is that of what came, in bytes; of what is larger than 64 KiB only the beginning is kept. `detail` is the
    reader's own reason. Of which channel a report is cannot always be told.
    """

    source: Source
    channel: Channel | None
    reason: Reason
    detail: str | None = None
    received: datetime
    content: bytes = b""
    size: int
    id: str
    etag: str = ""

    @property
    def cut(self) -> bool:
        """Whether there was more than is kept."""
        return self.size > MAX_CONTENT


def dead_report(
    source: Source,
    channel: Channel | None,
    reason: Reason,
    content: bytes,
    received: datetime,
    detail: str | None = None,
) -> DeadReport:
    """A report that came now; its id is its day and a hash of who reads it and what came."""
    digest = hashlib.sha256(f"{source}|".encode() + content).hexdigest()[:20]
    return DeadReport(
        source=source,
        channel=channel,
        reason=reason,
        detail=detail,
        received=received,
        content=content[:MAX_CONTENT],
        size=len(content),
        id=f"{received.astimezone(UTC).date()}-{digest}",
    )


class DeadReportStore:
    """The table of dead reports."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def prepare(self) -> None:
        """Create the table if it is not there."""
        await self._table.prepare()

    async def put(self, reports: Iterable[DeadReport]) -> None:
        """Keep reports; one that is there already is from then on as old as the newer."""
        days: dict[str, dict[str, DeadReport]] = {}
        for each in reports:
            day, key = _place(each.id)
            days.setdefault(day, {})[key] = each
        for day, rows in days.items():
            for some in slices(Upsert(key, _properties(each)) for key, each in rows.items()):
                await self._table.commit(day, some)

    async def get(self, identity: str) -> DeadReport | None:
        """A report with its content; None where there is none of that id."""
        if not _ID.fullmatch(identity):
            return None
        day, key = _place(identity)
        row = await self._table.get(day, key)
        return _read(day, row) if row else None

    async def since(self, moment: datetime, limit: int | None = None) -> list[DeadReport]:
        """The first reports from a moment on, without their content, by the time they came; all without a limit."""
        found: list[DeadReport] = []
        day = await self._table.first_partition(moment.astimezone(UTC).date().isoformat(), _END)
        while day and (limit is None or len(found) < limit):
            of_day = [each async for each in self._of_day(day) if each.received >= moment]
            found += sorted(of_day, key=attrgetter("received", "id"))
            day = await self._table.first_partition(day + "!", _END)
        return found[:limit]

    async def _of_day(self, day: str) -> AsyncIterator[DeadReport]:
        async for row in scan(self._table, day, "", _END, select=_TOLD):
            yield _read(day, row)

    async def remove(self, report: DeadReport) -> bool:
        """Remove a report as it was read; False when it is gone, or came again meanwhile."""
        day, key = _place(report.id)
        try:
            await self._table.commit(day, [Delete(key, report.etag)])
        except Rejected:
            return False
        return True

    async def oldest_day(self, before: date) -> date | None:
        """The first day, of those before another, that something is kept of."""
        found = await self._table.first_partition("", before.isoformat())
        return date.fromisoformat(found) if found else None

    async def forget_some(self, day: date) -> int:
        """Remove a day's reports, a thousand at a time; how many there were, 0 when none is left."""
        return await clear(self._table, day.isoformat(), "", _END)


def _place(identity: str) -> tuple[str, str]:
    found = _ID.fullmatch(identity)
    if found is None:
        raise ValueError("not the id of a dead report")
    return found[1], found[2]


def _properties(report: DeadReport) -> dict[str, Value]:
    return {
        "source": report.source.value,
        "channel": report.channel.value if report.channel else "",
        "reason": report.reason.value,
        "detail": report.detail or "",
        "received": moment(report.received),
        "size": report.size,
        **chunked("c", zlib.compress(report.content), _CHUNKS),
    }


def _read(day: str, row: Row) -> DeadReport:
    values: Properties = row.properties
    packed = joined("c", values)
    report = DeadReport(
        source=Source(str(values["source"])),
        channel=Channel(channel) if (channel := text(values, "channel")) else None,
        reason=Reason(str(values["reason"])),
        detail=text(values, "detail"),
        received=parse_moment(values["received"]),
        size=int(values["size"]),
        id=f"{day}-{row.key}",
        etag=row.etag,
    )
    return replace(report, content=zlib.decompress(packed)) if packed else report
