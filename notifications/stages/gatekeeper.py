"""Gatekeeping: when what comes of a provider's calls closes its gate, for everybody."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeGuard
from uuid import UUID

from notifications.domain.clock import Clock
from notifications.domain.outcomes import Outcome, Postponed, Uncertain
from notifications.storage.gates import Gates
from notifications.telemetry import error_name, event
from notifications.telemetry.measures import PROVIDER_PAUSES, record

logger = logging.getLogger(__name__)

_LONGEST_PAUSE = timedelta(minutes=10)
# One lost answer or error among thousands is no outage, and half a minute's rest for each would be one.
_OUTAGE = 3


class Gatekeeper:
    """One provider's gate, and what speaks in this process for closing it."""

    def __init__(self, provider: str, gates: Gates, clock: Clock) -> None:
        self._provider = provider
        self._gates = gates
        self._clock = clock
        self._troubled: set[UUID] = set()

    async def closed_until(self) -> datetime | None:
        """When the provider may be called again, or None when it may be called now."""
        return await self._gates.closed_until(self._provider)

    def weighed(self, outcome: Outcome, notification: UUID) -> Outcome:
        """The outcome, without its pause where that is a guess and a single message may be the cause.

        A lost answer or an error counts when others met one too, with no other answer in between. What came about
        without the provider's answering is no such answer.
        """
        if outcome.here:
            return outcome
        if _is_guess(outcome):
            if len(self._troubled) < _OUTAGE:
                self._troubled.add(notification)
            return outcome if len(self._troubled) >= _OUTAGE else replace(outcome, pause=None)
        self._troubled.clear()
        return outcome

    async def close(self, asked: timedelta) -> None:
        """Let the provider rest for as long as is asked for, ten minutes at most."""
        pause = min(asked, _LONGEST_PAUSE)
        event(logger, logging.WARNING, "gate.closed", provider=self._provider, seconds=pause.total_seconds())
        record(PROVIDER_PAUSES, pause.total_seconds(), provider=self._provider)
        try:
            await self._gates.close(self._provider, self._clock.now() + pause)
        except Exception as error:  # noqa: BLE001 - a gate left open costs some calls; losing the results, a message
            event(logger, logging.WARNING, "gate.not_closed", provider=self._provider, error=error_name(error))


def _is_guess(outcome: Outcome) -> TypeGuard[Postponed | Uncertain]:
    return isinstance(outcome, Uncertain) or (isinstance(outcome, Postponed) and outcome.guess)
