"""The rate at which something may be done in this process: a token bucket."""

from datetime import datetime, timedelta

from notifications.domain.clock import Clock


class TokenBucket:
    """So many calls a second, of which `burst` may come at once, or else a second's worth.

    Each call books its moment, so that those who wait for theirs come in turn.
    """

    def __init__(self, per_second: float, clock: Clock, burst: float | None = None) -> None:
        self._clock = clock
        self._interval = timedelta(seconds=1 / per_second)
        self._burst = ((burst or per_second) - 1) * self._interval
        self._next: datetime | None = None
        self._last = clock.now()

    def book(self, patience: timedelta) -> timedelta | None:
        """Book a call, and say how long to wait for it; None, with nothing booked, if that exceeds `patience`."""
        now = self._clock.now()
        earliest = now - max(self._burst, timedelta(0))
        if self._next and now < self._last:
            # A clock that was set back must not stop the calls until it has caught up: what is booked moves with it.
            self._next -= self._last - now
        self._last = now
        start = max(self._next or earliest, earliest)
        wait = max(start - now, timedelta(0))
        if wait > patience:
            return None
        self._next = start + self._interval
        return wait
