"""Release: the timer reads what is due and puts ids on queues, fairly between creators; it writes no row.

The table is the backlog and the queues are short conveyors: each tick fills a queue to what its workers take in about
two seconds. So nothing grows stale on a queue, and there is something to be fair with.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from notifications.domain.clock import Clock
from notifications.domain.ids import BUCKETS, ShipmentId
from notifications.domain.record import Message, WakeUp, WorkQueue
from notifications.stages.backlog import Backlog, Puts
from notifications.stages.flow import Flow
from notifications.storage.orders import DuePage, OrderStore
from notifications.storage.queues import Queues
from notifications.storage.rows import WAKE_UPS
from notifications.telemetry import error_name, event, fault
from notifications.telemetry.measures import BACKLOG, OLDEST_DUE, QUEUE_DEPTH, record

logger = logging.getLogger(__name__)

PACK = 25
_OVERLAP = timedelta(seconds=5)
# Of a bucket: what is read at every tick, and the pages of one in which more is due.
_LITTLE = 50
_PAGES = 2
# What a look at everything finds again is in memory, or was put less than that long ago.
_SWEEP_EVERY = timedelta(seconds=30)
_PUTS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message to be put, with the rows that it was made from."""

    message: Message
    wake_ups: Sequence[WakeUp]


@dataclass(slots=True)
class _Sweep:
    """How far a look at all that is due in a bucket has come, and when the last one began that left nothing out."""

    cursor: str | None = None
    began: datetime | None = None


class Release:
    """One tick of the timer. Two timers at once cost duplicate messages and nothing else."""

    def __init__(self, store: OrderStore, queues: Queues, clock: Clock) -> None:
        self._store = store
        self._queues = queues
        self._clock = clock
        self._lock = asyncio.Lock()
        self._backlogs = {queue: Backlog() for queue in WorkQueue}
        self._flows = {queue: Flow() for queue in WorkQueue}
        self._puts = Puts()
        self._sweeps: defaultdict[str, _Sweep] = defaultdict(_Sweep)
        self._last: datetime | None = None

    async def __call__(self, overdue_by: timedelta = timedelta(0)) -> None:
        """Release what is due, or only what has been due for some time already."""
        async with self._lock:
            now = self._clock.now()
            buckets = [f"{number:02x}" for number in range(BUCKETS)]
            pages = await asyncio.gather(*(self._look_guarded(bucket, now - overdue_by) for bucket in buckets))
            facts = {shipment: heavy for page in pages for shipment, heavy in page.facts.items()}
            self._puts.seen_facts(facts)
            oldest = min((wake_up.due for page in pages for wake_up in page.wake_ups), default=now)
            record(OLDEST_DUE, (now - oldest).total_seconds())
            self._offer((wake_up for page in pages for wake_up in page.wake_ups), now)
            await asyncio.gather(
                *(self._fill_guarded(queue, facts if queue is WorkQueue.PROCESS else {}, now) for queue in WorkQueue)
            )
            self._puts.forget(now)
            self._last = max(self._last or now - overdue_by, now - overdue_by)

    async def _look_guarded(self, bucket: str, until: datetime) -> DuePage:
        """One bucket that cannot be read must not hold up the others."""
        try:
            return await self._look(bucket, until)
        except Exception as error:  # noqa: BLE001 - the next tick looks again
            event(logger, logging.ERROR, "release.not_read", bucket=bucket, **fault(error))
            # Whatever came due meanwhile is not new any more when the bucket can be read again.
            self._sweeps[bucket] = _Sweep()
            return DuePage({}, (), None)

    async def _look(self, bucket: str, until: datetime) -> DuePage:
        """Everything that is due, while that is little; else the oldest, the newest, and now and then all between.

        Who waits in a long backlog is in memory: reading them at each tick took more time than their work.
        """
        first = await self._oldest(bucket, until)
        if first.cursor is None:
            self._sweeps[bucket].cursor = None
            return first
        fresh = await self._store.due(bucket, until, since=(self._last or until) - _OVERLAP)
        others = await self._swept(bucket, until, first.cursor, fresh.cursor)
        return replace(first, wake_ups=(*first.wake_ups, *fresh.wake_ups, *others), cursor=None)

    async def _oldest(self, bucket: str, until: datetime) -> DuePage:
        """The first rows of a bucket; all facts, which memory does not keep, and behind them the first wake-ups."""
        first = await self._store.due(bucket, until, limit=_LITTLE)
        if first.cursor is None or first.cursor.startswith(WAKE_UPS):
            return first
        others = await self._store.reported(bucket, first.cursor)
        oldest = await self._store.due(bucket, until, cursor=WAKE_UPS, limit=_LITTLE)
        return replace(oldest, facts=_merged(first.facts, others))

    async def _swept(self, bucket: str, until: datetime, start: str, unread: str | None) -> list[WakeUp]:
        """The next pages of a look at everything between, if it is time for one; `unread` is where new rows go on."""
        sweep = self._sweeps[bucket]
        if sweep.cursor is None:
            if sweep.began is None or until - sweep.began >= _SWEEP_EVERY:
                sweep.began, sweep.cursor = until, start
            else:
                sweep.cursor = unread
        found: list[WakeUp] = []
        for _ in range(_PAGES):
            if sweep.cursor is None:
                break
            page = await self._store.due(bucket, until, cursor=sweep.cursor)
            found.extend(page.wake_ups)
            sweep.cursor = page.cursor
        return found

    def _offer(self, wake_ups: Iterable[WakeUp], now: datetime) -> None:
        for wake_up in wake_ups:
            for queue in WorkQueue:
                if queue.letter in wake_up.wants and self._puts.may_put(wake_up, queue, now):
                    self._backlogs[queue].offer(wake_up)

    async def _fill_guarded(self, queue: WorkQueue, facts: Mapping[ShipmentId, bool], now: datetime) -> None:
        """One queue that cannot be looked at must not hold up the others."""
        try:
            await self._fill(queue, facts, now)
        except Exception as error:  # noqa: BLE001 - the next tick looks again
            event(logger, logging.ERROR, "release.not_filled", queue=queue, **fault(error))

    async def _fill(self, queue: WorkQueue, facts: Mapping[ShipmentId, bool], now: datetime) -> None:
        """Put as many messages as the queue has room for; facts never take more than half from those who wait."""
        backlog, flow = self._backlogs[queue], self._flows[queue]
        reported = [shipment for shipment in facts if self._puts.may_put_facts(shipment, now)]
        record(BACKLOG, len(backlog), queue=queue)
        if not backlog and not reported:
            flow.at = None
            return
        depth = await self._queues.depth(queue)
        record(QUEUE_DEPTH, depth.messages, queue=queue)
        room = flow.room(depth.shipments, now)
        reported = reported[: room // 2 if backlog else room]
        taken = backlog.take(room - len(reported))
        parcels = self._parcels(queue, taken, {shipment: facts[shipment] for shipment in reported})
        slots = asyncio.Semaphore(_PUTS_AT_ONCE)
        done = await asyncio.gather(*(self._put(queue, parcel, now, slots) for parcel in parcels))
        put = [parcel for parcel, was_put in zip(parcels, done, strict=True) if was_put]
        for parcel, was_put in zip(parcels, done, strict=True):
            if not was_put:
                backlog.give_back(parcel.wake_ups)
        flow.note(sum(len(parcel.message.shipments) for parcel in put))

    def _parcels(
        self, queue: WorkQueue, wake_ups: Sequence[WakeUp], reported: Mapping[ShipmentId, bool]
    ) -> list[_Parcel]:
        """Shipments travel together, those of one bucket side by side, since they are committed together.

        One that did not get done the first time travels alone, and so does a heavy one.
        """
        rows: dict[ShipmentId, list[WakeUp]] = {shipment: [] for shipment in reported}
        alone: list[_Parcel] = []
        for wake_up in wake_ups:
            if self._puts.repeated(wake_up, queue):
                alone.append(_Parcel(Message(shipments=(wake_up.shipment,), again=True), [wake_up]))
            else:
                rows.setdefault(wake_up.shipment, []).append(wake_up)
        heavy = {
            shipment for shipment, own in rows.items() if reported.get(shipment) or any(each.heavy for each in own)
        }
        light = sorted(rows.keys() - heavy, key=lambda shipment: (shipment.key.bucket, shipment))
        packs = [light[start : start + PACK] for start in range(0, len(light), PACK)]
        return [*alone, *(_parcel(pack, rows, reported) for pack in (*([each] for each in sorted(heavy)), *packs))]

    async def _put(self, queue: WorkQueue, parcel: _Parcel, now: datetime, slots: asyncio.Semaphore) -> bool:
        """Put a message; what could not be put waits for the next tick."""
        try:
            async with slots:
                await self._queues.put(queue, parcel.message)
        except Exception as error:  # noqa: BLE001 - the rows are still there
            event(logger, logging.WARNING, "release.not_put", queue=queue, error=error_name(error))
            return False
        for wake_up in parcel.wake_ups:
            self._puts.note(wake_up, queue, now)
        for shipment in parcel.message.facts:
            self._puts.note_facts(shipment, now)
        return True


def _parcel(
    pack: Sequence[ShipmentId], rows: Mapping[ShipmentId, list[WakeUp]], reported: Collection[ShipmentId]
) -> _Parcel:
    message = Message(shipments=tuple(pack), facts=frozenset(pack) & frozenset(reported))
    return _Parcel(message, [wake_up for shipment in pack for wake_up in rows[shipment]])


def _merged(some: Mapping[ShipmentId, bool], others: Mapping[ShipmentId, bool]) -> dict[ShipmentId, bool]:
    """Whether each shipment with facts is heavy: any of its facts may betray it."""
    return {each: some.get(each, False) or others.get(each, False) for each in {**some, **others}}
