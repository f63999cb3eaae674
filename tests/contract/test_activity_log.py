from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from notifications.contract.activity_log import LogEntryView, NotificationLogEntry, activity_log
from notifications.domain.order import Recipient, ShipmentType
from notifications.domain.statuses import Channel, Status
from tests.contract.shapes import written

SHIPMENT = UUID("5c2f6f8e-0f1a-8d65-9d63-3f9b7a8e6d77")
NOTIFICATION = UUID("5c2f6f8e-0f1a-8d65-9d63-3f9b01000001")

VIEW = LogEntryView(
    shipment_id=SHIPMENT,
    notification_id=NOTIFICATION,
    type=ShipmentType.NOTIFICATION,
    channel=Channel.SMS,
    recipient=Recipient(phone_number="+4799999999"),
    address="+4799999999",
    status=Status.NEW,
    requested_send_time=datetime(2026, 8, 10, 8, tzinfo=UTC),
    last_update=datetime(2026, 8, 10, 8, 0, 1, tzinfo=UTC),
)


def test_an_entry_tells_all_that_is_known_of_a_notification() -> None:
    view = replace(
        VIEW,
        channel=Channel.EMAIL,
        address="ola.normann@example.com",
        status=Status.ACCEPTED,
        recipient=Recipient(national_identity_number="16869412345"),
        senders_reference="te-55",
        dialog_id="dialog",
        transmission_id="transmission",
        reference="operation",
        resource_id="urn:altinn:resource:te_svc123",
    )
    assert written(activity_log([view]), list[NotificationLogEntry]) == [
        {
            "shipmentId": str(SHIPMENT),
            "notificationId": str(NOTIFICATION),
            "sendersReference": "te-55",
            "dialogId": "dialog",
            "transmissionId": "transmission",
            "deliveryReference": "operation",
            "recipient": "16869412345",
            "type": "Notification",
            "channel": "Email",
            "destination": "ola.normann@example.com",
            "resourceId": "urn:altinn:resource:te_svc123",
            "status": "Email_Succeeded",
            "requestedSendTime": "2026-08-10T08:00:00Z",
            "lastUpdateTime": "2026-08-10T08:00:01Z",
        }
    ]


def test_what_is_not_known_is_left_out() -> None:
    (told,) = written(activity_log([VIEW]), list[NotificationLogEntry])
    assert list(told) == [
        "shipmentId",
        "notificationId",
        "type",
        "channel",
        "destination",
        "status",
        "requestedSendTime",
        "lastUpdateTime",
    ]
    assert (told["channel"], told["status"]) == ("Sms", "SMS_New")


def test_a_notification_that_a_worker_holds_is_being_sent() -> None:
    (told,) = written(activity_log([replace(VIEW, in_hand=True)]), list[NotificationLogEntry])
    assert told["status"] == "SMS_Sending"


@pytest.mark.parametrize(
    ("recipient", "shown"),
    [
        (Recipient(organization_number="312508729"), "312508729"),
        (Recipient(external_identity="urn:altinn:username:ola"), None),
    ],
)
def test_the_recipient_is_an_organisation_or_a_person(recipient: Recipient, shown: str | None) -> None:
    (told,) = written(activity_log([replace(VIEW, recipient=recipient)]), list[NotificationLogEntry])
    assert told.get("recipient") == shown
