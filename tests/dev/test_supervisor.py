import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from local.data_directory import DataDirectory
from local.errors import CommandError
from local.ports import free_ports
from local.supervisor import ProcessSpec, Supervisor
from tests.dev.programs import PROJECT, eventually, is_alive, make_die, stand_in

WITHIN = 20.0


class Stage:
    """A supervisor on a directory of its own, and what it said."""

    def __init__(self, data: DataDirectory) -> None:
        self.data = data
        self.said: list[str] = []
        self.supervisor = Supervisor(data, directory=PROJECT, about={"service": "x"}, say=self.said.append)

    def pid(self, name: str) -> int:
        return self.supervisor.process_ids()[name]

    def run(self) -> dict[str, object]:
        return dict(self.data.read_run())


@asynccontextmanager
async def staged(path: Path) -> AsyncIterator[Stage]:
    data = DataDirectory(path)
    with data.held():
        stage = Stage(data)
        async with stage.supervisor:
            yield stage


def port() -> int:
    return free_ports(1)[0]


async def test_a_process_that_dies_is_said_to_have_died_and_starts_again_at_the_same_address(tmp_path: Path) -> None:
    spec = stand_in("one", port())
    async with staged(tmp_path) as stage:
        await stage.supervisor.start([spec], within=WITHIN)
        first = stage.pid("one")
        make_die(spec)
        ready = f"ready {spec.address}"
        await eventually(lambda: stage.said == [ready, "one died (exit code 3)", ready])
        assert stage.pid("one") != first


async def test_a_killed_process_is_said_to_have_died_of_its_signal(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.supervisor.start([stand_in("one", port())], within=WITHIN)
        os.kill(stage.pid("one"), signal.SIGKILL)
        await eventually(lambda: "one died (signal SIGKILL)" in stage.said)


async def test_the_other_processes_live_on_when_one_dies(tmp_path: Path) -> None:
    one, two = (stand_in(name, number) for name, number in zip(("one", "two"), free_ports(2), strict=True))
    async with staged(tmp_path) as stage:
        await stage.supervisor.start([one, two], within=WITHIN)
        survivor = stage.pid("two")
        make_die(one)
        await eventually(lambda: stage.said.count(f"ready {one.address}") == 2)
        assert stage.pid("two") == survivor
        assert is_alive(survivor)


async def test_a_process_that_dies_after_five_restarts_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import sys; print('the reason', file=sys.stderr); sys.exit(7)")
    hopeless = ProcessSpec("hopeless", command, "http://127.0.0.1:1")
    async with staged(tmp_path) as stage:
        with pytest.raises(CommandError, match=r"giving up: hopeless died after 5 restarts.*the reason"):
            await stage.supervisor.start([hopeless], within=WITHIN)
        assert stage.said == ["hopeless died (exit code 7)"] * 6


async def test_giving_up_interrupts_the_work_beside(tmp_path: Path) -> None:
    hopeless = ProcessSpec("hopeless", (sys.executable, "-c", ""), "http://127.0.0.1:1")
    async with staged(tmp_path) as stage:
        starting = asyncio.create_task(stage.supervisor.start([hopeless], within=WITHIN))
        with pytest.raises(CommandError):
            await stage.supervisor.beside(asyncio.sleep(3600))
        with pytest.raises(CommandError):
            await starting


async def test_a_program_that_does_not_exist_is_reported_at_once(tmp_path: Path) -> None:
    missing = ProcessSpec("missing", ("/nowhere/program",), "http://127.0.0.1:1")
    async with staged(tmp_path) as stage:
        with pytest.raises(FileNotFoundError):
            await stage.supervisor.start([missing], within=WITHIN)


async def test_a_process_that_never_gets_healthy_is_named_when_the_time_is_over(tmp_path: Path) -> None:
    deaf = ProcessSpec("deaf", ("sleep", "600"), f"http://127.0.0.1:{port()}")
    async with staged(tmp_path) as stage:
        with pytest.raises(CommandError, match="not ready within 1 s: deaf"):
            await stage.supervisor.start([deaf], within=1)
        pid = stage.pid("deaf")
    assert not is_alive(pid)


async def test_leaving_ends_every_process_also_one_that_ignores_the_request(tmp_path: Path) -> None:
    first, second = free_ports(2)
    specs = [stand_in("polite", first), stand_in("stubborn", second, "--stubborn", grace=0.2)]
    async with staged(tmp_path) as stage:
        await stage.supervisor.start(specs, within=WITHIN)
        pids = stage.supervisor.process_ids().values()
    assert not any(is_alive(pid) for pid in pids)


async def test_what_a_process_started_ends_with_it(tmp_path: Path) -> None:
    note = tmp_path / "child"
    spec = stand_in("parent", port(), "--with-child", str(note))
    async with staged(tmp_path / "data") as stage:
        await stage.supervisor.start([spec], within=WITHIN)
        first_child = int(note.read_text())
        make_die(spec)
        await eventually(lambda: not is_alive(first_child))
        await eventually(lambda: stage.said.count(f"ready {spec.address}") == 2)
    await eventually(lambda: not is_alive(int(note.read_text())))


async def test_run_json_names_each_process_with_its_id_and_address(tmp_path: Path) -> None:
    spec = stand_in("one", port())
    async with staged(tmp_path) as stage:
        await stage.supervisor.start([spec], within=WITHIN)
        own = {"name": "one", "pid": stage.pid("one"), "address": spec.address}
        assert stage.run() == {"service": "x", "processes": [own]}


async def test_a_reader_of_run_json_never_sees_a_part_of_it_and_finally_the_new_process(tmp_path: Path) -> None:
    spec = stand_in("one", port())
    async with staged(tmp_path) as stage:
        await stage.supervisor.start([spec], within=WITHIN)
        seen: set[int] = set()

        def reads_both() -> bool:
            run = json.loads((tmp_path / "run.json").read_text())
            seen.update(process["pid"] for process in run["processes"])
            return len(seen) == 2

        make_die(spec)
        await eventually(reads_both)


async def test_run_json_is_gone_after_a_clean_end(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.supervisor.start([stand_in("one", port())], within=WITHIN)
        assert (tmp_path / "run.json").exists()
    assert not (tmp_path / "run.json").exists()


async def test_the_output_of_a_process_is_in_its_log(tmp_path: Path) -> None:
    talker = ProcessSpec(
        "talker", (sys.executable, "-u", "-c", "print('hello'); import time; time.sleep(600)"), "http://127.0.0.1:1"
    )
    async with staged(tmp_path) as stage:
        starting = asyncio.create_task(stage.supervisor.start([talker], within=WITHIN))
        log = tmp_path / "logs" / "talker.log"
        await eventually(lambda: log.exists() and log.read_text() == "hello\n")
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
