"""Settle: reports folded in, time run out, the end of a shipment, and when to look at it again until then.

Pure decisions, as in `advance`: nobody here reads a clock, a row or a random number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from notifications.domain.clock import round_up
from notifications.domain.pace import Pace
from notifications.domain.sending_time import LATE_REPORT_GRACE
from notifications.domain.shipment import BLOCK, BLOCKS_AT_ONCE, PROCESS, Fact, Lane, Notification, Shipment, merge
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status


def fold(shipment: Shipment, facts: Iterable[Fact]) -> Shipment:
    """Take delivery reports into the notifications; one that is final need not be handed over any more."""
    rows = list(shipment.notifications)
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.status)):
        if 1 <= fact.number <= len(rows):
            rows[fact.number - 1] = merge(rows[fact.number - 1], fact.status, fact.at, fact.code)
    return _with_rows(shipment, rows)


def expire(shipment: Shipment, now: datetime) -> Shipment:
    """End what is past its time, except what is in somebody's hands at this moment.

    That may be more than one change can write: what lies beyond the first blocks stays open, and due at once.
    """
    if now < shipment.expires:
        return shipment
    over = [one for one in shipment.open if now >= _ends(shipment, one.status) and not shipment.in_hand(one, now)]
    blocks = set(sorted({_block(one) for one in over})[:BLOCKS_AT_ONCE])
    ended = {one.number: merge(one, Status.TTL, now, one.reason) for one in over if _block(one) in blocks}
    return _with_rows(shipment, [ended.get(one.number, one) for one in shipment.notifications])


def _block(notification: Notification) -> int:
    return (notification.number - 1) // BLOCK


def _ends(shipment: Shipment, status: Status) -> datetime:
    """An accepted notification waits a little longer, for a report that is on its way."""
    return shipment.expires + LATE_REPORT_GRACE if status is Status.ACCEPTED else shipment.expires


def _with_rows(shipment: Shipment, rows: Sequence[Notification]) -> Shipment:
    lanes = {channel: _without_ended(lane, rows) for channel, lane in shipment.lanes.items()}
    return replace(shipment, notifications=tuple(rows), lanes=lanes)


def _without_ended(lane: Lane, rows: Sequence[Notification]) -> Lane:
    ended = {number for number in lane.todo | lane.uncertain if number <= len(rows) and not rows[number - 1].is_open}
    return replace(lane, todo=lane.todo - ended, uncertain=lane.uncertain - ended) if ended else lane


def complete(shipment: Shipment, now: datetime, pace: Pace, ending: Ending = Ending.COMPLETED) -> Shipment:
    """End a shipment; its wake-up becomes the net under its publication, which follows at once."""
    return replace(
        shipment,
        state=ShipmentState.DONE,
        ending=ending,
        lanes={},
        changed=now,
        attempts=0,
        due=round_up(now + pace.publish_net),
        wants=PROCESS,
    )


def scheduled(
    shipment: Shipment, now: datetime, pace: Pace, nets: Mapping[Channel, datetime] | None = None
) -> Shipment:
    """Derive when to look again at a shipment that is being sent: the earliest of what its lanes and expiry want.

    One with nothing left open is ended, and due at once for its publication. `nets` are the wake-ups of lanes that were
    queued by the planner itself.
    """
    ends = _next_end(shipment, now)
    if ends is None:
        return replace(complete(shipment, now, pace), due=round_up(now))
    wakes = [*_lane_wakes(shipment, now, nets or {}), (ends, PROCESS)]
    due = round_up(min(when for when, _ in wakes))
    return replace(shipment, due=due, wants="".join(sorted({letter for when, letter in wakes if when <= due})))


def _lane_wakes(shipment: Shipment, now: datetime, nets: Mapping[Channel, datetime]) -> Iterable[tuple[datetime, str]]:
    for channel, lane in shipment.lanes.items():
        if not lane.todo:
            continue
        when = lane.claim.until if lane.claim and lane.claimed(now) else max(lane.after, nets.get(channel, lane.after))
        yield when, channel.letter if max(when, now) < shipment.expires else PROCESS


def _next_end(shipment: Shipment, now: datetime) -> datetime | None:
    """When time runs out for the first notification, if possible one in nobody's hands; None when none is open."""
    # Claims and records come by the hundred for a large shipment: they must not walk all of it.
    if any(_waits(shipment, lane, now) for lane in shipment.lanes.values()):
        return shipment.expires
    held = _held(shipment, now)
    waiting = {one.status for one in shipment.open if one.number not in held}
    waiting = waiting or {one.status for one in shipment.open}
    return min((_ends(shipment, status) for status in waiting), default=None)


def _held(shipment: Shipment, now: datetime) -> frozenset[int]:
    """The notifications that are in somebody's hands, of all lanes."""
    claims = (lane.claim for lane in shipment.lanes.values() if lane.claimed(now))
    return frozenset().union(*(claim.rows for claim in claims if claim))


def _waits(shipment: Shipment, lane: Lane, now: datetime) -> bool:
    """Whether a lane has a notification that nobody was given yet: none ends earlier than that."""
    held = lane.claim.rows if lane.claim and lane.claimed(now) else frozenset()
    left = (shipment.notification(number) for number in lane.todo if number not in held)
    return any(one is not None and one.status is Status.NEW for one in left)
