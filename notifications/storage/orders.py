"""The order store: orders, shipments, facts and wake-ups of a bucket, kept consistent by one transaction each.

What the rows are and why is in `docs/architecture.md`. The store, not its callers, writes wake-ups: they follow from a
shipment's `due` and `wants` before and after a change, so that each shipment has exactly one.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate

from notifications.domain.faults import StorageUnavailable
from notifications.domain.ids import BUCKETS, OrderKey, ShipmentId
from notifications.domain.record import Order, WakeUp
from notifications.domain.shipment import Change, Fact, Shipment
from notifications.storage.codec import MAX_PACKED, ContentTooLarge, due_key, row_pieces
from notifications.storage.rows import (
    END,
    FACTS,
    WAKE_UPS,
    content_properties,
    fact_key,
    fact_properties,
    facts_prefix,
    order_key,
    order_properties,
    packed_content,
    part_content,
    part_key,
    read_fact,
    read_order,
    read_shipment,
    read_wake_up,
    shipment_key,
    shipment_of,
    shipment_properties,
    wake_up_key,
    wake_up_properties,
)
from notifications.storage.table import (
    MAX_OPERATIONS,
    MAX_PAGE,
    Delete,
    Insert,
    Merge,
    Operation,
    Rejected,
    Row,
    Table,
    Upsert,
    Value,
)
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

# What became of a change: the new version, None where another version was met, or what went wrong with it.
type Committed = Shipment | Exception | None

FACTS_AT_ONCE = 80
_MAX_BYTES = 3_500_000
_LARGE = 200_000
_META = ("meta", "buckets")


class WrongBucketCount(RuntimeError):
    """The data was written with another number of buckets than this version uses."""


@dataclass(frozen=True, slots=True)
class DuePage:
    """One look at a bucket: shipments with unfolded facts, wake-ups that are due, and where to read on, if anywhere."""

    facts: tuple[ShipmentId, ...]
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

        The caller tells by `request` and `identity` whose it is. Raises `ContentTooLarge`.
        """
        # Packing megabytes would hold up everybody else's requests.
        large = sum(map(_text_length, shipments)) > _LARGE
        operations = await asyncio.to_thread(_acceptance, order, shipments) if large else _acceptance(order, shipments)
        try:
            await self._table.commit(order.key.bucket, operations)
        except Rejected:
            return await self._accepted(order)
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
        """A shipment as it is now."""
        row = await self._table.get(shipment.key.bucket, shipment_key(shipment))
        return await self._whole(shipment, row) if row else None

    async def shipments(self, key: OrderKey) -> list[Shipment]:
        """All shipments of an order that retention has not taken, in their order."""
        rows = await self._table.read(key.bucket, f"{order_key(key)}|", f"{order_key(key)}|{END}")
        heads = [row for row in rows if row.key.count("|") == 2]
        return [await self._whole(shipment_of(row.key), row) for row in heads]

    async def _whole(self, shipment: ShipmentId, row: Row) -> Shipment:
        if not row.properties["parts"]:
            return read_shipment(row)
        low = part_key(shipment, 0)[:-2]
        parts = await self._table.read(shipment.key.bucket, low, low + END)
        return read_shipment(row, [part_content(part.properties) for part in parts])

    async def facts(self, shipment: ShipmentId) -> list[Fact]:
        """A shipment's unfolded facts, as many as one transaction can fold."""
        low = facts_prefix(shipment)
        rows = await self._table.read(shipment.key.bucket, low, low + END, limit=FACTS_AT_ONCE)
        return [read_fact(row) for row in rows]

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
        self, bucket: str, now: datetime, cursor: str | None = None, since: datetime | None = None
    ) -> DuePage:
        """Look at a bucket from the start, from a cursor, or for what came due since a moment; at most 1,000 rows."""
        low = cursor or (f"{WAKE_UPS}{due_key(since)}" if since else FACTS)
        rows = await self._table.read(
            bucket, low, f"{WAKE_UPS}{due_key(now)}|{END}", limit=MAX_PAGE, select=("creator", "wants")
        )
        return DuePage(
            facts=tuple(sorted(set(_legible(shipment_of, (row.key for row in rows if row.key.startswith(FACTS)))))),
            wake_ups=tuple(_legible(read_wake_up, (row for row in rows if row.key.startswith(WAKE_UPS)))),
            cursor=rows[-1].key + "!" if len(rows) == MAX_PAGE else None,
        )

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
        buckets: defaultdict[str, list[_Waiting]] = defaultdict(list)
        for place, change in enumerate(changes):
            buckets[change.before.id.key.bucket].append((place, change, operations_of(change)))
        outcomes: dict[int, Committed] = {}
        for committed in await asyncio.gather(*(self._commit_bucket(waiting) for waiting in buckets.values())):
            outcomes.update(committed)
        return [outcomes[place] for place in range(len(changes))]

    async def _commit_bucket(self, waiting: "list[_Waiting]") -> dict[int, Committed]:
        outcomes: dict[int, Committed] = {}
        while waiting:
            group = _group(waiting)
            try:
                etags = await self._commit_group(group)
            except Rejected as refusal:
                refused = _owner(group, refusal.index)
                outcomes[refused] = None
                waiting = [each for each in waiting if each[0] != refused]
                continue
            except StorageUnavailable as silence:
                outcomes.update({place: silence for place, _, _ in group})
            except Exception:  # noqa: BLE001 - alone, each says what is wrong with it
                outcomes.update({each[0]: await self._commit_alone(each) for each in group})
            else:
                outcomes.update(
                    {each[0]: replace(each[1].after, etag=etag) for each, etag in zip(group, etags, strict=True)}
                )
            waiting = waiting[len(group) :]
        return outcomes

    async def _commit_alone(self, waiting: "_Waiting") -> Committed:
        try:
            (etag,) = await self._commit_group([waiting])
        except Rejected:
            return None
        except Exception as error:  # noqa: BLE001 - handed to the caller, who knows whom it concerns
            return error
        return replace(waiting[1].after, etag=etag)

    async def _commit_group(self, group: "Sequence[_Waiting]") -> list[str]:
        operations = [operation for _, _, own in group for operation in own]
        etags = await self._table.commit(group[0][1].before.id.key.bucket, operations)
        firsts = accumulate((len(own) for _, _, own in group), initial=0)
        return [etags[first] for first, _ in zip(firsts, group, strict=False)]

    async def remove(self, shipment: Shipment) -> None:
        """Take a shipment, what belongs to it and its wake-up away; the order's row stays, as a tombstone.

        Safe to repeat after a crash anywhere. Raises `Rejected` when the shipment is not the version given.
        """
        bucket, low = shipment.id.key.bucket, shipment_key(shipment.id) + "|"
        await self.drop_facts(await self.facts(shipment.id))
        parts = await self._table.read(bucket, low, low + END, select=("creator",))
        order = await self.order(shipment.id.key)
        operations: list[Operation] = [Delete(shipment_key(shipment.id), shipment.etag), Delete(wake_up_key(shipment))]
        # In the same transaction: a shipment without its parts could not be read, and so never be removed.
        operations.extend(Delete(part.key) for part in parts)
        if order:
            operations.append(Merge(order_key(order.key), _tombstone(order), order.etag))
        await self._table.commit(bucket, operations)

    async def oldest_due(self, now: datetime) -> datetime | None:
        """When the oldest wake-up that is due was due: how far behind the service is."""
        buckets = (f"{number:02x}" for number in range(BUCKETS))
        high = f"{WAKE_UPS}{due_key(now)}|{END}"
        pages = await asyncio.gather(
            *(self._table.read(bucket, WAKE_UPS, high, limit=1, select=("creator", "wants")) for bucket in buckets)
        )
        return min((read_wake_up(row).due for page in pages for row in page), default=None)


type _Waiting = tuple[int, Change, list[Operation]]


def _legible[R, T](read: Callable[[R], T], rows: Iterable[R]) -> Iterator[T]:
    """What can be read of some rows: one that cannot must not hide the others from the timer."""
    for row in rows:
        try:
            yield read(row)
        except (ValueError, KeyError, TypeError) as error:
            event(logger, logging.ERROR, "row.illegible", error=error_name(error))


def _text_length(shipment: Shipment) -> int:
    email, sms = shipment.content.email, shipment.content.sms
    return len(email.body if email else "") + len(sms.body if sms else "")


def operations_of(change: Change) -> list[Operation]:
    """The operations of a change: the shipment row If-Match first, its wake-up if that moves, the facts it folds."""
    before, after = change.before, change.after
    was, shall = shipment_properties(before), shipment_properties(after)
    changed = {name: value for name, value in shall.items() if was[name] != value}
    operations: list[Operation] = [Merge(shipment_key(after.id), changed, before.etag)]
    if wake_up_key(before) != wake_up_key(after):
        operations.append(Delete(wake_up_key(before)))
        operations.append(Insert(wake_up_key(after), wake_up_properties(after)))
    elif before.wants != after.wants:
        operations.append(Merge(wake_up_key(after), {"wants": after.wants}))
    operations.extend(Delete(fact_key(fact)) for fact in change.folded)
    return operations


def _acceptance(order: Order, shipments: Sequence[Shipment]) -> list[Operation]:
    contents = [packed_content(shipment.content) for shipment in shipments]
    if sum(map(len, contents)) > MAX_PACKED:
        raise ContentTooLarge("the order's content does not fit in one transaction")
    operations: list[Operation] = [Insert(order_key(order.key), order_properties(order))]
    for shipment, content in zip(shipments, contents, strict=True):
        first, *rest = row_pieces(content)
        properties: dict[str, Value] = {"parts": len(rest), **content_properties(first)}
        operations.append(Insert(shipment_key(shipment.id), {**shipment_properties(shipment), **properties}))
        operations.append(Insert(wake_up_key(shipment), wake_up_properties(shipment)))
        operations.extend(
            Insert(part_key(shipment.id, number), content_properties(piece)) for number, piece in enumerate(rest)
        )
    return operations


def _tombstone(order: Order) -> dict[str, Value]:
    """What the last shipment leaves of an order is enough to answer a repeated request, and says nothing of anybody."""
    unnamed: tuple[None, ...] = tuple(None for _ in order.references)
    cleared = replace(order, references=unnamed, warnings=(), fingerprint="", dialog_id=None, transmission_id=None)
    kept = order_properties(cleared if order.live == 1 else order)
    return {**kept, "live": max(order.live - 1, 0)}


def _group(waiting: "Sequence[_Waiting]") -> "list[_Waiting]":
    """The first changes that fit in one transaction together, each of another shipment."""
    group: list[_Waiting] = []
    shipments: set[ShipmentId] = set()
    operations = size = 0
    for each in waiting:
        operations += len(each[2])
        size += sum(map(_size, each[2]))
        if group and (operations > MAX_OPERATIONS or size > _MAX_BYTES or each[1].after.id in shipments):
            break
        group.append(each)
        shipments.add(each[1].after.id)
    return group


def _size(operation: Operation) -> int:
    """About how many bytes an operation takes on the wire: its envelope, and binary as base64."""
    if isinstance(operation, Delete):
        return 700
    return 700 + sum(len(value) * 4 // 3 for value in operation.properties.values() if isinstance(value, str | bytes))


def _owner(group: "Sequence[_Waiting]", index: int) -> int:
    """Which change of a group the operation with that index belongs to."""
    for place, _, operations in group:
        index -= len(operations)
        if index < 0:
            return place
    raise IndexError("a refused operation that nobody asked for")
