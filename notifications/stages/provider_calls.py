"""Provider calls: one notification at a time, within the provider's slots, under a claim, while its gate is open."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from notifications.domain.clock import Clock
from notifications.domain.hand_over import Result, may_leave_at, opening
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.pace import Pace
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.statuses import Channel
from notifications.stages.gatekeeper import Gatekeeper
from notifications.stages.rate import TokenBucket
from notifications.storage.gates import Gates
from notifications.telemetry import error_name, event, fault
from notifications.telemetry.measures import HAND_OVER_DELAY, HAND_OVERS_WITHIN, record

logger = logging.getLogger(__name__)

_SLOT_PATIENCE = 1.0
# What a crash leaves uncertain is asked about where it can be, and otherwise might be sent twice.
_ROWS_PER_CLAIM = {Memory.NONE: 1, Memory.SHORT: 10, Memory.LASTING: 50}
_RATE_PATIENCE = timedelta(seconds=1)
_PROMISED = (10, 60)


class Carrier(Protocol):
    """A provider as this stage sees it: what it remembers, and one call for one notification."""

    @property
    def name(self) -> str:
        """The provider's name, which is also its gate's."""

    @property
    def memory(self) -> Memory:
        """What the provider knows of a message that comes again."""

    async def hand_over(
        self, shipment: Shipment, notification: Notification, seconds: float, *, uncertain: bool
    ) -> Outcome:
        """Hand one notification over; `uncertain` says that an earlier attempt may have reached the provider."""


class ProviderCalls:
    """One provider's slots and gate, for everybody in this process who hands something over to it."""

    def __init__(
        self,
        channel: Channel,
        carrier: Carrier,
        gates: Gates,
        clock: Clock,
        pace: Pace,
        slots: int,
        rate: TokenBucket | None = None,
    ) -> None:
        self._channel = channel
        self._carrier = carrier
        self._gatekeeper = Gatekeeper(carrier.name, gates, clock)
        self._clock = clock
        self._pace = pace
        self._slots = asyncio.Semaphore(slots)
        self._rate = rate

    @property
    def channel(self) -> Channel:
        """The channel that the provider serves."""
        return self._channel

    @property
    def memory(self) -> Memory:
        """What the provider knows of a message that comes again."""
        return self._carrier.memory

    @property
    def rows_per_claim(self) -> int:
        """How many notifications one claim may cover, and so be uncertain after a crash."""
        return _ROWS_PER_CLAIM[self.memory]

    @property
    def _longest(self) -> float:
        return self._pace.call_timeout.total_seconds()

    async def closed_until(self) -> datetime | None:
        """When the provider may be called again, or None when it may be called now."""
        return await self._gatekeeper.closed_until()

    async def hand_over(
        self, shipment: Shipment, notification: Notification, seconds: float | None = None
    ) -> Result | None:
        """One call within the provider's slots and the first half of the claim; None when there was no room for it.

        It takes `seconds` at most, of which half may go by before its turn: whoever waits for the answer must not be
        turned away for the crowd. By default the call takes what the claim allows, and its turn comes soon or not at
        all. Whoever waited for a slot may find that the window has closed or time is up: that is no room either.
        """
        lane = shipment.lanes[self._channel]
        loop = asyncio.get_running_loop()
        begun = loop.time()
        if not await self._in_turn(_RATE_PATIENCE if seconds is None else timedelta(seconds=seconds / 2)):
            return None
        turn_by = loop.time() + _SLOT_PATIENCE if seconds is None else begun + seconds / 2
        try:
            async with asyncio.timeout_at(turn_by):
                await self._slots.acquire()
        except TimeoutError:
            return None
        try:
            now = self._clock.now()
            if lane.claim is None or lane.claim.until - now < self._pace.claim / 2:
                return None
            if not may_leave_at(shipment, self._channel, now):
                return None
            limit = self._longest if seconds is None else min(begun + seconds - loop.time(), self._longest)
            uncertain = notification.number in lane.uncertain
            outcome = await self._call(shipment, notification, limit, uncertain=uncertain)
        finally:
            self._slots.release()
        return Result(notification.number, outcome, self._clock.now())

    async def _in_turn(self, patience: timedelta) -> bool:
        """Wait until the provider's rate allows another call; False when that takes longer than `patience`."""
        wait = self._rate.book(patience) if self._rate else timedelta(0)
        if wait:
            await asyncio.sleep(wait.total_seconds())
        return wait is not None

    async def _call(
        self, shipment: Shipment, notification: Notification, seconds: float, *, uncertain: bool
    ) -> Outcome:
        identity = shipment.id.notification(notification.number)
        try:
            said = await self._carrier.hand_over(shipment, notification, seconds, uncertain=uncertain)
            outcome = self._gatekeeper.weighed(said, identity)
        except Exception as error:  # noqa: BLE001 - whatever it is, the claim must be given up with an answer
            event(logger, logging.ERROR, "notification.failed", notification=identity, **fault(error))
            outcome = Uncertain(f"error_{error_name(error)}")
        since = opening(shipment, self._channel, max(shipment.send_at, shipment.created))
        waited = (self._clock.now() - since).total_seconds()
        _log(outcome.by or self._carrier.name, identity, outcome, waited, uncertain=uncertain)
        _measure(self._channel, outcome, waited)
        return outcome

    async def close_gate(self, results: Iterable[Result]) -> None:
        """Let the provider rest for as long as any result asks for."""
        pauses = [result.outcome.pause for result in results if isinstance(result.outcome, Postponed | Uncertain)]
        longest = max((pause for pause in pauses if pause), default=None)
        if longest is not None:
            await self._gatekeeper.close(longest)


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


def _measure(channel: Channel, outcome: Outcome, waited: float) -> None:
    """Keep how soon after due a provider said yes or no: that is what is promised."""
    if isinstance(outcome, Accepted | Refused):
        record(HAND_OVER_DELAY, max(0.0, waited), channel=channel)
        within = next((f"{limit}s" for limit in _PROMISED if waited <= limit), "later")
        record(HAND_OVERS_WITHIN, channel=channel, within=within)
