"""Recording: what came of provider calls gets into the shipments, whatever they have become meanwhile."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from random import random

from notifications.domain.clock import Clock
from notifications.domain.hand_over import Result, claim, claimable, holds, may_leave_at, record
from notifications.domain.pace import Pace
from notifications.domain.shipment import Change, Shipment
from notifications.stages.provider_calls import ProviderCalls
from notifications.storage.orders import Committed, OrderStore
from notifications.telemetry import event, fault

logger = logging.getLogger(__name__)

_FIRST_PAUSE, _LAST_PAUSE = 0.5, 8.0


class Recording:
    """Records the results of one channel's hand-overs."""

    def __init__(self, calls: ProviderCalls, store: OrderStore, clock: Clock, pace: Pace) -> None:
        self._calls = calls
        self._channel = calls.channel
        self._store = store
        self._clock = clock
        self._pace = pace

    async def __call__(
        self, done: Sequence[tuple[Shipment, list[Result]]], token: str, enough: datetime
    ) -> list[Shipment]:
        """Commit results, and until `enough` claim the next rows in the same step; returns the shipments so claimed.

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
        memory = self._calls.memory
        after = record(shipment, self._channel, results, now, self._pace, token=token, jitter=jitter, memory=memory)
        if now < enough and claimable(after, self._channel, now) and may_leave_at(after, self._channel, now):
            limit = self._calls.rows_per_claim
            return claim(after, self._channel, now, self._pace, token=token, limit=limit, memory=memory)
        return after


def _pauses(seconds: float) -> Iterator[float]:
    """Half a second, doubling to eight, for so many seconds in all."""
    pause = _FIRST_PAUSE
    while seconds > pause:
        yield pause
        seconds -= pause
        pause = min(2 * pause, _LAST_PAUSE)
