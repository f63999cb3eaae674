"""What can come of handing a message to a provider. Reasons are the provider's codes, never its prose or an address.

`by` names the provider where several might have been called. `here` says that it came about without an
answer of the provider's, so that it is no sign of the provider's doing well.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum

from notifications.domain.statuses import Status


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has taken it on; `reference` is the gateway's own name for it, where it gives one.

    `last` is a code that says why nobody will report more of it: that it was taken on is then all that can be known,
    and counts as delivered.
    """

    reference: str | None = None
    last: str | None = None
    by: str | None = field(default=None, compare=False)
    here: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider will never send it; `status` is final, unless another provider may take it (`elsewhere`)."""

    status: Status
    reason: str
    elsewhere: bool = False
    by: str | None = field(default=None, compare=False)
    here: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Postponed:
    """It certainly was not sent and may be tried again; `pause` asks for the whole provider to rest that long.

    A pause may be a `guess`, where the message as well as the provider may be the cause of an error. `until` says that
    nobody was called, because all who could be rest until then: that is no attempt.
    """

    reason: str
    pause: timedelta | None = None
    until: datetime | None = None
    guess: bool = False
    by: str | None = field(default=None, compare=False)
    here: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Uncertain:
    """No answer came: the provider may have it or may not; `pause`, a guess, asks for it to rest that long."""

    reason: str
    pause: timedelta | None = None
    by: str | None = field(default=None, compare=False)
    here: bool = field(default=False, compare=False)


class Memory(IntEnum):
    """What a provider knows of a message that comes again under the same id: the more, the better."""

    NONE = 0
    """Each call sends. An uncertain one is handed over once more, after a wait in which its report may come."""

    SHORT = 1
    """A repeat within minutes is the same message. An uncertain one is handed over once more, soon."""

    LASTING = 2
    """It can be asked, and a repeat is the same message. An uncertain one is asked about until its fate is known."""


type Outcome = Accepted | Refused | Postponed | Uncertain
