"""Waiting for something that can only be asked for."""

import asyncio
from collections.abc import Awaitable, Callable


async def until(condition: Callable[[], Awaitable[bool]], *, every: float) -> None:
    """Returns when the condition is true, asking again `every` seconds; the caller bounds the time."""
    while True:
        if await condition():
            return
        await asyncio.sleep(every)
