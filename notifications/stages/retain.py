"""Retain: when a shipment's time is over, everything that says who it was for is taken away."""

import logging

from notifications.domain.shipment import Shipment
from notifications.stages.activity import Activity
from notifications.storage.feed import Feed
from notifications.storage.orders import OrderStore
from notifications.storage.references import References
from notifications.storage.table import Rejected
from notifications.telemetry import event

logger = logging.getLogger(__name__)


class Retain:
    """Removes a shipment in several steps, each safe to repeat; the last takes the wake-up that would repeat them."""

    def __init__(self, store: OrderStore, feed: Feed, references: References, activity: Activity) -> None:
        self._store = store
        self._feed = feed
        self._references = references
        self._activity = activity

    async def __call__(self, shipment: Shipment) -> None:
        """Remove a shipment from the feed, the references, the index and the orders."""
        await self._feed.remove(shipment.creator, shipment.id)
        await self._references.forget([one.reference for one in shipment.notifications if one.reference])
        await self._activity.forget(shipment, await self._store.order(shipment.id.key))
        try:
            await self._store.remove(shipment)
        except Rejected:
            return
        event(logger, logging.INFO, "shipment.removed", shipment=shipment.id.uuid)
