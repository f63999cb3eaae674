"""The special email recipients: the local part of the address, up to a plus sign, decides what happens."""

from local.simulators.acs.errors import THROTTLED, AcsError
from local.simulators.fates import Fate, Lost, When


class EmailFate(Fate[AcsError]):
    """What happens to one email."""


SUPPRESSED = AcsError(
    400,
    "EmailDroppedAllRecipientsSuppressed",
    "Message dropped because all recipients were suppressed.",
)

ORDINARY = EmailFate(does="accepted, then reported Delivered", reports=("Delivered",))
"""What happens to every address that is not in the table."""

RECIPIENTS: dict[str, EmailFate] = {
    "bounced": EmailFate(does="accepted, then reported Bounced", reports=("Bounced",)),
    "failed": EmailFate(does="accepted, then reported Failed", reports=("Failed",)),
    "suppressed": EmailFate(does="accepted, then reported Suppressed", reports=("Suppressed",)),
    "quarantined": EmailFate(does="accepted, then reported Quarantined", reports=("Quarantined",)),
    "filteredspam": EmailFate(does="accepted, then reported FilteredSpam", reports=("FilteredSpam",)),
    "expanded": EmailFate(does="accepted, then reported Expanded", reports=("Expanded",)),
    "suppressed-now": EmailFate(
        does="every call refused: 400, error code EmailDroppedAllRecipientsSuppressed",
        fault=SUPPRESSED,
        faulty_calls=None,
    ),
    "dropped": EmailFate(
        does="accepted, never reported; the operation ends Failed, EmailDroppedAllRecipientsSuppressed"
    ),
    "invalid-format": EmailFate(
        does='every call refused: 400, message "Invalid format for email address"',
        fault=AcsError(400, "BadRequest", "Invalid format for email address"),
        faulty_calls=None,
    ),
    "throttled": EmailFate(
        does="the first 2 calls of an operation 429 with Retry-After: 1, then accepted and reported Delivered",
        fault=THROTTLED,
        faulty_calls=2,
        reports=("Delivered",),
    ),
    "unavailable": EmailFate(
        does="the first 2 calls of an operation 503, then accepted and reported Delivered",
        fault=AcsError(503, "ServiceUnavailable", "The service is unavailable."),
        faulty_calls=2,
        reports=("Delivered",),
    ),
    "error": EmailFate(
        does="every call 500",
        fault=AcsError(500, "InternalServerError", "The server encountered an internal error."),
        faulty_calls=None,
    ),
    "hang": EmailFate(
        does="accepted, but the first call is never answered; reported Delivered",
        fault=Lost.HANG,
        reports=("Delivered",),
    ),
    "reset": EmailFate(
        does="accepted, but the first call's connection is closed without an answer; reported Delivered",
        fault=Lost.RESET,
        reports=("Delivered",),
    ),
    "silent": EmailFate(does="accepted, never reported"),
    "twice": EmailFate(does="accepted, the same Delivered report is sent twice", reports=("Delivered", "Delivered")),
    "contradict": EmailFate(does="accepted, reported Delivered, then Bounced", reports=("Delivered", "Bounced")),
    "early": EmailFate(does="reported Delivered before the 202 is answered", reports=("Delivered",), when=When.EARLY),
    "late": EmailFate(
        does="accepted, reported Delivered after 30 s (--late-report-ms)",
        reports=("Delivered",),
        when=When.LATE,
    ),
    "slow": EmailFate(
        does="accepted, answered after 2 s, then reported Delivered",
        reports=("Delivered",),
        answer_seconds=2,
    ),
}

OPERATION_ERRORS: dict[str, AcsError] = {"dropped": SUPPRESSED}
"""How the operation of a recipient ends when it does not end Succeeded."""


def name_of(address: str) -> str:
    """Return the part of an address that decides: its local part before a plus sign, in lower case."""
    return address.partition("@")[0].partition("+")[0].lower()


def fate_of(address: str) -> EmailFate:
    """Return what happens to an email to this address."""
    return RECIPIENTS.get(name_of(address), ORDINARY)
