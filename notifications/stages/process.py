"""Process: all that a shipment needs but hand-over: condition, plan, folding reports, ending, publishing, retention."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Iterable, Sequence
from datetime import datetime, timedelta
from random import random
from typing import Protocol

from notifications.domain.advance import Step, Then, advance, ask_again, not_met, plan, put_off
from notifications.domain.clock import Clock
from notifications.domain.ids import ShipmentId
from notifications.domain.order import ConditionPolicy
from notifications.domain.pace import Pace
from notifications.domain.record import Message, WorkQueue
from notifications.domain.shipment import Change, Fact, Shipment
from notifications.domain.statuses import Channel, ShipmentState
from notifications.stages.publish import Publish
from notifications.stages.retain import Retain
from notifications.storage.orders import OrderStore
from notifications.storage.queues import PEEK, Queues
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

_ROUNDS = 4


class Conditions(Protocol):
    """Whoever can tell whether a shipment should still be sent."""

    async def ask(self, url: str) -> bool | None:
        """Yes, no, or None for no clear answer."""


class Process:
    """Works the `process-orders` queue: reads, decides, commits many shipments at once, and follows up."""

    def __init__(
        self,
        store: OrderStore,
        queues: Queues,
        conditions: Conditions,
        publish: Publish,
        retain: Retain,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._store = store
        self._queues = queues
        self._conditions = conditions
        self._publish = publish
        self._retain = retain
        self._clock = clock
        self._pace = pace
        self._room = _Room(queues, clock)

    async def __call__(self, message: Message) -> None:
        """Work a message's shipments; one that goes wrong backs off and leaves the others alone."""
        told = set(message.facts)
        packs = [(each,) for each in message.shipments] if message.again else [message.shipments]
        for pack in packs:
            await self._work(pack, told, again=message.again)

    async def _work(self, shipments: Sequence[ShipmentId], told: set[ShipmentId], *, again: bool) -> None:
        waiting = shipments
        for _ in range(_ROUNDS):
            waiting = await self._pass(waiting, told, again=again)
            if not waiting:
                return
            told.update(waiting)
        for shipment in waiting:
            event(logger, logging.INFO, "shipment.contended", shipment=shipment.uuid)

    async def _pass(self, shipments: Sequence[ShipmentId], told: set[ShipmentId], *, again: bool) -> list[ShipmentId]:
        """Read, decide, commit and follow up; the shipments come back that somebody else changed meanwhile."""
        decided = await asyncio.gather(
            *(self._guarded(each, self._decide(each, told=each in told, again=again)) for each in shipments)
        )
        steps = [step for step in decided if step is not None]
        changes = [step.change for _, step in steps if step.change]
        committed = iter(await self._store.commit(changes) if changes else [])
        current = [(next(committed) if step.change else shipment, shipment.id, step) for shipment, step in steps]
        await self._follow_up([(shipment, step) for shipment, _, step in current if shipment is not None])
        return [missed for shipment, missed, _ in current if shipment is None]

    async def _guarded[T](self, shipment: ShipmentId, work: Awaitable[T]) -> T | None:
        """Let an unexpected failure put off the shipment it happened to, and nothing else."""
        try:
            return await work
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not take the pack with it
            event(logger, logging.ERROR, "shipment.failed", shipment=shipment.uuid, error=error_name(error))
            await put_off_stored(self._store, shipment, self._clock.now(), f"error_{error_name(error)}")
            return None

    async def _decide(self, identity: ShipmentId, *, told: bool, again: bool) -> tuple[Shipment, Step] | None:
        shipment = await self._store.shipment(identity)
        now = self._clock.now()
        if shipment is None:
            await self._drop_orphans(identity)
            return None
        if again and shipment.state is not ShipmentState.SENDING:
            shipment = await self._count_attempt(shipment, now)
            if shipment is None:
                return None
        facts: Sequence[Fact] = ()
        if told or _ending(shipment, now):
            facts = await self._store.facts(identity)
        step = advance(shipment, facts, now, self._pace)
        return shipment, await self._planned(shipment, now) if step.then is Then.PLAN else step

    async def _count_attempt(self, shipment: Shipment, now: datetime) -> Shipment | None:
        """Write the attempt before the work, so that work which kills its process backs off alone."""
        later = put_off(shipment, now, shipment.reason or "repeated", random())  # noqa: S311 - spreads load
        return (await self._store.commit([Change(shipment, later)]))[0]

    async def _drop_orphans(self, identity: ShipmentId) -> None:
        orphans = await self._store.facts(identity)
        await self._store.drop_facts(orphans)
        event(logger, logging.WARNING, "report.orphan", shipment=identity.uuid, count=len(orphans))

    async def _planned(self, shipment: Shipment, now: datetime) -> Step:
        endpoint = shipment.content.condition_endpoint
        met = await self._conditions.ask(endpoint) if endpoint else True
        if met is None and shipment.condition_asked < self._pace.condition_retries:
            return Step(Change(shipment, ask_again(shipment, now, self._pace)))
        if met is False or (met is None and shipment.content.condition_policy is ConditionPolicy.DO_NOT_SEND):
            return Step(Change(shipment, not_met(shipment, now, self._pace)), Then.PUBLISH)
        direct = [channel for channel in Channel if await self._room.in_queue(WorkQueue.of(channel))]
        return Step(Change(shipment, plan(shipment, now, self._pace, direct)))

    async def _follow_up(self, current: Sequence[tuple[Shipment, Step]]) -> None:
        now = self._clock.now()
        await self._send(shipment for shipment, step in current if step.change and _fresh(shipment, step.change, now))
        await self._publish_guarded([shipment for shipment, step in current if step.then is Then.PUBLISH])
        for shipment, step in current:
            if step.then is Then.PURGE:
                await self._guarded(shipment.id, self._retain(shipment))

    async def _publish_guarded(self, ended: Sequence[Shipment]) -> None:
        """Publish; a feed that cannot be written puts its shipments off, for as long as it takes."""
        if not ended:
            return
        try:
            await self._publish(ended)
        except Exception as error:  # noqa: BLE001 - publication is retried without end
            for shipment in ended:
                event(logger, logging.ERROR, "shipment.unpublished", shipment=shipment.id.uuid, error=error_name(error))
                await put_off_stored(self._store, shipment.id, self._clock.now(), f"error_{error_name(error)}")

    async def _send(self, planned: Iterable[Shipment]) -> None:
        """Queue what was planned a claim ahead of its wake-up; what is due at once is released by the timer."""
        lanes: defaultdict[tuple[WorkQueue, str], list[ShipmentId]] = defaultdict(list)
        for shipment in planned:
            for channel in shipment.lanes:
                lanes[WorkQueue.of(channel), shipment.id.key.bucket].append(shipment.id)
        for (queue, bucket), shipments in lanes.items():
            await self._queues.put(queue, Message(bucket=bucket, shipments=tuple(shipments)))
            self._room.used(queue)


def _ending(shipment: Shipment, now: datetime) -> bool:
    """Whether facts must be read although nobody told of any: they count until the moment that ends the shipment."""
    return shipment.state is ShipmentState.SENDING and now >= shipment.expires


def _fresh(shipment: Shipment, change: Change, now: datetime) -> bool:
    """Whether a shipment was planned just now, with its wake-up as a net under a message to be put."""
    planned = change.before.state is ShipmentState.REGISTERED and shipment.state is ShipmentState.SENDING
    return planned and shipment.due > now and all(lane.after <= now for lane in shipment.lanes.values())


async def put_off_stored(store: OrderStore, identity: ShipmentId, now: datetime, reason: str) -> None:
    """Back a shipment off as it stands now; when even that fails, its wake-up brings it again."""
    try:
        shipment = await store.shipment(identity)
        if shipment:
            await store.commit([Change(shipment, put_off(shipment, now, reason, random()))])  # noqa: S311
    except Exception as error:  # noqa: BLE001 - the wake-up still owns the work
        event(logger, logging.ERROR, "shipment.not_put_off", shipment=identity.uuid, error=error_name(error))


class _Room:
    """Whether a queue is short enough for a direct message, asked at most once a second."""

    _FRESH = timedelta(seconds=1)

    def __init__(self, queues: Queues, clock: Clock) -> None:
        self._queues = queues
        self._clock = clock
        self._known: dict[WorkQueue, tuple[datetime, int]] = {}
        self._lock = asyncio.Lock()

    async def in_queue(self, queue: WorkQueue) -> bool:
        """Whether fewer messages wait than a peek can see."""
        async with self._lock:
            now = self._clock.now()
            asked, depth = self._known.get(queue, (None, 0))
            if asked is None or now - asked > self._FRESH:
                depth = await self._queues.depth(queue)
                self._known[queue] = (now, depth)
        return depth < PEEK

    def used(self, queue: WorkQueue) -> None:
        """Count a message that was just put."""
        asked, depth = self._known[queue]
        self._known[queue] = (asked, depth + 1)
