"""`python -m benchmarks.recording_host …`: the local host, writing down the shape of each table transaction.

Azurite's access log shows a transaction as one line without its size. To have Azurite do the same work again without
the service, the sizes are needed.
"""

import os
import runpy
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from azure.data.tables.aio import TableClient

from benchmarks.transactions import RECORD, line_of


def record(path: Path) -> None:
    """Make every table client of this process write its transactions into the file."""
    submit = TableClient.submit_transaction
    # By lines, since the host leaves without closing its files.
    file = path.open("a", buffering=1)

    async def submit_and_record(self: TableClient, operations: Iterable[Any], **kwargs: Any) -> list[Mapping[str, Any]]:
        written = list(operations)
        file.write(line_of(self.table_name, written) + "\n")
        return await submit(self, written, **kwargs)

    TableClient.submit_transaction = submit_and_record  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    record(Path(os.environ[RECORD]))
    sys.argv[0] = "local.host"
    runpy.run_module("local.host", run_name="__main__", alter_sys=True)
