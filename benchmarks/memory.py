"""How much memory a process has resident, looked at while a load runs."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

_EVERY_SECONDS = 0.5


def resident(process: int) -> int | None:
    """Resident bytes of a process (proc(5), statm); None where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    except OSError:
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def processor_seconds(process: int) -> float | None:
    """Processor time that a process has used (proc(5), stat); None where the system does not tell."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@asynccontextmanager
async def watched(process: int) -> AsyncIterator[list[int]]:
    """The resident bytes of a process, looked at twice a second for as long as the block runs."""
    seen: list[int] = []

    async def look() -> None:
        while True:
            if (now := resident(process)) is not None:
                seen.append(now)
            await asyncio.sleep(_EVERY_SECONDS)

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
