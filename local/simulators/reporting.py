"""Delivery of reports in the background: again with back-off until the receiver takes them, never lost."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator

import aiohttp

type Attempt = Callable[[], Awaitable[int | None]]
"""Tries one delivery: the receiver's status code, or None when it could not be reached."""

FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
RECEIVER_SECONDS = 30
_AT_ONCE = 16


def pauses() -> Iterator[float]:
    """Yield the seconds to wait after each failed attempt: doubling to a ceiling, without end."""
    return (min(FIRST_PAUSE_SECONDS * 2**n, LONGEST_PAUSE_SECONDS) for n in itertools.count())


def taken(status: int | None) -> bool:
    """Say whether the receiver answered 2xx, which alone ends the attempts."""
    return status is not None and 200 <= status < 300


class Reporter:
    """Runs deliveries as tasks of its own, at most 16 attempts at once."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    def start(self, attempts: Iterable[Attempt], delay: float) -> asyncio.Task[None]:
        """Deliver one after the other after a delay in seconds; the next starts when the one before is taken."""
        task = asyncio.create_task(self._deliver(tuple(attempts), delay))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Stop all deliveries; what was not taken yet is gone with the program."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, attempts: tuple[Attempt, ...], delay: float) -> None:
        await asyncio.sleep(delay)
        for attempt in attempts:
            for pause in pauses():
                if await self._try(attempt, pause):
                    break

    async def _try(self, attempt: Attempt, pause: float) -> bool:
        async with self._slots:
            status = await attempt()
            if status is None:
                # Nobody else would get through either: keeping the slot spares a dead receiver thousands of attempts.
                await asyncio.sleep(pause)
        if status is not None and not taken(status):
            await asyncio.sleep(pause)
        return taken(status)


async def post(
    session: aiohttp.ClientSession, url: str, body: bytes, headers: dict[str, str]
) -> tuple[int | None, bytes]:
    """POST and return (status, body); the status is None when there was no answer within 30 s."""
    timeout = aiohttp.ClientTimeout(total=RECEIVER_SECONDS)
    try:
        async with session.post(url, data=body, headers=headers, timeout=timeout) as response:
            return response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return None, b""
