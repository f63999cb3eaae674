"""Send conditions: whether a shipment that has come due should still be sent, as its owner's endpoint says."""

import logging
from dataclasses import replace
from random import random
from typing import Protocol

from notifications.domain.advance import Step, Then, ask_again, not_met, put_off
from notifications.domain.clock import Clock, round_up
from notifications.domain.faults import EndpointSilent
from notifications.domain.order import ConditionPolicy
from notifications.domain.pace import Pace
from notifications.domain.shipment import Change, Shipment
from notifications.domain.statuses import ShipmentState
from notifications.telemetry import event

logger = logging.getLogger(__name__)


class Conditions(Protocol):
    """Whoever can tell whether a shipment should still be sent."""

    async def ask(self, url: str) -> bool | None:
        """Yes, no, or None for no clear answer. Raises `EndpointSilent` where it was better not asked now."""


def is_conditional(shipment: Shipment) -> bool:
    """Whether a send condition is to be asked; of a shipment that is being planned it has been."""
    return shipment.content.condition_endpoint is not None and shipment.state is ShipmentState.REGISTERED


class AskCondition:
    """Asks a shipment's condition endpoint and decides what follows (engine.md section 4, spec/README item 18)."""

    def __init__(self, conditions: Conditions, clock: Clock, pace: Pace) -> None:
        self._conditions = conditions
        self._clock = clock
        self._pace = pace

    async def __call__(self, shipment: Shipment) -> Step:
        """Plan it, end it, or ask again later; a silent endpoint counts as asked once it had its share of patience."""
        try:
            met = await self._conditions.ask(shipment.content.condition_endpoint or "")
        except EndpointSilent:
            if waiting := self._waiting(shipment):
                return Step(Change(shipment, waiting))
            met = None
        return self._decided(shipment, met)

    def _waiting(self, shipment: Shipment) -> Shipment | None:
        """The shipment put off until its turn; None when it has waited long enough."""
        now, enough = self._clock.now(), round_up(shipment.send_at + self._pace.condition_patience)
        if now >= enough:
            return None
        later = put_off(shipment, now, "condition_endpoint_silent", random())  # noqa: S311 - spreads load
        return replace(later, due=min(later.due, enough))

    def _decided(self, shipment: Shipment, met: bool | None) -> Step:
        now = self._clock.now()
        if met is None:
            event(logger, logging.INFO, "condition.unanswered", shipment=shipment.id.uuid)
        if met is None and shipment.condition_asked < self._pace.condition_retries:
            return Step(Change(shipment, ask_again(shipment, now, self._pace)))
        if met is False or (met is None and shipment.content.condition_policy is ConditionPolicy.DO_NOT_SEND):
            return Step(Change(shipment, not_met(shipment, now, self._pace)), Then.PUBLISH)
        return Step(None, Then.PLAN)
