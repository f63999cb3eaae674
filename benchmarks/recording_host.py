"""`python -m benchmarks.recording_host …`: the local host, writing down the shape of each table transaction.

Azurite's access log shows a transaction as one line without its size. To have Azurite do the same work again without
the service, the sizes are needed.
"""

import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.transactions import RECORD, line_of
from notifications.storage.azure_table import AzureTable
from notifications.storage.table import Operation


def record(path: Path) -> None:
    """Make every table of this process write its transactions into the file."""
    commit = AzureTable.commit
    # By lines, since the host leaves without closing its files.
    file = path.open("a", buffering=1)

    async def record_and_commit(self: AzureTable, partition: str, operations: Sequence[Operation]) -> list[str]:
        if len(operations) > 1:
            file.write(line_of(self.name, partition, operations) + "\n")
        return await commit(self, partition, operations)

    AzureTable.commit = record_and_commit  # type: ignore[method-assign]


if __name__ == "__main__":
    record(Path(os.environ[RECORD]))
    sys.argv[0] = "local.host"
    runpy.run_module("local.host", run_name="__main__", alter_sys=True)
