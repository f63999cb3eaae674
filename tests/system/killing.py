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
    """End the host without warning and wait for the next, which began a pause after the moment that is returned."""
    victim = system.process_id("host")
    os.kill(victim, signal.SIGKILL)
    killed = datetime.now(UTC)

    async def replaced() -> bool:
        return system.process_id("host") != victim

    async with asyncio.timeout(within):
        await until(replaced, every=0.05)
    return killed


async def sleep_until(moment: float) -> None:
    """Sleep until a moment of the monotonic clock."""
    await asyncio.sleep(max(0.0, moment - time.monotonic()))
