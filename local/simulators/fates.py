"""What can happen to a recipient, the same for email and SMS: faults, reports, and when they come."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto

from aiohttp import web


class Lost(Enum):
    """An accepted call whose answer the caller never gets to read."""

    HANG = auto()
    RESET = auto()
    GARBLED = auto()


class When(Enum):
    """When the first report is sent, relative to the answer."""

    SOON = auto()
    EARLY = auto()
    LATE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate[Refusal]:
    """All that happens to one recipient; what it does is the sentence that the documentation prints."""

    does: str
    fault: Refusal | Lost | None = None
    faulty_calls: int | None = 1
    """How many calls meet the fault before one succeeds; None means every call."""
    reports: tuple[str, ...] = ()
    when: When = When.SOON
    answer_seconds: float = 0


class Turns:
    """Counts calls per key, so that a fault of n calls comes before every success and again after it."""

    def __init__(self) -> None:
        self._calls: Counter[str] = Counter()

    def fault_of[Refusal](self, key: str, fate: Fate[Refusal]) -> Refusal | Lost | None:
        """Count one call of a key and return the fault that it meets, if any."""
        turn = self._calls[key]
        self._calls[key] += 1
        if fate.faulty_calls is None or turn % (fate.faulty_calls + 1) < fate.faulty_calls:
            return fate.fault
        return None


async def withhold(request: web.Request, how: Lost) -> None:
    """Close the connection at once, or hold it open until the caller leaves or the program ends."""
    if how is Lost.RESET:
        if request.transport is not None:
            request.transport.abort()
        return
    await asyncio.Event().wait()
