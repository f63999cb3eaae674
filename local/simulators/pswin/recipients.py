"""The special SMS recipients: in 4799990000–4799990999 the last two digits decide what happens.

The third last digit is free, so each fate has ten numbers (and a run can use several at once).
"""

import re
from dataclasses import dataclass

from local.simulators.fates import Fate, Lost, When


@dataclass(frozen=True, slots=True)
class HttpFailure:
    """The whole call fails with this HTTP status; no message of it is accepted."""

    status: int


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The gateway answers STATUS FAIL with this INFO."""

    info: str


type SmsRefusal = HttpFailure | NotAccepted


class SmsFate(Fate[SmsRefusal]):
    """What happens to one SMS."""


INVALID_RECEIVER = NotAccepted("Invalid RCV")

ORDINARY = SmsFate(does="accepted, then reported DELIVRD", reports=("DELIVRD",))
"""What happens to every number that is not in the table."""

RECIPIENTS: dict[str, SmsFate] = {
    "01": ORDINARY,
    "02": SmsFate(does="accepted, then reported EXPIRED", reports=("EXPIRED",)),
    "03": SmsFate(does="accepted, then reported DELETED", reports=("DELETED",)),
    "04": SmsFate(does="accepted, then reported UNDELIV", reports=("UNDELIV",)),
    "05": SmsFate(does="accepted, then reported REJECTD", reports=("REJECTD",)),
    "06": SmsFate(does="accepted, then reported BARRED", reports=("BARRED",)),
    "07": SmsFate(does="accepted, then reported FAILED", reports=("FAILED",)),
    "08": SmsFate(does="accepted, then reported UNKNOWN", reports=("UNKNOWN",)),
    "09": SmsFate(does="accepted, then reported NULL", reports=("NULL",)),
    "10": SmsFate(does="accepted, then reported BARREDA, a state of premium messages only", reports=("BARREDA",)),
    "20": SmsFate(does="every call answered STATUS FAIL, INFO Invalid RCV", fault=INVALID_RECEIVER, faulty_calls=None),
    "21": SmsFate(
        does="every call answered STATUS FAIL, INFO No route to receiver",
        fault=NotAccepted("No route to receiver"),
        faulty_calls=None,
    ),
    "30": SmsFate(
        does="2 calls HTTP 503, the third accepted and reported DELIVRD",
        fault=HttpFailure(503),
        faulty_calls=2,
        reports=("DELIVRD",),
    ),
    "31": SmsFate(does="every call HTTP 500", fault=HttpFailure(500), faulty_calls=None),
    "32": SmsFate(
        does="accepted, but the first call is never answered; reported DELIVRD",
        fault=Lost.HANG,
        reports=("DELIVRD",),
    ),
    "33": SmsFate(
        does="accepted, but the first call's connection is closed without an answer; reported DELIVRD",
        fault=Lost.RESET,
        reports=("DELIVRD",),
    ),
    "34": SmsFate(does="accepted, answered after 2 s, then reported DELIVRD", reports=("DELIVRD",), answer_seconds=2),
    "35": SmsFate(
        does="accepted, but the first call's answer (HTTP 200) is no XML; reported DELIVRD",
        fault=Lost.GARBLED,
        reports=("DELIVRD",),
    ),
    "40": SmsFate(does="accepted, never reported"),
    "41": SmsFate(does="accepted, the same DELIVRD report is sent twice", reports=("DELIVRD", "DELIVRD")),
    "42": SmsFate(does="accepted, reported DELIVRD, then UNDELIV", reports=("DELIVRD", "UNDELIV")),
    "43": SmsFate(
        does="reported DELIVRD before the answer that names the reference",
        reports=("DELIVRD",),
        when=When.EARLY,
    ),
    "44": SmsFate(
        does="accepted, reported DELIVRD after 30 s (--late-report-ms)", reports=("DELIVRD",), when=When.LATE
    ),
}

_SPECIAL = re.compile(r"4799990\d(?P<code>\d\d)")


def number(code: str, variant: int = 0) -> str:
    """Return the number (E.164 with plus) of a fate's code, in one of its ten variants."""
    return f"+4799990{variant}{code}"


def fate_of(receiver: str) -> SmsFate:
    """Return what happens to an SMS to this number (digits only, as in RCV)."""
    special = _SPECIAL.fullmatch(receiver)
    return RECIPIENTS.get(special["code"], ORDINARY) if special else ORDINARY
