import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.child import cause_of_death
from local.ports import free_ports, is_free
from tests.dev.programs import PROJECT, eventually, is_alive


@asynccontextmanager
async def supervised(data: Path, port: int, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A supervisor in a process of its own, with its child up."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.dev.supervised", str(data), str(port), *options),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == f"ready http://127.0.0.1:{port}\n".encode()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        # Reading to the end lets asyncio close the pipe, which a test run with warnings as errors asks for.
        await process.communicate()


def child_of(data: Path) -> int:
    return int(json.loads((data / "run.json").read_text())["processes"][0]["pid"])


async def test_children_die_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    async with supervised(tmp_path, port) as supervisor:
        child = child_of(tmp_path)
        assert is_alive(child)
        supervisor.kill()
        await supervisor.wait()
        await eventually(lambda: not is_alive(child))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_a_signal_to_the_supervisor_ends_everything_with_exit_code_0(
    tmp_path: Path, number: signal.Signals
) -> None:
    (port,) = free_ports(1)
    async with supervised(tmp_path, port) as supervisor:
        child = child_of(tmp_path)
        supervisor.send_signal(number)
        assert await supervisor.wait() == 0
    assert not is_alive(child)
    assert is_free(port)
    assert not (tmp_path / "run.json").exists()


async def test_a_second_signal_ends_at_once_what_does_not_want_to_end(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    async with supervised(tmp_path, port, "--stubborn") as supervisor:
        child = child_of(tmp_path)
        supervisor.terminate()
        await asyncio.sleep(0.5)
        assert is_alive(child)
        supervisor.terminate()
        assert await supervisor.wait() == 0
    await eventually(lambda: not is_alive(child))


async def test_the_child_is_in_a_group_of_its_own_so_that_ctrl_c_does_not_reach_it(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    async with supervised(tmp_path, port):
        child = child_of(tmp_path)
        assert os.getpgid(child) == child


@pytest.mark.parametrize(
    ("returncode", "words"), [(0, "exit code 0"), (3, "exit code 3"), (-9, "signal SIGKILL"), (-63, "signal 63")]
)
def test_a_cause_of_death_is_named(returncode: int, words: str) -> None:
    assert cause_of_death(returncode) == words
