"""What leads to shipments from elsewhere: a reference, a dialog, a recipient's hash; and the days' ended notifications.

Every row is an upsert whose key follows from what it says, so that whoever repeats a write leaves the same rows. Rows
are written before what they lead to; a reader looks whether that came.

| partition | key | leads to |
|---|---|---|
| `s|{creator}` | `{sendersReference}|{shipment}` | a shipment by its reference |
| `d|{creator}`, `t|{creator}` | `{dialog or transmission}|{order}` | an order by its dialog, or transmission |
| `r|{00..3f}` | `{hash}|{send time, backwards}|{shipment}` | a shipment by a recipient's hash, newest first |
| `l|{yyyy-MM-dd}` | `{shipment}|{chunk}` | what the day's export tells of a shipment |
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.record import DeliveryRecord
from notifications.storage.batch import slices
from notifications.storage.codec import due_key, parse_due_key, short_key_part
from notifications.storage.delivery_records import pieces, read_piece
from notifications.storage.removal import remove
from notifications.storage.scan import clear, scan
from notifications.storage.table import KEYS_ONLY, Table, Upsert

# A recipient's row: the hash in hexadecimal, when the shipment is sent, and which it is.
type Recipient = tuple[str, datetime, ShipmentId]

RECIPIENT_PARTS = 64
_END = "~"
_DAYS = "l|"
_PARTITIONS_AT_ONCE = 8
_RECORD_ROWS_AT_ONCE = 250
_LATEST = 10**17 - 1


class Index:
    """The index's one table."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def prepare(self) -> None:
        """Create the table if it is not there."""
        await self._table.prepare()

    async def note_reference(self, creator: str, reference: str, shipments: Iterable[ShipmentId]) -> None:
        """Make shipments findable by the reference that their creator gave them."""
        await self._put(_of("s", creator), [_reference_key(reference, each) for each in shipments])

    async def by_reference(self, creator: str, reference: str) -> list[ShipmentId]:
        """The shipments with exactly that reference, in no particular order."""
        low = short_key_part(reference) + "|"
        rows = scan(self._table, _of("s", creator), low, low + _END, select=KEYS_ONLY)
        return [ShipmentId.from_text(_last(row.key)) async for row in rows]

    async def forget_reference(self, creator: str, reference: str, shipments: Iterable[ShipmentId]) -> None:
        """Undo `note_reference`."""
        await self._take(_of("s", creator), [_reference_key(reference, each) for each in shipments])

    async def note_dialog(self, creator: str, dialog: str | None, transmission: str | None, order: OrderKey) -> None:
        """Make an order findable by its dialog and its transmission, or by the one that it has."""
        for partition, key in _dialog_rows(creator, dialog, transmission, order):
            await self._put(partition, [key])

    async def by_dialog(self, creator: str, dialog: str | None, transmission: str | None) -> list[OrderKey]:
        """The orders of a dialog, a transmission, or a transmission of a dialog, in the order of their keys."""
        of_dialog = await self._orders(_of("d", creator), dialog) if dialog else None
        of_transmission = await self._orders(_of("t", creator), transmission) if transmission else None
        if of_dialog is None or of_transmission is None:
            return of_dialog or of_transmission or []
        both = set(of_transmission)
        return [each for each in of_dialog if each in both]

    async def _orders(self, partition: str, name: str) -> list[OrderKey]:
        low = short_key_part(name) + "|"
        rows = scan(self._table, partition, low, low + _END, select=KEYS_ONLY)
        return [OrderKey.from_hex(_last(row.key)) async for row in rows]

    async def forget_dialog(self, creator: str, dialog: str | None, transmission: str | None, order: OrderKey) -> None:
        """Undo `note_dialog`."""
        for partition, key in _dialog_rows(creator, dialog, transmission, order):
            await self._take(partition, [key])

    async def note_recipients(self, recipients: Iterable[Recipient]) -> None:
        """Make shipments findable by the hashes of those whom they are for."""
        await _each_partition(self._put, recipients)

    async def by_recipient(
        self, recipient: str, since: datetime, until: datetime, limit: int
    ) -> list[tuple[datetime, ShipmentId]]:
        """When and as which shipments somebody was told in since <= send time < until: the newest, newest first."""
        # Keys run backwards in time, so `until` is the low one. `_END` sorts behind all shipments of a moment: those of
        # `until` itself are left out, and those of `since` are taken.
        low, high = f"{recipient}|{_backwards(until)}|{_END}", f"{recipient}|{_backwards(since)}|{_END}"
        rows = await self._table.read(_of_hash(recipient), low, high, limit=limit, select=KEYS_ONLY)
        return [_sent(row.key) for row in rows]

    async def forget_recipients(self, recipients: Iterable[Recipient]) -> None:
        """Undo `note_recipients`."""
        await _each_partition(self._take, recipients)

    async def recipients_in(self, part: int) -> AsyncIterator[list[Recipient]]:
        """The rows of one of the `RECIPIENT_PARTS` that recipients are spread over, up to a thousand at a time."""
        low = ""
        while rows := await self._table.read(_recipients_part(part), low, _END, select=KEYS_ONLY):
            yield [(row.key.partition("|")[0], *_sent(row.key)) for row in rows]
            low = rows[-1].key + "!"

    async def log(self, day: date, shipment: ShipmentId, records: Sequence[DeliveryRecord]) -> None:
        """Keep what the day's export tells of a shipment."""
        await self.log_all(day, {shipment: records})

    async def log_all(self, day: date, shipments: Mapping[ShipmentId, Sequence[DeliveryRecord]]) -> None:
        """Keep what the day's export tells of several shipments, many of them to a transaction."""
        rows = (
            Upsert(f"{shipment.text}|{number:04}", properties)
            for shipment, records in shipments.items()
            for number, properties in enumerate(pieces(records))
        )
        for some in slices(rows):
            await self._table.commit(_of_day(day), some)

    async def read_day(self, day: date) -> AsyncIterator[DeliveryRecord]:
        """All that was logged on a day, shipment by shipment."""
        async for row in scan(self._table, _of_day(day), "", _END, page=_RECORD_ROWS_AT_ONCE):
            for record in read_piece(row.properties):
                yield record

    async def oldest_day(self, before: date) -> date | None:
        """The first day, of those before another, that something is kept of."""
        found = await self._table.first_partition(_DAYS, _of_day(before))
        return date.fromisoformat(found.removeprefix(_DAYS)) if found else None

    async def forget_some(self, day: date) -> int:
        """Remove what was logged on a day, a thousand rows at a time; how many there were, 0 when none is left."""
        return await clear(self._table, _of_day(day), "", _END)

    async def _put(self, partition: str, keys: Sequence[str]) -> None:
        for some in slices(Upsert(key, {}) for key in dict.fromkeys(keys)):
            await self._table.commit(partition, some)

    async def _take(self, partition: str, keys: Sequence[str]) -> None:
        await remove(self._table, partition, keys)


async def _each_partition(
    work: Callable[[str, Sequence[str]], Awaitable[None]], recipients: Iterable[Recipient]
) -> None:
    """Work on the partitions of some recipients' rows, several at once; the first error comes when all have ended."""
    slots = asyncio.Semaphore(_PARTITIONS_AT_ONCE)

    async def in_turn(partition: str, keys: Sequence[str]) -> None:
        async with slots:
            await work(partition, keys)

    partitions = _by_partition(recipients)
    outcomes = await asyncio.gather(*(in_turn(*each) for each in partitions.items()), return_exceptions=True)
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


def _by_partition(recipients: Iterable[Recipient]) -> dict[str, list[str]]:
    partitions: defaultdict[str, list[str]] = defaultdict(list)
    for recipient, send_at, shipment in recipients:
        partitions[_of_hash(recipient)].append(f"{recipient}|{_backwards(send_at)}|{shipment.text}")
    return partitions


def _of(kind: str, creator: str) -> str:
    return f"{kind}|{short_key_part(creator)}"


def _of_hash(recipient: str) -> str:
    """One of 64 partitions, by the hash's first six bits: one alone would be hot while a large order is planned."""
    return _recipients_part(int(recipient[:2], 16) >> 2)


def _recipients_part(number: int) -> str:
    return f"r|{number:02x}"


def _of_day(day: date) -> str:
    return f"{_DAYS}{day:%Y-%m-%d}"


def _reference_key(reference: str, shipment: ShipmentId) -> str:
    return f"{short_key_part(reference)}|{shipment.text}"


def _dialog_rows(
    creator: str, dialog: str | None, transmission: str | None, order: OrderKey
) -> Iterator[tuple[str, str]]:
    for kind, name in (("d", dialog), ("t", transmission)):
        if name:
            yield _of(kind, creator), f"{short_key_part(name)}|{order.hex}"


def _backwards(when: datetime) -> str:
    """A time, to the millisecond, as digits that sort the later the lower."""
    return f"{_LATEST - int(due_key(when)):017}"


def _sent(key: str) -> tuple[datetime, ShipmentId]:
    _, backwards, shipment = key.split("|")
    return parse_due_key(f"{_LATEST - int(backwards):017}"), ShipmentId.from_text(shipment)


def _last(key: str) -> str:
    return key.rpartition("|")[2]
