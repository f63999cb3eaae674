"""How long to wait before trying again: back-off, grace and nets (protocol: back-off and gates)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_FIRST = timedelta(seconds=5)
_LONGEST = timedelta(minutes=30)
_SPREAD = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """The times that the engine works by.

    A provider call may only begin with half a claim left and takes a quarter of one at most, so that a claim outlives
    every call made under it. Azure Communication Services remembers a repeated request for five minutes, which is why
    claims are shorter than that. `condition_patience` is how long after its time a shipment waits for its turn at an
    endpoint that answers nobody; later it counts as asked, since a million such would expire before their turns came.
    """

    claim: timedelta = timedelta(seconds=120)
    publish_net: timedelta = timedelta(seconds=30)
    direct_net: timedelta = timedelta(seconds=10)
    retention: timedelta = timedelta(days=90)
    condition_retry: timedelta = timedelta(seconds=60)
    condition_retries: int = 1
    condition_patience: timedelta = timedelta(hours=1)

    @property
    def uncertain_wait(self) -> timedelta:
        """How long an SMS of uncertain fate waits before it is handed over once more; its report may come first."""
        return self.claim * 2.5

    @property
    def call_timeout(self) -> timedelta:
        """How long one provider call may take."""
        return self.claim / 4


def backoff(attempts: int, jitter: float, *, first: timedelta = _FIRST, longest: timedelta = _LONGEST) -> timedelta:
    """min(2^attempts x 5 s, 30 min), spread by 20 % either way; `jitter` is drawn from [0, 1)."""
    doublings: int = 2 ** min(attempts, 30)
    return min(first * doublings, longest) * (1 - _SPREAD + 2 * _SPREAD * jitter)


def retry_at(now: datetime, attempts: int, jitter: float, expires: datetime) -> datetime:
    """When to try again: after the back-off, but never beyond expiry."""
    return min(now + backoff(attempts, jitter), expires)
