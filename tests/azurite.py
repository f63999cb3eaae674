"""Azurite for a test: one service of its own, on a free port."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

from local.ports import free_ports

_PROGRAMS = Path(__file__).parent.parent / "node_modules" / "azurite" / "dist" / "src"
_PATIENCE_SECONDS = 60


def start_azurite(kind: str, directory: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start `queue`, `table` or `blob` on a directory; return the process, which the caller ends, and its port."""
    node = shutil.which("node")
    assert node is not None, "Node.js is needed to run Azurite"
    port = free_ports(1)[0]
    process = subprocess.Popen(
        [
            *(node, str(_PROGRAMS / kind / "main.js")),
            *(f"--{kind}Host", "127.0.0.1", f"--{kind}Port", str(port)),
            *("--location", str(directory), "--disableTelemetry", "--silent", "--skipApiVersionCheck"),
        ],
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise AssertionError(f"Azurite {kind} did not start")
        time.sleep(0.05)
    return process, port


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
