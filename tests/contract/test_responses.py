import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from notifications.contract.responses import (
    ChainStatusView,
    ChainView,
    FeedEntryView,
    InstantOrderResponse,
    ManifestView,
    NotificationOrderChainResponse,
    NotificationOrderChainStatus,
    RecipientView,
    SendCondition,
    ShipmentManifest,
    ShipmentRef,
    StatusFeedEntry,
    chain,
    chain_status,
    feed,
    instant,
    manifest,
    render,
    send_condition,
)
from notifications.domain.order import ShipmentType
from notifications.domain.statuses import Channel, OrderStatus, Status
from tests.contract.shapes import written

ORDER = UUID("5c2f6f8e-0f1a-8d65-9d63-3f9b7a8e6d01")
MAIN = UUID("1f6a2c3b-9b1d-8c0e-8f6b-2a4d6c8e0f20")
FIRST = UUID("aa0d1f4b-5c4c-8f65-9a0f-6d3d7f0b1e21")
SECOND = UUID("de91c6f0-2b0e-8a67-8f0c-91a3c5d7e922")


def test_an_accepted_order_names_its_shipments_in_the_references_order() -> None:
    view = ChainView(
        order_id=ORDER,
        main=ShipmentRef(shipment_id=MAIN, senders_reference="te-123-123"),
        reminders=[
            ShipmentRef(shipment_id=FIRST, senders_reference="te-123-123-rem-1"),
            ShipmentRef(shipment_id=SECOND),
        ],
    )
    expected = """{
  "notificationOrderId": "5c2f6f8e-0f1a-8d65-9d63-3f9b7a8e6d01",
  "notification": {
    "reminders": [
      {
        "shipmentId": "aa0d1f4b-5c4c-8f65-9a0f-6d3d7f0b1e21",
        "sendersReference": "te-123-123-rem-1"
      },
      {
        "shipmentId": "de91c6f0-2b0e-8a67-8f0c-91a3c5d7e922"
      }
    ],
    "shipmentId": "1f6a2c3b-9b1d-8c0e-8f6b-2a4d6c8e0f20",
    "sendersReference": "te-123-123"
  }
}"""
    assert render(chain(view)).decode() == expected


def test_reminders_and_warnings_are_left_out_when_there_are_none() -> None:
    view = ChainView(order_id=ORDER, main=ShipmentRef(shipment_id=MAIN, senders_reference=""))
    assert json.loads(render(chain(view))) == {
        "notificationOrderId": str(ORDER),
        "notification": {"shipmentId": str(MAIN), "sendersReference": ""},
    }


def test_warnings_are_listed_when_there_are_any() -> None:
    view = ChainView(order_id=ORDER, main=ShipmentRef(shipment_id=MAIN), warnings=("one", "two"))
    assert json.loads(render(chain(view)))["warnings"] == ["one", "two"]


def processed() -> ManifestView:
    return ManifestView(
        shipment_id=MAIN,
        senders_reference="te-123-123",
        type=ShipmentType.NOTIFICATION,
        status=OrderStatus.PROCESSED,
        last_update=datetime(2026, 8, 10, 8, 1, 2, 268148, tzinfo=UTC),
        recipients=[
            RecipientView(
                channel=Channel.EMAIL,
                destination="æge@example.com",
                status=Status.ACCEPTED,
                last_update=datetime(2026, 8, 10, 8, 2, 9, 649920, tzinfo=UTC),
            ),
            RecipientView(
                channel=Channel.SMS,
                destination="+4799999999",
                status=Status.NEW,
                in_hand=True,
                last_update=datetime(2026, 8, 10, 8, 2, tzinfo=UTC),
            ),
        ],
    )


def test_a_manifest_tells_a_shipment_and_its_notifications() -> None:
    expected = """{
  "shipmentId": "1f6a2c3b-9b1d-8c0e-8f6b-2a4d6c8e0f20",
  "sendersReference": "te-123-123",
  "type": "Notification",
  "status": "Order_Processed",
  "lastUpdate": "2026-08-10T08:01:02.268148Z",
  "recipients": [
    {
      "type": "Email",
      "destination": "æge@example.com",
      "status": "Email_Succeeded",
      "lastUpdate": "2026-08-10T08:02:09.64992Z"
    },
    {
      "type": "SMS",
      "destination": "+4799999999",
      "status": "SMS_Sending",
      "lastUpdate": "2026-08-10T08:02:00Z"
    }
  ]
}"""
    assert render(manifest(processed())).decode() == expected


def test_a_manifest_without_notifications_has_an_empty_list_and_no_null() -> None:
    view = ManifestView(
        shipment_id=FIRST,
        type=ShipmentType.REMINDER,
        status=OrderStatus.REGISTERED,
        last_update=datetime(2026, 8, 3, 7, 12, 45, 120034, tzinfo=UTC),
    )
    assert json.loads(render(manifest(view))) == {
        "shipmentId": str(FIRST),
        "type": "Reminder",
        "status": "Order_Registered",
        "lastUpdate": "2026-08-03T07:12:45.120034Z",
        "recipients": [],
    }


def test_a_feed_entry_has_no_type_on_recipients_and_calls_its_own_shipment_type() -> None:
    page = json.loads(render(feed([FeedEntryView(sequence_number=1523, shipment=processed())])))
    (entry,) = page
    assert list(entry) == [
        "sequenceNumber",
        "shipmentId",
        "sendersReference",
        "recipients",
        "status",
        "lastUpdate",
        "shipmentType",
    ]
    assert entry["sequenceNumber"] == 1523
    assert entry["shipmentType"] == "Notification"
    assert list(entry["recipients"][0]) == ["destination", "status", "lastUpdate"]


def test_an_empty_feed_is_an_empty_list() -> None:
    assert render(feed([])) == b"[]"


def test_an_instant_order_names_its_one_shipment() -> None:
    view = ChainView(order_id=ORDER, main=ShipmentRef(shipment_id=MAIN, senders_reference="login-4711"))
    assert written(instant(view), InstantOrderResponse) == {
        "notificationOrderId": str(ORDER),
        "notification": {"shipmentId": str(MAIN), "sendersReference": "login-4711"},
    }


def test_an_instant_order_lists_its_warnings_too() -> None:
    view = ChainView(order_id=ORDER, main=ShipmentRef(shipment_id=MAIN), warnings=("cut",))
    assert written(instant(view), InstantOrderResponse)["warnings"] == ["cut"]


@pytest.mark.parametrize("met", [True, False])
def test_the_test_helper_answers_as_a_condition_endpoint_does(met: bool) -> None:
    assert written(send_condition(met=met), SendCondition) == {"sendNotification": met}


def test_an_order_tells_which_shipments_are_cancelled_when_that_was_asked_for() -> None:
    shipments = [processed()]
    told = written(chain_status(ChainStatusView(order_id=ORDER, shipments=shipments)), NotificationOrderChainStatus)
    assert "cancelled" not in told["shipments"][0]
    asked = ChainStatusView(order_id=ORDER, shipments=shipments, asked_to_cancel=True)
    assert written(chain_status(asked), NotificationOrderChainStatus)["shipments"][0]["cancelled"] is False


def test_orders_manifests_and_feeds_have_the_shapes_that_are_documented() -> None:
    reminders = [ShipmentRef(shipment_id=FIRST)]
    view = ChainView(order_id=ORDER, main=ShipmentRef(shipment_id=MAIN), reminders=reminders, warnings=["one"])
    written(chain(view), NotificationOrderChainResponse)
    written(manifest(processed()), ShipmentManifest)
    written(feed([FeedEntryView(sequence_number=1523, shipment=processed())]), list[StatusFeedEntry])
