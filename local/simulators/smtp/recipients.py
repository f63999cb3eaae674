"""The special recipients of SMTP: the local part of the address, up to a plus sign, decides what happens."""

from dataclasses import dataclass
from enum import Enum, auto

from local.simulators.fates import Fate, Lost


class Moment(Enum):
    """When something goes wrong: at the recipient's address, within the message, or after its end."""

    RCPT = auto()
    BODY = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens instead of taking a message: an answer, or without one silence or the end of the connection."""

    at: Moment
    line: str | None = None
    closes: bool = False

    @property
    def answer(self) -> int | str:
        """What the journal says of it: the answer's code, or `none`."""
        return int(self.line[:3]) if self.line else "none"


class SmtpFate(Fate[Trouble]):
    """What happens to one email."""


def _refused(does: str, at: Moment, line: str, calls: int | None = None) -> SmtpFate:
    return SmtpFate(does=does, fault=Trouble(at, line, closes=line.startswith("421")), faulty_calls=calls)


ORDINARY = SmtpFate(does="accepted")
"""What happens to every address that is not in the table."""

RECIPIENTS: dict[str, SmtpFate] = {
    "bounced": _refused("RCPT answered 550 5.1.1, no such mailbox", Moment.RCPT, "550 5.1.1 No such mailbox"),
    "moved": _refused("RCPT answered 551 5.1.6, moved away", Moment.RCPT, "551 5.1.6 Moved away"),
    "invalid-format": _refused("RCPT answered 553 5.1.3", Moment.RCPT, "553 5.1.3 Bad address syntax"),
    "syntax": _refused("RCPT answered 501, no enhanced code", Moment.RCPT, "501 Syntax error in parameters"),
    "full": _refused("RCPT answered 552 5.2.2, mailbox full", Moment.RCPT, "552 5.2.2 Mailbox full"),
    "too-large": _refused(
        "the message answered 552 5.3.4, too large", Moment.END, "552 5.3.4 Message too large for the system"
    ),
    "failed": _refused("the message answered 554 5.6.0", Moment.END, "554 5.6.0 Unreadable"),
    "filteredspam": _refused(
        "the message answered 550 5.7.1, for its content", Moment.END, "550 5.7.1 Content refused"
    ),
    "no-logon": _refused("RCPT answered 530 5.7.0, authenticate first", Moment.RCPT, "530 5.7.0 Authenticate first"),
    "greylisted": _refused(
        "the first call 450 4.7.1 at RCPT, then accepted", Moment.RCPT, "450 4.7.1 Come back later", calls=1
    ),
    "throttled": _refused(
        "the first 2 calls 452 4.3.1 at RCPT, then accepted", Moment.RCPT, "452 4.3.1 Out of storage", calls=2
    ),
    "unavailable": _refused(
        "the first 2 calls 421 4.3.2 at RCPT and the connection closed, then accepted",
        Moment.RCPT,
        "421 4.3.2 Going down",
        calls=2,
    ),
    "error": _refused("the message answered 451 4.3.0, every time", Moment.END, "451 4.3.0 Local error"),
    "stuck": SmtpFate(does="RCPT is never answered", fault=Trouble(Moment.RCPT), faulty_calls=None),
    "cut": SmtpFate(
        does="the first call's connection is closed within the message, which is not accepted",
        fault=Trouble(Moment.BODY, closes=True),
    ),
    "hang": SmtpFate(does="accepted, but the first call is never answered", fault=Lost.HANG),
    "reset": SmtpFate(does="accepted, but the first call's connection is closed without an answer", fault=Lost.RESET),
    "garbled": SmtpFate(does="accepted, but the first call's answer is no SMTP", fault=Lost.GARBLED),
    "slow": SmtpFate(does="accepted, answered after 2 s", answer_seconds=2),
}


def fate_of(address: str) -> SmtpFate:
    """Return what happens to an email to this address."""
    return RECIPIENTS.get(address.partition("@")[0].partition("+")[0].lower(), ORDINARY)
