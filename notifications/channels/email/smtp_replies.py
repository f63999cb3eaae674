"""What a mail server's answers mean for a message (RFC 5321 section 4.2, RFC 3463; docs/providers.md has the table)."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from notifications.channels.exchange import SHORT_PAUSE
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status

UNAUTHORIZED = "unauthorized"
ACCEPTED = "smtp_accepted"

_ENHANCED = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_CLOSING = 421
# Authentication is required, too weak, refused, or not without encryption (RFC 4954 section 6).
_NOT_WITH_THIS_LOGON = frozenset({530, 534, 535, 538})
_SYNTAX, _STORAGE, _MAILBOX_NAME = 501, 552, 553
_BAD_ADDRESS, _MAILBOX_FULL = "5.1.3", "5.2.2"
_POLICY_OR_SENDER = ("5.7.", "5.1.7", "5.1.8")
_TOO_LARGE = frozenset({"5.2.3", "5.3.4"})


class Step(Enum):
    """The commands that hand a message over, in their order; END is the final dot."""

    MAIL = auto()
    RCPT = auto()
    DATA = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer to a step: its code and, where it gave one, its enhanced code such as 5.1.1."""

    step: Step
    code: int
    enhanced: str | None = None

    @classmethod
    def of(cls, step: Step, code: int, text: str) -> "Reply":
        """Read an answer; of its text only the enhanced code is kept."""
        found = _ENHANCED.match(text)
        return cls(step, code, found[1] if found else None)

    @property
    def positive(self) -> bool:
        """Whether the next step may follow, or the message is taken."""
        return self.code == 354 if self.step is Step.DATA else 200 <= self.code < 300

    @property
    def understood(self) -> bool:
        """Whether it is an answer that the step can have; after any other nobody knows where the server stands."""
        return self.positive or 400 <= self.code < 600

    @property
    def reason(self) -> str:
        """The codes, such as `smtp_550_5.1.1`."""
        return f"smtp_{self.code}" + (f"_{self.enhanced}" if self.enhanced else "")


def outcome_of(reply: Reply) -> Outcome:
    """What becomes of the message whose hand-over ended with this answer.

    A pause only where the answer is about the server or our account: one recipient's trouble must not stop the others.
    """
    if not reply.understood:
        return Uncertain(reply.reason, SHORT_PAUSE) if reply.step is Step.END else Postponed(reply.reason)
    if reply.positive:
        return Accepted(last=ACCEPTED)
    if reply.code in _NOT_WITH_THIS_LOGON:
        return Postponed(UNAUTHORIZED, SHORT_PAUSE)
    if reply.code < 500:
        return Postponed(reply.reason, SHORT_PAUSE if reply.code == _CLOSING else None)
    return Refused(_final_status(reply), reply.reason)


def _final_status(reply: Reply) -> Status:
    if reply.enhanced in _TOO_LARGE or (reply.code == _STORAGE and reply.enhanced != _MAILBOX_FULL):
        return Status.PAYLOAD_TOO_LARGE
    return Status.INVALID_EMAIL_FORMAT if reply.step is Step.RCPT and _about_the_address(reply) else Status.FAILED


def _about_the_address(reply: Reply) -> bool:
    # Servers that put their judgement of the sender off say it here (Postfix, smtpd_delay_reject).
    about_us = reply.enhanced is not None and reply.enhanced.startswith(_POLICY_OR_SENDER)
    return reply.enhanced == _BAD_ADDRESS or (reply.code in {_SYNTAX, _MAILBOX_NAME} and not about_us)
