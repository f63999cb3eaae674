import pytest

from notifications.contract.notification_statuses import (
    DESCRIPTIONS,
    description,
    future_names,
    legacy_name,
    legacy_names,
    summary_name,
    summary_names,
)
from notifications.domain.statuses import Channel, Status

# http-contract.md sections 6.2 and 6.3: legacy name, name in the future API, description
EMAIL = {
    Status.NEW: (
        "New",
        "Email_New",
        "The email has been created, but has not been picked up for processing yet.",
    ),
    Status.ACCEPTED: (
        "Succeeded",
        "Email_Succeeded",
        "The email has been accepted by the third party email service and will be sent shortly.",
    ),
    Status.DELIVERED: (
        "Delivered",
        "Email_Delivered",
        (
            "The email was delivered to the recipient. "
            "No errors reported, making it likely it was received by the recipient."
        ),
    ),
    Status.FAILED: ("Failed", "Email_Failed", "The email was not sent due to an unspecified failure."),
    Status.RECIPIENT_RESERVED: (
        "Failed_RecipientReserved",
        "Email_Failed_RecipientReserved",
        "The email was not sent because the recipient has reserved themselves from electronic communication.",
    ),
    Status.RECIPIENT_NOT_IDENTIFIED: (
        "Failed_RecipientNotIdentified",
        "Email_Failed_RecipientNotIdentified",
        "The email was not sent because the recipient's email address was not found.",
    ),
    Status.INVALID_EMAIL_FORMAT: (
        "Failed_InvalidEmailFormat",
        "Email_Failed_InvalidFormat",
        "The email was not sent because the recipient\u2019s email address is in an invalid format.",
    ),
    Status.SUPPRESSED_RECIPIENT: (
        "Failed_SupressedRecipient",
        "Email_Failed_SuppressedRecipient",
        (
            "The email was not sent because the recipient\u2019s email address is suppressed by the third party "
            "email service."
        ),
    ),
    Status.BOUNCED: (
        "Failed_Bounced",
        "Email_Failed_Bounced",
        (
            "The email hard bounced, which may have happened because the email address does not exist or the domain "
            "is invalid."
        ),
    ),
    Status.FILTERED_SPAM: (
        "Failed_FilteredSpam",
        "Email_Failed_FilteredSpam",
        "The email was identified as spam, and was rejected or blocked (not quarantined).",
    ),
    Status.QUARANTINED: (
        "Failed_Quarantined",
        "Email_Failed_Quarantined",
        "The email was quarantined (as spam, bulk mail, or phising).",
    ),
    Status.TTL: (
        "Failed_TTL",
        "Email_Failed_TTL",
        "The email was in indefinite state Succeeded for too long (TTL), and was subsequently set to failed.",
    ),
    Status.INVALID_SAS_URL: (
        "Failed_InvalidSasUrl",
        "Email_Failed_InvalidSasUrl",
        "The email was not sent because one or more attachment SAS URLs are invalid, expired, or inaccessible.",
    ),
    Status.PAYLOAD_TOO_LARGE: (
        "Failed_PayloadTooLarge",
        "Email_Failed_PayloadTooLarge",
        "The email was not sent because the total size of the attachments exceeds the allowed limit.",
    ),
}
SMS = {
    Status.NEW: ("New", "SMS_New", "The SMS has been created, but has not been picked up for processing yet."),
    Status.ACCEPTED: (
        "Accepted",
        "SMS_Accepted",
        "The SMS has been accepted by the gateway service and will be sent shortly.",
    ),
    Status.DELIVERED: ("Delivered", "SMS_Delivered", "The SMS was successfully delivered to its destination."),
    Status.FAILED: ("Failed", "SMS_Failed", "The SMS was not delivered due to an unspecified failure."),
    Status.INVALID_RECIPIENT: (
        "Failed_InvalidRecipient",
        "SMS_Failed_InvalidRecipient",
        "The SMS was not delivered because the recipient's mobile number was invalid.",
    ),
    Status.RECIPIENT_RESERVED: (
        "Failed_RecipientReserved",
        "SMS_Failed_RecipientReserved",
        "The SMS was not sent because the recipient has reserved themselves from electronic communication.",
    ),
    Status.BARRED_RECEIVER: (
        "Failed_BarredReceiver",
        "SMS_Failed_BarredReceiver",
        "The SMS was not delivered because the recipient's number is barred, blocked or not in use.",
    ),
    Status.DELETED: (
        "Failed_Deleted",
        "SMS_Failed_Deleted",
        "The SMS was not delivered because the message has been deleted.",
    ),
    Status.EXPIRED: (
        "Failed_Expired",
        "SMS_Failed_Expired",
        "The SMS was not delivered because it has expired.",
    ),
    Status.UNDELIVERED: (
        "Failed_Undelivered",
        "SMS_Failed_Undelivered",
        "The SMS was not delivered due to invalid number or no available route to destination.",
    ),
    Status.RECIPIENT_NOT_IDENTIFIED: (
        "Failed_RecipientNotIdentified",
        "SMS_Failed_RecipientNotIdentified",
        "The SMS was not delivered because the recipient's mobile number was not found.",
    ),
    Status.REJECTED: ("Failed_Rejected", "SMS_Failed_Rejected", "The SMS was not delivered because it was rejected."),
    Status.TTL: (
        "Failed_TTL",
        "SMS_Failed_TTL",
        "The SMS was in indefinite state Accepted for too long (TTL), and was subsequently set to failed.",
    ),
}
TABLES = {Channel.EMAIL: EMAIL, Channel.SMS: SMS}


@pytest.mark.parametrize("channel", Channel)
def test_each_status_has_the_name_and_the_description_of_the_reference(channel: Channel) -> None:
    told = {each: (legacy_name(channel, each), description(channel, each)) for each in DESCRIPTIONS[channel]}
    assert told == {each: (name, text) for each, (name, _, text) in TABLES[channel].items()}


def test_the_documented_names_are_those_of_the_tables_and_sending() -> None:
    assert sorted(future_names()) == sorted(
        ["Email_Sending", "SMS_Sending", *(name for table in TABLES.values() for _, name, _ in table.values())]
    )
    for channel, table in TABLES.items():
        assert legacy_names(channel) == ["Sending", *(name for name, _, _ in table.values())]


def test_every_status_is_known_to_a_channel() -> None:
    assert set(EMAIL) | set(SMS) == set(Status)


@pytest.mark.parametrize("channel", Channel)
def test_what_expired_is_called_failed_in_summaries_alone(channel: Channel) -> None:
    assert summary_name(channel, Status.TTL) == "Failed"
    assert legacy_name(channel, Status.TTL) == "Failed_TTL"
    assert "Failed_TTL" not in summary_names(channel)
    assert summary_names(channel).count("Failed") == 1


@pytest.mark.parametrize(("channel", "noun"), [(Channel.EMAIL, "email"), (Channel.SMS, "SMS")])
def test_what_a_worker_holds_is_being_sent(channel: Channel, noun: str) -> None:
    assert legacy_name(channel, Status.NEW, in_hand=True) == "Sending"
    assert summary_name(channel, Status.NEW, in_hand=True) == "Sending"
    text = f"The {noun} is being processed and will be attempted sent shortly."
    assert description(channel, Status.NEW, in_hand=True) == text
    assert legacy_name(channel, Status.DELIVERED, in_hand=True) == "Delivered"


def test_a_status_of_the_other_channel_is_described_as_an_unspecified_failure() -> None:
    assert description(Channel.SMS, Status.BOUNCED) == SMS[Status.FAILED][2]
