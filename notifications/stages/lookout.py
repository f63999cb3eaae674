"""The lookout: what is due in all buckets, without reading a long backlog again at each tick.

Whoever waits in a long backlog is in the timer's memory once it was read. So a tick reads the oldest rows of each
bucket and the newest, and from time to time, as far as a tick's time goes, all between: a survey.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import batched

from notifications.domain.clock import Clock
from notifications.domain.ids import BUCKETS, ShipmentId
from notifications.domain.record import WakeUp
from notifications.storage.orders import DuePage, OrderStore
from notifications.storage.rows import WAKE_UPS
from notifications.telemetry import event, fault

logger = logging.getLogger(__name__)

# What is due when it is decided on is written a little later, and much later where storage has to be asked again. The
# look so far back is one by itself: thousands that came due in that time would hide newcomers behind them.
_LATE, _VERY_LATE = timedelta(seconds=2), timedelta(seconds=15)
# The net looks some seconds behind the timer; more than this is a clock that was set back.
_BEHIND = timedelta(minutes=1)
# A bucket's turn comes at every fourth tick.
_TURNS = 4
# How many rows of a bucket are read at every tick, or in its turn where looking takes longer than from tick to tick.
_OLDEST = 50
_SLOW = timedelta(seconds=1)
# What one tick gives to surveys: pages of a bucket, buckets at once, and time after which no further page is read.
_PAGES, _BUCKETS_AT_ONCE, _TIME = 2, 4, timedelta(seconds=0.5)
# What a survey finds again is in memory, or was put less than that long ago.
_SURVEY_EVERY = timedelta(seconds=30)
# Where surveys take long, they take no more than so much of the time.
_RESTS = 5


@dataclass(slots=True)
class _Survey:
    """How far the look at all that is due in a bucket has come, since when, and until when the next one has time.

    `long` says that at the last look the oldest rows were not all, `looked_back` when a look last asked for what was
    written very late.
    """

    long: bool = False
    looked_back: datetime | None = None
    cursor: str | None = None
    began: datetime | None = None
    rests_until: datetime | None = None

    def go_on(self, start: str, unread: str | None, now: datetime) -> None:
        """Begin where nothing is under way: with everything, or between two surveys with what of the new is unread."""
        self.long = True
        if self.cursor is not None:
            return
        if self.rests_until is None or now >= self.rests_until:
            self.began, self.cursor = now, start
        else:
            self.cursor = unread

    def came_to(self, cursor: str | None, now: datetime) -> None:
        """Note how far it came; one that is over rests."""
        self.cursor = cursor
        if cursor is None and self.began is not None:
            self.rests_until = max(self.began + _SURVEY_EVERY, now + _RESTS * (now - self.began))
            self.began = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Wake-ups that are due, and shipments with unfolded facts, as `DuePage.facts` has them.

    `unread` are the buckets whose facts were not looked for, or could not be.
    """

    wake_ups: Sequence[WakeUp] = ()
    facts: Mapping[ShipmentId, bool] = field(default_factory=dict)
    unread: Collection[str] = ()


class Lookout:
    """Looks at all buckets; remembers where it was."""

    def __init__(self, store: OrderStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        # Those whose turn it is to be surveyed come first.
        self._turns = deque(f"{number:02x}" for number in range(BUCKETS))
        self._surveys = {bucket: _Survey() for bucket in self._turns}
        self._last: datetime | None = None
        self._looks = 0
        self._slow = False

    async def look(self, until: datetime) -> Seen:
        """What is due at `until`: all of it while it is little, else a part, and in the course of several looks all.

        A look at an earlier moment than the last one, as the net under the timer takes, reads each bucket's oldest rows
        alone and leaves the surveys as they are.
        """
        if self._last and self._last - until > _BEHIND:
            self._begin_anew()
        behind = self._last is not None and until < self._last
        if not behind:
            self._looks += 1
        left = set() if behind else set(filter(self._leaves_oldest, self._surveys))
        began = self._clock.now()
        buckets = sorted(self._surveys)
        looks = (self._look_guarded(each, until, behind=behind, oldest=each not in left) for each in buckets)
        looked = dict(zip(buckets, await asyncio.gather(*looks), strict=True))
        self._slow = self._clock.now() - began > _SLOW
        surveyed = [] if behind else await self._survey(until)
        self._last = max(self._last or until, until)
        pages = [page for page in looked.values() if page]
        return Seen(
            wake_ups=[*(wake_up for page in pages for wake_up in page.wake_ups), *surveyed],
            facts={shipment: heavy for page in pages for shipment, heavy in page.facts.items()},
            unread=left | {bucket for bucket, page in looked.items() if page is None},
        )

    def hurry(self) -> None:
        """Let no survey rest: what an earlier one found was more than could be kept."""
        for survey in self._surveys.values():
            survey.rests_until = None

    def _begin_anew(self) -> None:
        self._last = None
        self._surveys = {bucket: _Survey() for bucket in self._surveys}

    async def _look_guarded(self, bucket: str, until: datetime, *, behind: bool, oldest: bool) -> DuePage | None:
        """None for a bucket that cannot be read: it must not hold up the others."""
        try:
            if behind:
                return replace(await self._oldest(bucket, until), cursor=None)
            return await self._look(bucket, until, oldest=oldest)
        except Exception as error:  # noqa: BLE001 - the next tick looks again
            self._not_read(bucket, error)
            return None

    async def _look(self, bucket: str, until: datetime, *, oldest: bool) -> DuePage:
        """The oldest rows of a bucket, or none of these, and the newest; where that is not all, its survey goes on."""
        survey = self._surveys[bucket]
        first = await self._oldest(bucket, until) if oldest else DuePage({}, (), WAKE_UPS)
        if first.cursor is None:
            survey.long, survey.looked_back = False, until
            survey.came_to(None, until)
            return first
        known = (self._last or until) - _LATE
        fresh = await self._store.due(bucket, until, since=known)
        late = await self._look_back(bucket, known)
        survey.go_on(first.cursor, late.cursor or fresh.cursor, until)
        return replace(first, wake_ups=(*first.wake_ups, *fresh.wake_ups, *late.wake_ups), cursor=None)

    async def _look_back(self, bucket: str, known: datetime) -> DuePage:
        """In a bucket's turn, what was due before all that is read as new, and may have been written since."""
        survey = self._surveys[bucket]
        if survey.looked_back and not self._in_turn(bucket):
            return DuePage({}, (), None)
        since, survey.looked_back = (survey.looked_back or known) - _VERY_LATE, known
        return await self._store.due(bucket, known, since=since)

    def _leaves_oldest(self, bucket: str) -> bool:
        """Whether this tick reads of a long backlog the newest rows alone: those who wait are known, newcomers not."""
        return self._slow and self._surveys[bucket].long and not self._in_turn(bucket)

    def _in_turn(self, bucket: str) -> bool:
        return (self._looks + int(bucket, 16)) % _TURNS == 0

    async def _oldest(self, bucket: str, until: datetime) -> DuePage:
        """The first rows of a bucket; all facts, which memory does not keep, and behind them the first wake-ups."""
        first = await self._store.due(bucket, until, limit=_OLDEST)
        if first.cursor is None or first.cursor.startswith(WAKE_UPS):
            return first
        others = await self._store.reported(bucket, first.cursor)
        oldest = await self._store.due(bucket, until, cursor=WAKE_UPS, limit=_OLDEST)
        return replace(oldest, facts=_merged(first.facts, others))

    async def _survey(self, until: datetime) -> list[WakeUp]:
        """The next pages of the surveys that are under way, in turns, for as long as a tick may take."""
        enough = self._clock.now() + _TIME
        found: list[WakeUp] = []
        for _ in range(_PAGES):
            under_way = [bucket for bucket in self._turns if self._surveys[bucket].cursor is not None]
            for some in batched(under_way, _BUCKETS_AT_ONCE, strict=False):
                if self._clock.now() > enough:
                    return found
                pages = await asyncio.gather(*(self._next_guarded(bucket, until) for bucket in some))
                found.extend(wake_up for page in pages if page for wake_up in page.wake_ups)
                for bucket in some:
                    self._turns.remove(bucket)
                self._turns.extend(some)
        return found

    async def _next_guarded(self, bucket: str, until: datetime) -> DuePage | None:
        survey = self._surveys[bucket]
        try:
            page = await self._store.due(bucket, until, cursor=survey.cursor)
        except Exception as error:  # noqa: BLE001 - the next tick looks again
            self._not_read(bucket, error)
            return None
        survey.came_to(page.cursor, self._clock.now())
        return page

    def _not_read(self, bucket: str, error: Exception) -> None:
        """Begin anew: whatever came due meanwhile is not new any more when the bucket can be read again."""
        event(logger, logging.ERROR, "release.not_read", bucket=bucket, **fault(error))
        self._surveys[bucket] = _Survey()


def _merged(some: Mapping[ShipmentId, bool], others: Mapping[ShipmentId, bool]) -> dict[ShipmentId, bool]:
    """The facts of two looks: a shipment is known to be heavy when either shows it."""
    return {each: some.get(each, False) or others.get(each, False) for each in {**some, **others}}
