"""Supervises one stand-in until a signal ends it: supervised.py DATA PORT [OPTION…]."""

import sys
from pathlib import Path

from local.cli import run_until_signal
from local.data_directory import DataDirectory
from local.running import say
from local.supervisor import Supervisor
from tests.dev.programs import stand_in


async def supervise(data: DataDirectory, port: int, *options: str) -> None:
    with data.held():
        async with Supervisor(data, directory=Path.cwd(), about={}, say=say) as all_:
            await all_.start([stand_in("one", port, *options, grace=600)], within=20)
            await all_.until_failure()


if __name__ == "__main__":
    work = supervise(DataDirectory(Path(sys.argv[1])), int(sys.argv[2]), *sys.argv[3:])
    sys.exit(run_until_signal(work, interrupted=0))
