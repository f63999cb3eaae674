"""Claiming notifications for hand-over to a provider, and recording what came of it.

Nobody calls a provider without a committed claim of its own. A result is never dropped: it is merged by rank into
whatever the shipment has become, whoever holds the claim by then.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import nsmallest

from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.pace import Pace, retry_at
from notifications.domain.phone import normalise
from notifications.domain.sending_time import next_opening, policy_of
from notifications.domain.settle import scheduled
from notifications.domain.shipment import Claim, Lane, Notification, Shipment, merge
from notifications.domain.statuses import Channel, ShipmentState, Status

_NO_ROOM_WAIT = timedelta(seconds=2)
# Scattered numbers take room in the shipment's row: when so many were put off, the round ends before all had a turn.
_MOST_TRIED = 5_000


@dataclass(frozen=True, slots=True)
class Result:
    """What came of handing over notification `number`, and when the provider answered."""

    number: int
    outcome: Outcome
    at: datetime


def claimable(shipment: Shipment, channel: Channel, now: datetime) -> bool:
    """Whether a lane has something to hand over and nobody is at it."""
    lane = _idle_lane(shipment, channel, now)
    return lane is not None and lane.after <= now < shipment.expires


def too_late(shipment: Shipment, channel: Channel, now: datetime) -> bool:
    """Whether a lane still has something to hand over although the shipment has expired; the process stage ends it."""
    return now >= shipment.expires and _idle_lane(shipment, channel, now) is not None


def _idle_lane(shipment: Shipment, channel: Channel, now: datetime) -> Lane | None:
    """The lane, where it has something to hand over and nobody holds a claim."""
    lane = shipment.lanes.get(channel)
    waits = shipment.state is ShipmentState.SENDING and lane is not None and lane.todo and not lane.claimed(now)
    return lane if waits else None


def opening(shipment: Shipment, channel: Channel, now: datetime) -> datetime:
    """The first moment from now on at which the lane's messages may leave."""
    return next_opening(policy_of(shipment.content, channel), now)


def may_leave_at(shipment: Shipment, channel: Channel, now: datetime) -> bool:
    """Whether the lane's messages may leave at this very moment: the window is open and the shipment's time not up."""
    return opening(shipment, channel, now) <= now < shipment.expires


def claim(
    shipment: Shipment,
    channel: Channel,
    now: datetime,
    pace: Pace,
    *,
    token: str,
    limit: int,
    memory: Memory = Memory.LASTING,
) -> Shipment:
    """Take the next notifications of a lane; those of a claim that lapsed are marked uncertain.

    With a provider whose `memory` does not last, one whose claim lapsed when it was uncertain already is left to its
    expiry: a message that kills its process each time would otherwise be sent a hundred times. The shipment may come
    back without a claim, when that leaves nothing to take.
    """
    lane = shipment.lanes[channel]
    lapsed = lane.claim.rows & lane.todo if lane.claim else frozenset()
    given_up = lapsed & lane.uncertain if memory < Memory.LASTING else frozenset()
    todo = lane.todo - given_up if given_up else lane.todo
    left = replace(lane, todo=todo, uncertain=(lane.uncertain | lapsed) - given_up)
    rows = frozenset(nsmallest(limit, left.waiting or todo))
    taken = Claim(token=token, until=now + pace.claim, rows=rows) if rows else None
    claimed = replace(left, claim=taken, attempts=lane.attempts + 1)
    return scheduled(shipment.with_lane(channel, claimed), now, pace)


def defer(shipment: Shipment, channel: Channel, until: datetime, now: datetime, pace: Pace) -> Shipment:
    """Move a lane to a later moment without counting an attempt: the window or the provider's gate is closed."""
    lane = replace(shipment.lanes[channel], after=min(until, shipment.expires))
    return scheduled(shipment.with_lane(channel, lane), now, pace)


def holds(shipment: Shipment, channel: Channel, token: str) -> bool:
    """Whether the lane's claim is the one with that token: how an own success is told from another's."""
    lane = shipment.lanes.get(channel)
    return lane is not None and lane.claim is not None and lane.claim.token == token


def claimed_rows(shipment: Shipment, channel: Channel) -> tuple[Notification, ...]:
    """The notifications that a lane's claim covers and that are still to be handed over."""
    lane = shipment.lanes[channel]
    rows = lane.claim.rows if lane.claim else frozenset()
    found = (shipment.notifications[number - 1] for number in sorted(rows))
    return tuple(one for one in found if one.status is Status.NEW)


def record(
    shipment: Shipment,
    channel: Channel,
    results: Collection[Result],
    now: datetime,
    pace: Pace,
    *,
    token: str,
    jitter: float,
    memory: Memory = Memory.LASTING,
) -> Shipment:
    """Merge results into a shipment, whatever it has become, and give up the claim if it is still one's own.

    With a provider whose `memory` does not last, a notification whose fate stays uncertain is handed over once more and
    then left to its expiry: nobody gets the same SMS a hundred times.
    """
    rows = _merged_rows(shipment, results)
    merged = replace(shipment, notifications=rows)
    lane = shipment.lanes.get(channel)
    if shipment.state is not ShipmentState.SENDING or lane is None:
        return merged
    mine = holds(shipment, channel, token)
    # Without the claim these results may be in already, by a commit whose answer was lost: they must not count twice.
    left = _settled(lane, rows, results, mine=mine, lasting=memory is Memory.LASTING)
    if mine:
        wait = pace.uncertain_wait if memory is Memory.NONE else timedelta(0)
        left = _released(_in_turn(left, rows, results), results, now, jitter, shipment.expires, wait)
    return scheduled(merged.with_lane(channel, left), now, pace)


def _merged_rows(shipment: Shipment, results: Iterable[Result]) -> tuple[Notification, ...]:
    rows = list(shipment.notifications)
    for result in {each.number: each for each in results}.values():
        rows[result.number - 1] = _merged(rows[result.number - 1], result)
    return tuple(rows)


def _merged(notification: Notification, result: Result) -> Notification:
    match result.outcome:
        case Accepted(reference, last):
            merged = merge(notification, Status.DELIVERED if last else Status.ACCEPTED, result.at, last)
            return replace(
                merged,
                reference=merged.reference or reference,
                handed_over=merged.handed_over or result.at,
            )
        case Refused(status, reason):
            return replace(merge(notification, status, result.at, reason), handed_over=result.at)
        case Postponed(reason) | Uncertain(reason):
            return replace(notification, reason=reason) if notification.is_open else notification


def _settled(
    lane: Lane, rows: Sequence[Notification], results: Collection[Result], *, mine: bool, lasting: bool
) -> Lane:
    """Take out of a lane what needs no further hand-over, and note what became uncertain.

    A postponed hand-over tells of this attempt only. It clears an earlier doubt where the provider was asked about that
    first, which is so with a `lasting` memory; another one may have sent the message then.
    """
    left = lane.todo - {each.number for each in results if rows[each.number - 1].status is not Status.NEW}
    unsure = {result.number for result in results if isinstance(result.outcome, Uncertain)}
    known = {result.number for result in results if lasting and isinstance(result.outcome, Postponed)}
    given_up = lane.uncertain & unsure if mine and not lasting else frozenset()
    left -= given_up
    return replace(lane, todo=left, uncertain=((lane.uncertain - known) | unsure) & left)


def _in_turn(lane: Lane, rows: Sequence[Notification], results: Collection[Result]) -> Lane:
    """Note whose turn in this round is over: what was put off comes again after all others, and holds up none of them.

    Where every provider of a recipient's country rests, the turn of all its recipients is over.
    """
    off = {each.number for each in results if isinstance(each.outcome, Postponed | Uncertain)}
    resting = {
        _country(rows[each.number - 1])
        for each in results
        if isinstance(each.outcome, Postponed) and each.outcome.until
    }
    if resting:
        off |= {number for number in lane.waiting if _country(rows[number - 1]) in resting}
    return replace(lane, tried=(lane.tried | off) & lane.todo) if lane.tried or off else lane


def _country(notification: Notification) -> str:
    """What the numbers of a country have in common, and sometimes its neighbours': enough to go on with others."""
    return normalise(notification.address)[:3]


def _released(
    lane: Lane, results: Collection[Result], now: datetime, jitter: float, expires: datetime, uncertain_wait: timedelta
) -> Lane:
    """Give up the claim, and say when the lane is looked at next.

    - No results: nothing was tried, since there was no room at the provider; in a moment, and no attempt is counted.
    - Some have not had their turn in this round, and the provider asks for no rest: at once.
    - The round is over, and every provider was resting: when the first of them opens; no attempt is counted.
    - The round is over otherwise, or the provider asks for rest: after the back-off, as one attempt of the lane.
    """
    if not results:
        return replace(lane, claim=None, attempts=lane.attempts - 1, after=now + _NO_ROOM_WAIT)
    progress = any(isinstance(result.outcome, Accepted | Refused) for result in results)
    rests = any(isinstance(result.outcome, Postponed | Uncertain) and result.outcome.pause for result in results)
    if not rests and len(lane.tried) <= _MOST_TRIED and (lane.waiting or not lane.todo):
        return replace(lane, claim=None, attempts=0 if progress else lane.attempts - 1, after=now)
    over = lane if rests else replace(lane, tried=frozenset())
    opens = [each.outcome.until for each in results if isinstance(each.outcome, Postponed) and each.outcome.until]
    if len(opens) == len(results):
        after = min(min(opens) + timedelta(seconds=jitter), expires)
        return replace(over, claim=None, attempts=lane.attempts - 1, after=after)
    attempts = 0 if progress else lane.attempts
    after = retry_at(now, max(attempts, 1), jitter, expires)
    if lane.tried & lane.uncertain and not (rests and lane.waiting):
        after = min(max(after, now + uncertain_wait), expires)
    return replace(over, claim=None, attempts=attempts, after=after)
