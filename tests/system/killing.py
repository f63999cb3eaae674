"""Killing the host of a running system, as often as its supervisor puts up with."""

import asyncio
import os
import signal
import time
from datetime import UTC, datetime

from local.supervisor import RESTART_WINDOW_SECONDS, RESTARTS_ALLOWED
from local.waiting import until
from tests.system.running import System

# The supervisor gives up on a host that dies more often.
SHORTEST_GAP = RESTART_WINDOW_SECONDS / RESTARTS_ALLOWED + 0.2
LONGEST_GAP = SHORTEST_GAP + 2


async def kill_host(system: System, *, within: float) -> datetime:
    """End the host without warning and wait for the next; when that one was started.

    Then the first had been dead for a pause, and the next has yet to load what it needs before it calls anybody.
    """
    victim = system.process_id("host")
    os.kill(victim, signal.SIGKILL)

    async def replaced() -> bool:
        return system.process_id("host") != victim

    async with asyncio.timeout(within):
        await until(replaced, every=0.05)
    # The supervisor writes the file as soon as a process is started; this one may have looked at it later.
    return datetime.fromtimestamp((system.directory / "run.json").stat().st_mtime, UTC)


async def sleep_until(moment: float) -> None:
    """Sleep until a moment of the monotonic clock."""
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
