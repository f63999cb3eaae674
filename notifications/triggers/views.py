"""From what stages return to what the contract shows."""

from datetime import datetime

from notifications.contract.responses import FeedEntryView, ManifestView, RecipientView, StatusView
from notifications.domain.record import FeedEntry
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.statuses import order_status
from notifications.stages.texts import SmsSize, sms_sizes


def manifest_view(shipment: Shipment, now: datetime) -> ManifestView:
    """A shipment with its notifications, email first."""
    size_of = sms_sizes(shipment)
    return ManifestView(
        shipment_id=shipment.id.uuid,
        type=shipment.content.type,
        status=order_status(shipment.state, shipment.ending),
        last_update=shipment.changed,
        senders_reference=told_reference(shipment.content.senders_reference),
        recipients=[
            _recipient_view(one, size_of(one), in_hand=shipment.in_hand(one, now))
            for one in sorted(shipment.notifications, key=lambda one: one.channel)
        ],
    )


def told_reference(reference: str | None) -> str | None:
    """The sender's name for a shipment where its fate is told: a blank one is none (http-contract.md 11.47)."""
    return reference if reference and reference.strip() else None


def _recipient_view(one: Notification, size: SmsSize | None, *, in_hand: bool) -> RecipientView:
    return RecipientView(
        channel=one.channel,
        destination=one.address,
        status=one.status,
        last_update=one.changed,
        in_hand=in_hand,
        reason=one.reason,
        segments=size.segments if size else None,
        shortened=bool(size and size.shortened),
        history=history_view(one),
        late=one.late,
    )


def history_view(one: Notification) -> list[StatusView]:
    """What a notification was before."""
    return [StatusView(status=each.status, at=each.at, reason=each.reason) for each in one.history]


def feed_entry_view(entry: FeedEntry) -> FeedEntryView:
    """A feed entry."""
    recipients = [
        RecipientView(channel=each.channel, destination=each.destination, status=each.status, last_update=each.changed)
        for each in entry.recipients
    ]
    shipment = ManifestView(
        shipment_id=entry.shipment.uuid,
        type=entry.type,
        status=entry.status,
        last_update=entry.changed,
        senders_reference=told_reference(entry.senders_reference),
        recipients=recipients,
    )
    return FeedEntryView(sequence_number=entry.sequence, shipment=shipment)
