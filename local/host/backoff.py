"""How long an idle poller waits."""

import random

SHORTEST_PAUSE = 0.1


class BackOff:
    """Seconds to wait before an empty queue is asked again: doubling, randomised by a fifth, up to a limit."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._exponent = 0

    def reset(self) -> None:
        """A message was found: begin anew."""
        self._exponent = 0

    def next(self) -> float:
        """The next pause; the first after a reset is the shortest."""
        spread = 0.8 + 0.4 * random.random()  # noqa: S311 - no secret
        grown = spread * 2.0 ** (self._exponent - 1) * SHORTEST_PAUSE if self._exponent else 0.0
        pause = min(SHORTEST_PAUSE + grown, self._longest)
        self._exponent += pause < self._longest
        return pause
