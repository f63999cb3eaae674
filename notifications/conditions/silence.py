"""Endpoints that are asked and say nothing: each question to them keeps a worker waiting until its time is up.

One owner's endpoint must not take all workers from everybody else, so only a few questions at once go to a host that
was silent lately; the first answer that comes in time opens it for all again.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from notifications.domain.faults import EndpointSilent

AT_ONCE = 4
REMEMBERED_SECONDS = 120.0


class Silences:
    """Which hosts were silent lately, and how many wait for each."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._until: dict[str, float] = {}
        self._waiting: Counter[str] = Counter()

    @contextmanager
    def asking(self, host: str) -> Iterator[None]:
        """Count a question for as long as it waits. Raises `EndpointSilent` where enough wait for that host already."""
        if self._until.get(host, 0.0) > self._monotonic() and self._waiting[host] >= AT_ONCE:
            raise EndpointSilent
        self._waiting[host] += 1
        try:
            yield
        finally:
            self._waiting[host] -= 1
            if not self._waiting[host]:
                del self._waiting[host]

    def note(self, host: str, *, silent: bool) -> None:
        """Note how a question ended: its time ran out, or it was over before, whatever came of it."""
        now = self._monotonic()
        self._until = {each: until for each, until in self._until.items() if until > now and each != host}
        if silent:
            self._until[host] = now + REMEMBERED_SECONDS


def host_of(url: str) -> str:
    """The host and port that a question goes to; empty for a text that names none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""
