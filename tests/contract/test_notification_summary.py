from datetime import UTC, datetime
from uuid import UUID

from notifications.contract.notification_summary import (
    NotificationSummary,
    NotificationView,
    SummaryView,
    notification_summary,
)
from notifications.domain.order import Recipient
from notifications.domain.statuses import Channel, Status
from tests.contract.shapes import written

ORDER = UUID("3b4c5d6e-7f80-4192-a3b4-c5d6e7f8091a")
NOTIFICATION = UUID("11111111-2222-4333-8444-555555555555")
THEN = datetime(2026, 8, 3, 7, 14, 1, 500000, tzinfo=UTC)


def notification(status: Status, address: str = "", **recipient: str) -> NotificationView:
    return NotificationView(
        id=NOTIFICATION, recipient=Recipient(**recipient), address=address, status=status, last_update=THEN
    )


def test_a_summary_tells_each_notification_with_its_address_and_whose_it_is() -> None:
    view = SummaryView(
        order_id=ORDER,
        senders_reference="ref-3",
        channel=Channel.EMAIL,
        notifications=[
            notification(Status.DELIVERED, "ola.normann@example.com", national_identity_number="16869412345"),
            notification(Status.RECIPIENT_RESERVED, national_identity_number="29924112345"),
            notification(Status.RECIPIENT_NOT_IDENTIFIED, organization_number="312508729"),
        ],
    )
    told = written(notification_summary(view), NotificationSummary)
    assert list(told) == ["orderId", "sendersReference", "generated", "succeeded", "notifications"]
    assert (told["orderId"], told["generated"], told["succeeded"]) == (str(ORDER), 3, 1)
    assert told["notifications"][0] == {
        "id": str(NOTIFICATION),
        "succeeded": True,
        "recipient": {"emailAddress": "ola.normann@example.com", "nationalIdentityNumber": "16869412345"},
        "sendStatus": {
            "status": "Delivered",
            "description": "The email was delivered to the recipient. No errors reported, making it likely it was "
            "received by the recipient.",
            "lastUpdate": "2026-08-03T07:14:01.5Z",
        },
    }
    assert [each["recipient"] for each in told["notifications"][1:]] == [
        {"emailAddress": "", "nationalIdentityNumber": "29924112345"},
        {"emailAddress": "", "organizationNumber": "312508729"},
    ]
    assert [each["sendStatus"]["status"] for each in told["notifications"][1:]] == [
        "Failed_RecipientReserved",
        "Failed_RecipientNotIdentified",
    ]


def test_an_sms_counts_as_succeeded_when_the_gateway_or_the_recipient_has_it() -> None:
    view = SummaryView(
        order_id=ORDER,
        channel=Channel.SMS,
        notifications=[
            notification(Status.ACCEPTED, "+4799999999", phone_number="+4799999999"),
            notification(Status.DELIVERED, "004798888888", phone_number="004798888888"),
            notification(Status.EXPIRED, "+4799999999", phone_number="+4799999999"),
        ],
    )
    told = written(notification_summary(view), NotificationSummary)
    assert "sendersReference" not in told
    assert (told["generated"], told["succeeded"]) == (3, 2)
    assert [each["recipient"] for each in told["notifications"]] == [
        {"mobileNumber": "+4799999999"},
        {"mobileNumber": "004798888888"},
        {"mobileNumber": "+4799999999"},
    ]


def test_a_summary_without_notifications_is_an_empty_list() -> None:
    told = written(notification_summary(SummaryView(order_id=ORDER, channel=Channel.SMS)), NotificationSummary)
    assert told == {"orderId": str(ORDER), "generated": 0, "succeeded": 0, "notifications": []}


def test_what_expired_is_called_failed_and_described_as_expired() -> None:
    view = SummaryView(order_id=ORDER, channel=Channel.EMAIL, notifications=[notification(Status.TTL)])
    (told,) = written(notification_summary(view), NotificationSummary)["notifications"]
    assert told["sendStatus"]["status"] == "Failed"
    assert "too long (TTL)" in told["sendStatus"]["description"]
    assert told["succeeded"] is False


def test_a_notification_that_a_worker_holds_is_being_sent() -> None:
    held = NotificationView(
        id=NOTIFICATION,
        recipient=Recipient(phone_number="+4799999999"),
        address="+4799999999",
        status=Status.NEW,
        last_update=THEN,
        in_hand=True,
    )
    view = SummaryView(order_id=ORDER, channel=Channel.SMS, notifications=[held])
    (told,) = written(notification_summary(view), NotificationSummary)["notifications"]
    assert told["sendStatus"]["status"] == "Sending"
