"""The order store: orders, shipments, facts and wake-ups of a bucket, kept consistent by one transaction each.

What the rows are and why is in `docs/architecture.md`. The store, not its callers, writes wake-ups and blocks: what a
change does to them follows from the shipment before and after it (`changes`).
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from notifications.domain.faults import StorageUnavailable
from notifications.domain.ids import BUCKETS, OrderKey, ShipmentId
from notifications.domain.record import Order, WakeUp
from notifications.domain.shipment import BLOCK, HEAVY, Change, Fact, Shipment
from notifications.storage.changes import (
    FOLDED_AT_ONCE,
    Waiting,
    acceptance,
    first_group,
    foldable,
    operations_of,
    owner,
    shortened,
    tombstone,
)
from notifications.storage.codec import due_key
from notifications.storage.rows import (
    END,
    FACTS,
    WAKE_UP,
    WAKE_UPS,
    behind_facts,
    block_count,
    fact_key,
    fact_place,
    fact_properties,
    facts_prefix,
    order_key,
    read_fact,
    read_order,
    read_shipment,
    read_wake_up,
    shipment_key,
    shipment_of,
    wake_up_key,
)
from notifications.storage.table import (
    KEYS_ONLY,
    MAX_PAGE,
    Delete,
    Insert,
    Merge,
    Operation,
    Rejected,
    Row,
    Table,
    Upsert,
)
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

# What became of a change: the new version, None where another version was met, or what went wrong with it.
type Committed = Shipment | Exception | None

_META = ("meta", "buckets")
# Rows in one page of an order's shipments: each may be nearly a megabyte.
_HEADS_AT_ONCE = 32
# More rows than any shipment has beside its own.
_BESIDE = 20_000
# How often a shipment that changes while it is read is read anew.
_LOOKS = 5
# Blocks in one transaction; the shipment, its wake-up, its parts and its order have to fit beside them.
_REMOVED_AT_ONCE = 80
# How many pages of facts a look at a bucket reads.
_PAGES_OF_FACTS = 4


class WrongBucketCount(RuntimeError):
    """The data was written with another number of buckets than this version uses."""


@dataclass(frozen=True, slots=True)
class DuePage:
    """One look at a bucket: shipments with unfolded facts, wake-ups that are due, and where to read on, if anywhere.

    The value of each shipment in `facts` says whether it is known to be heavy: a report for a notification beyond the
    first block shows that. False says nothing.
    """

    facts: Mapping[ShipmentId, bool]
    wake_ups: tuple[WakeUp, ...]
    cursor: str | None


class OrderStore:
    """Orders in one table, sixteen buckets to it."""

    def __init__(self, table: Table) -> None:
        self._table = table

    async def prepare(self) -> None:
        """Create the table if needed; refuse data that was written with another number of buckets."""
        await self._table.prepare()
        try:
            await self._table.commit(_META[0], [Insert(_META[1], {"count": BUCKETS})])
        except Rejected:
            row = await self._table.get(*_META)
            if row is None or row.properties["count"] != BUCKETS:
                raise WrongBucketCount(f"the orders table was not written with {BUCKETS} buckets") from None

    async def reachable(self) -> bool:
        """Whether the table answers."""
        return await self._table.get(*_META) is not None

    async def accept(self, order: Order, shipments: Sequence[Shipment]) -> Order:
        """Insert an order with its shipments and wake-ups, or return the one that has its key.

        The returned order is the caller's own if it has its `request`, an earlier one of the same idempotency id if it
        has its `identity`, and else somebody else's. Raises `ContentTooLarge`.
        """
        # Packing megabytes would hold up everybody else's requests.
        heavy = sum(shipment.weight for shipment in shipments) > HEAVY
        operations = await asyncio.to_thread(acceptance, order, shipments) if heavy else acceptance(order, shipments)
        try:
            await self._table.commit(order.key.bucket, operations)
        except Rejected:
            return await self._accepted(order)
        except StorageUnavailable:
            # It may be stored all the same, and who places it may be the only one who can do what follows.
            if there := await self.order(order.key):
                return there
            raise
        return order

    async def _accepted(self, order: Order) -> Order:
        there = await self.order(order.key)
        if there is None:
            raise RuntimeError("an order was refused as existing and then not found")
        return there

    async def order(self, key: OrderKey) -> Order | None:
        """An order's own row."""
        row = await self._table.get(key.bucket, order_key(key))
        return read_order(row) if row else None

    async def shipment(self, shipment: ShipmentId) -> Shipment | None:
        """A shipment as it is now.

        One that others change all the time may be shown with statuses newer than its row, which nobody can then commit.
        """
        bucket, key, looks = shipment.key.bucket, shipment_key(shipment), 0
        while (row := await self._table.get(bucket, key)) and _has_more(row):
            beside = await self._table.read(bucket, f"{key}|", f"{key}|{END}", limit=_BESIDE)
            looks += 1
            if looks == _LOOKS or await self._is_still(shipment, row):
                # Reading thousands of notifications would hold up everybody else's work.
                return await asyncio.to_thread(read_shipment, row, beside)
        return read_shipment(row) if row else None

    async def holds(self, shipment: ShipmentId) -> bool:
        """Whether retention has left a shipment, whatever version wrote it."""
        return await self._etag(shipment) is not None

    async def _etag(self, shipment: ShipmentId) -> str | None:
        """The present version of a shipment's row; None when it is gone."""
        key = shipment_key(shipment)
        rows = await self._table.read(shipment.key.bucket, key, f"{key}!", limit=1, select=KEYS_ONLY)
        return rows[0].etag if rows else None

    async def _is_still(self, shipment: ShipmentId, row: Row) -> bool:
        """Whether a shipment's row is the version that was read; content beside it never changes, blocks do."""
        if not row.properties.get("blocks"):
            return True
        return await self._etag(shipment) == row.etag

    async def shipments(self, key: OrderKey) -> list[Shipment]:
        """All shipments of an order that retention has not taken, in their order."""
        found: list[Shipment] = []
        low, end = f"{order_key(key)}|", f"{order_key(key)}|{END}"
        while rows := await self._table.read(key.bucket, low, end, limit=_HEADS_AT_ONCE):
            for row in rows:
                if row.key.count("|") == 2:
                    whole = await self.shipment(shipment_of(row.key)) if _has_more(row) else read_shipment(row)
                    found.extend([whole] if whole else [])
            if len(rows) < _HEADS_AT_ONCE:
                break
            # What stands beside a shipment may be many rows, which were not asked for.
            low = f"{shipment_key(shipment_of(rows[-1].key))}|{END}"
        return found

    async def facts(self, shipment: ShipmentId) -> list[Fact]:
        """A shipment's unfolded facts, as many as one change can fold."""
        low = facts_prefix(shipment)
        rows = await self._table.read(shipment.key.bucket, low, low + END, limit=FOLDED_AT_ONCE)
        return foldable([read_fact(row) for row in rows])

    async def add_fact(self, fact: Fact) -> None:
        """Put a fact into the inbox; the same fact twice is one."""
        await self._table.commit(fact.shipment.key.bucket, [Upsert(fact_key(fact), fact_properties(fact))])

    async def drop_facts(self, facts: Iterable[Fact]) -> None:
        """Take facts out of the inbox that belong to no shipment."""
        for fact in facts:
            try:
                await self._table.commit(fact.shipment.key.bucket, [Delete(fact_key(fact))])
            except Rejected:
                continue

    async def due(
        self,
        bucket: str,
        now: datetime,
        cursor: str | None = None,
        since: datetime | None = None,
        limit: int = MAX_PAGE,
    ) -> DuePage:
        """Look at a bucket from the start, from a cursor, or for what came due since a moment; `limit` rows at most."""
        low = cursor or (f"{WAKE_UPS}{due_key(since)}" if since else FACTS)
        rows = await self._table.read(bucket, low, f"{WAKE_UPS}{due_key(now)}|{END}", limit=limit, select=WAKE_UP)
        return DuePage(
            facts=_reported(rows),
            wake_ups=tuple(_legible(read_wake_up, (row for row in rows if row.key.startswith(WAKE_UPS)))),
            cursor=rows[-1].key + "!" if len(rows) == limit else None,
        )

    async def reported(self, bucket: str, cursor: str) -> dict[ShipmentId, bool]:
        """Shipments with unfolded facts from a cursor on, as `DuePage.facts` has them.

        The many facts of one shipment are jumped over; after some pages the rest is left until these are folded.
        """
        rows: list[Row] = []
        for _ in range(_PAGES_OF_FACTS):
            page = await self._table.read(bucket, cursor, FACTS + END, limit=MAX_PAGE, select=KEYS_ONLY)
            rows.extend(page)
            if len(page) < MAX_PAGE:
                break
            cursor = behind_facts(page[-1].key)
        return _reported(rows)

    async def commit_one(self, change: Change) -> Shipment | None:
        """Commit one change; None when it met another version of its shipment."""
        (outcome,) = await self.commit([change])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def commit(self, changes: Sequence[Change]) -> list[Committed]:
        """Commit changes, many of one bucket to a transaction, and say of each what became of it.

        A change that is refused leaves its group, and the others are submitted again at once. What else goes wrong with
        a group is found out one by one, so that it stays with the change that it is about.
        """
        buckets: defaultdict[str, list[Waiting]] = defaultdict(list)
        outcomes: dict[int, Committed] = {}
        for place, change in enumerate(changes):
            try:
                buckets[change.before.id.key.bucket].append(Waiting(place, change, operations_of(change)))
            except ValueError as error:
                outcomes[place] = error
        for committed in await asyncio.gather(*(self._commit_bucket(waiting) for waiting in buckets.values())):
            outcomes.update(committed)
        return [outcomes[place] for place in range(len(changes))]

    async def _commit_bucket(self, waiting: list[Waiting]) -> dict[int, Committed]:
        outcomes: dict[int, Committed] = {}
        while waiting:
            group = first_group(waiting)
            try:
                etags = await self._commit_group(group)
            except Rejected as refusal:
                refused = owner(group, refusal.index)
                outcomes[refused.place] = None
                waiting = [each for each in waiting if each is not refused]
                continue
            except StorageUnavailable as silence:
                outcomes.update({each.place: silence for each in group})
            except Exception:  # noqa: BLE001 - alone, each says what is wrong with it
                outcomes.update({each.place: await self._commit_alone(each) for each in group})
            else:
                outcomes.update({each.place: _committed(each, etag) for each, etag in zip(group, etags, strict=True)})
            waiting = waiting[len(group) :]
        return outcomes

    async def _commit_alone(self, waiting: Waiting) -> Committed:
        try:
            (etag,) = await self._commit_group([waiting])
        except Rejected:
            return None
        except Exception as error:  # noqa: BLE001 - handed to the caller, who knows whom it concerns
            return error
        return _committed(waiting, etag)

    async def _commit_group(self, group: Sequence[Waiting]) -> list[str]:
        """Commit changes in one transaction; the ETag of each shipment's row, whose operation is its change's first."""
        operations = [operation for each in group for operation in each.operations]
        etags = await self._table.commit(group[0].change.before.id.key.bucket, operations)
        firsts = accumulate((len(each.operations) for each in group[:-1]), initial=0)
        return [etags[first] for first in firsts]

    async def withdraw(self, shipment: Shipment) -> None:
        """Undo the acceptance of an order that is this one shipment, as it was inserted.

        Raises `Rejected` when it is not any more.
        """
        operations = [
            Delete(shipment_key(shipment.id), shipment.etag),
            Delete(wake_up_key(shipment)),
            Delete(order_key(shipment.id.key)),
        ]
        await self._table.commit(shipment.id.key.bucket, operations)

    async def remove(self, shipment: Shipment) -> None:
        """Take a shipment, what belongs to it and its wake-up away; the order's row stays, as a tombstone.

        Safe to repeat after a crash anywhere. Raises `Rejected` when the shipment is not the version given.
        """
        bucket, low = shipment.id.key.bucket, shipment_key(shipment.id) + "|"
        await self.drop_facts(await self.facts(shipment.id))
        shipment = await self._without_most_blocks(shipment)
        beside = await self._table.read(bucket, low, low + END, select=KEYS_ONLY)
        order = await self.order(shipment.id.key)
        operations: list[Operation] = [Delete(shipment_key(shipment.id), shipment.etag), Delete(wake_up_key(shipment))]
        # In the same transaction: a shipment without its parts could not be read, and so never be removed.
        operations.extend(Delete(row.key) for row in beside)
        if order:
            operations.append(Merge(order_key(order.key), tombstone(order), order.etag))
        await self._table.commit(bucket, operations)

    async def _without_most_blocks(self, shipment: Shipment) -> Shipment:
        """Take blocks away from the end, each time with a shorter shipment that can be read and removed like any."""
        while (blocks := block_count(shipment)) > _REMOVED_AT_ONCE:
            after = shortened(shipment, min(blocks - _REMOVED_AT_ONCE, _REMOVED_AT_ONCE))
            etags = await self._table.commit(shipment.id.key.bucket, operations_of(Change(shipment, after)))
            shipment = replace(after, etag=etags[0])
        return shipment

    async def oldest_due(self, now: datetime) -> datetime | None:
        """When the oldest wake-up that is due was due: how far behind the service is."""
        buckets = (f"{number:02x}" for number in range(BUCKETS))
        high = f"{WAKE_UPS}{due_key(now)}|{END}"
        pages = await asyncio.gather(
            *(self._table.read(bucket, WAKE_UPS, high, limit=1, select=WAKE_UP) for bucket in buckets)
        )
        return min((read_wake_up(row).due for page in pages for row in page), default=None)


def _committed(waiting: Waiting, etag: str) -> Shipment:
    return replace(waiting.change.after, etag=etag)


def _reported(rows: Iterable[Row]) -> dict[ShipmentId, bool]:
    # In order, so that the highest number of each shipment is what stays.
    facts = sorted(_legible(fact_place, (row.key for row in rows if row.key.startswith(FACTS))))
    return {shipment: number > BLOCK for shipment, number in facts}


def _legible[R, T](read: Callable[[R], T], rows: Iterable[R]) -> Iterator[T]:
    """What can be read of some rows: one that cannot must not hide the others from the timer."""
    for row in rows:
        try:
            yield read(row)
        except (ValueError, KeyError, TypeError) as error:
            event(logger, logging.ERROR, "row.illegible", error=error_name(error))


def _has_more(row: Row) -> bool:
    return bool(row.properties["parts"] or row.properties.get("blocks"))
