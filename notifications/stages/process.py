"""Process: all that a shipment needs but hand-over: condition, plan, folding reports, ending, publishing, retention."""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from random import random

from notifications.domain.advance import Step, Then, advance, put_off
from notifications.domain.clock import Clock
from notifications.domain.ids import ShipmentId
from notifications.domain.pace import Pace
from notifications.domain.record import Message, WorkQueue
from notifications.domain.settle import scheduled
from notifications.domain.shipment import Change, Fact, Shipment
from notifications.domain.statuses import Channel, ShipmentState
from notifications.stages.conditions import AskCondition, is_conditional
from notifications.stages.dead_letters import DeadLetters
from notifications.stages.flow import Room
from notifications.stages.lookup import asks_registers
from notifications.stages.packs import packs
from notifications.stages.plan import Plan
from notifications.stages.publish import Publish
from notifications.stages.read_once import orphans
from notifications.stages.retain import Retain
from notifications.stages.setbacks import set_back
from notifications.storage.orders import OrderStore
from notifications.storage.queues import Queues
from notifications.telemetry import event, fault, tracing

logger = logging.getLogger(__name__)

_ROUNDS = 4
_WORK_TIME = timedelta(seconds=10)
_MANY_FACTS = 20
# How long answers to conditions are collected, to be committed together.
_TOGETHER_SECONDS = 0.5

# A shipment as it was read, or as it was committed, and what was decided about it.
type Decision = tuple[Shipment, Step]


class Process:
    """Works the `process-orders` queue: reads, decides, commits many shipments at once, and follows up."""

    def __init__(
        self,
        *,
        store: OrderStore,
        queues: Queues,
        ask_condition: AskCondition,
        plan: Plan,
        room: Room,
        publish: Publish,
        retain: Retain,
        letters: DeadLetters,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._store = store
        self._queues = queues
        self._ask_condition = ask_condition
        self._plan = plan
        self._room = room
        self._publish = publish
        self._retain = retain
        self._letters = letters
        self._clock = clock
        self._pace = pace

    async def __call__(self, message: Message) -> None:
        """Work a message's shipments; one that goes wrong backs off and leaves the others alone."""
        told = set(message.facts)
        for pack in packs(message, self._clock):
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
        """Read, decide, commit and follow up; the shipments come back that somebody else changed meanwhile.

        Nobody waits for an answer that only others need: first goes what needs none, then what registers are asked
        about, and then what hangs on a send condition.
        """
        decided = await self._gathered({each: self._decide(each, told=each in told, again=again) for each in shipments})
        unplanned = [shipment for shipment, step in decided if step.then is Then.PLAN]
        missed = await self._commit([each for each in decided if each[1].then is not Then.PLAN])
        missed.extend(await self._plan_apart([each for each in unplanned if not is_conditional(each)]))
        missed.extend(await self._ask_all([each for each in unplanned if is_conditional(each)]))
        return missed

    async def _ask_all(self, shipments: Sequence[Shipment]) -> list[ShipmentId]:
        """Ask all conditions at once, and go on with those that are answered: one owner's may be slow or silent."""
        asked = {asyncio.ensure_future(self._gathered({each.id: self._answered(each)})) for each in shipments}
        missed: list[ShipmentId] = []
        try:
            while asked:
                done, asked = await asyncio.wait(asked, timeout=_TOGETHER_SECONDS)
                answered = [decision for each in done for decision in each.result()]
                missed.extend(await self._commit([each for each in answered if each[1].then is not Then.PLAN]))
                missed.extend(await self._plan_apart([each for each, step in answered if step.then is Then.PLAN]))
        finally:
            for each in asked:
                each.cancel()
        return missed

    async def _plan_apart(self, shipments: Sequence[Shipment]) -> list[ShipmentId]:
        """Plan those first whom no register need be asked about: one that is silent holds up nobody else."""
        known: list[Shipment] = []
        looked_up: list[Shipment] = []
        for each in shipments:
            (looked_up if asks_registers(each) else known).append(each)
        return [*await self._plan_all(known), *await self._plan_all(looked_up)]

    async def _plan_all(self, shipments: Sequence[Shipment]) -> list[ShipmentId]:
        """Plan, slice after slice, for as long as a worker may hold one message; what was missed comes back."""
        enough = self._clock.now() + _WORK_TIME
        missed: list[ShipmentId] = []
        while shipments:
            decisions = await self._planned(shipments, enough)
            current, refused = await self._committed(decisions)
            missed.extend(refused)
            await self._follow_up(current)
            shipments = [each for each, _ in current if _goes_on(each, self._clock.now())]
        return missed

    async def _planned(self, shipments: Sequence[Shipment], enough: datetime) -> list[Decision]:
        """Decisions for all, or, where that fails, for each by itself: what is wrong with one is not the others'."""
        try:
            return await self._plan(shipments, enough)
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns one shipment, or each in turn
            if len(shipments) == 1:
                await set_back(self._store, self._clock, shipments[0].id, error)
                return []
            event(logger, logging.WARNING, "plan.split", count=len(shipments), **fault(error))
            return [decision for each in shipments for decision in await self._planned([each], enough)]

    async def _gathered[T](self, work: Mapping[ShipmentId, Awaitable[T | None]]) -> list[T]:
        """Let an unexpected failure put off the shipment it happened to, and nothing else."""
        outcomes = await asyncio.gather(*work.values(), return_exceptions=True)
        for shipment, outcome in zip(work, outcomes, strict=True):
            if isinstance(outcome, Exception):
                await set_back(self._store, self._clock, shipment, outcome)
            elif isinstance(outcome, BaseException):
                raise outcome
        return [each for each in outcomes if each is not None and not isinstance(each, BaseException)]

    async def _commit(self, decisions: Sequence[Decision]) -> list[ShipmentId]:
        """Commit decisions together and follow them up; those come back that met another version."""
        current, missed = await self._committed(decisions)
        await self._follow_up(current)
        for shipment, step in current:
            if step.change and len(step.change.folded) >= _MANY_FACTS:
                await self._fold_on(shipment)
        return missed

    async def _fold_on(self, shipment: Shipment) -> None:
        """Fold what is left of many reports for one shipment, starting from what was committed last.

        Whatever stops this leaves facts behind, and those bring the shipment back.
        """
        enough = self._clock.now() + _WORK_TIME
        while self._clock.now() < enough:
            facts = await self._store.facts(shipment.id)
            step = advance(shipment, facts, self._clock.now(), self._pace) if facts else Step(None)
            (outcome,) = await self._store.commit([step.change]) if step.change else (None,)
            if not isinstance(outcome, Shipment):
                return
            shipment = outcome
            await self._follow_up([(shipment, step)])

    async def _committed(self, decisions: Sequence[Decision]) -> tuple[list[Decision], list[ShipmentId]]:
        """The shipments as they are now, with what was decided, and those that met another version."""
        changes = [step.change for _, step in decisions if step.change]
        committed = iter(await self._store.commit(changes) if changes else [])
        current: list[Decision] = []
        missed: list[ShipmentId] = []
        for shipment, step in decisions:
            outcome = next(committed) if step.change else shipment
            if isinstance(outcome, Exception):
                await set_back(self._store, self._clock, shipment.id, outcome)
            elif outcome is None:
                missed.append(shipment.id)
            else:
                current.append((outcome, step))
                _tell_reports(step.change)
        return current, missed

    async def _decide(self, identity: ShipmentId, *, told: bool, again: bool) -> Decision | None:
        shipment = await self._store.shipment(identity)
        now = self._clock.now()
        if shipment is None:
            await self._drop_orphans(identity)
            return None
        facts: Sequence[Fact] = ()
        if told or _ending(shipment, now):
            facts = await self._store.facts(identity)
        if _gives_up(shipment, now):
            await self._plan.note_given_up(shipment)
        step = advance(shipment, facts, now, self._pace)
        if again and step.change is None and step.then in (Then.PLAN, Then.PUBLISH):
            counted = await self._count_attempt(shipment, now)
            return (counted, step) if counted else None
        return shipment, step

    async def _count_attempt(self, shipment: Shipment, now: datetime) -> Shipment | None:
        """Write the attempt before the work, so that work which kills its process backs off alone."""
        later = put_off(shipment, now, shipment.reason or "repeated", random())  # noqa: S311 - spreads load
        return await self._store.commit_one(Change(shipment, later))

    async def _drop_orphans(self, identity: ShipmentId) -> None:
        """Keep facts of a shipment that is not there for an operator, and then take them out of the inbox."""
        facts = await self._store.facts(identity)
        if facts:
            await self._letters.keep([orphans(facts, self._clock.now())])
        await self._store.drop_facts(facts)
        event(logger, logging.WARNING, "report.orphan", shipment=identity.uuid, count=len(facts))

    async def _answered(self, shipment: Shipment) -> Decision:
        return shipment, await self._ask_condition(shipment)

    async def _follow_up(self, current: Sequence[Decision]) -> None:
        now = self._clock.now()
        fresh = [shipment for shipment, step in current if step.change and _fresh(shipment, step.change, now)]
        await self._send(fresh, now)
        await self._publish(shipment for shipment, step in current if step.then is Then.PUBLISH)
        await self._gathered(
            {shipment.id: self._retain(shipment) for shipment, step in current if step.then is Then.PURGE}
        )

    async def _send(self, planned: Sequence[Shipment], now: datetime) -> None:
        """Queue what was planned a claim ahead of its wake-up; what is due at once is released by the timer.

        An SMS that waits for its window does not hold up the emails beside it. Nobody travels with what is heavy, as
        the timer has it too.
        """
        for channel in Channel:
            ready = [each for each in planned if channel in each.lanes and each.lanes[channel].after <= now]
            if light := [shipment for shipment in ready if not shipment.is_heavy]:
                await self._put(WorkQueue.of(channel), light)
            for shipment in ready:
                if shipment.is_heavy:
                    await self._put(WorkQueue.of(channel), [shipment], heavy=True)

    async def _put(self, queue: WorkQueue, ready: Sequence[Shipment], *, heavy: bool = False) -> None:
        message = Message(shipments=tuple(shipment.id for shipment in ready), heavy=heavy)
        try:
            await self._queues.put(queue, message)
        except Exception as error:  # noqa: BLE001 - the timer brings them, at once instead of a claim later
            event(logger, logging.WARNING, "shipment.not_queued", queue=queue, **fault(error))
            now = self._clock.now()
            await self._store.commit([Change(each, scheduled(each, now, self._pace)) for each in ready])
        else:
            self._room.used(queue, message.load)


def _tell_reports(change: Change | None) -> None:
    """Tell of the reports that a change folds, each from when the provider says that it happened."""
    if change is None:
        return
    for fact in change.folded:
        notification, began = fact.shipment.notification(fact.number), tracing.moment(fact.at)
        tracing.told("report", change.after.trace, began, notification=notification, status=fact.status)


def _goes_on(shipment: Shipment, now: datetime) -> bool:
    """Whether a next slice is to be planned here, and not by whom the timer sends."""
    return shipment.state is ShipmentState.PLANNING and not shipment.attempts and shipment.due > now


def _gives_up(shipment: Shipment, now: datetime) -> bool:
    """Whether recipients get failed notifications without having been planned."""
    unplanned = shipment.state in (ShipmentState.REGISTERED, ShipmentState.PLANNING)
    return unplanned and now >= shipment.expires and not shipment.open


def _ending(shipment: Shipment, now: datetime) -> bool:
    """Whether facts must be read although nobody told of any: they count until the moment that ends the shipment."""
    return shipment.state is ShipmentState.SENDING and now >= shipment.expires


def _fresh(shipment: Shipment, change: Change, now: datetime) -> bool:
    """Whether a shipment was planned just now, with its wake-up as a net under a message to be put."""
    unplanned = change.before.state in (ShipmentState.REGISTERED, ShipmentState.PLANNING)
    return unplanned and shipment.state is ShipmentState.SENDING and shipment.due > now
