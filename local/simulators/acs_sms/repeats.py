"""Repeatable requests: which call is a repeat of which, and for how long that is known.

learn.microsoft.com/rest/api/communication/repeatable-requests has the table of answers; for SMS each recipient has its
own id, and its own result in the answer.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from local.simulators.acs_sms.messages import Repeatability


@dataclass(frozen=True, slots=True)
class Rejected:
    """The call is no repeat that can be answered, and is not executed: status and text of its item."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class _Taken:
    message_id: str
    first_sent: datetime
    at: datetime


INVALID_ID = Rejected(400, "Request sent with Invalid GUID value for repeatability-request-id.")
INVALID_TIME = Rejected(
    400, "Request sent with Invalid DateTime value for repeatability-first-sent. Expected is DateTime ,RFC1123 pattern."
)
MISMATCH = Rejected(400, "The request does not match the one that this repeatability-request-id was first sent with.")
OUTSIDE = Rejected(412, "Repeatability first sent is not in the tracked duration.")


class Repeats:
    """The ids of the last minutes, and what their calls were answered.

    `window` is how long. `stale` is what becomes of a first-sent time before it: `412`, or `send` as if it were new.
    """

    def __init__(self, window: timedelta, stale: Literal["412", "send"]) -> None:
        self._window = window
        self._stale = stale
        self._taken: dict[UUID, _Taken] = {}

    def known(self, given: Repeatability, now: datetime) -> str | Rejected | None:
        """Return the message id of the same call before, why it cannot be executed, or None when it is new."""
        if given.id is None:
            return INVALID_ID
        if given.first_sent is None:
            return INVALID_TIME
        if self._stale == "412" and given.first_sent < now - self._window:
            return OUTSIDE
        taken = self._taken.get(given.id)
        if taken is None or taken.at < now - self._window:
            return None
        return taken.message_id if taken.first_sent == given.first_sent else MISMATCH

    def take(self, given: Repeatability, message_id: str, now: datetime) -> None:
        """Remember that a new call was executed."""
        if given.id is not None and given.first_sent is not None:
            self._taken[given.id] = _Taken(message_id, given.first_sent, now)
