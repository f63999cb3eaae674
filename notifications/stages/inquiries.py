"""Inquiries: what a creator may read of its own; whatever is another's looks as if it were not there."""

from uuid import UUID

from notifications.domain.ids import ShipmentId, decode
from notifications.domain.record import FeedEntry, Order
from notifications.domain.shipment import Shipment
from notifications.storage.feed import Feed
from notifications.storage.orders import OrderStore


def shipment_id(identity: UUID) -> ShipmentId | None:
    """The shipment that an id names; None for orders, notifications, and ids that were not made here."""
    address = decode(identity)
    if address is None or not address.shipment or address.notification:
        return None
    return address.shipment_id


class Inquiries:
    """Reads for callers."""

    def __init__(self, store: OrderStore, feed: Feed) -> None:
        self._store = store
        self._feed = feed

    async def shipment(self, creator: str, identity: UUID) -> Shipment | None:
        """A shipment of the creator's own, or None."""
        named = shipment_id(identity)
        found = await self._store.shipment(named) if named else None
        return found if found and found.creator == creator else None

    async def order(self, creator: str, identity: UUID) -> tuple[Order, list[Shipment]] | None:
        """An order of the creator's own with its shipments, or None."""
        address = decode(identity)
        if address is None or address.shipment or address.notification:
            return None
        order = await self._store.order(address.key)
        if order is None or order.creator != creator:
            return None
        return order, await self._store.shipments(address.key)

    async def feed(self, creator: str, sequence: int, limit: int, *, newest_first: bool) -> list[FeedEntry]:
        """A page of the creator's feed after a sequence number, or before it (0: from the newest)."""
        if newest_first:
            return await self._feed.descending(creator, sequence or None, limit)
        return await self._feed.ascending(creator, sequence, limit)
