"""What a notification's status is called and said to mean on each channel (http-contract.md sections 6.2 and 6.3)."""

from collections.abc import Mapping
from types import MappingProxyType

from notifications.domain.statuses import Channel, Status, wire_name

SENDING = "Sending"

_EMAIL = {
    Status.NEW: "The email has been created, but has not been picked up for processing yet.",
    Status.ACCEPTED: "The email has been accepted by the third party email service and will be sent shortly.",
    Status.DELIVERED: "The email was delivered to the recipient. No errors reported, making it likely it was received "
    "by the recipient.",
    Status.FAILED: "The email was not sent due to an unspecified failure.",
    Status.RECIPIENT_RESERVED: "The email was not sent because the recipient has reserved themselves from electronic "
    "communication.",
    Status.RECIPIENT_NOT_IDENTIFIED: "The email was not sent because the recipient's email address was not found.",
    # the typographic apostrophes and the misspelling are the reference's
    Status.INVALID_EMAIL_FORMAT: "The email was not sent because the recipient’s email address is in an invalid "
    "format.",
    Status.SUPPRESSED_RECIPIENT: "The email was not sent because the recipient’s email address is suppressed by the "
    "third party email service.",
    Status.BOUNCED: "The email hard bounced, which may have happened because the email address does not exist or the "
    "domain is invalid.",
    Status.FILTERED_SPAM: "The email was identified as spam, and was rejected or blocked (not quarantined).",
    Status.QUARANTINED: "The email was quarantined (as spam, bulk mail, or phising).",
    Status.TTL: "The email was in indefinite state Succeeded for too long (TTL), and was subsequently set to failed.",
    Status.INVALID_SAS_URL: "The email was not sent because one or more attachment SAS URLs are invalid, expired, or "
    "inaccessible.",
    Status.PAYLOAD_TOO_LARGE: "The email was not sent because the total size of the attachments exceeds the allowed "
    "limit.",
}
_SMS = {
    Status.NEW: "The SMS has been created, but has not been picked up for processing yet.",
    Status.ACCEPTED: "The SMS has been accepted by the gateway service and will be sent shortly.",
    Status.DELIVERED: "The SMS was successfully delivered to its destination.",
    Status.FAILED: "The SMS was not delivered due to an unspecified failure.",
    Status.INVALID_RECIPIENT: "The SMS was not delivered because the recipient's mobile number was invalid.",
    Status.RECIPIENT_RESERVED: "The SMS was not sent because the recipient has reserved themselves from electronic "
    "communication.",
    Status.BARRED_RECEIVER: "The SMS was not delivered because the recipient's number is barred, blocked or not in "
    "use.",
    Status.DELETED: "The SMS was not delivered because the message has been deleted.",
    Status.EXPIRED: "The SMS was not delivered because it has expired.",
    Status.UNDELIVERED: "The SMS was not delivered due to invalid number or no available route to destination.",
    Status.RECIPIENT_NOT_IDENTIFIED: "The SMS was not delivered because the recipient's mobile number was not found.",
    Status.REJECTED: "The SMS was not delivered because it was rejected.",
    Status.TTL: "The SMS was in indefinite state Accepted for too long (TTL), and was subsequently set to failed.",
}
_SENDING_DESCRIPTIONS = {
    Channel.EMAIL: "The email is being processed and will be attempted sent shortly.",
    Channel.SMS: "The SMS is being processed and will be attempted sent shortly.",
}

DESCRIPTIONS: Mapping[Channel, Mapping[Status, str]] = MappingProxyType({Channel.EMAIL: _EMAIL, Channel.SMS: _SMS})
"""What the legacy API says about each status that a channel knows."""


def is_success(status: Status) -> bool:
    """Whether the legacy API counts a notification as succeeded: a provider has it, or its recipient."""
    return status in {Status.ACCEPTED, Status.DELIVERED}


def legacy_name(channel: Channel, status: Status, *, in_hand: bool = False) -> str:
    """The raw name, which the dashboard shows; `in_hand` says that a live claim covers the notification."""
    if status is Status.NEW and in_hand:
        return SENDING
    return "Succeeded" if channel is Channel.EMAIL and status is Status.ACCEPTED else status.value


def summary_name(channel: Channel, status: Status, *, in_hand: bool = False) -> str:
    """The name in the legacy summaries, which call what expired just failed; only the description tells."""
    return Status.FAILED.value if status is Status.TTL else legacy_name(channel, status, in_hand=in_hand)


def description(channel: Channel, status: Status, *, in_hand: bool = False) -> str:
    """The reference's words; those of an unspecified failure where the channel does not know the status."""
    if status is Status.NEW and in_hand:
        return _SENDING_DESCRIPTIONS[channel]
    return DESCRIPTIONS[channel].get(status, DESCRIPTIONS[channel][Status.FAILED])


def legacy_names(channel: Channel) -> list[str]:
    """Every raw name that a channel's notifications can have."""
    return [SENDING, *(legacy_name(channel, status) for status in DESCRIPTIONS[channel])]


def summary_names(channel: Channel) -> list[str]:
    """Every name that the summary of a channel can hold."""
    return [SENDING, *dict.fromkeys(summary_name(channel, status) for status in DESCRIPTIONS[channel])]


def future_names() -> list[str]:
    """Every status that manifest, feed and log can tell of a notification."""
    sending = [wire_name(channel, Status.NEW, in_hand=True) for channel in Channel]
    return sending + [wire_name(channel, status) for channel in Channel for status in DESCRIPTIONS[channel]]
