"""Settle: reports folded in, time run out, the end of a shipment, and when to look at it again until then.

Pure decisions, as in `advance`: nobody here reads a clock, a row or a random number.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from notifications.domain.clock import round_up
from notifications.domain.pace import Pace
from notifications.domain.sending_time import LATE_REPORT_GRACE
from notifications.domain.shipment import BLOCK, BLOCKS_AT_ONCE, PROCESS, Fact, Notification, Shipment, merge
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status


def fold(shipment: Shipment, facts: Iterable[Fact]) -> Shipment:
    """Take delivery reports into the notifications; one that is final need not be handed over any more."""
    rows = {one.number: one for one in shipment.notifications}
    for fact in sorted(facts, key=lambda fact: (fact.at, fact.status)):
        if fact.number in rows:
            rows[fact.number] = merge(rows[fact.number], fact.status, fact.at, fact.code)
    return _with_rows(shipment, rows.values())


def expire(shipment: Shipment, now: datetime) -> Shipment:
    """End what is past its time, except what is in somebody's hands at this moment.

    That may be more than one change can write: what lies beyond the first blocks stays open, and due at once.
    """
    over = [one for one in shipment.open if now >= _ends(shipment, one) and not shipment.in_hand(one, now)]
    blocks = set(sorted({_block(one) for one in over})[:BLOCKS_AT_ONCE])
    ended = {one.number: merge(one, Status.TTL, now, one.reason) for one in over if _block(one) in blocks}
    return _with_rows(shipment, (ended.get(one.number, one) for one in shipment.notifications))


def _block(notification: Notification) -> int:
    return (notification.number - 1) // BLOCK


def _ends(shipment: Shipment, notification: Notification) -> datetime:
    """An accepted notification waits a little longer, for a report that is on its way."""
    accepted = notification.status is Status.ACCEPTED
    return shipment.expires + LATE_REPORT_GRACE if accepted else shipment.expires


def _with_rows(shipment: Shipment, rows: Iterable[Notification]) -> Shipment:
    notifications = tuple(rows)
    ended = frozenset(one.number for one in notifications if not one.is_open)
    lanes = {
        channel: replace(lane, todo=lane.todo - ended, uncertain=lane.uncertain - ended)
        for channel, lane in shipment.lanes.items()
    }
    return replace(shipment, notifications=notifications, lanes=lanes)


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
    if not shipment.open:
        return replace(complete(shipment, now, pace), due=round_up(now))
    wakes = [*_lane_wakes(shipment, now, nets or {}), *_ending_wakes(shipment, now)]
    due = round_up(min(when for when, _ in wakes))
    return replace(shipment, due=due, wants="".join(sorted({letter for when, letter in wakes if when <= due})))


def _lane_wakes(shipment: Shipment, now: datetime, nets: Mapping[Channel, datetime]) -> Iterable[tuple[datetime, str]]:
    for channel, lane in shipment.lanes.items():
        if not lane.todo:
            continue
        when = lane.claim.until if lane.claim and lane.claimed(now) else max(lane.after, nets.get(channel, lane.after))
        yield when, channel.letter if max(when, now) < shipment.expires else PROCESS


def _ending_wakes(shipment: Shipment, now: datetime) -> Iterable[tuple[datetime, str]]:
    waiting = [one for one in shipment.open if not shipment.in_hand(one, now)] or shipment.open
    yield min(_ends(shipment, one) for one in waiting), PROCESS
