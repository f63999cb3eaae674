"""The special SMS recipients: in +4799990000 to +4799990999 the last two digits decide, as at the other gateway.

The third last digit is free, so each fate has ten numbers (and a run can use several at once).
"""

import re
from dataclasses import dataclass

from local.simulators.acs.errors import THROTTLED, AcsError
from local.simulators.fates import Fate, Lost, When


@dataclass(frozen=True, slots=True)
class NotTaken:
    """The call is answered 202, and its one message with this status and text; it is not sent."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a delivery report says: status and details."""

    status: str
    details: str = ""


type SmsRefusal = AcsError | NotTaken


class SmsFate(Fate[SmsRefusal]):
    """What happens to one SMS; the reports are keys of `REPORTS`."""


# Numbers and texts are the documentation's "SMS error codes".
REPORTS: dict[str, Report] = {
    "Delivered": Report("Delivered", "2000: Message Delivered Successfully."),
    "4000": Report("Failed", "4000: Message is rejected due to fraud detection."),
    "4002": Report("Failed", "4002: Message is rejected due to invalid Destination/To number format."),
    "4003": Report("Failed", "4003: Message failed to deliver due to unsupported destination."),
    "4004": Report("Failed", "4004: Message failed to deliver since Destination/To number doesn't exist."),
    "4005": Report("Failed", "4005: Message blocked by Destination carrier."),
    "4006": Report("Failed", "4006: The Destination/To number isn't reachable."),
    "4007": Report("Failed", "Sender blocked for given recipient."),
    "5000": Report("Failed", "5000: Message failed to deliver."),
    "5002": Report("Failed", "5002: Message Delivery Timeout"),
    "9999": Report("Failed", "9999: Message failed to deliver due to unknown error/failure."),
    "Failed": Report("Failed"),
    "Queued": Report("Queued"),
}

INVALID_NUMBER = NotTaken(400, "Invalid To phone number format.")

ORDINARY = SmsFate(does="accepted, then reported Delivered", reports=("Delivered",))
"""What happens to every number that is not in the table."""


def _reported(key: str) -> SmsFate:
    how = f"Failed, {key}" if key.isdigit() else key
    return SmsFate(does=f"accepted, then reported {how}", reports=(key,))


RECIPIENTS: dict[str, SmsFate] = {
    "01": ORDINARY,
    "02": _reported("5002"),
    "03": _reported("4004"),
    "04": _reported("4006"),
    "05": _reported("4000"),
    "06": SmsFate(does="accepted, then reported Failed, in the words for 4007 (opted out)", reports=("4007",)),
    "07": _reported("9999"),
    "08": _reported("5000"),
    "09": SmsFate(does="accepted, then reported Failed without details", reports=("Failed",)),
    "10": SmsFate(does="accepted, then reported Queued, a status that is not documented", reports=("Queued",)),
    "11": _reported("4002"),
    "12": _reported("4003"),
    "13": _reported("4005"),
    "20": SmsFate(
        does="every call answered 202 with 400, Invalid To phone number format", fault=INVALID_NUMBER, faulty_calls=None
    ),
    "21": SmsFate(
        does="every call answered 202 with 400, Message is not allowed",
        fault=NotTaken(400, "Message is not allowed."),
        faulty_calls=None,
    ),
    "22": SmsFate(
        does="every call answered 400 as a whole", fault=AcsError(400, "BadRequest", "Bad request."), faulty_calls=None
    ),
    "23": SmsFate(does="every call answered 202 with 401", fault=NotTaken(401, "Unauthorized"), faulty_calls=None),
    "28": SmsFate(
        does="2 calls 429 with Retry-After: 1, the third accepted and reported Delivered",
        fault=THROTTLED,
        faulty_calls=2,
        reports=("Delivered",),
    ),
    "29": SmsFate(
        does="2 calls 202 with 429, the third accepted and reported Delivered",
        fault=NotTaken(429, "TooManyRequests"),
        faulty_calls=2,
        reports=("Delivered",),
    ),
    "30": SmsFate(
        does="2 calls 202 with 503, the third accepted and reported Delivered",
        fault=NotTaken(503, "ServiceUnavailable"),
        faulty_calls=2,
        reports=("Delivered",),
    ),
    "31": SmsFate(
        does="every call 500",
        fault=AcsError(500, "InternalServerError", "The server encountered an internal error."),
        faulty_calls=None,
    ),
    "32": SmsFate(
        does="accepted, but the first call is never answered; reported Delivered",
        fault=Lost.HANG,
        reports=("Delivered",),
    ),
    "33": SmsFate(
        does="accepted, but the first call's connection is closed without an answer; reported Delivered",
        fault=Lost.RESET,
        reports=("Delivered",),
    ),
    "34": SmsFate(
        does="accepted, answered after 2 s, then reported Delivered", reports=("Delivered",), answer_seconds=2
    ),
    "35": SmsFate(
        does="accepted, but the first call's answer (202) is no JSON; reported Delivered",
        fault=Lost.GARBLED,
        reports=("Delivered",),
    ),
    "36": SmsFate(
        does="accepted, answered after 2 s, and reported Delivered 30 s after that (--late-report-ms)",
        reports=("Delivered",),
        answer_seconds=2,
        when=When.LATE,
    ),
    "40": SmsFate(does="accepted, never reported"),
    "41": SmsFate(does="accepted, the same Delivered report is sent twice", reports=("Delivered", "Delivered")),
    "42": SmsFate(does="accepted, reported Delivered, then Failed, 4006", reports=("Delivered", "4006")),
    "43": SmsFate(does="reported Delivered before the 202 is answered", reports=("Delivered",), when=When.EARLY),
    "44": SmsFate(
        does="accepted, reported Delivered after 30 s (--late-report-ms)", reports=("Delivered",), when=When.LATE
    ),
}

_SPECIAL = re.compile(r"\+4799990\d(?P<code>\d\d)")


def number(code: str, variant: int = 0) -> str:
    """Return the number (E.164 with plus) of a fate's code, in one of its ten variants."""
    return f"+4799990{variant}{code}"


def fate_of(recipient: str) -> SmsFate:
    """Return what happens to an SMS to this number, as it stands in `to`."""
    special = _SPECIAL.fullmatch(recipient)
    return RECIPIENTS.get(special["code"], ORDINARY) if special else ORDINARY
