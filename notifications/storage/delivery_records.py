"""What the day's export tells of a shipment, packed into rows: what its notifications have in common, then each."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import batched
from typing import Any

from notifications.domain.ids import ShipmentId
from notifications.domain.record import DeliveryRecord
from notifications.domain.statuses import Channel, Status
from notifications.storage.codec import chunked, joined, moment, optional_moment, pack, parse_moment, unpack
from notifications.storage.table import Properties, Value

MAX_PIECE = 200 * 1024
_AT_ONCE = 2_000


def pieces(records: Sequence[DeliveryRecord]) -> Iterator[dict[str, Value]]:
    """The rows of one shipment's records, the same for the same records; each at most 200 KiB packed."""
    for some in batched(records, _AT_ONCE, strict=False):
        yield from _fitting(some)


def _fitting(records: Sequence[DeliveryRecord]) -> Iterator[dict[str, Value]]:
    packed = pack([_common(records[0]), [_own(each) for each in records]])
    if len(packed) <= MAX_PIECE or len(records) == 1:
        yield chunked("l", packed)
    else:
        half = len(records) // 2
        yield from _fitting(records[:half])
        yield from _fitting(records[half:])


def read_piece(properties: Properties) -> Iterator[DeliveryRecord]:
    """The records in a row."""
    common, records = unpack(joined("l", properties))
    for own in records:
        yield _read(common, own)


def _common(record: DeliveryRecord) -> list[Any]:
    return [
        record.shipment.text,
        record.creator,
        record.senders_reference,
        moment(record.requested_send_time),
        record.resource_id,
    ]


def _own(record: DeliveryRecord) -> list[Any]:
    return [
        record.number,
        record.channel,
        record.status,
        record.reference,
        record.number_prefix,
        record.rate,
        record.segments,
        record.body_length,
        record.custom_body_length,
        record.attachment_bytes,
        _optional(record.handed_over),
        moment(record.due),
    ]


def _optional(when: datetime | None) -> str | None:
    return moment(when) if when else None


def _read(common: Sequence[Any], own: Sequence[Any]) -> DeliveryRecord:
    shipment, creator, senders_reference, requested, resource = common
    number, channel, status, reference, prefix, rate, segments, body, custom, attached, handed_over, due = own
    return DeliveryRecord(
        shipment=ShipmentId.from_text(shipment),
        number=number,
        channel=Channel(channel),
        creator=creator,
        senders_reference=senders_reference,
        requested_send_time=parse_moment(requested),
        resource_id=resource,
        status=Status(status),
        reference=reference,
        number_prefix=prefix,
        rate=rate,
        segments=segments,
        body_length=body,
        custom_body_length=custom,
        attachment_bytes=attached,
        handed_over=optional_moment(handed_over),
        due=parse_moment(due),
    )
