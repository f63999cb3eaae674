"""Keeps a list of processes running: starts them again when they die, gives up when that does not help."""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp

from local.child import cause_of_death, end_child, kill_group, start_child
from local.data_directory import DataDirectory, tail
from local.errors import CommandError
from local.waiting import until

RESTART_DELAY_SECONDS = 0.5
RESTARTS_ALLOWED = 5
RESTART_WINDOW_SECONDS = 30.0
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class ProcessSpec:
    """A process to keep running.

    `address` is where it listens (http://127.0.0.1:N); it is healthy when `GET address + health` answers 200,
    or, with an empty `health`, when it accepts a connection. `grace` is the seconds it may take to end.
    `announced` processes are said to be ready (`ready ADDRESS`) at each start.
    """

    name: str
    command: tuple[str, ...]
    address: str
    health: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 5.0
    announced: bool = False


@dataclass
class _Kept:
    spec: ProcessSpec
    process: asyncio.subprocess.Process | None = None
    healthy: asyncio.Event = field(default_factory=asyncio.Event)
    restarts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS_ALLOWED))


class Supervisor:
    """Runs processes side by side, each in a group of its own; leaving the context ends all of them.

    `about` is written into `run.json` beside the list of processes. `say` takes what a person should read.
    """

    def __init__(
        self,
        data: DataDirectory,
        *,
        directory: Path,
        about: Mapping[str, Any],
        say: Callable[[str], None],
    ) -> None:
        self._data = data
        self._directory = directory
        self._about = about
        self._say = say
        self._kept: dict[str, _Kept] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await _cancelled(self._keepers)
            await self._end_all()
        finally:
            if not self._failed.cancel():
                self._failed.exception()  # asked for, so that asyncio does not report it as forgotten
            await self._http.close()

    async def start(self, specs: Sequence[ProcessSpec], *, within: float) -> None:
        """Starts processes and waits until all are healthy; raises CommandError after `within` seconds."""
        for spec in specs:
            kept = self._kept[spec.name] = _Kept(spec)
            keeper = asyncio.create_task(self._keep(kept))
            keeper.add_done_callback(self._note_failure)
            self._keepers.append(keeper)
        await self.beside(self._all_healthy([spec.name for spec in specs], within))

    async def beside[T](self, work: Coroutine[Any, Any, T]) -> T:
        """The work's result; raises CommandError, and cancels the work, when a process cannot be kept running."""
        task = asyncio.create_task(work)
        either: set[asyncio.Future[Any]] = {task, self._failed}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                self._failed.result()
            return await task
        finally:
            await _cancelled([task])

    async def until_failure(self) -> None:
        """Waits for ever; raises CommandError when a process died too often."""
        await asyncio.shield(self._failed)

    def process_ids(self) -> dict[str, int]:
        """The id of each process that runs now, by name."""
        return {kept.spec.name: kept.process.pid for kept in self._kept.values() if kept.process is not None}

    async def _all_healthy(self, names: Sequence[str], within: float) -> None:
        for_all = asyncio.gather(*(self._kept[name].healthy.wait() for name in names))
        try:
            await asyncio.wait_for(for_all, within)
        except TimeoutError as error:
            waited_for = [name for name in names if not self._kept[name].healthy.is_set()]
            raise CommandError(
                f"not ready within {within:.0f} s: {', '.join(waited_for)}{self._last_words(waited_for[0])}"
            ) from error

    async def _keep(self, kept: _Kept) -> None:
        while True:
            returncode = await self._live_once(kept)
            self._say(f"{kept.spec.name} died ({cause_of_death(returncode)})")
            self._allow_restart(kept)
            await asyncio.sleep(RESTART_DELAY_SECONDS)

    async def _live_once(self, kept: _Kept) -> int:
        kept.process = await start_child(
            kept.spec.command,
            directory=self._directory,
            environment=os.environ | kept.spec.environment,
            log=self._data.log(kept.spec.name),
        )
        self._write_run()
        watch = asyncio.create_task(self._notice_health(kept))
        try:
            return await kept.process.wait()
        finally:
            await _cancelled([watch])
            kept.healthy.clear()
            if kept.process.returncode is not None:
                kill_group(kept.process)

    async def _notice_health(self, kept: _Kept) -> None:
        await until(lambda: self._is_healthy(kept.spec), every=POLL_SECONDS)
        kept.healthy.set()
        if kept.spec.announced:
            self._say(f"ready {kept.spec.address}")

    async def _is_healthy(self, spec: ProcessSpec) -> bool:
        try:
            if not spec.health:
                return await _accepts_connections(spec.address)
            async with self._http.get(spec.address + spec.health) as answer:
                return answer.status == 200
        except (OSError, TimeoutError, aiohttp.ClientError):
            return False

    def _allow_restart(self, kept: _Kept) -> None:
        now = time.monotonic()
        if len(kept.restarts) == RESTARTS_ALLOWED and now - kept.restarts[0] < RESTART_WINDOW_SECONDS:
            name = kept.spec.name
            raise CommandError(
                f"giving up: {name} died after {RESTARTS_ALLOWED} restarts in {RESTART_WINDOW_SECONDS:.0f} s"
                f"{self._last_words(name)}"
            )
        kept.restarts.append(now)

    def _last_words(self, name: str) -> str:
        log = self._data.log(name)
        lines = [line for line in tail(log).splitlines() if line.strip()]
        return f"; {log} ends: {lines[-1].strip()}" if lines else f"; {log} is empty"

    def _write_run(self) -> None:
        processes = [
            {"name": kept.spec.name, "pid": kept.process.pid, "address": kept.spec.address}
            for kept in self._kept.values()
            if kept.process is not None
        ]
        self._data.write_run({**self._about, "processes": processes})

    def _note_failure(self, keeper: asyncio.Task[None]) -> None:
        if not keeper.cancelled() and (error := keeper.exception()) and not self._failed.done():
            self._failed.set_exception(error)

    async def _end_all(self) -> None:
        # Last started, first ended: what still works drains while its storage is there.
        started = [(kept.process, kept.spec.grace) for kept in reversed(self._kept.values()) if kept.process]
        try:
            for process, grace in started:
                await end_child(process, grace)
        except asyncio.CancelledError:
            # Asked to end a second time: no more waiting.
            for process, _ in started:
                if process.returncode is None:
                    kill_group(process)
            raise


async def _accepts_connections(address: str) -> bool:
    host = urlsplit(address)
    _, writer = await asyncio.open_connection(host.hostname, host.port)
    writer.close()
    await writer.wait_closed()
    return True


async def _cancelled(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
