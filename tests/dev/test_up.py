"""The whole of `./dev up`: real Azurite, simulators and Functions host, around a small app."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from local.ports import is_free
from local.simulators.registers.people import default_people, read_people
from local.system import port_of
from notifications.conditions.maskinporten import Maskinporten
from notifications.domain.clock import SystemClock
from notifications.recipients.platform_token import PlatformToken
from tests.dev.programs import PROJECT, is_alive, run_cli

pytestmark = pytest.mark.system
NAMES = {"azurite-queue", "azurite-table", "acs-email", "pswin", "issuer", "registers", "blobs", "host"}
ASKED = "the health of the app was asked"
LAST_LINE = "Ctrl-C stops everything."


@dataclass
class Up:
    """A running `./dev up`: its process, its directory, and the lines that it printed so far."""

    process: asyncio.subprocess.Process
    data: Path
    lines: list[str] = field(default_factory=list)

    async def read_until(self, last: str) -> str:
        """Reads lines until the one that has this in it; returns it."""
        assert self.process.stdout is not None
        async with asyncio.timeout(120):
            while raw := await self.process.stdout.readline():
                self.lines.append(raw.decode().removesuffix("\n"))
                if last in self.lines[-1]:
                    return self.lines[-1]
        raise AssertionError(f"ended without {last!r}: {self.lines}")

    def run(self) -> dict[str, Any]:
        run: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return run

    def pids(self) -> dict[str, int]:
        return {process["name"]: process["pid"] for process in self.run()["processes"]}

    def setting(self, name: str) -> str:
        return httpx.get(f"{self.run()['service']}/setting/{name}", trust_env=False).text


@asynccontextmanager
async def up(tmp_path: Path, *options: str) -> AsyncIterator[Up]:
    """`./dev up` until the end of the block, ready."""
    registers = tmp_path / "registers.json"
    registers.write_text("{}")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.dev.up_with_app", str(tmp_path / "my data"), str(registers), *options),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
    )
    started = Up(process, tmp_path / "my data")
    try:
        await started.read_until("ready http://127.0.0.1:")
        yield started
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def test_up_runs_everything_tells_how_to_use_it_and_ends_cleanly(tmp_path: Path) -> None:
    async with up(tmp_path) as system:
        await system.read_until(LAST_LINE)
        run, pids = system.run(), system.pids()
        assert system.lines[0] == f"ready {run['service']}"
        assert run["registers"] == str(tmp_path / "registers.json")
        assert set(pids) == NAMES
        assert all(is_alive(pid) for pid in pids.values())
        assert system.setting("CLAIM_SECONDS") == "8"
        assert system.setting("BASE_URI") == run["service"]
        system.process.send_signal(signal.SIGTERM)
        assert await system.process.wait() == 0
    assert not any(is_alive(pid) for pid in pids.values())
    assert all(is_free(port_of(process["address"])) for process in run["processes"])
    assert not (system.data / "run.json").exists()


async def test_a_running_system_gives_tokens_of_every_kind(tmp_path: Path) -> None:
    async with up(tmp_path) as system:
        composed = await token(system, "--scope", "composed", "--scope", "x:y")
        assert composed["scope"] == "altinn:serviceowner/notifications.composedemail.create x:y"
        assert composed["urn:altinn:org"] == "digdir"
        assert (await token(system, "--platform"))["iss"] == "digdir"


async def token(system: Up, *options: str) -> dict[str, Any]:
    """The claims of what `./dev token` prints."""
    printed = await asyncio.to_thread(run_cli, "token", "--org", "digdir", "--data", system.data, *options)
    claims: dict[str, Any] = jwt.decode(printed.stdout.strip(), options={"verify_signature": False})
    return claims


async def test_the_settings_of_up_open_registers_and_issuer_to_the_service(tmp_path: Path) -> None:
    async with up(tmp_path) as system:
        clock = SystemClock()
        registers = {"Ocp-Apim-Subscription-Key": system.setting("REGISTER_SUBSCRIPTION_KEY")}
        own = PlatformToken(system.setting("PLATFORM_TOKEN_PRIVATE_KEY"), clock)()
        async with httpx.AsyncClient(trust_env=False) as http:
            for name, path, headers in (
                ("PROFILE_ENDPOINT", "users/contactpoint/lookup", registers),
                ("REGISTER_ENDPOINT", "parties/nameslookup", {**registers, "PlatformAccessToken": own}),
            ):
                answer = await http.post(f"{system.setting(name)}/{path}", json={}, headers=headers)
                assert (path, answer.status_code) == (path, 400 if "contact" in path else 200)
            maskinporten = Maskinporten(
                http,
                system.setting("MASKINPORTEN_TOKEN_ENDPOINT"),
                system.setting("MASKINPORTEN_CLIENT_ID"),
                system.setting("MASKINPORTEN_PRIVATE_JWK"),
                clock,
            )
            assert await maskinporten.token()


async def test_the_orders_that_up_prints_can_be_pasted_and_their_token_comes_from_the_issuer(tmp_path: Path) -> None:
    async with up(tmp_path) as system:
        await system.read_until(LAST_LINE)
        starts = [number for number, line in enumerate(system.lines) if line.startswith("  curl")]
        answers = [await pasted("\n".join(system.lines[start : start + 3])) for start in starts]
    assert all(len(each["authorization"].removeprefix("Bearer ").split(".")) == 3 for each in answers)
    first, second = (each["order"]["recipient"] for each in answers)
    assert first["recipientEmail"]["emailAddress"] == "ola.normann@example.com"
    person = second["recipientPerson"]
    assert person["nationalIdentityNumber"] in {each.number for each in read_people(default_people()).persons}
    assert person["emailSettings"]["body"] == "Dear $recipientName$, this is my second order."


async def pasted(command: str) -> dict[str, Any]:
    """The JSON that a shell command prints."""
    process = await asyncio.create_subprocess_exec("bash", "-c", command, cwd=PROJECT, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    answer: dict[str, Any] = json.loads(out)
    return answer


async def test_the_file_that_up_prints_can_be_fetched(tmp_path: Path) -> None:
    async with up(tmp_path) as system:
        await system.read_until(LAST_LINE)
        address = next(line.split()[1] for line in system.lines if line.startswith("  files "))
        async with httpx.AsyncClient(trust_env=False) as http:
            assert len((await http.get(address)).content) == 250_000


async def test_a_killed_host_is_ready_again_at_the_same_address_and_run_json_names_the_new_one(tmp_path: Path) -> None:
    async with up(tmp_path) as system:
        await system.read_until(LAST_LINE)
        before = system.pids()
        os.kill(before["host"], signal.SIGKILL)
        await system.read_until("host died (signal SIGKILL)")
        assert await system.read_until("ready http") == f"ready {system.run()['service']}"
        assert {**system.pids(), "host": 0} == {**before, "host": 0}
        assert system.pids()["host"] != before["host"]


async def test_a_second_up_on_the_same_directory_is_refused_and_the_first_runs_on(tmp_path: Path) -> None:
    async with up(tmp_path) as system:
        refused = await asyncio.to_thread(run_cli, "demo", "--data", system.data)
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"dev: another ./dev (process {system.process.pid}) runs on {system.data}")
        assert system.setting("CLAIM_SECONDS") == "8"


async def test_the_hosts_output_is_shown_only_when_asked_for(tmp_path: Path) -> None:
    async with up(tmp_path, "--verbose") as verbose:
        await verbose.read_until(ASKED)
    (tmp_path / "second").mkdir()
    async with up(tmp_path / "second") as quiet:
        await quiet.read_until(LAST_LINE)
        assert not any(ASKED in line for line in quiet.lines)
        assert ASKED in (quiet.data / "logs" / "host.log").read_text()
