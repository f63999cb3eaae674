"""`./dev reports`: the operators' command for dead reports, on the storage of what runs here."""

import os
import subprocess
import sys
from collections.abc import Sequence

from local.azurite import PROJECT
from local.data_directory import DataDirectory
from local.errors import CommandError

FORMS = "list [--content] [--since TIME] [--limit N] | replay ID... | replay --all [--since TIME] | remove ID..."


def reports(data: DataDirectory, arguments: Sequence[str]) -> int:
    """Runs the command to its end: its exit code; raises CommandError where no storage runs."""
    storage = data.read_run().get("storage")
    if not storage:
        raise CommandError(f"what runs in {data.path} has no storage of ours: start it with ./dev up")
    # What is set for the service in Azure must not win over what runs here.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DataStorage")}
    command = [sys.executable, "-m", "notifications.operations", "reports", *arguments]
    return subprocess.run(command, cwd=PROJECT, env={**kept, "DataStorage": storage}, check=False).returncode
