"""Plan: look up who the next recipients are, make them findable, and decide on their notifications."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import random

from notifications.domain.advance import Step, Then, put_off
from notifications.domain.clock import Clock
from notifications.domain.contacts import Unavailable
from notifications.domain.pace import Pace
from notifications.domain.planning import plan
from notifications.domain.record import WorkQueue
from notifications.domain.shipment import Change, Shipment
from notifications.domain.statuses import Channel, ShipmentState
from notifications.stages.activity import Activity
from notifications.stages.flow import Allowances, Room
from notifications.stages.lookup import Found, Lookup
from notifications.telemetry import event, tracing

logger = logging.getLogger(__name__)

# Whoever sends little need not wait for the timer once more where others have filled the next queue.
_BURST, _PER_SECOND = 5, 5


class Plan:
    """Plans the next slice of many shipments with one question to each register."""

    def __init__(self, lookup: Lookup, activity: Activity, room: Room, clock: Clock, pace: Pace) -> None:
        self._lookup = lookup
        self._activity = activity
        self._room = room
        self._clock = clock
        self._pace = pace
        self._direct = Allowances(_BURST, _PER_SECOND, clock)

    async def __call__(self, shipments: Sequence[Shipment], enough: datetime) -> list[tuple[Shipment, Step]]:
        """A decision for each shipment; one whose register gives no answer waits and is asked about again.

        `enough` is when the worker stops: a slice planned after it leaves the rest to the timer at once. Where the next
        queue is short, and for the first few shipments of a creator, the planner puts the message itself.
        """
        if not shipments:
            return []
        began = tracing.moment()
        found = await self._lookup(shipments)
        ready = [each for each in shipments if isinstance(found[each.id], Found)]
        await self._activity.note_recipients(ready)
        short = [channel for channel in Channel if await self._room.in_queue(WorkQueue.of(channel))]
        decided = [(each, self._decided(each, found[each.id], short, enough)) for each in shipments]
        for each in shipments:
            tracing.told("plan", each.trace, began, shipment=each.id.uuid)
        return decided

    async def note_given_up(self, shipment: Shipment) -> None:
        """Make recipients findable whose notifications fail unplanned, so that they can be asked for and erased."""
        await self._activity.note_given_up(shipment)

    def _decided(
        self, shipment: Shipment, found: Found | Unavailable, short: Sequence[Channel], enough: datetime
    ) -> Step:
        now = self._clock.now()
        if isinstance(found, Unavailable):
            event(logger, logging.WARNING, "register.unavailable", shipment=shipment.id.uuid, register=found.register)
            later = put_off(shipment, now, f"register_unavailable_{found.register}", random())  # noqa: S311
            return Step(Change(shipment, later))
        net = timedelta(0) if now >= enough else None
        passes = len(short) < len(Channel) and self._may_pass(shipment.creator)
        direct = tuple(Channel) if passes else short
        after = plan(shipment, now, self._pace, points=found.points, names=found.names, direct=direct, net=net)
        if passes and after.is_heavy:
            after = plan(shipment, now, self._pace, points=found.points, names=found.names, direct=short, net=net)
        return Step(Change(shipment, after), Then.PUBLISH if after.state is ShipmentState.DONE else Then.NOTHING)

    def _may_pass(self, creator: str) -> bool:
        """Whether a creator's shipment may join a long queue; none may while a queue cannot be counted."""
        counted = all(self._room.is_counted(WorkQueue.of(channel)) for channel in Channel)
        return counted and self._direct.take(creator)
