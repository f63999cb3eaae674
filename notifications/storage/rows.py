"""Shipments and orders as rows of the orders table, and back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import OrderKind
from notifications.domain.record import Order, WakeUp
from notifications.domain.shipment import BLOCK, Claim, Fact, Lane, Notification, Passed, Shipment
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from notifications.storage.codec import (
    LANE_CHUNKS,
    NOTIFICATION_CHUNKS,
    chunked,
    due_key,
    joined,
    moment,
    optional_moment,
    pack,
    parse_due_key,
    parse_moment,
    text,
    unpack,
)
from notifications.storage.contents import bare, part_content, read_content
from notifications.storage.earlier import FORMAT, EarlierLanes, as_today, is_earlier
from notifications.storage.number_sets import parse_ranges, ranges
from notifications.storage.table import Properties, Row, Value

FACTS, WAKE_UPS, ORDERS = "1|", "2|", "o|"
END = "~"
# The properties of a wake-up; rows of earlier versions may lack some.
WAKE_UP = ("creator", "wants", "heavy")


def order_key(key: OrderKey) -> str:
    """The row key of an order."""
    return f"{ORDERS}{key.hex}"


def shipment_key(shipment: ShipmentId) -> str:
    """The row key of a shipment."""
    return f"{order_key(shipment.key)}|{shipment.number:02x}"


def shipment_of(key: str) -> ShipmentId:
    """Which shipment a row key is about."""
    _, order, number, *_ = key.split("|")
    return ShipmentId(OrderKey.from_hex(order), int(number, 16))


def part_key(shipment: ShipmentId, number: int) -> str:
    """The row key of content that does not fit in the shipment's own row."""
    return f"{shipment_key(shipment)}|p|{number:02}"


def block_key(shipment: ShipmentId, number: int) -> str:
    """The row key of a block of notifications; the first, number 0, has none, since it is in the shipment's own row."""
    return f"{shipment_key(shipment)}|n|{number:04}"


def wake_up_key(shipment: Shipment) -> str:
    """The row key of a shipment's one wake-up."""
    return f"{WAKE_UPS}{due_key(shipment.due)}|{shipment.id.key.hex}|{shipment.id.number:02x}"


def facts_prefix(shipment: ShipmentId) -> str:
    """What the row keys of a shipment's facts begin with."""
    return f"{FACTS}{shipment.key.hex}|{shipment.number:02x}|"


def behind_facts(key: str) -> str:
    """What follows all facts of the shipment that a fact's row key is about, legible or not."""
    return "|".join([*key.split("|")[:3], END])


def fact_key(fact: Fact) -> str:
    """The row key of a fact: its content follows from it, so that a repeated report is the same row."""
    return f"{facts_prefix(fact.shipment)}{fact.number:06x}|{fact.status}"


def fact_place(key: str) -> tuple[ShipmentId, int]:
    """Which notification of which shipment a fact's row key is about."""
    *_, number, _ = key.split("|")
    return shipment_of(key), int(number, 16)


def fact_properties(fact: Fact) -> dict[str, Value]:
    """What a fact's key does not say."""
    return {"at": moment(fact.at), "code": fact.code or ""}


def read_fact(row: Row) -> Fact:
    """A fact from its row."""
    shipment, number = fact_place(row.key)
    return Fact(
        shipment=shipment,
        number=number,
        status=Status(row.key.rpartition("|")[2]),
        at=parse_moment(row.properties["at"]),
        code=text(row.properties, "code"),
    )


def wake_up_properties(shipment: Shipment) -> dict[str, Value]:
    """What the timer needs to know to be fair, to find the right queue, and to let what is heavy travel alone."""
    return {"creator": shipment.creator, "wants": shipment.wants, "heavy": shipment.is_heavy}


def read_wake_up(row: Row) -> WakeUp:
    """A wake-up from its row."""
    _, due, key, number = row.key.split("|")
    return WakeUp(
        due=parse_due_key(due),
        shipment=ShipmentId(OrderKey.from_hex(key), int(number, 16)),
        creator=str(row.properties["creator"]),
        wants=str(row.properties["wants"]),
        heavy=bool(row.properties.get("heavy")),
    )


def order_properties(order: Order) -> dict[str, Value]:
    """An order's own row."""
    return {
        "creator": order.creator,
        "kind": order.kind.value,
        "identity": order.identity,
        "fingerprint": order.fingerprint,
        "request": order.request,
        "created": moment(order.created),
        **_answer(order),
        "live": order.live,
        "dialog": order.dialog_id or "",
        "transmission": order.transmission_id or "",
    }


def _answer(order: Order) -> dict[str, Value]:
    """What the caller was answered: thirty-one references of 1,024 characters are more than a string property holds.

    Both chunks are written always, so that retention clears what it no longer needs.
    """
    return {"answer00": b"", "answer01": b"", **chunked("answer", pack([order.references, order.warnings]))}


def read_order(row: Row) -> Order:
    """An order from its row."""
    values = row.properties
    identity = values["identity"]
    references, warnings = unpack(joined("answer", values))
    return Order(
        key=OrderKey.from_hex(row.key.removeprefix(ORDERS)),
        creator=str(values["creator"]),
        kind=OrderKind(str(values["kind"])),
        identity=identity if isinstance(identity, bytes) else b"",
        fingerprint=str(values["fingerprint"]),
        request=str(values["request"]),
        created=parse_moment(values["created"]),
        references=tuple(references),
        warnings=tuple(warnings),
        live=int(values["live"]),
        dialog_id=text(values, "dialog"),
        transmission_id=text(values, "transmission"),
        etag=row.etag,
    )


def _text_or_nothing(value: str | None) -> str:
    return str(value or "")


# A shipment's members that are properties of their own, by the property's name: the member, and how it is written.
_PLAIN: Mapping[str, tuple[str, Callable[[Any], Value]]] = {
    "creator": ("creator", str),
    "state": ("state", str),
    "ending": ("ending", _text_or_nothing),
    "created": ("created", moment),
    "changed": ("changed", moment),
    "send": ("send_at", moment),
    "expires": ("expires", moment),
    "due": ("due", moment),
    "wants": ("wants", str),
    "attempts": ("attempts", int),
    "planned": ("planned", int),
    "asked": ("condition_asked", int),
    "reason": ("reason", _text_or_nothing),
    "published": ("published", bool),
    "trace": ("trace", _text_or_nothing),
}


def shipment_properties(shipment: Shipment) -> dict[str, Value]:
    """What of a shipment changes on its road and stands in its own row, and the row's format."""
    return {
        "v": FORMAT,
        **{name: write(getattr(shipment, member)) for name, (member, write) in _PLAIN.items()},
        **_lanes(shipment),
        **_own_block(shipment),
    }


def changed_properties(before: Shipment, after: Shipment) -> dict[str, Value]:
    """What of a shipment's own row a change writes; emptied members are written empty, since a merge drops absent ones.

    Versions are compared before anything is packed: what a change leaves alone is mostly the same object in both.
    """
    if isinstance(before.lanes, EarlierLanes):
        return {**shipment_properties(after), "lanes": ""}
    changed = {
        name: write(getattr(after, member))
        for name, (member, write) in _PLAIN.items()
        if getattr(before, member) != getattr(after, member)
    }
    if before.lanes != after.lanes:
        changed.update(_lanes(after))
    if block_count(before) != block_count(after) or _block(before, 0) != _block(after, 0):
        changed.update(_own_block(after))
    return changed


def _own_block(shipment: Shipment) -> dict[str, Value]:
    packed = pack([_notification(one) for one in _block(shipment, 0)])
    return {"blocks": block_count(shipment), **chunked("n", packed, NOTIFICATION_CHUNKS)}


def block_count(shipment: Shipment) -> int:
    """How many rows hold the notifications that are not in the shipment's own."""
    return max(len(shipment.notifications) - 1, 0) // BLOCK


def changed_blocks(before: Shipment, after: Shipment) -> list[int]:
    """The blocks beside the shipment's row that a change writes anew."""
    if before.notifications is after.notifications:
        return []
    numbers = range(1, block_count(after) + 1)
    return [number for number in numbers if _block(before, number) != _block(after, number)]


def block_properties(shipment: Shipment, number: int) -> dict[str, Value]:
    """One block of a shipment's notifications."""
    return chunked("n", pack([_notification(one) for one in _block(shipment, number)]))


def _block(shipment: Shipment, number: int) -> tuple[Notification, ...]:
    return shipment.notifications[number * BLOCK : (number + 1) * BLOCK]


def _lanes(shipment: Shipment) -> dict[str, Value]:
    packed = pack({channel.value: _lane(lane) for channel, lane in shipment.lanes.items()})
    return chunked("lanes", packed, LANE_CHUNKS)


def _lane(lane: Lane) -> dict[str, Any]:
    tried = {"tried": ranges(lane.tried)} if lane.tried else {}
    return {
        **tried,
        "todo": ranges(lane.todo),
        "after": moment(lane.after),
        "attempts": lane.attempts,
        "uncertain": ranges(lane.uncertain),
        "claim": lane.claim
        and {"token": lane.claim.token, "until": moment(lane.claim.until), "rows": ranges(lane.claim.rows)},
    }


def _notification(one: Notification) -> dict[str, Any]:
    return bare(
        {
            "c": one.channel.letter,
            "a": one.address,
            "s": one.status,
            "t": moment(one.changed),
            "h": one.handed_over and moment(one.handed_over),
            "ref": one.reference,
            "why": one.reason,
            "late": one.late,
            "r": one.recipient or None,
            "name": one.name,
            "was": [[each.status, moment(each.at), each.reason] for each in one.history] or None,
        }
    )


def read_shipment(row: Row, beside: Sequence[Row] = ()) -> Shipment:
    """A shipment from its row and, in the order of their keys, the blocks and parts that stand beside it.

    Raises `NewerFormat`, and another ValueError where what is beside it is not what the row says.
    """
    earlier = is_earlier(row.properties)
    values = as_today(row.properties) if earlier else row.properties
    parts = [part_content(each.properties) for each in beside if "|p|" in each.key]
    return Shipment(
        id=shipment_of(row.key),
        creator=str(values["creator"]),
        content=read_content(part_content(values) + b"".join(parts)),
        created=parse_moment(values["created"]),
        changed=parse_moment(values["changed"]),
        send_at=parse_moment(values["send"]),
        expires=parse_moment(values["expires"]),
        due=parse_moment(values["due"]),
        wants=str(values["wants"]),
        state=ShipmentState(str(values["state"])),
        ending=Ending(ending) if (ending := text(values, "ending")) else None,
        lanes=(EarlierLanes if earlier else dict)(_read_lanes(values)),
        notifications=_read_notifications(shipment_of(row.key), values, beside),
        attempts=int(values["attempts"]),
        planned=int(values["planned"]),
        condition_asked=int(values["asked"]),
        reason=text(values, "reason"),
        published=bool(values["published"]),
        trace=text(values, "trace"),
        etag=row.etag,
    )


def _read_notifications(shipment: ShipmentId, values: Properties, beside: Sequence[Row]) -> tuple[Notification, ...]:
    blocks = (values, *(each.properties for each in _known_blocks(shipment, int(values["blocks"]), beside)))
    packed = chain.from_iterable(unpack(joined("n", each)) for each in blocks)
    return tuple(_read_notification(place, each) for place, each in enumerate(packed, start=1))


def _known_blocks(shipment: ShipmentId, count: int, beside: Sequence[Row]) -> list[Row]:
    """The blocks that the shipment's row knows of; a version that came since may have more behind them."""
    if not count:
        return []
    blocks = [each for each in beside if "|n|" in each.key][:count]
    if [each.key for each in blocks] != [block_key(shipment, number) for number in range(1, count + 1)]:
        raise ValueError("a shipment whose notifications are not all there")
    return blocks


def _read_lanes(values: Properties) -> Iterator[tuple[Channel, Lane]]:
    for name, lane in unpack(joined("lanes", values)).items():
        yield Channel(name), _read_lane(lane)


def _read_lane(lane: Mapping[str, Any]) -> Lane:
    claim = lane["claim"]
    return Lane(
        todo=parse_ranges(lane["todo"]),
        after=parse_moment(lane["after"]),
        attempts=lane["attempts"],
        uncertain=parse_ranges(lane["uncertain"]),
        tried=parse_ranges(lane.get("tried", "")),
        claim=claim
        and Claim(token=claim["token"], until=parse_moment(claim["until"]), rows=parse_ranges(claim["rows"])),
    )


_CHANNELS = {channel.letter: channel for channel in Channel}


def _read_notification(number: int, members: Mapping[str, Any]) -> Notification:
    return Notification(
        number=number,
        channel=_CHANNELS[members["c"]],
        address=members["a"],
        status=Status(members["s"]),
        changed=parse_moment(members["t"]),
        handed_over=optional_moment(members.get("h")),
        reference=members.get("ref"),
        reason=members.get("why"),
        late=Status(members["late"]) if members.get("late") else None,
        history=tuple(Passed(Status(status), parse_moment(at), why) for status, at, why in members.get("was", ())),
        recipient=members.get("r", 0),
        name=members.get("name"),
    )
