import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from notifications.contract.legacy_status import OrderStatusView, order_with_status
from notifications.contract.responses import render
from notifications.domain.order import ChannelScheme
from notifications.domain.statuses import Channel, OrderStatus, Status

ID = UUID("2a3b4c5d-6e7f-8081-92a3-b4c5d6e7f809")
BASE = "https://notifications.example.com"

VIEW = OrderStatusView(
    shipment_id=ID,
    creator="ttd",
    created=datetime(2026, 8, 3, 7, 12, 45, 120034, tzinfo=UTC),
    requested_send_time=datetime(2026, 8, 10, 10, tzinfo=timezone(timedelta(hours=2))),
    channels=ChannelScheme.EMAIL,
    status=OrderStatus.CANCELLED,
    last_update=datetime(2026, 8, 3, 9, 0, 0, 123456, tzinfo=UTC),
    senders_reference="ref-2026-01",
)


def test_a_cancelled_order_is_told_as_the_legacy_api_does() -> None:
    expected = f"""{{
  "id": "{ID}",
  "sendersReference": "ref-2026-01",
  "requestedSendTime": "2026-08-10T08:00:00Z",
  "creator": "ttd",
  "created": "2026-08-03T07:12:45.120034Z",
  "notificationChannel": "Email",
  "processingStatus": {{
    "status": "Cancelled",
    "description": "Order processing was stopped due to order being cancelled.",
    "lastUpdate": "2026-08-03T09:00:00.123456Z"
  }}
}}"""
    assert render(order_with_status(VIEW, base_uri=BASE)).decode() == expected


@pytest.mark.parametrize(
    ("status", "name", "description"),
    [
        (OrderStatus.REGISTERED, "Registered", "Order has been registered and is awaiting requested send time"),
        (OrderStatus.PROCESSING, "Processing", "Order processing is ongoing."),
        (OrderStatus.PROCESSED, "Completed", "Order processing is done."),
        (OrderStatus.COMPLETED, "Completed", "Order processing is completed."),
        (OrderStatus.CONDITION_NOT_MET, "SendConditionNotMet", "Order processing was stopped due to send condition"),
    ],
)
def test_each_status_has_its_legacy_name_and_description(status: OrderStatus, name: str, description: str) -> None:
    body = json.loads(render(order_with_status(replace(VIEW, status=status), base_uri=BASE)))
    assert body["processingStatus"]["status"] == name
    assert body["processingStatus"]["description"].startswith(description)


def test_what_a_provider_or_the_recipient_has_counts_as_succeeded_on_both_channels() -> None:
    notifications = [
        (Channel.EMAIL, Status.DELIVERED),
        (Channel.EMAIL, Status.ACCEPTED),
        (Channel.EMAIL, Status.BOUNCED),
        (Channel.SMS, Status.ACCEPTED),
        (Channel.SMS, Status.DELIVERED),
    ]
    body = json.loads(render(order_with_status(replace(VIEW, notifications=notifications), base_uri=BASE)))
    link = f"{BASE}/notifications/api/v1/orders/{ID}/notifications"
    assert body["notificationsStatusSummary"] == {
        "email": {"links": {"self": f"{link}/email"}, "generated": 3, "succeeded": 2},
        "sms": {"links": {"self": f"{link}/sms"}, "generated": 2, "succeeded": 2},
    }


def test_a_channel_without_notifications_is_left_out() -> None:
    view = replace(VIEW, notifications=[(Channel.SMS, Status.NEW)])
    body = json.loads(render(order_with_status(view, base_uri=BASE)))
    assert list(body["notificationsStatusSummary"]) == ["sms"]


def test_a_condition_endpoint_is_told_as_it_was_ordered() -> None:
    view = replace(VIEW, condition_endpoint="https://conditions.example.com/%C3%A5")
    body = json.loads(render(order_with_status(view, base_uri=BASE)))
    assert body["conditionEndpoint"] == "https://conditions.example.com/%C3%A5"


def test_what_was_ordered_about_resource_and_reservation_is_told_in_the_references_order() -> None:
    view = replace(
        VIEW,
        ignore_reservation=False,
        resource_id="urn:altinn:resource:te_svc123",
        resource_action="read",
        condition_endpoint="https://conditions.example.com",
    )
    body = json.loads(render(order_with_status(view, base_uri=BASE)))
    assert list(body)[5:11] == [
        "notificationChannel",
        "ignoreReservation",
        "resourceId",
        "resourceAction",
        "conditionEndpoint",
        "processingStatus",
    ]
    assert body["ignoreReservation"] is False
    assert body["resourceId"] == "urn:altinn:resource:te_svc123"
    assert body["resourceAction"] == "read"
