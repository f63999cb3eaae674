"""Rescue: work that kept failing backs off shipment by shipment; it is not lost, since wake-ups own the work."""

import logging
from random import random

from notifications.domain.advance import put_off
from notifications.domain.clock import Clock
from notifications.domain.ids import ShipmentId
from notifications.domain.record import Message
from notifications.domain.shipment import Change
from notifications.storage.orders import OrderStore
from notifications.telemetry import event, fault

logger = logging.getLogger(__name__)

# What a shipment of a newer format raises, and one whose rows do not fit each other.
_UNREADABLE = (ValueError, LookupError, TypeError)


class Rescue:
    """Consumes the poison queues."""

    def __init__(self, store: OrderStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def __call__(self, queue: str, message: Message) -> None:
        """Back off every shipment of a message that failed too often, and say which they are."""
        for identity in message.shipments:
            try:
                await self._put_off(queue, identity)
            except _UNREADABLE as error:
                # Kept for it, the message would come again and again and put the others off each time.
                event(logger, logging.ERROR, "shipment.not_put_off", shipment=identity.uuid, **fault(error))

    async def _put_off(self, queue: str, identity: ShipmentId) -> None:
        shipment = await self._store.shipment(identity)
        if shipment is None:
            return
        event(logger, logging.ERROR, "message.poison", queue=queue, shipment=identity.uuid, state=shipment.state)
        later = put_off(shipment, self._clock.now(), "poison", random())  # noqa: S311 - spreads load
        await self._store.commit([Change(shipment, later)])
