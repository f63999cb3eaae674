"""Many reads at once, but not all of them."""

import asyncio
from collections.abc import Awaitable, Iterable

_AT_ONCE = 16


async def gather_bounded[T](work: Iterable[Awaitable[T]], at_once: int = _AT_ONCE) -> list[T]:
    """The results in order, of work that is done so many at a time."""
    places = asyncio.Semaphore(at_once)

    async def one(each: Awaitable[T]) -> T:
        async with places:
            return await each

    return list(await asyncio.gather(*(one(each) for each in work)))
