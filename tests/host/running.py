"""A host as a process of its own, with what it prints."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Self

APP = Path(__file__).parent / "app"
PROJECT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0


def until[T](ask: Callable[[], T], met: Callable[[T], bool] = bool) -> T:
    """Ask again until the answer is right; the test fails when patience ends."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not met(answer := ask()):
        assert time.monotonic() < deadline, f"still {answer!r}"
        time.sleep(0.05)
    return answer


def queue_connection(port: int) -> str:
    """The connection string of an Azurite queue service on this port."""
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    endpoint = f"http://127.0.0.1:{port}/devstoreaccount1"
    return f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={key};QueueEndpoint={endpoint};"


class RunningHost:
    """`python -m local.host` under test; a context manager that ends it."""

    def __init__(self, root: Path, environment: Mapping[str, str], arguments: Sequence[str] = ()) -> None:
        self.out: list[str] = []
        self.err: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.host", "--root", str(root), "--port", "0", *arguments],
            cwd=PROJECT,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines))
            for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.finished()

    @staticmethod
    def _read(stream: IO[str], lines: list[str]) -> None:
        with stream:
            lines.extend(line.rstrip("\n") for line in stream)

    @property
    def address(self) -> str:
        """Where it listens, once it says that it is ready."""
        ready = until(lambda: self._ready() or (self.process.poll() is not None and "ended early"))
        assert ready != "ended early", "\n".join(self.err)
        return str(ready)

    def _ready(self) -> str | None:
        return next((line.removeprefix("ready ") for line in list(self.out) if line.startswith("ready ")), None)

    def url(self, path: str) -> str:
        """A path below the route prefix of the test app."""
        return f"{self.address}/api/{path}"

    def printed(self, text: str) -> list[str]:
        """The lines on stdout that hold a text."""
        return [line for line in list(self.out) if text in line]

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal to the host."""
        self.process.send_signal(number)

    def finished(self) -> int:
        """Wait for the end; the exit code."""
        code = self.process.wait(PATIENCE_SECONDS)
        for reader in self._readers:
            reader.join()
        return code
