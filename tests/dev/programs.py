"""Specs and questions that the supervisor's tests share."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from local.supervisor import ProcessSpec
from local.waiting import until

PROJECT = Path(__file__).resolve().parents[2]
STAND_IN = Path(__file__).with_name("stand_in.py")


def stand_in(name: str, port: int, *options: str, grace: float = 5.0) -> ProcessSpec:
    return ProcessSpec(
        name=name,
        command=(sys.executable, str(STAND_IN), str(port), *options),
        address=f"http://127.0.0.1:{port}",
        health="/",
        grace=grace,
        announced=True,
    )


def is_alive(pid: int) -> bool:
    """Whether a process exists and is more than a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


async def eventually(condition: Callable[[], bool], within: float = 20) -> None:
    """Fails with TimeoutError if the condition does not come true."""

    async def holds() -> bool:
        return condition()

    await eventually_holds(holds, within)


async def eventually_holds(condition: Callable[[], Awaitable[bool]], within: float = 20) -> None:
    async with asyncio.timeout(within):
        await until(condition, every=0.02)


def make_die(spec: ProcessSpec) -> None:
    """Asks a stand-in to end with exit code 3."""
    try:
        httpx.get(f"{spec.address}/die", trust_env=False)
    except httpx.TransportError:
        return


def run_cli(
    *arguments: str | Path, environment: dict[str, str] | None = None, cwd: Path = PROJECT
) -> subprocess.CompletedProcess[str]:
    """Runs `python -m local.cli` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "local.cli", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
