"""Publish: each ended shipment once into its creator's feed, into the day's log, and then the mark that it is there."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from notifications.domain.advance import mark_published
from notifications.domain.clock import Clock
from notifications.domain.ids import ShipmentId
from notifications.domain.pace import Pace
from notifications.domain.record import DeliveryRecord, FeedEntry, FeedRecipient
from notifications.domain.shipment import Change, Shipment
from notifications.domain.statuses import ShipmentState, order_status
from notifications.stages.metrics import counts_of, day_of, records_of
from notifications.stages.setbacks import set_back
from notifications.storage.feed import Feed
from notifications.storage.index import Index
from notifications.storage.orders import OrderStore
from notifications.telemetry import event, tracing
from notifications.telemetry.measures import FEED_LAG, NOTIFICATIONS_FINAL, record

logger = logging.getLogger(__name__)

_ROUNDS = 5
_MANY = 2_000

type Records = Sequence[DeliveryRecord]


class Publish:
    """What is published was decided before, when the shipment ended, so that a repetition says the same."""

    def __init__(self, store: OrderStore, feed: Feed, index: Index, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._feed = feed
        self._index = index
        self._clock = clock
        self._pace = pace

    async def __call__(self, shipments: Iterable[Shipment]) -> None:
        """Publish ended shipments; one creator's feed that cannot be written delays nobody else's."""
        by_creator: defaultdict[str, dict[ShipmentId, Shipment]] = defaultdict(dict)
        for shipment in shipments:
            by_creator[shipment.creator][shipment.id] = shipment
        await asyncio.gather(*(self._publish(creator, list(own.values())) for creator, own in by_creator.items()))

    async def _publish(self, creator: str, shipments: Sequence[Shipment]) -> None:
        began = tracing.moment()
        try:
            records = await self._records(shipments)
            entries = [entry_of(shipment, own) for shipment, own in zip(shipments, records, strict=True)]
            await self._feed.publish(creator, entries)
            await self._log(shipments, records)
            await self._mark(shipments, began)
        except Exception as error:  # noqa: BLE001 - publication is retried without end
            for shipment in shipments:
                await set_back(self._store, self._clock, shipment.id, error, "shipment.unpublished")

    async def _records(self, shipments: Sequence[Shipment]) -> list[Records]:
        """What the export tells of each; measuring many texts would hold up everybody else's work."""
        if sum(len(shipment.notifications) for shipment in shipments) > _MANY:
            return await asyncio.to_thread(lambda: [records_of(shipment) for shipment in shipments])
        return [records_of(shipment) for shipment in shipments]

    async def _log(self, shipments: Iterable[Shipment], records: Iterable[Records]) -> None:
        """Keep what the export of the day tells; the same rows are written however often a shipment is published."""
        by_day: defaultdict[date, dict[ShipmentId, Records]] = defaultdict(dict)
        for shipment, own in zip(shipments, records, strict=True):
            if own:
                by_day[day_of(shipment)][shipment.id] = own
        for day, of_day in by_day.items():
            await self._index.log_all(day, of_day)

    async def _mark(self, shipments: Sequence[Shipment], began: int) -> None:
        """Note in the shipments that the feed has them; failing that, they come again and the feed's marker refuses."""
        waiting = shipments
        for _ in range(_ROUNDS):
            outcomes = await self._store.commit([Change(each, mark_published(each, self._pace)) for each in waiting])
            for marked in (each for each in outcomes if isinstance(each, Shipment)):
                status = order_status(marked.state, marked.ending)
                event(logger, logging.INFO, "shipment.published", shipment=marked.id.uuid, status=status)
                tracing.told("publish", marked.trace, began, shipment=marked.id.uuid, status=status)
                _measure(marked, (self._clock.now() - marked.changed).total_seconds())
            missed = [each.id for each, outcome in zip(waiting, outcomes, strict=True) if outcome is None]
            waiting = [each for each in await self._read_anew(missed) if not each.published]
            if not waiting:
                return

    async def _read_anew(self, missed: Iterable[ShipmentId]) -> list[Shipment]:
        found = [await self._store.shipment(each) for each in missed]
        return [each for each in found if each is not None]


def _measure(shipment: Shipment, lag: float) -> None:
    record(FEED_LAG, max(0.0, lag))
    ended = Counter((one.channel, one.status) for one in shipment.notifications if not one.is_open)
    for (channel, status), count in ended.items():
        record(NOTIFICATIONS_FINAL, count, channel=channel, status=status)


def entry_of(shipment: Shipment, records: Records) -> FeedEntry:
    """What the feed tells of an ended shipment with those records; a cancelled one has told nobody anything."""
    return FeedEntry(
        shipment=shipment.id,
        type=shipment.content.type,
        status=order_status(shipment.state, shipment.ending),
        changed=shipment.changed,
        senders_reference=shipment.content.senders_reference,
        recipients=recipients_of(shipment),
        extra=counts_of(records),
    )


def recipients_of(shipment: Shipment) -> tuple[FeedRecipient, ...]:
    """What a feed entry tells of an ended shipment's notifications, email first as in the manifest."""
    told = shipment.notifications if shipment.state is ShipmentState.DONE else ()
    return tuple(
        FeedRecipient(channel=one.channel, destination=one.address, status=one.status, changed=one.changed)
        for one in sorted(told, key=lambda one: one.channel)
    )
