"""Dispatch: claim, hand over to the provider, record. Nobody calls a provider without a committed claim of its own."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import random
from uuid import uuid4

from notifications.domain.clock import Clock
from notifications.domain.faults import StorageUnavailable
from notifications.domain.hand_over import Result, claim, claimable, claimed_rows, defer, holds, opening, too_late
from notifications.domain.ids import ShipmentId
from notifications.domain.pace import Pace
from notifications.domain.record import Message
from notifications.domain.settle import scheduled
from notifications.domain.shipment import Change, Shipment
from notifications.stages.packs import packs
from notifications.stages.provider_calls import ProviderCalls
from notifications.stages.recording import Recording
from notifications.stages.setbacks import set_back
from notifications.storage.orders import Committed, OrderStore

_WORK_TIME = timedelta(seconds=10)


class Dispatch:
    """Works one `send-*` queue. Each channel scales, throttles and fails by itself."""

    def __init__(self, calls: ProviderCalls, record: Recording, store: OrderStore, clock: Clock, pace: Pace) -> None:
        self._calls = calls
        self._channel = calls.channel
        self._record = record
        self._store = store
        self._clock = clock
        self._pace = pace

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
            await self._calls.close_gate(result for own in results for result in own)

    async def _claim(self, identities: Sequence[ShipmentId], token: str) -> list[Shipment]:
        found = await asyncio.gather(*(self._read(each) for each in identities))
        now = self._clock.now()
        ready = [each for each in found if each is not None and self._has_work(each, now)]
        if not ready:
            return []
        closed = await self._calls.closed_until()
        changes = [Change(each, self._taken(each, token, now, closed)) for each in ready]
        taken = [
            await self._settled(change, outcome, token)
            for change, outcome in zip(changes, await self._store.commit(changes), strict=True)
        ]
        return [each for each in taken if each is not None and holds(each, self._channel, token)]

    async def _settled(self, change: Change, outcome: Committed, token: str) -> Shipment | None:
        """The shipment after a commit: a refusal may have met its own success, when storage was asked twice.

        So may silence. A claim that nobody knows of lapses like that of a process that died with the message in hand.
        """
        if isinstance(outcome, StorageUnavailable) and (there := await self._found(change.before.id, token)):
            return there
        if isinstance(outcome, Exception):
            await set_back(self._store, self._clock, change.before.id, outcome)
            return None
        return outcome or await self._read(change.before.id)

    async def _found(self, identity: ShipmentId, token: str) -> Shipment | None:
        """A shipment that is claimed with this token after all; None also where that cannot be known."""
        with suppress(Exception):
            there = await self._store.shipment(identity)
            return there if there and holds(there, self._channel, token) else None
        return None

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
        limit, memory = self._calls.rows_per_claim, self._calls.memory
        return claim(shipment, self._channel, now, self._pace, token=token, limit=limit, memory=memory)

    async def _hand_over_all(self, shipment: Shipment) -> list[Result]:
        rows = claimed_rows(shipment, self._channel)
        results = await asyncio.gather(*(self._calls.hand_over(shipment, one) for one in rows))
        return [result for result in results if result is not None]
