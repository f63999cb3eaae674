"""Cancel: a registered shipment that is more than five minutes away never leaves (http-contract.md section 3.9)."""

import logging
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from notifications.domain.advance import can_cancel, cancel
from notifications.domain.clock import Clock
from notifications.domain.pace import Pace
from notifications.domain.shipment import Change, Shipment
from notifications.domain.statuses import ShipmentState
from notifications.stages.inquiries import Inquiries
from notifications.storage.orders import OrderStore
from notifications.telemetry import event

logger = logging.getLogger(__name__)


class TooLate(Exception):
    """The shipment is about to be sent, or was, or has ended."""


class Cancel:
    """There is no race with the timer, which writes nothing; with a worker, the shipment's version decides."""

    def __init__(
        self, store: OrderStore, inquiries: Inquiries, clock: Clock, pace: Pace, tells: Collection[str] = ()
    ) -> None:
        self._store = store
        self._inquiries = inquiries
        self._clock = clock
        self._pace = pace
        self._tells = tells

    async def __call__(self, creator: str, identity: UUID) -> Shipment | None:
        """The shipment, cancelled now or before; None when the creator has none of that id. Raises `TooLate`."""
        while shipment := await self._inquiries.shipment(creator, identity):
            if shipment.state is ShipmentState.CANCELLED:
                return shipment
            now = self._clock.now()
            if not can_cancel(shipment, now):
                raise TooLate(str(identity))
            cancelled = await self._store.commit_one(Change(shipment, self._cancelled(shipment, now)))
            if cancelled:
                event(logger, logging.INFO, "shipment.cancelled", shipment=identity, creator=creator)
                return cancelled
        return None

    async def all(self, creator: str, identity: UUID) -> list[Shipment] | None:
        """An order's shipments after cancelling all that could be; None when the creator has no such order."""
        while found := await self._inquiries.order(creator, identity):
            _, shipments = found
            now = self._clock.now()
            open_ones = [each for each in shipments if can_cancel(each, now)]
            if not open_ones:
                return shipments
            outcomes = await self._store.commit([Change(each, self._cancelled(each, now)) for each in open_ones])
            for failure in (each for each in outcomes if isinstance(each, Exception)):
                raise failure
            event(logger, logging.INFO, "order.cancelled", order=identity, creator=creator, count=len(open_ones))
        return None

    def _cancelled(self, shipment: Shipment, now: datetime) -> Shipment:
        """Creators that chose so find the cancellation in their feed (spec item 11)."""
        return cancel(shipment, now, self._pace, tell=shipment.creator in self._tells)
