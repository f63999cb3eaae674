"""Starting a process that cannot outlive this one, and ending it."""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PR_SET_PDEATHSIG = 1


def _die_with_parent() -> Callable[[], None]:
    # Resolved before the fork: between fork and exec only calls that take no lock are safe.
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    parent = os.getpid()

    def before_exec() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            # The parent may have died before prctl; then nobody would send the signal.
            if os.getppid() != parent:
                os._exit(1)

    return before_exec


async def start_child(
    command: Sequence[str], *, directory: Path, environment: Mapping[str, str], log: Path
) -> asyncio.subprocess.Process:
    """Starts a program in a process group of its own, its output appended to `log`.

    On Linux the kernel kills it when this process dies, however that happens (prctl(2), PR_SET_PDEATHSIG).
    The group keeps Ctrl-C away from it, so that programs end in the order that the supervisor chooses.
    """
    with log.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=directory,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent(),
        )


async def end_child(process: asyncio.subprocess.Process, grace: float) -> None:
    """Asks a process to end (SIGTERM); kills it and what is left of its group after `grace` seconds."""
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), grace)
    kill_group(process)
    await process.wait()


def kill_group(process: asyncio.subprocess.Process) -> None:
    """Kills what is left of a process's group; only right after its death, before the id is used again."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def cause_of_death(returncode: int) -> str:
    """A return code as a person reads it: `exit code 3`, `signal SIGKILL`."""
    if returncode >= 0:
        return f"exit code {returncode}"
    with suppress(ValueError):
        return f"signal {signal.Signals(-returncode).name}"
    return f"signal {-returncode}"
