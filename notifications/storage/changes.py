"""Which operations orders and changes of shipments take, and which changes travel in one transaction.

A shipment's wake-up follows from its `due` and `wants` before and after, so that each shipment has exactly one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from notifications.domain.ids import ShipmentId
from notifications.domain.record import Order
from notifications.domain.shipment import BLOCK, Change, Fact, Shipment
from notifications.storage.batch import MAX_BYTES, wire_size
from notifications.storage.codec import MAX_PACKED, ContentTooLarge, row_pieces
from notifications.storage.contents import content_properties, packed_content
from notifications.storage.rows import (
    block_count,
    block_key,
    block_properties,
    changed_blocks,
    changed_properties,
    fact_key,
    order_key,
    order_properties,
    part_key,
    shipment_key,
    shipment_properties,
    wake_up_key,
    wake_up_properties,
)
from notifications.storage.table import MAX_OPERATIONS, Delete, Insert, Merge, Operation, Upsert, Value

# With the blocks that expiry may add to them, and the shipment and its wake-up, these stay within a transaction.
FOLDED_AT_ONCE = 60


class Waiting(NamedTuple):
    """A change that waits to be committed: its place among those that were asked for, and its operations."""

    place: int
    change: Change
    operations: list[Operation]


class ChangeTooLarge(ValueError):
    """A change that touches more rows than one transaction takes; whoever decided on it should have stopped before."""


def acceptance(order: Order, shipments: Sequence[Shipment]) -> list[Operation]:
    """An order's row first, then its shipments with their wake-ups and all that stands beside them."""
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
        operations.extend(_blocks(shipment, range(1, block_count(shipment) + 1)))
    return operations


def operations_of(change: Change) -> list[Operation]:
    """The operations of a change: the shipment row If-Match first, its wake-up if that moves, blocks, folded facts.

    Raises `ChangeTooLarge`.
    """
    before, after = change.before, change.after
    touched, moved = changed_blocks(before, after), _moved(before, after)
    surplus = range(block_count(after) + 1, block_count(before) + 1)
    if 1 + len(moved) + len(touched) + len(surplus) + len(change.folded) > MAX_OPERATIONS:
        raise ChangeTooLarge(
            f"a change that writes {len(touched)} blocks, removes {len(surplus)} and folds {len(change.folded)} facts"
        )
    return [
        Merge(shipment_key(after.id), changed_properties(before, after), before.etag),
        *moved,
        *_blocks(after, touched),
        *(Delete(block_key(after.id, number)) for number in surplus),
        *(Delete(fact_key(fact)) for fact in change.folded),
    ]


def _moved(before: Shipment, after: Shipment) -> list[Operation]:
    """What becomes of the wake-up: another row where its time moves, else a merge where what it wants is another."""
    old, new = wake_up_key(before), wake_up_key(after)
    if old != new:
        return [Delete(old), Insert(new, wake_up_properties(after))]
    wanted = wake_up_properties(after)
    return [Merge(new, wanted)] if wanted != wake_up_properties(before) else []


def _blocks(shipment: Shipment, numbers: Sequence[int]) -> Iterator[Operation]:
    for number in numbers:
        yield Upsert(block_key(shipment.id, number), block_properties(shipment, number))


def foldable(facts: Sequence[Fact]) -> list[Fact]:
    """The first facts that one change can fold: each is an operation, and so is each block that they touch."""
    blocks: set[int] = set()
    for count, fact in enumerate(facts, start=1):
        blocks.add((fact.number - 1) // BLOCK)
        if count + len(blocks) > FOLDED_AT_ONCE:
            return list(facts[: count - 1])
    return list(facts)


def shortened(shipment: Shipment, blocks: int) -> Shipment:
    """A shipment without its last blocks, on its way to being removed."""
    return replace(shipment, notifications=shipment.notifications[: (block_count(shipment) + 1 - blocks) * BLOCK])


def tombstone(order: Order) -> dict[str, Value]:
    """What the last shipment leaves of an order is enough to answer a repeated request, and says nothing of anybody."""
    unnamed: tuple[None, ...] = tuple(None for _ in order.references)
    cleared = replace(order, references=unnamed, warnings=(), fingerprint="", dialog_id=None, transmission_id=None)
    kept = order_properties(cleared if order.live == 1 else order)
    return {**kept, "live": max(order.live - 1, 0)}


def first_group(waiting: Sequence[Waiting]) -> list[Waiting]:
    """The first changes that fit in one transaction together, each of another shipment."""
    group: list[Waiting] = []
    shipments: set[ShipmentId] = set()
    operations = size = 0
    for each in waiting:
        operations += len(each.operations)
        size += sum(map(wire_size, each.operations))
        shipment = each.change.after.id
        if group and (operations > MAX_OPERATIONS or size > MAX_BYTES or shipment in shipments):
            break
        group.append(each)
        shipments.add(shipment)
    return group


def owner(group: Sequence[Waiting], index: int) -> Waiting:
    """The change of a group that the operation with that index in their transaction belongs to."""
    for each in group:
        index -= len(each.operations)
        if index < 0:
            return each
    raise IndexError("a refused operation that nobody asked for")
