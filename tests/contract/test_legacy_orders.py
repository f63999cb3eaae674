from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from notifications.contract.legacy_orders import (
    AcceptedView,
    LookupView,
    Order,
    OrderList,
    OrderRequestResponse,
    OrderView,
    Senders,
    order,
    order_accepted,
    order_list,
)
from notifications.domain.order import ChannelScheme, ContentType, EmailTemplate, Recipient, SmsTemplate
from tests.contract.shapes import written

ID = UUID("2a3b4c5d-6e7f-4081-92a3-b4c5d6e7f809")
BASE = "https://platform.example.com"
SENDERS = Senders(email="noreply@example.com", sms="Altinn")

VIEW = OrderView(
    shipment_id=ID,
    senders_reference="ref-2026-01",
    requested_send_time=datetime(2026, 8, 10, 8, tzinfo=UTC),
    creator="ttd",
    created=datetime(2026, 8, 3, 7, 12, 45, 120034, tzinfo=UTC),
    channels=ChannelScheme.EMAIL,
    recipients=[Recipient(email_address="ola.normann@example.com")],
    email=EmailTemplate(subject="Subject", body="<b>Body</b>", content_type=ContentType.HTML),
)


def test_an_order_is_told_as_it_was_placed_from_the_default_sender() -> None:
    told = written(order(VIEW, base_uri=BASE, senders=SENDERS), Order)
    assert told == {
        "id": str(ID),
        "sendersReference": "ref-2026-01",
        "requestedSendTime": "2026-08-10T08:00:00Z",
        "creator": "ttd",
        "created": "2026-08-03T07:12:45.120034Z",
        "notificationChannel": "Email",
        "recipients": [{"emailAddress": "ola.normann@example.com"}],
        "emailTemplate": {
            "fromAddress": "noreply@example.com",
            "subject": "Subject",
            "body": "<b>Body</b>",
            "contentType": "Html",
        },
        "links": {
            "self": f"{BASE}/notifications/api/v1/orders/{ID}",
            "status": f"{BASE}/notifications/api/v1/orders/{ID}/status",
        },
    }


def test_an_sms_template_and_given_senders_are_told() -> None:
    view = replace(
        VIEW,
        channels=ChannelScheme.EMAIL_PREFERRED,
        email=EmailTemplate(subject="S", body="B", sender="post@example.com"),
        sms=SmsTemplate(body="Hei", sender="TTD"),
    )
    told = written(order(view, base_uri=BASE, senders=SENDERS), Order)
    assert told["emailTemplate"]["fromAddress"] == "post@example.com"
    assert told["smsTemplate"] == {"senderNumber": "TTD", "body": "Hei"}
    default = replace(view, sms=SmsTemplate(body="Hei"))
    assert written(order(default, base_uri=BASE, senders=SENDERS), Order)["smsTemplate"]["senderNumber"] == "Altinn"


def test_recipients_are_told_as_they_were_ordered_and_an_external_identity_as_nothing() -> None:
    recipients = [
        Recipient(national_identity_number="16869412345"),
        Recipient(organization_number="312508729"),
        Recipient(phone_number="+4799999999", email_address="ola.normann@example.com"),
        Recipient(external_identity="urn:altinn:username:ola"),
    ]
    told = written(order(replace(VIEW, recipients=recipients), base_uri=BASE, senders=SENDERS), Order)
    assert told["recipients"] == [
        {"nationalIdentityNumber": "16869412345"},
        {"organizationNumber": "312508729"},
        {"emailAddress": "ola.normann@example.com", "mobileNumber": "+4799999999"},
        {},
    ]


def test_what_was_ordered_about_resource_reservation_and_condition_is_told() -> None:
    view = replace(
        VIEW,
        ignore_reservation=True,
        resource_id="urn:altinn:resource:te_svc123",
        resource_action="read",
        condition_endpoint="https://conditions.example.com/%C3%A5",
    )
    told = written(order(view, base_uri=BASE, senders=SENDERS), Order)
    assert list(told)[5:11] == [
        "notificationChannel",
        "ignoreReservation",
        "resourceId",
        "resourceAction",
        "conditionEndpoint",
        "recipients",
    ]
    assert told["ignoreReservation"] is True
    assert told["conditionEndpoint"] == "https://conditions.example.com/%C3%A5"


def test_a_search_tells_how_many_orders_there_are() -> None:
    none = written(order_list([], base_uri=BASE, senders=SENDERS), OrderList)
    assert none == {"count": 0, "orders": []}
    two = written(order_list([VIEW, VIEW], base_uri=BASE, senders=SENDERS), OrderList)
    assert two["count"] == 2
    assert [each["id"] for each in two["orders"]] == [str(ID)] * 2


def test_an_accepted_order_for_addresses_says_nothing_of_a_lookup() -> None:
    assert written(order_accepted(AcceptedView(order_id=ID)), OrderRequestResponse) == {"orderId": str(ID)}


def test_an_accepted_order_lists_its_warnings() -> None:
    told = written(order_accepted(AcceptedView(order_id=ID, warnings=["cut"])), OrderRequestResponse)
    assert told["warnings"] == ["cut"]


@pytest.mark.parametrize(
    ("looked_up", "reserved", "missing", "status"),
    [
        (1, [], [], "Success"),
        (3, ["29924112345"], ["312508729"], "PartialSuccess"),
        (2, ["29924112345"], ["312508729"], "Failed"),
        (1, [], ["16869412345"], "Failed"),
        (2, ["29924112345"], [], "PartialSuccess"),
    ],
)
def test_a_lookup_succeeds_for_all_for_some_or_for_nobody(
    looked_up: int, reserved: list[str], missing: list[str], status: str
) -> None:
    lookup = LookupView(looked_up=looked_up, reserved=reserved, missing=missing)
    told = written(order_accepted(AcceptedView(order_id=ID, lookup=lookup)), OrderRequestResponse)
    assert told["recipientLookup"] == {"status": status, "isReserved": reserved, "missingContact": missing}
