from datetime import UTC, datetime
from uuid import UUID

from notifications.contract.dashboard import AttemptView, DashboardNotification, DashboardView, dashboard
from notifications.domain.order import ChannelScheme, Recipient, ShipmentType
from notifications.domain.statuses import Channel, Status
from tests.contract.shapes import written

SHIPMENT = UUID("5c2f6f8e-0f1a-4d65-9d63-3f9b7a8e6d77")
PERSON = Recipient(national_identity_number="16869412345")
ORGANIZATION = Recipient(organization_number="312508729")


def attempt(channel: Channel, address: str, status: Status, recipient: Recipient = PERSON) -> AttemptView:
    then = datetime(2026, 7, 20, 8, 2, 11, 500000, tzinfo=UTC)
    return AttemptView(recipient=recipient, channel=channel, address=address, status=status, last_update=then)


def test_a_shipment_is_told_with_each_attempt_to_reach_the_person() -> None:
    view = DashboardView(
        shipment_id=SHIPMENT,
        creator="ttd",
        resource_id="urn:altinn:resource:te_svc123",
        senders_reference="te-55",
        requested_send_time=datetime(2026, 7, 20, 8, tzinfo=UTC),
        channels=ChannelScheme.EMAIL_AND_SMS,
        type=ShipmentType.NOTIFICATION,
        attempts=[
            attempt(Channel.EMAIL, "ola.normann@example.com", Status.DELIVERED),
            attempt(Channel.SMS, "+4799999999", Status.TTL),
        ],
    )
    assert written(dashboard([view]), list[DashboardNotification]) == [
        {
            "shipmentId": str(SHIPMENT),
            "creatorName": "ttd",
            "resourceId": "urn:altinn:resource:te_svc123",
            "sendersReference": "te-55",
            "requestedSendTime": "2026-07-20T08:00:00Z",
            "notificationChannel": "EmailAndSms",
            "notificationType": "Notification",
            "deliveryAttempts": [
                {
                    "nationalIdentityNumber": "16869412345",
                    "channel": "email",
                    "emailAddress": "ola.normann@example.com",
                    "result": "Delivered",
                    "resultTime": "2026-07-20T08:02:11.5Z",
                },
                {
                    "nationalIdentityNumber": "16869412345",
                    "channel": "sms",
                    "mobileNumber": "+4799999999",
                    "result": "Failed_TTL",
                    "resultTime": "2026-07-20T08:02:11.5Z",
                },
            ],
        }
    ]


def test_an_organisation_is_told_by_its_number_and_an_address_that_was_not_found_as_empty() -> None:
    view = DashboardView(
        shipment_id=SHIPMENT,
        creator="ttd",
        requested_send_time=datetime(2026, 8, 2, 8, tzinfo=UTC),
        channels=ChannelScheme.EMAIL_PREFERRED,
        type=ShipmentType.REMINDER,
        attempts=[attempt(Channel.EMAIL, "", Status.RECIPIENT_NOT_IDENTIFIED, ORGANIZATION)],
    )
    (told,) = written(dashboard([view]), list[DashboardNotification])
    assert "resourceId" not in told
    assert "sendersReference" not in told
    (attempted,) = told["deliveryAttempts"]
    assert (attempted["organizationNumber"], attempted["emailAddress"]) == ("312508729", "")
    assert attempted["result"] == "Failed_RecipientNotIdentified"


def test_nothing_found_is_an_empty_list() -> None:
    assert written(dashboard([]), list[DashboardNotification]) == []
