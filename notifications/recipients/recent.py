"""What was learned a moment ago: kept for a bounded time and in a bounded number."""

import time
from collections.abc import Callable, Iterable, Mapping


class Recent[K, V]:
    """Answers that are at most so many seconds old, the newest so many of them."""

    def __init__(
        self, *, seconds: float = 60.0, most: int = 20_000, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._most = most
        self._monotonic = monotonic
        # Oldest first: an answer that is renewed moves to the end.
        self._entries: dict[K, tuple[float, V]] = {}

    def among(self, keys: Iterable[K]) -> dict[K, V]:
        """Those of the keys that have an answer."""
        self._forget_old()
        return {key: self._entries[key][1] for key in keys if key in self._entries}

    def keep(self, answers: Mapping[K, V]) -> None:
        """Remember answers from now on."""
        self._forget_old()
        end = self._monotonic() + self._seconds
        for key, answer in answers.items():
            self._entries.pop(key, None)
            self._entries[key] = (end, answer)
        while len(self._entries) > self._most:
            self._forget_oldest()

    def _forget_old(self) -> None:
        now = self._monotonic()
        while self._entries and next(iter(self._entries.values()))[0] <= now:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        del self._entries[next(iter(self._entries))]
