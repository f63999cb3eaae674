"""What happens to a shipment next: pure decisions over what was read, to be committed by the store.

Every function returns the shipment as it shall be, or says that there is nothing to write. Nobody here reads a clock, a
row or a random number, so that all of it can be explored by tests.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from notifications.domain.clock import round_up
from notifications.domain.pace import Pace, backoff, retry_at
from notifications.domain.planning import abandon
from notifications.domain.settle import complete, expire, fold, scheduled
from notifications.domain.shipment import PROCESS, Change, Fact, Shipment
from notifications.domain.statuses import Ending, ShipmentState

CANCEL_MARGIN = timedelta(minutes=5)
_LONGEST_PUBLISH_WAIT = timedelta(minutes=5)


class Then(Enum):
    """What is to be done once a step's change is committed."""

    NOTHING = "nothing"
    PLAN = "plan"
    PUBLISH = "publish"
    PURGE = "purge"


@dataclass(frozen=True, slots=True)
class Step:
    """A decision: a change to commit, if any, and what follows."""

    change: Change | None
    then: Then = Then.NOTHING


def advance(shipment: Shipment, facts: Collection[Fact], now: datetime, pace: Pace) -> Step:
    """Decide what a shipment needs from the process stage, whatever brought it there."""
    match shipment.state:
        case ShipmentState.REGISTERED | ShipmentState.PLANNING:
            return _advance_unplanned(shipment, now, pace)
        case ShipmentState.SENDING:
            return _advance_sending(shipment, facts, now, pace)
        case ShipmentState.DONE | ShipmentState.CANCELLED:
            return _advance_ended(shipment, facts, now)


def _advance_unplanned(shipment: Shipment, now: datetime, pace: Pace) -> Step:
    if now >= shipment.expires:
        after = abandon(shipment, now, pace)
        return Step(Change(shipment, after), Then.PUBLISH if after.state is ShipmentState.DONE else Then.NOTHING)
    # One that was put off, or that somebody is planning, waits for its moment, however often its old message comes.
    deferred = shipment.attempts or shipment.condition_asked or shipment.state is ShipmentState.PLANNING
    earliest = shipment.due if deferred else shipment.send_at
    return Step(None, Then.PLAN if now >= earliest else Then.NOTHING)


def _advance_sending(shipment: Shipment, facts: Collection[Fact], now: datetime, pace: Pace) -> Step:
    after = expire(fold(shipment, facts), now)
    if not after.open:
        return Step(Change(shipment, complete(after, now, pace), tuple(facts)), Then.PUBLISH)
    if after == shipment and not facts and shipment.due > now:
        return Step(None)
    ended = after.notifications != shipment.notifications
    after = scheduled(after, now, pace)
    if ended and after.due < now:
        # More has expired than one change may end. The timer takes a wake-up whose time stays the same for one that it
        # has queued already, so this one gets a new time.
        after = replace(after, due=round_up(now))
    changed = bool(facts) or after != shipment
    return Step(Change(shipment, after, tuple(facts)) if changed else None)


def _advance_ended(shipment: Shipment, facts: Collection[Fact], now: datetime) -> Step:
    change = Change(shipment, fold(shipment, facts), tuple(facts)) if facts else None
    if not shipment.published:
        return Step(change, Then.PUBLISH)
    return Step(change, Then.PURGE if now >= shipment.due and not facts else Then.NOTHING)


def not_met(shipment: Shipment, now: datetime, pace: Pace) -> Shipment:
    """Stop a shipment whose send condition says no."""
    return complete(shipment, now, pace, Ending.CONDITION_NOT_MET)


def ask_again(shipment: Shipment, now: datetime, pace: Pace) -> Shipment:
    """Put a shipment off whose send condition gave no answer."""
    due = min(now + pace.condition_retry * 2**shipment.condition_asked, shipment.expires)
    return replace(
        shipment,
        condition_asked=shipment.condition_asked + 1,
        reason="condition_inconclusive",
        due=round_up(due),
    )


def put_off(shipment: Shipment, now: datetime, reason: str, jitter: float) -> Shipment:
    """Back off after something that should not have happened; only the shipment's expiry ends this.

    A wake-up is never brought forward: that of a published shipment is the end of its retention time.
    """
    attempts = shipment.attempts + 1
    if shipment.state in (ShipmentState.REGISTERED, ShipmentState.PLANNING):
        due = retry_at(now, attempts, jitter, shipment.expires)
    elif shipment.state is ShipmentState.SENDING:
        return _put_off_lanes(shipment, now, reason, jitter)
    else:
        due = now + backoff(attempts, jitter, longest=_LONGEST_PUBLISH_WAIT)
    due = max(shipment.due, round_up(due))
    return replace(shipment, attempts=attempts, reason=reason, due=due, wants=PROCESS)


def _put_off_lanes(shipment: Shipment, now: datetime, reason: str, jitter: float) -> Shipment:
    """Move every idle lane by the back-off, and the wake-up with them; expiry is looked at then, if not before."""
    attempts = shipment.attempts + 1
    later = now + backoff(attempts, jitter)
    lanes = {
        channel: lane if lane.claimed(now) else replace(lane, after=max(lane.after, later))
        for channel, lane in shipment.lanes.items()
    }
    moved = [lane.after for lane in lanes.values() if lane.todo and not lane.claimed(now)]
    held = [lane.claim.until for lane in lanes.values() if lane.claim and lane.claimed(now)]
    due = min([*moved, *held, max(shipment.expires, later)])
    letters = {channel.letter for channel, lane in lanes.items() if lane.todo and due < shipment.expires}
    wants = "".join(sorted(letters)) or PROCESS
    return replace(shipment, lanes=lanes, attempts=attempts, reason=reason, due=round_up(due), wants=wants)


def can_cancel(shipment: Shipment, now: datetime) -> bool:
    """Whether a shipment may still be cancelled: registered, and more than five minutes away (http-contract.md 3.9)."""
    return shipment.state is ShipmentState.REGISTERED and shipment.send_at > now + CANCEL_MARGIN


def cancel(shipment: Shipment, now: datetime, pace: Pace, *, tell: bool = False) -> Shipment:
    """Cancel a shipment. With `tell` the next tick puts it into the feed; without, it counts as published."""
    ended = replace(shipment, state=ShipmentState.CANCELLED, changed=now, attempts=0, published=not tell)
    return replace(ended, due=round_up(now if tell else now + pace.retention), wants=PROCESS)


def mark_published(shipment: Shipment, pace: Pace) -> Shipment:
    """Note that the feed has the shipment; what is left of it is to be kept for the retention time."""
    return replace(shipment, published=True, attempts=0, due=round_up(shipment.changed + pace.retention), wants=PROCESS)
