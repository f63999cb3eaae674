"""Inquiries: what a creator may read of its own; whatever is another's looks as if it were not there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from notifications.domain.clock import round_up
from notifications.domain.ids import ShipmentId, decode
from notifications.domain.record import FeedEntry, Order
from notifications.domain.shipment import Notification, Shipment
from notifications.stages.activity import Activity, identity_number
from notifications.stages.bounded import gather_bounded
from notifications.stages.publish import recipients_of
from notifications.storage.feed import MOST_TOLD, Feed
from notifications.storage.orders import OrderStore

# A large shipment takes tens of megabytes while it is looked through.
_SEARCHED_AT_ONCE = 4


def shipment_id(identity: UUID) -> ShipmentId | None:
    """The shipment that an id names; None for orders, notifications, and ids that were not made here."""
    address = decode(identity)
    if address is None or not address.shipment or address.notification:
        return None
    return address.shipment_id


@dataclass(frozen=True, slots=True)
class Told:
    """A shipment's notifications for the recipient in question, and the shipment without all others."""

    shipment: Shipment
    notifications: tuple[Notification, ...]


@dataclass(frozen=True, slots=True)
class Logged:
    """An order with its shipments, as the activity log shows it."""

    order: Order
    shipments: Sequence[Shipment]


class Inquiries:
    """Reads for callers."""

    def __init__(self, store: OrderStore, feed: Feed, activity: Activity) -> None:
        self._store = store
        self._feed = feed
        self._activity = activity

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
        """A page of the creator's feed after a sequence number, or before it (0: from the newest).

        It is shorter than `limit` where its entries have many recipients, and empty only where nothing is left.
        """
        if newest_first:
            entries = await self._feed.descending(creator, sequence or None, limit)
        else:
            entries = await self._feed.ascending(creator, sequence, limit)
        page: list[FeedEntry] = []
        told = 0
        for entry in entries:
            if told >= MOST_TOLD:
                break
            page.append(await self._whole(entry))
            told += len(page[-1].recipients)
        return page

    async def _whole(self, entry: FeedEntry) -> FeedEntry:
        """An entry with its recipients: those of a large shipment are read from the shipment, which is final."""
        if not entry.by_reference:
            return entry
        shipment = await self._store.shipment(entry.shipment)
        recipients = recipients_of(shipment) if shipment else ()
        return replace(entry, recipients=recipients, by_reference=False)

    async def by_reference(self, creator: str, reference: str) -> list[Shipment]:
        """A creator's shipments with exactly that sendersReference, oldest first."""
        found = await self._shipments(await self._activity.by_reference(creator, reference))
        own = [each for each in found if each.creator == creator and each.content.senders_reference == reference]
        return sorted(own, key=lambda each: (each.created, each.id))

    async def by_dialog(self, creator: str, dialog: str | None, transmission: str | None) -> list[Logged]:
        """What a creator's orders for a dialog or a transmission sent to whom."""
        keys = await self._activity.by_dialog(creator, dialog, transmission)
        orders = await gather_bounded(self._store.order(key) for key in keys)
        return [
            Logged(order, await self._store.shipments(order.key))
            for order in orders
            if order and order.creator == creator and _belongs(order, dialog, transmission)
        ]

    async def to_recipient(self, kind: str, number: str, since: datetime, until: datetime) -> list[Told]:
        """All creators' shipments in a time that made notifications for an identity, newest first."""
        # the index is to the millisecond, send times are to the microsecond
        named = await self._activity.by_recipient(kind, number, since, round_up(until))
        found = await gather_bounded((self._told(each, kind, number) for each in named), _SEARCHED_AT_ONCE)
        told = [each for each in found if each and since <= each.shipment.send_at < until]
        return sorted(told, key=lambda each: each.shipment.send_at, reverse=True)

    async def _told(self, identity: ShipmentId, kind: str, number: str) -> Told | None:
        shipment = await self._store.shipment(identity)
        own = _of(shipment, kind, number) if shipment else ()
        return _alone(shipment, own) if shipment and own else None

    async def _shipments(self, identities: Iterable[ShipmentId]) -> list[Shipment]:
        found = await gather_bounded(self._store.shipment(each) for each in identities)
        return [each for each in found if each]


def _belongs(order: Order, dialog: str | None, transmission: str | None) -> bool:
    return dialog in (None, order.dialog_id) and transmission in (None, order.transmission_id)


def _of(shipment: Shipment, kind: str, number: str) -> tuple[Notification, ...]:
    return tuple(one for one in shipment.notifications if identity_number(shipment.recipient_of(one), kind) == number)


def _alone(shipment: Shipment, own: Sequence[Notification]) -> Told:
    """A shipment with some of its notifications alone: a thousand whole ones of fifty thousand fit in no memory."""
    content = replace(shipment.content, recipients=tuple(shipment.recipient_of(one) for one in own))
    nothing: frozenset[int] = frozenset()
    lanes = {channel: replace(lane, todo=nothing, uncertain=nothing) for channel, lane in shipment.lanes.items()}
    told = tuple(replace(one, recipient=place) for place, one in enumerate(own))
    return Told(replace(shipment, content=content, lanes=lanes, notifications=told), told)
