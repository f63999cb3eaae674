"""Where a gateway's reference and our notification meet, whichever of receipt and report comes first.

A gateway that knows nothing of our ids names a message when it takes it, and reports under that name. The sender writes
reference and id before it records the hand-over; a report that is faster leaves itself here, and the sender finds it.
Neither order loses a report.

Some reports come for messages that nobody ever records, and have to be removed one day. So that this needs no search
through the rows of all messages of the last months, each early report leaves a note in partitions of their own: one
write more for the few reports that are early, none for the others. A note has no time of its own: whoever looks through
them stamps those that have none.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zlib import crc32

from notifications.domain.faults import StorageUnavailable
from notifications.domain.statuses import Status
from notifications.storage.codec import from_key_part, key_part, moment, optional_moment, parse_moment, text
from notifications.storage.removal import remove
from notifications.storage.table import MAX_OPERATIONS, Delete, Insert, Merge, Rejected, Row, Table, Upsert
from notifications.telemetry import event

logger = logging.getLogger(__name__)

_NEIGHBOURS = 3
_PARTITIONS_AT_ONCE = 16
_NOTES, _NOTE_PARTITIONS = "early|", 16
_END = "~"


@dataclass(frozen=True, slots=True)
class EarlyReport:
    """A report whose message was not known when it came."""

    status: Status
    at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Note:
    """That a reference had an early report, and when that was first seen by whoever looks through the notes."""

    reference: str
    seen: datetime | None
    etag: str


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
        named = Insert(key, {"id": str(notification), "reports": "[]"})
        while True:
            try:
                await self._table.commit(partition, [named])
            except Rejected:
                # What was there may be gone again, where it was an early report that waited for too long.
                if not await self._join(reference, notification, deliver):
                    continue
            return

    async def _join(self, reference: str, notification: UUID, deliver: Deliver) -> bool:
        """Name a reference that is there already: by an early report, by oneself, or used again by the gateway."""
        partition, key = _place(reference)
        while row := await self._table.get(partition, key):
            if known := text(row.properties, "id"):
                if known != str(notification):
                    event(logger, logging.ERROR, "reference.reused", notification=notification, operation=reference)
                return True
            for report in _reports(row):
                await deliver(report)
            try:
                await self._table.commit(partition, [Merge(key, {"id": str(notification)}, row.etag)])
            except Rejected:
                continue
            # Left behind, it is taken away when the notes are looked through.
            with suppress(Rejected, StorageUnavailable):
                await self._table.commit(_notes_of(key), [Delete(key)])
            return True
        return False

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
            # Before the report, so that none is without one; anew, so that nobody takes it for an old one's.
            await self._table.commit(_notes_of(key), [Upsert(key, {"seen": ""})])
            try:
                operation = Merge(key, change, row.etag) if row else Insert(key, {"id": "", **change})
                await self._table.commit(partition, [operation])
            except Rejected:
                continue
            return None

    async def forget(self, references: Sequence[str]) -> None:
        """Remove references whose notifications' retention has ended, neighbours together; safe to repeat."""
        partitions: defaultdict[str, list[str]] = defaultdict(list)
        for partition, key in map(_place, references):
            partitions[partition].append(key)
        slots = asyncio.Semaphore(_PARTITIONS_AT_ONCE)

        # One after the other, those of a large shipment take longer than a function may run.
        async def forgotten(partition: str, keys: Sequence[str]) -> None:
            async with slots:
                await remove(self._table, partition, keys)

        outcomes = await asyncio.gather(*(forgotten(*each) for each in partitions.items()), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def notes(self) -> AsyncIterator[list[Note]]:
        """All notes of early reports, up to a hundred of one partition at a time."""
        for number in range(_NOTE_PARTITIONS):
            low = ""
            while rows := await self._table.read(f"{_NOTES}{number:x}", low, _END, limit=MAX_OPERATIONS):
                yield [_note(row) for row in rows]
                low = rows[-1].key + "!"

    async def stamp(self, notes: Iterable[Note], seen: datetime) -> None:
        """Write on notes when they were seen; one that is not as it was read is left for the next time."""
        for note in notes:
            key = key_part(note.reference)
            with suppress(Rejected):
                await self._table.commit(_notes_of(key), [Merge(key, {"seen": moment(seen)}, note.etag)])

    async def waiting(self, note: Note) -> list[EarlyReport]:
        """The early reports that a note is about; none where their message was recorded meanwhile."""
        row = await self._table.get(*_place(note.reference))
        return _reports(row) if row and not text(row.properties, "id") else []

    async def drop(self, note: Note) -> bool:
        """Remove a note, and the early reports if no message was recorded for them; whether there were any."""
        partition, key = _place(note.reference)
        row = await self._table.get(partition, key)
        # In this order: a report that comes after the first look changes the row, one from before has changed the note.
        now = await self._table.get(_notes_of(key), key)
        if now is None or now.etag != note.etag:
            return False
        waiting = row is not None and not text(row.properties, "id")
        if row and waiting:
            try:
                await self._table.commit(partition, [Delete(key, row.etag)])
            except Rejected:
                # Somebody was faster, or something came meanwhile: the next time tells.
                return False
        with suppress(Rejected):
            await self._table.commit(_notes_of(key), [Delete(key, note.etag)])
        return waiting


def _notes_of(key: str) -> str:
    """Where the note of a reference is: no reference's own partition, since the bar is in no key part."""
    return f"{_NOTES}{crc32(key.encode()) % _NOTE_PARTITIONS:x}"


def _note(row: Row) -> Note:
    return Note(from_key_part(row.key), optional_moment(text(row.properties, "seen")), row.etag)


def _place(reference: str) -> tuple[str, str]:
    """Neighbouring references share a partition: a gateway counts upwards, and one partition would be hot."""
    key = key_part(reference)
    return key[:-_NEIGHBOURS] or "-", key


def _reports(row: Row) -> list[EarlyReport]:
    waiting = json.loads(str(row.properties["reports"]))
    return [EarlyReport(Status(status), parse_moment(at), code) for status, at, code in waiting]
