"""The directory that one running local system owns: its data, logs, secrets and the list of its processes."""

import base64
import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.errors import CommandError

LEAST_FREE_BYTES = 100 * 1024 * 1024


class DataDirectory:
    """DIR of `./dev up --data DIR`; one running system at a time holds it, with `least_free` bytes to write."""

    def __init__(self, path: Path, *, least_free: int = LEAST_FREE_BYTES) -> None:
        self._least_free = least_free
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self.run_file = self.path / "run.json"
        self.secrets_file = self.path / "secrets.json"
        self._lock_file = self.path / "lock"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds the directory until the end of the block; raises CommandError if it is held, unwritable or full."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise CommandError(f"cannot write in {self.path}: {error.strerror}") from error
        try:
            self._lock(descriptor)
            self._require_space()
            try:
                yield
            finally:
                self.forget_run()
        finally:
            os.close(descriptor)

    def log(self, name: str) -> Path:
        """The file that takes a process's output."""
        return self.logs / f"{name}.log"

    def start_logs(self, names: Sequence[str]) -> None:
        """Empties the log files of these processes; the last run's stay beside them as `.log.1`."""
        for name in names:
            log = self.log(name)
            if log.exists():
                log.replace(log.with_suffix(".log.1"))
            log.touch()

    def directory(self, name: str) -> Path:
        """A subdirectory, created if it is missing."""
        path = self.path / name
        path.mkdir(exist_ok=True)
        return path

    def new_secrets(self, names: Sequence[str]) -> dict[str, str]:
        """24 random bytes as Base64 under each name, kept in `secrets.json` (readable by the owner alone)."""
        made = {name: base64.b64encode(secrets.token_bytes(24)).decode() for name in names}
        _replace(self.secrets_file, made)
        return made

    def write_run(self, run: Mapping[str, Any]) -> None:
        """Replaces `run.json` in one step: a reader sees the old one or the new one, never a part."""
        _replace(self.run_file, run)

    def read_run(self) -> dict[str, Any]:
        """What runs here; raises CommandError where nothing does."""
        try:
            run: dict[str, Any] = json.loads(self.run_file.read_text())
        except (OSError, ValueError) as error:
            raise CommandError(f"nothing runs in {self.path}: start it with ./dev up") from error
        return run

    def forget_run(self) -> None:
        """Removes `run.json`: nothing runs here any more."""
        self.run_file.unlink(missing_ok=True)

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            owner = os.pread(descriptor, 20, 0).decode() or "unknown"
            raise CommandError(
                f"another ./dev (process {owner}) runs on {self.path}: end it or choose another with --data"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)

    def _require_space(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < self._least_free:
            needed = self._least_free >> 20
            raise CommandError(f"the disk of {self.path} is full: {free >> 20} MB free, {needed} MB needed")


def tail(path: Path, size: int = 4096) -> str:
    """The last `size` bytes of a text file."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - size))
        return file.read().decode(errors="replace")


def _replace(path: Path, content: Mapping[str, Any]) -> None:
    # mkstemp makes the file readable by its owner alone, which secrets need and the rest does not mind.
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(descriptor)
    try:
        Path(temporary).write_text(json.dumps(content, indent=2), encoding="utf-8")
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
