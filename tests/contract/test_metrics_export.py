"""The daily export: its columns, its values as read back, and its headers."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from arro3.core import DataType, Field, Schema
from arro3.io import read_parquet
from hypothesis import given
from hypothesis import strategies as st

from notifications.contract.metrics.export import Export, export, stable_number
from notifications.domain.ids import ShipmentId
from notifications.domain.record import DeliveryRecord
from notifications.domain.statuses import Channel, Status
from tests.builders import CREATOR, KEY, NOW

DAY = date(2026, 3, 2)
SHIPMENT = ShipmentId(KEY, 1)

SMS = DeliveryRecord(
    shipment=SHIPMENT,
    number=3,
    channel=Channel.SMS,
    creator=CREATOR,
    senders_reference="mine",
    requested_send_time=NOW + timedelta(milliseconds=120),
    resource_id="urn:altinn:resource:tax",
    status=Status.DELIVERED,
    reference="REF-1",
    number_prefix="+479",
    rate="innland",
    segments=2,
    body_length=200,
    custom_body_length=210,
    attachment_bytes=None,
    handed_over=NOW,
    due=NOW,
)
EMAIL = replace(
    SMS, number=1, channel=Channel.EMAIL, reference="operation", number_prefix="", rate="n/a", segments=0, body_length=0
)


async def exported(channel: Channel, *records: DeliveryRecord, **members: Any) -> Export:
    async def arriving() -> AsyncIterator[DeliveryRecord]:
        for record in records:
            yield record

    return await export(channel, DAY, arriving(), **{"environment": "tt02", "now": NOW, **members})


def read(export: Export) -> list[dict[str, Any]]:
    table = read_parquet(BytesIO(export.content)).read_all()
    columns = [table.column(name).to_pylist() for name in table.column_names]
    return [dict(zip(table.column_names, values, strict=True)) for values in zip(*columns, strict=True)]


def text(name: str) -> Field:
    return Field(name, DataType.utf8(), nullable=False)


COMMON = [
    text("ShipmentId"),
    text("SendersReference"),
    text("RequestedSendTime"),
    text("CreatorName"),
    Field("ResourceId", DataType.utf8(), nullable=True),
    text("Result"),
]


async def test_the_sms_file_has_the_columns_of_the_contract_in_their_order() -> None:
    file = await exported(Channel.SMS, SMS)
    counts = ["AltinnSmsCount", "AltinnSmsBodyLength", "AltinnSmsCustomBodyLength"]
    assert read_parquet(BytesIO(file.content)).schema == Schema(
        [
            Field("SmsId", DataType.int64(), nullable=False),
            *COMMON,
            text("GatewayReference"),
            text("Rate"),
            text("MobileNumberPrefix"),
            *(Field(name, DataType.int32(), nullable=False) for name in counts),
        ]
    )


async def test_the_email_file_has_the_columns_of_the_contract_in_their_order() -> None:
    file = await exported(Channel.EMAIL, EMAIL)
    expected = Schema([Field("EmailId", DataType.int64(), nullable=False), *COMMON, text("OperationId")])
    assert read_parquet(BytesIO(file.content)).schema == expected


async def test_an_sms_is_told_with_all_that_it_cost() -> None:
    (row,) = read(await exported(Channel.SMS, SMS))
    assert row == {
        "SmsId": stable_number(SHIPMENT.notification(3)),
        "ShipmentId": str(SHIPMENT.notification(3)),
        "SendersReference": "mine",
        "RequestedSendTime": "2026-03-02T10:00:00.1200000Z",
        "CreatorName": CREATOR,
        "ResourceId": "urn:altinn:resource:tax",
        "Result": "Delivered",
        "GatewayReference": "REF-1",
        "Rate": "innland",
        "MobileNumberPrefix": "+479",
        "AltinnSmsCount": 2,
        "AltinnSmsBodyLength": 200,
        "AltinnSmsCustomBodyLength": 210,
    }


async def test_an_email_is_told_with_its_operation() -> None:
    (row,) = read(await exported(Channel.EMAIL, EMAIL))
    assert row["EmailId"] == stable_number(SHIPMENT.notification(1))
    assert (row["ShipmentId"], row["OperationId"]) == (str(SHIPMENT.notification(1)), "operation")


@pytest.mark.parametrize("channel", Channel)
async def test_each_file_has_the_notifications_of_its_channel_alone(channel: Channel) -> None:
    file = await exported(channel, SMS, EMAIL, replace(SMS, number=4), replace(EMAIL, number=2))
    numbers = [3, 4] if channel is Channel.SMS else [1, 2]
    assert [row["ShipmentId"] for row in read(file)] == [str(SHIPMENT.notification(number)) for number in numbers]
    assert file.headers["X-Total-FileTransfer-Count"] == "2"


async def test_what_there_is_not_is_empty_and_only_a_missing_resource_is_null() -> None:
    bare_sms, bare_email = (
        replace(record, senders_reference=None, resource_id=None, reference=None) for record in (SMS, EMAIL)
    )
    (sms,) = read(await exported(Channel.SMS, bare_sms))
    (email,) = read(await exported(Channel.EMAIL, bare_email))
    assert (sms["SendersReference"], sms["ResourceId"], sms["GatewayReference"]) == ("", None, "")
    assert (email["SendersReference"], email["ResourceId"], email["OperationId"]) == ("", None, "")


@pytest.mark.parametrize(
    ("record", "result"),
    [
        (replace(SMS, status=Status.ACCEPTED), "Accepted"),
        (replace(EMAIL, status=Status.ACCEPTED), "Succeeded"),
        (replace(EMAIL, status=Status.SUPPRESSED_RECIPIENT), "Failed_SupressedRecipient"),
        (replace(EMAIL, status=Status.INVALID_EMAIL_FORMAT), "Failed_InvalidEmailFormat"),
        (replace(SMS, status=Status.TTL), "Failed_TTL"),
    ],
)
async def test_results_are_named_as_the_legacy_api_names_them(record: DeliveryRecord, result: str) -> None:
    (row,) = read(await exported(record.channel, record))
    assert row["Result"] == result


async def test_the_headers_describe_the_file() -> None:
    late = datetime(2026, 3, 3, 6, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    file = await exported(Channel.SMS, SMS, now=late)
    assert file.headers == {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": "attachment; filename=20260302_sms_notifications_tt02.parquet",
        "X-File-Hash": base64.b64encode(hashlib.md5(file.content).digest()).decode(),
        "X-File-Size": str(len(file.content)),
        "X-Total-FileTransfer-Count": "1",
        "X-Generated-At": "2026-03-03T04:00:00.1234560+00:00",
        "X-Environment": "tt02",
    }


async def test_the_email_file_is_named_after_its_channel() -> None:
    file = await exported(Channel.EMAIL)
    assert file.headers["Content-Disposition"] == "attachment; filename=20260302_email_notifications_tt02.parquet"
    assert (file.headers["X-Total-FileTransfer-Count"], read(file)) == ("0", [])


@given(st.datetimes(timezones=st.just(UTC)))
async def test_times_have_seven_digits_and_a_year_of_four(moment: datetime) -> None:
    file = await exported(Channel.EMAIL, replace(EMAIL, requested_send_time=moment), now=moment)
    (row,) = read(file)
    times = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}0"
    assert re.fullmatch(times + "Z", row["RequestedSendTime"])
    assert re.fullmatch(times + r"\+00:00", file.headers["X-Generated-At"])


@given(st.uuids())
def test_a_notification_has_a_positive_number_that_a_consumer_can_store(identity: UUID) -> None:
    assert 0 <= stable_number(identity) < 2**63


def test_the_number_of_a_notification_never_changes_since_consumers_join_by_it() -> None:
    # printf '\0\0\0\0\0\0\x80\0\x80\0\0\0\0\0\0\0' | sha256sum
    assert stable_number(UUID("00000000-0000-8000-8000-000000000000")) == 0xD0AF6B96BC344332 >> 1
