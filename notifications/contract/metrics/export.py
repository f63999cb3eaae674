"""The daily export: one row for each notification of a channel (http-contract.md section 3.11, engine.md section 8.4).

Columns that the contract does not call nullable hold an empty text where there is nothing to tell.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from notifications.contract.metrics.parquet import Column, Kind, write
from notifications.domain.record import DeliveryRecord
from notifications.domain.statuses import Channel, Status

MEDIA_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A Parquet file and the headers that it is answered with."""

    content: bytes
    headers: Mapping[str, str]


async def export(
    channel: Channel, day: date, records: AsyncIterator[DeliveryRecord], *, environment: str, now: datetime
) -> Export:
    """Write a day's records of one channel; `day` names the file, `now` is when it was made."""
    own = (record async for record in records if record.channel is channel)
    content, rows = await write(COLUMNS[channel], own)
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": f"attachment; filename={day:%Y%m%d}_{channel}_notifications_{environment}.parquet",
        "X-File-Hash": base64.b64encode(hashlib.md5(content, usedforsecurity=False).digest()).decode(),
        "X-File-Size": str(len(content)),
        "X-Total-FileTransfer-Count": str(rows),
        "X-Generated-At": f"{_ticks(now)}+00:00",
        "X-Environment": environment,
    }
    return Export(content=content, headers=headers)


def stable_number(notification: UUID) -> int:
    """A positive 64-bit number for a notification, always the same: the first 63 bits of its id's SHA-256.

    The reference has a counter here. Two of a billion notifications may meet in one number; `ShipmentId` tells them
    apart.
    """
    return int.from_bytes(hashlib.sha256(notification.bytes).digest()[:8]) >> 1


def _ticks(moment: datetime) -> str:
    """A moment in UTC as .NET's round-trip format writes it, seven digits of a second, without its zone."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "0"


def _id(record: DeliveryRecord) -> UUID:
    return record.shipment.notification(record.number)


def _result(record: DeliveryRecord) -> str:
    if record.channel is Channel.EMAIL and record.status is Status.ACCEPTED:
        return "Succeeded"
    return record.status.value


# The reference's ShipmentId is the id of the notification, not of the shipment that it belongs to.
_COMMON: Sequence[Column[DeliveryRecord]] = (
    Column("ShipmentId", Kind.TEXT, lambda one: str(_id(one))),
    Column("SendersReference", Kind.TEXT, lambda one: one.senders_reference or ""),
    Column("RequestedSendTime", Kind.TEXT, lambda one: f"{_ticks(one.requested_send_time)}Z"),
    Column("CreatorName", Kind.TEXT, lambda one: one.creator),
    Column("ResourceId", Kind.TEXT, lambda one: one.resource_id, nullable=True),
    Column("Result", Kind.TEXT, _result),
)

COLUMNS: Mapping[Channel, Sequence[Column[DeliveryRecord]]] = {
    Channel.SMS: (
        Column("SmsId", Kind.INT64, lambda one: stable_number(_id(one))),
        *_COMMON,
        Column("GatewayReference", Kind.TEXT, lambda one: one.reference or ""),
        Column("Rate", Kind.TEXT, lambda one: one.rate),
        Column("MobileNumberPrefix", Kind.TEXT, lambda one: one.number_prefix),
        Column("AltinnSmsCount", Kind.INT32, lambda one: one.segments),
        Column("AltinnSmsBodyLength", Kind.INT32, lambda one: one.body_length),
        Column("AltinnSmsCustomBodyLength", Kind.INT32, lambda one: one.custom_body_length),
    ),
    Channel.EMAIL: (
        Column("EmailId", Kind.INT64, lambda one: stable_number(_id(one))),
        *_COMMON,
        Column("OperationId", Kind.TEXT, lambda one: one.reference or ""),
    ),
}
