"""The whole local system, started as a person starts it (`./dev up`), and what a test asks of it over HTTP."""

import asyncio
import json
import subprocess
import time
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from itertools import batched
from pathlib import Path
from typing import Any, Self

import httpx

from local.orders import Orders

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
STOP_SECONDS = 60
POLL_SECONDS = 0.2
FEED_PAGE = 500
# A service that is down or fails for good must fail the test that asks it, not hang it.
_PATIENCE_SECONDS = 180
# The one host that is asked for manifests must also do the work.
_ASKED_AT_ONCE = 8
FINAL = {"Order_Completed", "Order_SendConditionNotMet", "Order_Cancelled"}

type Document = dict[str, Any]


class System:
    """A running `./dev up --no-demo` on a directory of its own; whoever starts it stops it."""

    def __init__(self, process: subprocess.Popen[bytes], directory: Path) -> None:
        self._process = process
        self.directory = directory

    @classmethod
    def start(
        cls, directory: Path, *options: str, claim_seconds: int = 8, report_to: str = "webhook", port: int = 0
    ) -> Self:
        """Start it and wait until it is ready; `options` are further ones of `./dev up`."""
        directory.mkdir(parents=True, exist_ok=True)
        command = [
            *(str(PROJECT / "dev"), "up", "--no-demo", "--port", str(port), "--data", str(directory)),
            *("--claim-seconds", str(claim_seconds), "--report-to", report_to, *options),
        ]
        with (directory / "dev.out").open("wb") as output:
            process = subprocess.Popen(command, cwd=PROJECT, stdout=output, stderr=output)
        system = cls(process, directory)
        system._wait_until_ready()
        return system

    def stop(self) -> None:
        """End it as Ctrl-C does; fails unless everything ended cleanly."""
        self._process.terminate()
        try:
            code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"./dev up did not end: {self.output()}") from None
        assert code == 0, f"./dev up ended with {code}: {self.output()}"

    def output(self) -> str:
        """What `./dev up` printed so far."""
        return (self.directory / "dev.out").read_text()

    @property
    def url(self) -> str:
        """The service's address."""
        return str(self._run()["service"])

    @property
    def storage(self) -> str:
        """The connection string of its Azurite."""
        return str(self._run()["storage"])

    def address(self, name: str) -> str:
        """Where a process of run.json listens."""
        return str(self._process_named(name)["address"])

    def process_id(self, name: str) -> int:
        """The id of a process of run.json, as it is now."""
        return int(self._process_named(name)["pid"])

    def secret(self, name: str) -> str:
        """One of the secrets that this run made up."""
        return str(json.loads((self.directory / "secrets.json").read_text())[name])

    def log(self, name: str = "host") -> str:
        """What a process wrote so far."""
        return (self.directory / "logs" / f"{name}.log").read_text()

    async def token(self, org: str = "ttd", **overrides: Any) -> str:
        """A token of its issuer; `overrides` are the token members of docs/simulators.md."""
        async with self._http(self._run()["issuer"]) as http:
            answer = await http.post("/token", json={"org": org, **overrides})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    @asynccontextmanager
    async def client(self, org: str = "ttd", **overrides: Any) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the service that sends the organisation's token with each request."""
        token = await self.token(org, **overrides)
        async with self._http(self.url, {"Authorization": f"Bearer {token}"}) as http:
            yield http

    async def order(self, body: Mapping[str, Any], org: str = "ttd") -> Document:
        """Place an order, again until there is an answer; fails unless it is 200 or 201."""
        async with asyncio.timeout(_PATIENCE_SECONDS), self.client(org) as http:
            return await Orders(http).place(body)

    async def shipment(self, identity: str, org: str = "ttd") -> Document:
        """A shipment's manifest."""
        async with asyncio.timeout(_PATIENCE_SECONDS), self.client(org) as http:
            return await Orders(http).shipment(identity)

    async def feed(self, org: str = "ttd") -> list[Document]:
        """An organisation's whole feed, oldest first."""
        entries: list[Document] = []
        async with asyncio.timeout(_PATIENCE_SECONDS), self.client(org) as http:
            while True:
                page = await Orders(http).feed_after(entries[-1]["sequenceNumber"] if entries else 0)
                entries += page
                if len(page) < FEED_PAGE:
                    return entries

    async def until_final(
        self, identities: Collection[str], org: str = "ttd", *, within: float = 180
    ) -> dict[str, Document]:
        """The manifests of these shipments once all are final; fails after `within` seconds, naming the others."""
        manifests: dict[str, Document] = {}
        try:
            async with asyncio.timeout(within), self.client(org) as http:
                while left := [each for each in identities if not is_final(manifests.get(each))]:
                    for some in batched(left, _ASKED_AT_ONCE, strict=False):
                        found = await asyncio.gather(*(Orders(http).shipment(each) for each in some))
                        manifests |= zip(some, found, strict=True)
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            late = [manifests.get(each, each) for each in identities if not is_final(manifests.get(each))]
            raise AssertionError(f"{len(late)} not final after {within:g} s: {late[:10]}") from None
        return manifests

    async def until_status(self, identity: str, status: str, org: str = "ttd", *, within: float = 90) -> Document:
        """The manifest of a shipment once its one recipient has this status; fails after `within` seconds."""
        manifest: Document = {}
        try:
            async with asyncio.timeout(within), self.client(org) as http:
                while True:
                    manifest = await Orders(http).shipment(identity)
                    if [each["status"] for each in manifest["recipients"]] == [status]:
                        return manifest
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise AssertionError(f"not {status} after {within:g} s: {manifest}") from None

    async def calls(self, name: str) -> list[Document]:
        """The journal of a simulator (`acs-email`, `acs-sms`, `pswin`, `smtp`, `issuer`): every call that it got."""
        return await self._journal(name, "/_calls")

    async def emails(self) -> list[Document]:
        """The calls that handed over an email to Communication Services; looking one up again is none."""
        return [call for call in await self.calls("acs-email") if call["kind"] == "send"]

    async def reports(self, name: str) -> list[Document]:
        """The delivery reports of a simulator that the service took."""
        return await self._journal(name, "/_reports")

    async def _journal(self, name: str, path: str) -> list[Document]:
        address = self._run()["journals"].get(name) or self.address(name)
        async with self._http(address) as http:
            entries: list[Document] = (await http.get(path)).json()
        return entries

    def _http(self, address: str, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
        # Nothing here speaks TLS: without verification no certificates are loaded for each client.
        return httpx.AsyncClient(base_url=address, headers=headers, timeout=30, trust_env=False, verify=False)

    def _run(self) -> Document:
        run: Document = json.loads((self.directory / "run.json").read_text())
        return run

    def _process_named(self, name: str) -> Document:
        return next(each for each in self._run()["processes"] if each["name"] == name)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while "ready http://" not in self.output():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                self._process.wait()
                raise AssertionError(f"./dev up did not start: {self.output()}")
            time.sleep(0.05)


def is_final(manifest: Mapping[str, Any] | None) -> bool:
    """Whether a shipment has come to its end."""
    return manifest is not None and manifest["status"] in FINAL
