"""Dispatch: claim, hand over to the provider, record. Nobody calls a provider without a committed claim of its own."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import random
from typing import Protocol
from uuid import uuid4

from notifications.domain.advance import scheduled
from notifications.domain.clock import Clock
from notifications.domain.hand_over import Result, claim, claimable, defer, holds, in_hand, opening, record, too_late
from notifications.domain.ids import ShipmentId
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Uncertain
from notifications.domain.pace import Pace
from notifications.domain.record import Message
from notifications.domain.shipment import Change, Notification, Shipment
from notifications.domain.statuses import Channel
from notifications.stages.process import put_off_stored
from notifications.storage.gates import Gates
from notifications.storage.orders import OrderStore
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

_WORK_TIME = timedelta(seconds=10)
_SLOT_PATIENCE = 1.0
_RECORD_PAUSES = (0.5, 1.0, 2.0, 4.0)
_LONGEST_PAUSE = timedelta(minutes=10)


class Carrier(Protocol):
    """A provider as this stage sees it: how many rows a claim may hold, and one call for one notification."""

    @property
    def name(self) -> str:
        """The provider's name, which is also its gate's."""

    @property
    def rows_per_claim(self) -> int:
        """How many notifications may be uncertain after a crash: one, where the provider has no key."""

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
        packs = [(each,) for each in message.shipments] if message.again else [message.shipments]
        for pack in packs:
            await self._work(pack)

    async def _work(self, shipments: Sequence[ShipmentId]) -> None:
        token = uuid4().hex
        enough = self._clock.now() + _WORK_TIME
        held = await self._claim(shipments, token)
        while held:
            results = await asyncio.gather(*(self._hand_over_all(shipment) for shipment in held))
            await self._close_gate(result for own in results for result in own)
            held = await self._record(list(zip(held, results, strict=True)), token, enough)

    async def _claim(self, identities: Sequence[ShipmentId], token: str) -> list[Shipment]:
        found = await asyncio.gather(*(self._read(each) for each in identities))
        now = self._clock.now()
        ready = [each for each in found if each is not None and self._has_work(each, now)]
        if not ready:
            return []
        closed = await self._gates.closed_until(self._carrier.name)
        changes = [Change(each, self._taken(each, token, now, closed)) for each in ready]
        committed = await self._store.commit(changes)
        # A refusal may have met its own success, when storage was asked twice.
        unsure = [await self._read(each.id) for each, outcome in zip(ready, committed, strict=True) if outcome is None]
        return [each for each in (*committed, *unsure) if each is not None and holds(each, self._channel, token)]

    def _has_work(self, shipment: Shipment, now: datetime) -> bool:
        return claimable(shipment, self._channel, now) or too_late(shipment, self._channel, now)

    async def _read(self, identity: ShipmentId) -> Shipment | None:
        try:
            return await self._store.shipment(identity)
        except Exception as error:  # noqa: BLE001 - one unreadable row must not take the pack with it
            event(logger, logging.ERROR, "shipment.failed", shipment=identity.uuid, error=error_name(error))
            await put_off_stored(self._store, identity, self._clock.now(), f"error_{error_name(error)}")
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
        rows = in_hand(shipment, self._channel)
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
            event(logger, logging.ERROR, "notification.failed", notification=identity, error=error_name(error))
            outcome = Uncertain(f"error_{error_name(error)}")
        waited = (self._clock.now() - max(shipment.send_at, shipment.created)).total_seconds()
        _log(self._carrier.name, identity, outcome, waited, uncertain=uncertain)
        return outcome

    async def _close_gate(self, results: Iterable[Result]) -> None:
        pauses = [result.outcome.pause for result in results if isinstance(result.outcome, Postponed)]
        longest = max((pause for pause in pauses if pause), default=None)
        if longest is None:
            return
        try:
            await self._gates.close(self._carrier.name, self._clock.now() + min(longest, _LONGEST_PAUSE))
        except Exception as error:  # noqa: BLE001 - a gate left open costs some calls; losing the results, a message
            event(logger, logging.WARNING, "gate.not_closed", provider=self._carrier.name, error=error_name(error))

    async def _record(
        self, done: Sequence[tuple[Shipment, list[Result]]], token: str, enough: datetime
    ) -> list[Shipment]:
        """Commit results, claiming the next rows in the same step; repeated until in, since they really happened."""
        held: list[Shipment] = []
        while done:
            changes = [Change(each, self._recorded(each, results, token, enough)) for each, results in done]
            committed = await self._insist(partial(self._store.commit, changes))
            held.extend(each for each in committed if each is not None and holds(each, self._channel, token))
            missed = [pair for pair, outcome in zip(done, committed, strict=True) if outcome is None]
            again = [(await self._insist(partial(self._store.shipment, each.id)), results) for each, results in missed]
            done = [(each, results) for each, results in again if each is not None]
        return held

    async def _insist[T](self, call: Callable[[], Awaitable[T]]) -> T:
        """Call, and again while storage is out of reach: losing a result would hand its message over twice."""
        for pause in _RECORD_PAUSES:
            try:
                return await call()
            except Exception as error:  # noqa: BLE001 - whatever storage has, the results happened
                event(logger, logging.WARNING, "result.not_recorded", channel=self._channel, error=error_name(error))
                await asyncio.sleep(pause)
        return await call()

    def _recorded(self, shipment: Shipment, results: Sequence[Result], token: str, enough: datetime) -> Shipment:
        now = self._clock.now()
        jitter = random()  # noqa: S311 - spreads load
        after = record(shipment, self._channel, results, now, self._pace, token=token, jitter=jitter)
        if now < enough and claimable(after, self._channel, now) and opening(after, self._channel, now) <= now:
            limit = self._carrier.rows_per_claim
            return claim(after, self._channel, now, self._pace, token=token, limit=limit)
        return after


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
