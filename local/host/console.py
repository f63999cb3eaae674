"""What the host prints: its own lines and the app's log on stdout, failures of functions on stderr."""

import logging
import os
import sys
from datetime import UTC, datetime

WORKER_LOGGER = "azure.functions"


def _stamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def say(text: str) -> None:
    """Print one line of the host's own, with the time before it."""
    sys.stdout.write(f"[{_stamp()}] {text}\n")
    sys.stdout.flush()


def announce(text: str) -> None:
    """Print one line as it is: the function list and the line that says the host is ready."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print one line on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


class _OneLine(logging.Formatter):
    """A record as one line: the time, the message, and an exception with its line breaks escaped."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record).replace("\r", "\\r").replace("\n", "\\n")
        return f"[{_stamp()}] {text}"


def set_up_logging() -> None:
    """Send the root logger to stdout at INFO, as the Python worker does, and the worker's own failures to stderr."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_OneLine("%(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.DEBUG if os.environ.get("PYTHON_ENABLE_DEBUG_LOGGING") == "1" else logging.INFO)
    worker = logging.getLogger(WORKER_LOGGER)
    worker.addHandler(logging.StreamHandler(sys.stderr))
    worker.setLevel(logging.WARNING)
    worker.propagate = False
