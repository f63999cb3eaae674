"""A creator's feed: entries numbered from 1 without gaps, one for each shipment, and the month's totals beside them.

One transaction appends entries, moves the head, writes a marker for each shipment and adds to the totals, so that they
cannot disagree. A partition is a creator's: `head`, `e|{sequence}`, `m|{shipment}`, `t|{month}`. One more partition has
a row for each creator that ever had a feed.
"""

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import random

from notifications.domain.ids import ShipmentId
from notifications.domain.order import ShipmentType
from notifications.domain.record import FeedEntry, FeedRecipient
from notifications.domain.statuses import Channel, OrderStatus, Status
from notifications.storage.codec import (
    chunked,
    from_key_part,
    joined,
    key_part,
    moment,
    pack,
    parse_moment,
    text,
    unpack,
)
from notifications.storage.scan import scan
from notifications.storage.table import (
    KEYS_ONLY,
    Delete,
    Insert,
    Merge,
    Operation,
    Reason,
    Rejected,
    Row,
    Table,
    Upsert,
    Value,
)

HEAD = "head"
# A page ends with the entry that brings it to so many recipients.
MOST_TOLD = 50_000
ENTRIES_AT_ONCE = 48
_END = "~"
# No creator's partition: the bar is in no key part.
_CREATORS = "creators|"
_MOST_INLINE, _MOST_PACKED = 2_000, 32 * 1024
_PAUSE = 0.02


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a feed stands, as it was last seen; the ETag is None before the first entry.

    `listed` says that its creator is among those who are known to have a feed.
    """

    sequence: int
    etag: str | None
    totals: Mapping[str, Mapping[str, int]]
    listed: bool


class Feed:
    """All creators' feeds in one table. Appends of one process to one feed wait for each other."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._heads: dict[str, _Head] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def prepare(self) -> None:
        """Create the table if it is not there."""
        await self._table.prepare()

    async def publish(self, creator: str, entries: Sequence[FeedEntry]) -> None:
        """Append what is not in the feed yet; an entry that is already there stays the only one of its shipment."""
        once = {entry.shipment: entry for entry in entries}.values()
        async with self._locks[creator]:
            for month, of_month in _by_month(once).items():
                for start in range(0, len(of_month), ENTRIES_AT_ONCE):
                    await self._append(creator, month, of_month[start : start + ENTRIES_AT_ONCE])

    async def _append(self, creator: str, month: str, entries: list[FeedEntry]) -> None:
        while entries:
            head = await self._head(creator, month)
            if not head.listed:
                # Before there is a feed: a crash in between leaves a creator without one, not a feed of nobody.
                await self._table.commit(_CREATORS, [Upsert(key_part(creator), {})])
            numbered = [replace(entry, sequence=head.sequence + place) for place, entry in enumerate(entries, start=1)]
            totals = Counter(head.totals[month]) + _totals(entries)
            operations = _append_operations(head, month, totals, numbered)
            try:
                etags = await self._table.commit(key_part(creator), operations)
            except Rejected as refusal:
                self._heads.pop(creator, None)
                entries = _without_published(entries, operations[refusal.index], refusal.reason)
                await asyncio.sleep(random() * _PAUSE)  # noqa: S311 - lets two writers of one feed miss each other
                continue
            self._heads[creator] = _Head(numbered[-1].sequence, etags[0], {**head.totals, month: totals}, listed=True)
            return

    async def _head(self, creator: str, month: str) -> _Head:
        known = self._heads.get(creator)
        if known and month in known.totals:
            return known
        row = await self._table.get(key_part(creator), HEAD)
        totals = await self.totals(creator, month)
        if row is None:
            return _Head(0, None, {month: totals}, listed=False)
        listed = bool(row.properties.get("listed"))
        return _Head(int(row.properties["sequence"]), row.etag, {month: totals}, listed=listed)

    async def totals(self, creator: str, month: str) -> Mapping[str, int]:
        """What a creator's month (`yyyy-MM`) has come to: ended shipments, and notifications by channel and status."""
        row = await self._table.get(key_part(creator), f"t|{month}")
        return json.loads(str(row.properties["counts"])) if row else {}

    async def creators(self) -> list[str]:
        """Everybody who ever had a feed, in the order of their keys."""
        return [from_key_part(row.key) async for row in scan(self._table, _CREATORS, "", _END, select=KEYS_ONLY)]

    async def ascending(self, creator: str, after: int, limit: int) -> list[FeedEntry]:
        """The entries that follow a sequence number, oldest first; fewer than `limit` where they tell of many."""
        return _page(await self._rows(creator, after + 1, limit))

    async def descending(self, creator: str, before: int | None, limit: int) -> list[FeedEntry]:
        """The entries that precede a sequence number, newest first; None starts from the newest of all.

        They are fewer than `limit` where they tell of many recipients.
        """
        row = await self._table.get(key_part(creator), HEAD)
        end = int(row.properties["sequence"]) + 1 if row else 1
        end = end if before is None else min(before, end)
        found: list[Row] = []
        while len(found) < limit and end > 1:
            start = max(1, end - (limit - len(found)))
            window = [row for row in await self._rows(creator, start, end - start) if _sequence(row) < end]
            if not window and not await self._anything_before(creator, start):
                break
            found.extend(reversed(window))
            end = start
        return _page(found)

    async def _anything_before(self, creator: str, sequence: int) -> bool:
        """Whether an older entry is left; retention takes entries out of their order where publication was late."""
        oldest = await self._rows(creator, 1, 1)
        return bool(oldest) and _sequence(oldest[0]) < sequence

    async def _rows(self, creator: str, first: int, limit: int) -> list[Row]:
        return await self._table.read(key_part(creator), _entry_key(first), f"e|{_END}", limit=limit)

    async def remove(self, creator: str, shipment: ShipmentId) -> None:
        """Take a shipment's entry out when its retention ends; safe to repeat."""
        marker = f"m|{shipment.uuid}"
        row = await self._table.get(key_part(creator), marker)
        if row is None:
            return
        for key in (_entry_key(int(row.properties["sequence"])), marker):
            try:
                await self._table.commit(key_part(creator), [Delete(key)])
            except Rejected:
                continue


def _by_month(entries: Iterable[FeedEntry]) -> dict[str, list[FeedEntry]]:
    months: defaultdict[str, list[FeedEntry]] = defaultdict(list)
    for entry in entries:
        months[f"{entry.changed:%Y-%m}"].append(entry)
    return months


def _totals(entries: Iterable[FeedEntry]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for entry in entries:
        counts["shipments"] += 1
        counts.update(f"{recipient.channel}.{recipient.status}" for recipient in entry.recipients)
        counts.update(entry.extra)
    return counts


def _append_operations(
    head: _Head, month: str, totals: Mapping[str, int], entries: Sequence[FeedEntry]
) -> list[Operation]:
    """The head comes first: where it is not as it was read, nothing else of the transaction is looked at."""
    moved: dict[str, Value] = {"sequence": entries[-1].sequence, "listed": True}
    first = Insert(HEAD, moved) if head.etag is None else Merge(HEAD, moved, head.etag)
    operations: list[Operation] = [first, Upsert(f"t|{month}", {"counts": json.dumps(totals)})]
    for entry in entries:
        operations.append(Insert(f"m|{entry.shipment.uuid}", {"sequence": entry.sequence}))
        operations.append(Insert(_entry_key(entry.sequence), _entry_properties(entry)))
    return operations


def _without_published(entries: list[FeedEntry], refused: Operation, reason: Reason) -> list[FeedEntry]:
    """Leave out the entry whose marker was there; a head that moved refuses nobody."""
    if reason is not Reason.EXISTS or not refused.key.startswith("m|"):
        return entries
    return [entry for entry in entries if f"m|{entry.shipment.uuid}" != refused.key]


def _entry_key(sequence: int) -> str:
    return f"e|{sequence:019}"


def _entry_properties(entry: FeedEntry) -> dict[str, Value]:
    return {
        "shipment": entry.shipment.text,
        "type": entry.type.value,
        "status": entry.status.value,
        "changed": moment(entry.changed),
        "reference": entry.senders_reference or "",
        "referenced": entry.senders_reference is not None,
        **_recipients(entry),
    }


def _recipients(entry: FeedEntry) -> dict[str, Value]:
    """The recipients, or that there are too many: entries travel and are read by the page."""
    if len(entry.recipients) <= _MOST_INLINE:
        told = [[each.channel, each.destination, each.status, moment(each.changed)] for each in entry.recipients]
        packed = pack(told)
        if len(packed) <= _MOST_PACKED:
            return {"by_reference": False, **chunked("r", packed, most=1)}
    return {"by_reference": True}


def _page(rows: Iterable[Row]) -> list[FeedEntry]:
    """The entries of some rows, up to the one that brings them to too many recipients for one answer."""
    entries: list[FeedEntry] = []
    told = 0
    for row in rows:
        if told >= MOST_TOLD:
            break
        entries.append(_read_entry(row))
        told += len(entries[-1].recipients)
    return entries


def _sequence(row: Row) -> int:
    return int(row.key.removeprefix("e|"))


def _read_entry(row: Row) -> FeedEntry:
    values = row.properties
    by_reference = bool(values.get("by_reference"))
    recipients = () if by_reference else unpack(joined("r", values))
    return FeedEntry(
        sequence=_sequence(row),
        shipment=ShipmentId.from_text(str(values["shipment"])),
        type=ShipmentType(str(values["type"])),
        status=OrderStatus(str(values["status"])),
        changed=parse_moment(values["changed"]),
        senders_reference=(text(values, "reference") or "") if values["referenced"] else None,
        recipients=tuple(_read_recipient(*each) for each in recipients),
        by_reference=by_reference,
    )


def _read_recipient(channel: str, destination: str, status: str, changed: str) -> FeedRecipient:
    return FeedRecipient(
        channel=Channel(channel), destination=destination, status=Status(status), changed=parse_moment(changed)
    )
