"""Metrics: what a month came to for each creator, and every notification of a day, for the operators.

Both are written when a shipment ends, from the records that are made here, so that no figure needs a search.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from notifications.domain.clock import Clock
from notifications.domain.hand_over import opening
from notifications.domain.record import DeliveryRecord
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.statuses import Channel, ShipmentState, Status
from notifications.stages.bounded import gather_bounded
from notifications.stages.texts import SmsSize, sms_sizes
from notifications.storage.feed import Feed
from notifications.storage.index import Index

_PROMISES = {"within_10s": timedelta(seconds=10), "within_60s": timedelta(seconds=60)}

_NORWEGIAN = re.compile(r"(\+|00) *47")
_INTERNATIONAL = re.compile(r"\+|00")


class Metrics:
    """Reads for the operators; nothing in it is a creator's to ask for."""

    def __init__(self, feed: Feed, index: Index, clock: Clock) -> None:
        self._feed = feed
        self._index = index
        self._clock = clock

    def yesterday(self) -> date:
        """The last day (UTC) that is complete."""
        return self._clock.now().astimezone(UTC).date() - timedelta(days=1)

    async def month(self, year: int, month: int) -> dict[str, Mapping[str, int]]:
        """The totals of every creator that had a shipment end in that month (UTC); see `Feed.totals`."""
        creators = await self._feed.creators()
        found = await gather_bounded(self._feed.totals(creator, f"{year:04}-{month:02}") for creator in creators)
        return {creator: counts for creator, counts in zip(creators, found, strict=True) if counts}

    def day(self, day: date) -> AsyncIterator[DeliveryRecord]:
        """The notifications whose shipments ended on that day (UTC); each is of one day only."""
        return self._index.read_day(day)


def day_of(shipment: Shipment) -> date:
    """The day (UTC) whose export has an ended shipment; it stays the same however often that is published."""
    return shipment.changed.astimezone(UTC).date()


def records_of(shipment: Shipment) -> list[DeliveryRecord]:
    """What the export tells of an ended shipment's notifications, lengths for SMS alone; nothing of a cancelled one."""
    if shipment.state is not ShipmentState.DONE:
        return []
    dues = {channel: _due(shipment, channel) for channel in Channel}
    size_of = sms_sizes(shipment)
    return [_record(shipment, one, dues[one.channel], size_of(one)) for one in shipment.notifications]


def counts_of(records: Iterable[DeliveryRecord]) -> dict[str, int]:
    """What a month's totals add to the statuses: `segments` of SMS handed over, and how the promise was kept.

    `due` counts what was handed over and what expired before it was; `within_10s` and `within_60s` are those of them
    that a provider was given in that time (spec/README.md item 30).
    """
    counts = dict.fromkeys(("segments", "due", *_PROMISES), 0)
    for record in records:
        if record.handed_over is not None:
            counts["segments"] += record.segments
            for name, time in _PROMISES.items():
                counts[name] += record.handed_over - record.due <= time
        counts["due"] += record.handed_over is not None or record.status is Status.TTL
    return counts


def delivery_reference(shipment: Shipment, notification: Notification) -> str | None:
    """The provider's name for it; an email provider that gave none was handed our id for the operation's."""
    if notification.channel is Channel.EMAIL and notification.handed_over and not notification.reference:
        return str(shipment.id.notification(notification.number))
    return notification.reference


def _due(shipment: Shipment, channel: Channel) -> datetime:
    """From when the promise counts: the send time or the opening of the window, for late orders their acceptance."""
    return opening(shipment, channel, max(shipment.send_at, shipment.created))


def _record(shipment: Shipment, notification: Notification, due: datetime, size: SmsSize | None) -> DeliveryRecord:
    return DeliveryRecord(
        shipment=shipment.id,
        number=notification.number,
        channel=notification.channel,
        creator=shipment.creator,
        senders_reference=shipment.content.senders_reference,
        requested_send_time=shipment.send_at,
        resource_id=shipment.content.resource_id,
        status=notification.status,
        reference=delivery_reference(shipment, notification),
        number_prefix=notification.address[:4] if notification.channel is Channel.SMS else "",
        rate=_rate(notification),
        segments=size.segments if size else 0,
        body_length=size.ordered if size else 0,
        custom_body_length=size.custom if size else 0,
        attachment_bytes=None,
        handed_over=notification.handed_over,
        due=due,
    )


def _rate(notification: Notification) -> str:
    """What an SMS costs: at home, abroad, or unknown (engine.md section 8.4)."""
    if notification.channel is not Channel.SMS or not _INTERNATIONAL.match(notification.address):
        return "n/a"
    return "innland" if _NORWEGIAN.match(notification.address) else "utland"
