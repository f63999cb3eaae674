"""The local system under measurement: Azurite, simulators and host as `./dev up` runs them, on data of its own."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.journals import HostLog
from benchmarks.transactions import RECORD
from local.azurite import PROJECT, azurite, connection_string
from local.data_directory import DataDirectory
from local.ports import free_ports
from local.supervisor import ProcessSpec, Supervisor
from local.system import SECRETS, Addresses, Choices, backing, choose_addresses, host
from local.tokens import fetch_token
from local.waiting import until
from notifications.settings import Settings

_START_SECONDS = 90.0


@dataclass(slots=True)
class System:
    """A running system, and where one can look at it from outside."""

    addresses: Addresses
    data: DataDirectory
    supervisor: Supervisor
    log: HostLog
    said: list[str] = field(default_factory=list)

    async def published(self, shipments: Collection[str], *, within: float) -> bool:
        """Wait until all these shipments are published; False if some are not after so many seconds."""
        wanted = set(shipments)

        async def done() -> bool:
            self.log.read()
            return wanted <= self.log.published.keys()

        try:
            async with asyncio.timeout(within):
                await until(done, every=0.2)
        except TimeoutError:
            return False
        return True

    async def token(self, org: str = "ttd") -> str:
        """A token of the system's issuer."""
        return await fetch_token(self.addresses.issuer, org)

    @property
    def host(self) -> int:
        """The process id of the host."""
        return self.supervisor.process_ids()["host"]

    def remarks(self) -> list[str]:
        """What went wrong on the way, for the reader of the figures."""
        self.log.read()
        wrong = [f"{name} × {count} in the host's log" for name, count in sorted(self.log.wrong.items())]
        return [*wrong, *(line for line in self.said if not line.startswith("ready "))]


# What a laptop sets otherwise than a deployment, which has the defaults.
_LAPTOPS_OWN = {"CONCURRENT_ORDERS", "REGISTER_ANSWER_SECONDS"}
_AS_DEPLOYED = {
    str(each.alias): str(each.default) for each in Settings.model_fields.values() if each.alias in _LAPTOPS_OWN
}


@asynccontextmanager
async def running(
    *,
    in_memory: bool = False,
    access_log: bool = False,
    transactions: Path | None = None,
    registers: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> AsyncIterator[System]:
    """Start a system, empty, and end it with the block; with `transactions`, each is written into that file.

    `registers` is a file of who is in the registers; without it they are those of `./dev up`. `settings` are app
    settings of the service that differ from those of `./dev up`, beside those that deployments have otherwise.
    """
    with scratch() as path:
        choices = Choices(
            port=0,
            data=path,
            registers=registers,
            storage_in_memory=in_memory,
            storage_log=access_log,
            settings=_AS_DEPLOYED | dict(settings or {}),
        )
        data = DataDirectory(path)
        with data.held():
            async with _supervised(choices, data, transactions) as system:
                yield system


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory for data, on the disk that `./dev up` uses, removed at the end."""
    (PROJECT / ".local").mkdir(exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix="bench-", dir=PROJECT / ".local"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@asynccontextmanager
async def _supervised(choices: Choices, data: DataDirectory, transactions: Path | None) -> AsyncIterator[System]:
    addresses = choose_addresses(choices.port)
    secrets = data.new_secrets(SECRETS)
    first = backing(choices, data, addresses, secrets)
    service = host(choices, addresses, secrets)
    if transactions:
        service = _recording(service, transactions)
    data.start_logs([spec.name for spec in (*first, service)])
    said: list[str] = []
    async with Supervisor(data, directory=PROJECT, about={}, say=said.append) as supervisor:
        await supervisor.start(first, within=_START_SECONDS)
        await supervisor.start([service], within=_START_SECONDS)
        yield System(addresses, data, supervisor, HostLog(data.log("host")), said)


@asynccontextmanager
async def storage_alone(*, in_memory: bool) -> AsyncIterator[str]:
    """Azurite without the service: the connection string of an empty queue and table service."""
    with scratch() as path:
        data = DataDirectory(path)
        with data.held():
            queue, table = free_ports(2)
            specs = [
                azurite(name, port, None if in_memory else data.directory(name))
                for name, port in (("queue", queue), ("table", table))
            ]
            data.start_logs([spec.name for spec in specs])
            async with Supervisor(data, directory=PROJECT, about={}, say=print) as supervisor:
                await supervisor.start(specs, within=_START_SECONDS)
                yield connection_string(specs[0].address, specs[1].address)


def _recording(service: ProcessSpec, transactions: Path) -> ProcessSpec:
    """The same host, started by the program that writes transactions down."""
    command = tuple("benchmarks.recording_host" if word == "local.host" else word for word in service.command)
    return replace(service, command=command, environment={**service.environment, RECORD: str(transactions)})
