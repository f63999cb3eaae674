"""Release: the timer reads what is due and puts ids on queues, fairly between creators; it writes no row.

The table is the backlog and the queues are short conveyors: each tick fills a queue to what its workers take in about
two seconds. So nothing grows stale on a queue, and there is something to be fair with.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, chain, islice

from notifications.domain.clock import Clock
from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.record import PACK, Message, WakeUp, WorkQueue
from notifications.stages.backlog import Backlog, Puts
from notifications.stages.flow import Flow
from notifications.stages.lookout import Lookout
from notifications.storage.orders import OrderStore
from notifications.storage.queues import Queues
from notifications.telemetry import error_name, event, fault
from notifications.telemetry.measures import BACKLOG, OLDEST_DUE, QUEUE_DEPTH, record

logger = logging.getLogger(__name__)

_PUTS_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message to be put, with the rows that it was made from."""

    message: Message
    wake_ups: Sequence[WakeUp]


class Release:
    """One tick of the timer. Two timers at once cost duplicate messages and nothing else."""

    def __init__(self, store: OrderStore, queues: Queues, clock: Clock) -> None:
        self._queues = queues
        self._clock = clock
        self._lock = asyncio.Lock()
        self._backlogs = {queue: Backlog() for queue in WorkQueue}
        self._flows = {queue: Flow() for queue in WorkQueue}
        self._puts = Puts()
        self._told_last: tuple[str, ShipmentId] = ("", ShipmentId(OrderKey(0), 0))
        self._lookout = Lookout(store, clock)

    async def __call__(self, overdue_by: timedelta = timedelta(0)) -> None:
        """Release what is due, or only what has been due for some time already."""
        async with self._lock:
            now = self._clock.now()
            seen = await self._lookout.look(now - overdue_by)
            self._puts.seen_facts(seen.facts, seen.unread)
            oldest = min((wake_up.due for wake_up in seen.wake_ups), default=now)
            record(OLDEST_DUE, (now - oldest).total_seconds())
            self._offer(seen.wake_ups, now)
            facts: dict[WorkQueue, Mapping[ShipmentId, bool]] = {WorkQueue.PROCESS: seen.facts}
            await asyncio.gather(*(self._fill_guarded(queue, facts.get(queue, {}), now) for queue in WorkQueue))
            self._puts.forget(now)
            hungry = [backlog.wants_more() for backlog in self._backlogs.values()]
            if any(hungry):
                self._lookout.hurry()

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
        """Put as many messages as the queue has room for; facts never take more than half from those who wait.

        What does not fit whole is put while there is room at all: else what is heavy would wait behind all that is not.
        """
        backlog, flow = self._backlogs[queue], self._flows[queue]
        reported = [shipment for shipment in facts if self._puts.may_put_facts(shipment, now)]
        record(BACKLOG, len(backlog), queue=queue)
        if not backlog and not reported:
            flow.at = None
            return
        depth = await self._queues.depth(queue)
        record(QUEUE_DEPTH, depth.messages, queue=queue)
        room = flow.room(depth.shipments, now)
        share = room // 2 if backlog else room
        told, load = self._told_in_turn(reported, facts, share)
        parcels = self._parcels(queue, _taken(backlog, room - min(load, share)), told)
        slots = asyncio.Semaphore(_PUTS_AT_ONCE)
        done = await asyncio.gather(*(self._put(queue, parcel, now, slots) for parcel in parcels))
        for parcel, was_put in zip(parcels, done, strict=True):
            if was_put:
                flow.note(parcel.message.load)
            else:
                backlog.give_back(parcel.wake_ups)

    def _told_in_turn(
        self, reported: Sequence[ShipmentId], facts: Mapping[ShipmentId, bool], room: int
    ) -> tuple[dict[ShipmentId, bool], int]:
        """The next shipments with facts for which there is room, and their load.

        It goes on where it stopped last: from the beginning, more than there is room for would hide the last buckets.
        """
        start = next((at for at, shipment in enumerate(reported) if _place(shipment) > self._told_last), 0)
        told: dict[ShipmentId, bool] = {}
        load = 0
        for shipment in chain(islice(reported, start, None), islice(reported, start)):
            if load >= room:
                break
            told[shipment] = facts[shipment]
            load += _load(heavy=facts[shipment])
            self._told_last = _place(shipment)
        return told, load

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
                message = Message(shipments=(wake_up.shipment,), again=True, heavy=wake_up.heavy)
                alone.append(_Parcel(message, [wake_up]))
            else:
                rows.setdefault(wake_up.shipment, []).append(wake_up)
        heavy = {
            shipment for shipment, own in rows.items() if reported.get(shipment) or any(each.heavy for each in own)
        }
        light = batched(sorted(rows.keys() - heavy, key=_place), PACK, strict=False)
        return [
            *alone,
            *(_parcel([shipment], rows, reported, heavy=True) for shipment in sorted(heavy)),
            *(_parcel(pack, rows, reported) for pack in light),
        ]

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
    pack: Sequence[ShipmentId],
    rows: Mapping[ShipmentId, list[WakeUp]],
    reported: Collection[ShipmentId],
    *,
    heavy: bool = False,
) -> _Parcel:
    message = Message(shipments=tuple(pack), facts=frozenset(pack) & frozenset(reported), heavy=heavy)
    return _Parcel(message, [wake_up for shipment in pack for wake_up in rows[shipment]])


def _taken(backlog: Backlog, room: int) -> list[WakeUp]:
    """The next who wait, in fair turns, while there is room."""
    taken: list[WakeUp] = []
    while room > 0 and (following := backlog.take(1)):
        taken.extend(following)
        room -= sum(_load(heavy=each.heavy) for each in following)
    return taken


def _load(*, heavy: bool) -> int:
    """A shipment's load on a worker, in light shipments."""
    return PACK if heavy else 1


def _place(shipment: ShipmentId) -> tuple[str, ShipmentId]:
    """Where it stands when buckets are read one after the other."""
    return shipment.key.bucket, shipment
