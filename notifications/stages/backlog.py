"""What the timer remembers between its ticks: who waits, whose turn it is, and what was put on a queue lately.

Ids only, and nothing that would be missed: after a restart everything is read again, and a stale entry costs one read.
"""

from collections import OrderedDict, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.domain.ids import ShipmentId
from notifications.domain.record import WakeUp, WorkQueue

_CAPACITY = 200_000
_SHARE = 1_000
_PUT_AGAIN_AFTER = timedelta(seconds=30)
_FACTS_AGAIN_AFTER = timedelta(seconds=5)
_FACTS_LONGEST = timedelta(minutes=5)
_FORGET_AFTER = timedelta(minutes=2)

type Mark = tuple[datetime, ShipmentId]


@dataclass(slots=True)
class _Put:
    """When a row was last put on a queue, and how often."""

    at: datetime
    times: int = 1


class Puts:
    """Which rows were put on a queue lately. A wake-up that moved is another row."""

    def __init__(self) -> None:
        self._wake_ups: dict[tuple[Mark, WorkQueue], _Put] = {}
        self._facts: dict[ShipmentId, _Put] = {}

    def may_put(self, wake_up: WakeUp, queue: WorkQueue, now: datetime) -> bool:
        """Whether half a minute has passed since this row was put there."""
        put = self._wake_ups.get((_mark(wake_up), queue))
        # A time to come is that of a clock which was set back since.
        return put is None or not timedelta(0) <= now - put.at < _PUT_AGAIN_AFTER

    def may_put_facts(self, shipment: ShipmentId, now: datetime) -> bool:
        """Whether its facts were put long enough ago: five seconds, doubling while they stay unfolded."""
        put = self._facts.get(shipment)
        if put is None:
            return True
        doublings: int = 2 ** min(put.times - 1, 10)
        wait = min(_FACTS_AGAIN_AFTER * doublings, _FACTS_LONGEST)
        return not timedelta(0) <= now - put.at < wait

    def note(self, wake_up: WakeUp, queue: WorkQueue, now: datetime) -> None:
        """Remember that a row was put; the latest stand last."""
        put = self._wake_ups.pop((_mark(wake_up), queue), None)
        self._wake_ups[_mark(wake_up), queue] = _Put(now, put.times + 1 if put else 1)

    def note_facts(self, shipment: ShipmentId, now: datetime) -> None:
        """Remember that a shipment's facts were put."""
        put = self._facts.get(shipment)
        self._facts[shipment] = _Put(now, put.times + 1 if put else 1)

    def repeated(self, wake_up: WakeUp, queue: WorkQueue) -> bool:
        """Whether this very row was put before: then it travels alone."""
        return (_mark(wake_up), queue) in self._wake_ups

    def seen_facts(self, shipments: Collection[ShipmentId], unread: Collection[str]) -> None:
        """Forget the facts that are gone, so that the next ones of the same shipment are put at once.

        Those of the buckets that were left unread may still be there.
        """
        self._facts = {
            shipment: put
            for shipment, put in self._facts.items()
            if shipment in shipments or shipment.key.bucket in unread
        }

    def forget(self, now: datetime) -> None:
        """Let go of what was put long ago."""
        while self._wake_ups:
            oldest = next(iter(self._wake_ups))
            if now - self._wake_ups[oldest].at < _FORGET_AFTER:
                return
            del self._wake_ups[oldest]


class Backlog:
    """The due wake-ups of one queue, in fair turns between creators: each gets one, then the next."""

    def __init__(self) -> None:
        self._creators: OrderedDict[str, deque[WakeUp]] = OrderedDict()
        self._known: set[Mark] = set()
        self._refused: set[str] = set()

    def __len__(self) -> int:
        return len(self._known)

    def offer(self, wake_up: WakeUp) -> None:
        """Add a wake-up that is not waiting yet, unless memory is full: then it is read again later.

        Memory that one creator has filled still has room for another's.
        """
        waiting = self._creators.get(wake_up.creator, ())
        full = len(self._known) >= _CAPACITY and len(waiting) >= _SHARE
        if _mark(wake_up) in self._known:
            return
        if full:
            self._refused.add(wake_up.creator)
            return
        self._known.add(_mark(wake_up))
        self._creators.setdefault(wake_up.creator, deque()).append(wake_up)

    def wants_more(self) -> bool:
        """Whether what memory refused should be read again: half of it is free, or somebody has nothing left in it.

        It says so once.
        """
        hungry = self._refused and (len(self._known) < _CAPACITY // 2 or not self._refused <= self._creators.keys())
        if hungry:
            self._refused.clear()
        return bool(hungry)

    def give_back(self, wake_ups: Iterable[WakeUp]) -> None:
        """Put wake-ups that were taken and could not be put on the queue back in front, in their order."""
        for wake_up in reversed(list(wake_ups)):
            if _mark(wake_up) not in self._known:
                self._known.add(_mark(wake_up))
                self._creators.setdefault(wake_up.creator, deque()).appendleft(wake_up)

    def take(self, count: int) -> list[WakeUp]:
        """The next so many, one creator after the other."""
        taken: list[WakeUp] = []
        while self._creators and len(taken) < count:
            creator, waiting = self._creators.popitem(last=False)
            wake_up = waiting.popleft()
            self._known.discard(_mark(wake_up))
            taken.append(wake_up)
            if waiting:
                self._creators[creator] = waiting
        return taken


def _mark(wake_up: WakeUp) -> Mark:
    return wake_up.due, wake_up.shipment
