import pytest

from notifications.domain.statuses import (
    Channel,
    Ending,
    OrderStatus,
    Rank,
    ShipmentState,
    Status,
    order_status,
    wire_name,
)

# http-contract.md section 6.2
EMAIL_NAMES = {
    Status.NEW: "Email_New",
    Status.ACCEPTED: "Email_Succeeded",
    Status.DELIVERED: "Email_Delivered",
    Status.FAILED: "Email_Failed",
    Status.RECIPIENT_RESERVED: "Email_Failed_RecipientReserved",
    Status.RECIPIENT_NOT_IDENTIFIED: "Email_Failed_RecipientNotIdentified",
    Status.INVALID_EMAIL_FORMAT: "Email_Failed_InvalidFormat",
    Status.SUPPRESSED_RECIPIENT: "Email_Failed_SuppressedRecipient",
    Status.BOUNCED: "Email_Failed_Bounced",
    Status.FILTERED_SPAM: "Email_Failed_FilteredSpam",
    Status.QUARANTINED: "Email_Failed_Quarantined",
    Status.TTL: "Email_Failed_TTL",
    Status.PAYLOAD_TOO_LARGE: "Email_Failed_PayloadTooLarge",
    Status.INVALID_SAS_URL: "Email_Failed_InvalidSasUrl",
}
# http-contract.md section 6.3
SMS_NAMES = {
    Status.NEW: "SMS_New",
    Status.ACCEPTED: "SMS_Accepted",
    Status.DELIVERED: "SMS_Delivered",
    Status.FAILED: "SMS_Failed",
    Status.INVALID_RECIPIENT: "SMS_Failed_InvalidRecipient",
    Status.RECIPIENT_RESERVED: "SMS_Failed_RecipientReserved",
    Status.BARRED_RECEIVER: "SMS_Failed_BarredReceiver",
    Status.DELETED: "SMS_Failed_Deleted",
    Status.EXPIRED: "SMS_Failed_Expired",
    Status.UNDELIVERED: "SMS_Failed_Undelivered",
    Status.RECIPIENT_NOT_IDENTIFIED: "SMS_Failed_RecipientNotIdentified",
    Status.REJECTED: "SMS_Failed_Rejected",
    Status.TTL: "SMS_Failed_TTL",
}


@pytest.mark.parametrize(("status", "name"), EMAIL_NAMES.items())
def test_an_emails_status_has_the_contracts_name(status: Status, name: str) -> None:
    assert wire_name(Channel.EMAIL, status) == name


@pytest.mark.parametrize(("status", "name"), SMS_NAMES.items())
def test_an_sms_status_has_the_contracts_name(status: Status, name: str) -> None:
    assert wire_name(Channel.SMS, status) == name


def test_every_status_has_a_name_in_a_channel() -> None:
    assert set(Status) == EMAIL_NAMES.keys() | SMS_NAMES.keys()


def test_what_is_in_hand_shows_as_sending_until_it_is_more() -> None:
    assert wire_name(Channel.EMAIL, Status.NEW, in_hand=True) == "Email_Sending"
    assert wire_name(Channel.SMS, Status.NEW, in_hand=True) == "SMS_Sending"
    assert wire_name(Channel.SMS, Status.ACCEPTED, in_hand=True) == "SMS_Accepted"
    assert wire_name(Channel.EMAIL, Status.DELIVERED, in_hand=True) == "Email_Delivered"


def test_all_but_new_and_accepted_are_final() -> None:
    assert Status.NEW.rank < Status.ACCEPTED.rank < Status.DELIVERED.rank
    assert {status for status in Status if not status.is_final} == {Status.NEW, Status.ACCEPTED}
    assert {status.rank for status in Status if status.is_final} == {Rank.FINAL}


@pytest.mark.parametrize(
    ("state", "ending", "shown"),
    [
        (ShipmentState.REGISTERED, None, OrderStatus.REGISTERED),
        (ShipmentState.SENDING, None, OrderStatus.PROCESSED),
        (ShipmentState.DONE, Ending.COMPLETED, OrderStatus.COMPLETED),
        (ShipmentState.DONE, Ending.CONDITION_NOT_MET, OrderStatus.CONDITION_NOT_MET),
        (ShipmentState.CANCELLED, None, OrderStatus.CANCELLED),
    ],
)
def test_a_state_is_shown_as_the_contract_names_it(
    state: ShipmentState, ending: Ending | None, shown: OrderStatus
) -> None:
    assert order_status(state, ending) is shown


def test_lanes_are_named_by_one_letter() -> None:
    assert [channel.letter for channel in Channel] == ["e", "s"]
