"""The states of shipments and notifications, their rank, and their names on the wire (http-contract.md section 6)."""

from enum import IntEnum, StrEnum


class Channel(StrEnum):
    """How one notification travels."""

    EMAIL = "email"
    SMS = "sms"

    @property
    def letter(self) -> str:
        """The lane's one-letter name in wake-ups."""
        return self.value[0]


class Status(StrEnum):
    """A notification's status, named as the legacy API names it; Accepted is the email's Succeeded."""

    NEW = "New"
    ACCEPTED = "Accepted"
    DELIVERED = "Delivered"
    FAILED = "Failed"
    RECIPIENT_RESERVED = "Failed_RecipientReserved"
    RECIPIENT_NOT_IDENTIFIED = "Failed_RecipientNotIdentified"
    TTL = "Failed_TTL"
    # email
    INVALID_EMAIL_FORMAT = "Failed_InvalidEmailFormat"
    SUPPRESSED_RECIPIENT = "Failed_SupressedRecipient"
    BOUNCED = "Failed_Bounced"
    FILTERED_SPAM = "Failed_FilteredSpam"
    QUARANTINED = "Failed_Quarantined"
    PAYLOAD_TOO_LARGE = "Failed_PayloadTooLarge"
    INVALID_SAS_URL = "Failed_InvalidSasUrl"
    # SMS
    INVALID_RECIPIENT = "Failed_InvalidRecipient"
    BARRED_RECEIVER = "Failed_BarredReceiver"
    DELETED = "Failed_Deleted"
    EXPIRED = "Failed_Expired"
    UNDELIVERED = "Failed_Undelivered"
    REJECTED = "Failed_Rejected"

    @property
    def rank(self) -> "Rank":
        """How far along this status is; a status only ever changes to one of higher rank."""
        return _RANKS.get(self, Rank.FINAL)

    @property
    def is_final(self) -> bool:
        """Whether nothing can change it any more."""
        return self.rank is Rank.FINAL


class Rank(IntEnum):
    """The order in which statuses may follow each other."""

    NEW = 0
    ACCEPTED = 1
    FINAL = 2


_RANKS = {Status.NEW: Rank.NEW, Status.ACCEPTED: Rank.ACCEPTED}

_EMAIL_NAMES = {
    Status.ACCEPTED: "Succeeded",
    Status.INVALID_EMAIL_FORMAT: "Failed_InvalidFormat",
    Status.SUPPRESSED_RECIPIENT: "Failed_SuppressedRecipient",
}


def wire_name(channel: Channel, status: Status, *, in_hand: bool = False) -> str:
    """The status in manifest and feed, such as `Email_Succeeded`; `in_hand` says that a live claim covers it."""
    if status is Status.NEW and in_hand:
        name = "Sending"
    elif channel is Channel.EMAIL:
        name = _EMAIL_NAMES.get(status, status.value)
    else:
        name = status.value
    return f"{'Email' if channel is Channel.EMAIL else 'SMS'}_{name}"


class ShipmentState(StrEnum):
    """Where a shipment is on its road."""

    REGISTERED = "Registered"
    PLANNING = "Planning"
    SENDING = "Sending"
    DONE = "Done"
    CANCELLED = "Cancelled"


class Ending(StrEnum):
    """How a Done shipment ended."""

    COMPLETED = "Completed"
    CONDITION_NOT_MET = "SendConditionNotMet"


class OrderStatus(StrEnum):
    """A shipment's status as callers know it; the future API writes it with the prefix `Order_`."""

    REGISTERED = "Registered"
    PROCESSING = "Processing"
    PROCESSED = "Processed"
    COMPLETED = "Completed"
    CONDITION_NOT_MET = "SendConditionNotMet"
    CANCELLED = "Cancelled"


def order_status(state: ShipmentState, ending: Ending | None) -> OrderStatus:
    """What callers are shown for a state (spec/README.md item 32)."""
    match state:
        case ShipmentState.REGISTERED:
            return OrderStatus.REGISTERED
        case ShipmentState.PLANNING:
            return OrderStatus.PROCESSING
        case ShipmentState.SENDING:
            return OrderStatus.PROCESSED
        case ShipmentState.CANCELLED:
            return OrderStatus.CANCELLED
        case ShipmentState.DONE:
            return OrderStatus.CONDITION_NOT_MET if ending is Ending.CONDITION_NOT_MET else OrderStatus.COMPLETED
