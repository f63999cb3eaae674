"""Azurite, the storage emulator from npm: how its services are started and addressed."""

import shutil
from pathlib import Path

from local.errors import CommandError
from local.supervisor import ProcessSpec

PROJECT = Path(__file__).resolve().parent.parent
ACCOUNT = "devstoreaccount1"
# Azurite's published key, the same on every machine; it opens nothing but Azurite
# (https://learn.microsoft.com/azure/storage/common/storage-connect-azurite).
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

# The client libraries ask for a newer version of the storage protocol than Azurite knows by name.
SWITCHES = ("--disableTelemetry", "--skipApiVersionCheck")


def azurite(service: str, port: int, data: Path | None, *, access_log: bool = False) -> ProcessSpec:
    """One Azurite service (`queue` or `table`) on its own; its data under `data`, or in memory if that is None."""
    listening = [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
    # Azurite refuses a location beside the switch for memory.
    keeping = ["--location", str(data)] if data else ["--inMemoryPersistence"]
    switches = SWITCHES if access_log else (*SWITCHES, "--silent")
    return ProcessSpec(
        name=f"azurite-{service}",
        command=(*_program(f"{service}/main.js"), *listening, *keeping, *switches),
        address=f"http://127.0.0.1:{port}",
    )


def azurite_for_core_tools(data: Path, blob_port: int, queue_port: int, table_port: int) -> ProcessSpec:
    """Blob, queue and table in one process, as `func start` with UseDevelopmentStorage=true expects them."""
    ports = {"blob": blob_port, "queue": queue_port, "table": table_port}
    options = [word for name, port in ports.items() for word in (f"--{name}Port", str(port))]
    return ProcessSpec(
        name="azurite",
        command=(*_program("azurite.js"), *options, "--location", str(data), *SWITCHES, "--silent"),
        # The table service is the last of the three to listen.
        address=f"http://127.0.0.1:{table_port}",
    )


def connection_string(queue: str, table: str) -> str:
    """The connection string of an Azurite whose queue and table services listen at these addresses."""
    parts = {
        "DefaultEndpointsProtocol": "http",
        "AccountName": ACCOUNT,
        "AccountKey": KEY,
        "QueueEndpoint": f"{queue}/{ACCOUNT}",
        "TableEndpoint": f"{table}/{ACCOUNT}",
    }
    return ";".join(f"{name}={value}" for name, value in parts.items()) + ";"


def _program(main: str) -> tuple[str, str]:
    # Started with node itself, without npm's wrapper, so that the process that is watched is the server.
    node = shutil.which("node")
    if node is None:
        raise CommandError("Node.js is needed to run Azurite; install it")
    return node, str(PROJECT / "node_modules" / "azurite" / "dist" / "src" / main)
