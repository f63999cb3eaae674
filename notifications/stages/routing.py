"""Routing: which of several SMS providers takes a message, by its country, their weights, and how well they do.

A provider that fails or is slow gets less to do and tends back as it recovers; one whose gate is closed gets nothing.
What a provider may have taken is never given to another one in the same breath.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import random

from notifications.domain.clock import Clock
from notifications.domain.hand_over import may_leave_at
from notifications.domain.outcomes import Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.phone import e164
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.sms_routes import Route
from notifications.stages.gatekeeper import Gatekeeper
from notifications.stages.provider_calls import Carrier
from notifications.storage.gates import Gates
from notifications.telemetry import error_name, event

logger = logging.getLogger(__name__)

_SLOW = timedelta(seconds=5)
_POORER, _LEAST = 0.5, 0.02
_BETTER = 0.2


class RoutingCarrier:
    """Several carriers as one. It remembers as much as the most forgetful of them."""

    name = "sms-routes"

    def __init__(
        self,
        carriers: Mapping[str, Carrier],
        routes: Sequence[Route],
        gates: Gates,
        clock: Clock,
        draw: Callable[[], float] = random,
    ) -> None:
        self._carriers = carriers
        self._routes = sorted(routes, key=lambda each: len(each.prefix), reverse=True)
        self._gatekeepers = {name: Gatekeeper(each.name, gates, clock) for name, each in carriers.items()}
        self._clock = clock
        self._draw = draw
        self._health = dict.fromkeys(carriers, 1.0)

    @property
    def memory(self) -> Memory:
        """What is known of a message that comes again, whichever provider gets it."""
        return min(each.memory for each in self._carriers.values())

    async def hand_over(
        self, shipment: Shipment, notification: Notification, seconds: float, *, uncertain: bool
    ) -> Outcome:
        """Hand one SMS over to the first provider that takes it; its time is shared by those that are tried."""
        ends = self._clock.now() + timedelta(seconds=seconds)
        undecided: Postponed | None = None
        unable: Refused | None = None
        opens: list[datetime] = []
        for name in self._in_turn(notification.address):
            now = self._clock.now()
            left = (ends - now).total_seconds()
            if left <= 0 or not may_leave_at(shipment, notification.channel, now):
                break
            if until := await self._closed_until(name):
                opens.append(until)
                continue
            outcome = await self._call(name, shipment, notification, left, uncertain=uncertain)
            if isinstance(outcome, Postponed):
                undecided = outcome
            elif isinstance(outcome, Refused) and outcome.elsewhere:
                unable = outcome
            else:
                return outcome
        else:
            if unable and not undecided and not opens:
                return unable
        return undecided or Postponed("no_provider_open", until=min(opens, default=None))

    async def _call(
        self, name: str, shipment: Shipment, notification: Notification, seconds: float, *, uncertain: bool
    ) -> Outcome:
        started = self._clock.now()
        carrier, gatekeeper = self._carriers[name], self._gatekeepers[name]
        said = await carrier.hand_over(shipment, notification, seconds, uncertain=uncertain)
        outcome = gatekeeper.weighed(replace(said, by=carrier.name), shipment.id.notification(notification.number))
        failed = isinstance(outcome, Postponed | Uncertain)
        if not outcome.here:
            self._judge(name, failed or self._clock.now() - started > _SLOW)
        if isinstance(outcome, Postponed | Uncertain) and outcome.pause:
            # The pause is the provider's own; the route as a whole needs none.
            await gatekeeper.close(outcome.pause)
            return replace(outcome, pause=None)
        return outcome

    async def _closed_until(self, name: str) -> datetime | None:
        try:
            return await self._gatekeepers[name].closed_until()
        except Exception as error:  # noqa: BLE001 - as for a gate that cannot be closed
            event(logger, logging.WARNING, "gate.not_read", provider=self._carriers[name].name, error=error_name(error))
            return None

    def _judge(self, name: str, poor: bool) -> None:
        health = self._health[name]
        self._health[name] = max(health * _POORER, _LEAST) if poor else health + (1 - health) * _BETTER

    def _in_turn(self, address: str) -> Iterator[str]:
        """The providers of a number: one drawn by weight and health first, then the others, those standing by last."""
        number = e164(address)
        weights = next((each.weights for each in self._routes if number.startswith(each.prefix)), {})
        shares = {name: weight * self._health[name] for name, weight in weights.items()}
        left = dict(shares)
        while left:
            name = self._drawn(left)
            del left[name]
            yield name

    def _drawn(self, shares: Mapping[str, float]) -> str:
        point = self._draw() * sum(shares.values())
        for name, share in sorted(shares.items(), key=lambda each: each[1], reverse=True):
            point -= share
            if point < 0:
                return name
        return max(shares, key=lambda name: shares[name])
