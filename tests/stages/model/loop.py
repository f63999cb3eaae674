"""An event loop in which a scheduler decides who goes next.

Whenever nothing can run, the loop asks the scheduler instead of the operating system; time passes only when the
scheduler has nothing to say. So every interleaving of awaited calls can be produced, and produced again.
"""

import asyncio
import selectors
from collections.abc import Callable

type Idle = Callable[[bool], bool]


class _Selector(selectors.SelectSelector):
    """Calls `idle` where it would wait; `idle` says whether it has made something ready."""

    def __init__(self, idle: Idle) -> None:
        super().__init__()
        self._idle = idle
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0:
            ready = self._idle(timeout is not None)
            if not ready and timeout is None:
                raise RuntimeError("everybody waits and nobody can go on")
            self.now += 0 if ready else timeout or 0
        return super().select(0)


class ScheduledLoop(asyncio.SelectorEventLoop):
    """The loop; its clock stands still but for time-outs and sleeps that nothing else can precede."""

    def __init__(self, idle: Idle) -> None:
        self._chosen = _Selector(idle)
        super().__init__(self._chosen)

    def time(self) -> float:
        return self._chosen.now
