"""Dispatch: claim, hand over to the provider, record. Nobody calls a provider without a committed claim of its own."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import random
from typing import Protocol
from uuid import uuid4

from notifications.domain.clock import Clock
from notifications.domain.hand_over import (
    Result,
    claim,
    claimable,
    claimed_rows,
    defer,
    holds,
    opening,
    record,
    too_late,
)
from notifications.domain.ids import ShipmentId
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Uncertain
from notifications.domain.pace import Pace
from notifications.domain.record import Message
from notifications.domain.settle import scheduled
from notifications.domain.shipment import Change, Notification, Shipment
from notifications.domain.statuses import Channel
from notifications.stages.packs import packs
from notifications.stages.setbacks import set_back
from notifications.storage.gates import Gates
from notifications.storage.orders import Committed, OrderStore
from notifications.telemetry import error_name, event, fault

logger = logging.getLogger(__name__)

_WORK_TIME = timedelta(seconds=10)
_SLOT_PATIENCE = 1.0
_FIRST_PAUSE, _LAST_PAUSE = 0.5, 8.0
_LONGEST_PAUSE = timedelta(minutes=10)


class Carrier(Protocol):
    """A provider as this stage sees it: how many rows a claim may hold, and one call for one notification."""

    @property
    def name(self) -> str:
        """The provider's name, which is also its gate's."""

    @property
    def rows_per_claim(self) -> int:
        """How many notifications may be uncertain after a crash: one, where the provider has no key."""

    @property
    def keyed(self) -> bool:
        """Whether the provider knows a repeat for one."""

    async def hand_over(
        self, shipment: Shipment, notification: Notification, seconds: float, *, uncertain: bool
    ) -> Outcome:
        """Hand one notification over; `uncertain` says that an earlier attempt may have reached the provider."""


class Dispatch:
    """Works one `send-*` queue. Each channel scales, throttles and fails by itself."""

    def __init__(
        self,
        channel: Channel,
        carrier: Carrier,
        store: OrderStore,
        gates: Gates,
        clock: Clock,
        pace: Pace,
        slots: int,
    ) -> None:
        self._channel = channel
        self._carrier = carrier
        self._store = store
        self._gates = gates
        self._clock = clock
        self._pace = pace
        self._slots = asyncio.Semaphore(slots)

    async def __call__(self, message: Message) -> None:
        """Hand over what a message's shipments have to send, for as long as a worker may hold one message."""
        for pack in packs(message, self._clock):
            await self._work(pack)

    async def _work(self, shipments: Sequence[ShipmentId]) -> None:
        token = uuid4().hex
        enough = self._clock.now() + _WORK_TIME
        held = await self._claim(shipments, token)
        while held:
            results = await asyncio.gather(*(self._hand_over_all(shipment) for shipment in held))
            held = await self._record(list(zip(held, results, strict=True)), token, enough)
            await self._close_gate(result for own in results for result in own)

    async def _claim(self, identities: Sequence[ShipmentId], token: str) -> list[Shipment]:
        found = await asyncio.gather(*(self._read(each) for each in identities))
        now = self._clock.now()
        ready = [each for each in found if each is not None and self._has_work(each, now)]
        if not ready:
            return []
        closed = await self._gates.closed_until(self._carrier.name)
        changes = [Change(each, self._taken(each, token, now, closed)) for each in ready]
        taken = [
            await self._settled(change, outcome)
            for change, outcome in zip(changes, await self._store.commit(changes), strict=True)
        ]
        return [each for each in taken if each is not None and holds(each, self._channel, token)]

    async def _settled(self, change: Change, outcome: Committed) -> Shipment | None:
        """The shipment after a commit: a refusal may have met its own success, when storage was asked twice."""
        if isinstance(outcome, Exception):
            await set_back(self._store, self._clock, change.before.id, outcome)
            return None
        return outcome or await self._read(change.before.id)

    def _has_work(self, shipment: Shipment, now: datetime) -> bool:
        return claimable(shipment, self._channel, now) or too_late(shipment, self._channel, now)

    async def _read(self, identity: ShipmentId) -> Shipment | None:
        try:
            return await self._store.shipment(identity)
        except Exception as error:  # noqa: BLE001 - one unreadable row must not take the pack with it
            await set_back(self._store, self._clock, identity, error)
            return None

    def _taken(self, shipment: Shipment, token: str, now: datetime, closed: datetime | None) -> Shipment:
        """The shipment claimed, or its lane moved to when it may leave: gate and window cost no attempt.

        A shipment whose time is up gets a wake-up that asks for its end, or it would be sent here for ever.
        """
        if too_late(shipment, self._channel, now):
            return scheduled(shipment, now, self._pace)
        opens = opening(shipment, self._channel, now)
        if closed or opens > now:
            later = closed + timedelta(seconds=random()) if closed else opens  # noqa: S311 - spreads load
            return defer(shipment, self._channel, max(later, opens), now, self._pace)
        limit = self._carrier.rows_per_claim
        return claim(shipment, self._channel, now, self._pace, token=token, limit=limit)

    async def _hand_over_all(self, shipment: Shipment) -> list[Result]:
        rows = claimed_rows(shipment, self._channel)
        results = await asyncio.gather(*(self._hand_over(shipment, one) for one in rows))
        return [result for result in results if result is not None]

    async def _hand_over(self, shipment: Shipment, notification: Notification) -> Result | None:
        """One call within the provider's slots and the first half of the claim; None when there was no room for it."""
        lane = shipment.lanes[self._channel]
        try:
            async with asyncio.timeout(_SLOT_PATIENCE):
                await self._slots.acquire()
        except TimeoutError:
            return None
        try:
            if lane.claim is None or lane.claim.until - self._clock.now() < self._pace.claim / 2:
                return None
            outcome = await self._call(shipment, notification, uncertain=notification.number in lane.uncertain)
        finally:
            self._slots.release()
        return Result(notification.number, outcome, self._clock.now())

    async def _call(self, shipment: Shipment, notification: Notification, *, uncertain: bool) -> Outcome:
        identity = shipment.id.notification(notification.number)
        seconds = self._pace.call_timeout.total_seconds()
        try:
            outcome = await self._carrier.hand_over(shipment, notification, seconds, uncertain=uncertain)
        except Exception as error:  # noqa: BLE001 - whatever it is, the claim must be given up with an answer
            event(logger, logging.ERROR, "notification.failed", notification=identity, **fault(error))
            outcome = Uncertain(f"error_{error_name(error)}")
        since = max(opening(shipment, self._channel, shipment.send_at), shipment.created)
        waited = (self._clock.now() - since).total_seconds()
        _log(self._carrier.name, identity, outcome, waited, uncertain=uncertain)
        return outcome

    async def _close_gate(self, results: Iterable[Result]) -> None:
        pauses = [result.outcome.pause for result in results if isinstance(result.outcome, Postponed | Uncertain)]
        longest = max((pause for pause in pauses if pause), default=None)
        if longest is None:
            return
        pause = min(longest, _LONGEST_PAUSE)
        event(logger, logging.WARNING, "gate.closed", provider=self._carrier.name, seconds=pause.total_seconds())
        try:
            await self._gates.close(self._carrier.name, self._clock.now() + pause)
        except Exception as error:  # noqa: BLE001 - a gate left open costs some calls; losing the results, a message
            event(logger, logging.WARNING, "gate.not_closed", provider=self._carrier.name, error=error_name(error))

    async def _record(
        self, done: Sequence[tuple[Shipment, list[Result]]], token: str, enough: datetime
    ) -> list[Shipment]:
        """Commit results, claiming the next rows in the same step.

        What happened is not dropped: another version is read and the results merged into that, and while storage is
        out of reach this goes on for as long as the claim lasts. Losing a result would hand its message over twice.
        """
        held: list[Shipment] = []
        pauses = _pauses(self._pace.claim.total_seconds())
        while done:
            changes = [Change(each, self._recorded(each, results, token, enough)) for each, results in done]
            committed = await self._store.commit(changes)
            held.extend(each for each in committed if isinstance(each, Shipment) and holds(each, self._channel, token))
            left = [
                (pair, outcome)
                for pair, outcome in zip(done, committed, strict=True)
                if not isinstance(outcome, Shipment)
            ]
            if any(isinstance(outcome, Exception) for _, outcome in left):
                pause = next(pauses, None)
                if pause is None:
                    self._log_lost(left)
                    left = [each for each in left if each[1] is None]
                else:
                    await asyncio.sleep(pause)
            done = [pair for each, _ in left if (pair := await self._again(*each)) is not None]
        return held

    async def _again(self, shipment: Shipment, results: list[Result]) -> tuple[Shipment, list[Result]] | None:
        """A shipment as it is now, for its results; as it was, if it cannot be read; None if it is gone."""
        try:
            current = await self._store.shipment(shipment.id)
        except Exception as error:  # noqa: BLE001 - whatever storage has, the results happened
            event(logger, logging.WARNING, "shipment.unread", shipment=shipment.id.uuid, **fault(error))
            return shipment, results
        return (current, results) if current else None

    def _log_lost(self, left: Iterable[tuple[tuple[Shipment, list[Result]], Committed]]) -> None:
        for (shipment, _), outcome in left:
            if isinstance(outcome, Exception):
                event(logger, logging.ERROR, "result.not_recorded", shipment=shipment.id.uuid, **fault(outcome))

    def _recorded(self, shipment: Shipment, results: Sequence[Result], token: str, enough: datetime) -> Shipment:
        now = self._clock.now()
        jitter = random()  # noqa: S311 - spreads load
        keyed = self._carrier.keyed
        after = record(shipment, self._channel, results, now, self._pace, token=token, jitter=jitter, keyed=keyed)
        if now < enough and claimable(after, self._channel, now) and opening(after, self._channel, now) <= now:
            limit = self._carrier.rows_per_claim
            return claim(after, self._channel, now, self._pace, token=token, limit=limit)
        return after


def _pauses(seconds: float) -> Iterator[float]:
    """Half a second, doubling to eight, for so many seconds in all."""
    pause = _FIRST_PAUSE
    while seconds > pause:
        yield pause
        seconds -= pause
        pause = min(2 * pause, _LAST_PAUSE)


def _log(provider: str, notification: object, outcome: Outcome, waited: float, *, uncertain: bool) -> None:
    """Say what came of a call, and how long after the shipment was due: the promise is measured from this."""
    name = f"notification.{type(outcome).__name__.lower()}"
    reason = None if isinstance(outcome, Accepted) else outcome.reason
    level = logging.WARNING if isinstance(outcome, Uncertain) or uncertain else logging.INFO
    flag = True if uncertain else None
    event(
        logger,
        level,
        name,
        notification=notification,
        provider=provider,
        reason=reason,
        uncertain=flag,
        seconds=round(waited, 3),
    )
