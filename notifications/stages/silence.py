"""Silence: how many calls in a row a provider has left unanswered."""

from dataclasses import replace

from notifications.domain.outcomes import Outcome, Uncertain

# One lost answer among thousands is no outage, and half a minute's rest for each would be one.
_OUTAGE = 3


class Silence:
    """One provider's, in one process; any answer ends it, whatever it says."""

    def __init__(self) -> None:
        self._calls = 0

    def heard(self, outcome: Outcome) -> Outcome:
        """The outcome of the next call, which asks for a rest over a lost answer only when several were lost."""
        if not isinstance(outcome, Uncertain):
            self._calls = 0
            return outcome
        self._calls += 1
        return outcome if self._calls >= _OUTAGE else replace(outcome, pause=None)
