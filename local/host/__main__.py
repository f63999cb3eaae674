"""`python -m local.host --root DIR --port N`: run the function app in DIR until SIGTERM or SIGINT."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType

from local.host.console import complain, set_up_logging
from local.host.functions import Function
from local.host.host import LEASE_SECONDS, Host, Plan
from local.host.keys import Keys
from local.host.routes import RouteError
from local.host.schedule import ScheduleError
from local.host.settings import SettingsError, is_disabled, load_host_options, load_local_settings
from local.host.worker import IndexingError, index

SIGNALS = (signal.SIGTERM, signal.SIGINT)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.host", description="Run a Python function app.")
    parser.add_argument("--root", type=Path, required=True, help="the app's folder, with host.json and function_app.py")
    parser.add_argument("--port", type=int, default=7071, help="0 takes a free one")
    parser.add_argument("--settings", type=Path, help="instead of local.settings.json in the app's folder")
    parser.add_argument("--keys", type=Path, help="JSON file of access keys; without it none are checked")
    parser.add_argument(
        "--lease", type=int, default=LEASE_SECONDS, help="seconds a fetched message stays invisible (default: 600)"
    )
    return parser.parse_args()


def _indexed(root: Path) -> list[Function]:
    functions, faults = index(root)
    for fault in faults:
        complain(fault)
    return [function for function in functions if not is_disabled(function.name)]


def _plan(arguments: argparse.Namespace) -> Plan:
    root = arguments.root.resolve()
    settings = arguments.settings or root / "local.settings.json"
    load_local_settings(settings, required=arguments.settings is not None)
    options = load_host_options(root)
    keys = Keys.load(arguments.keys) if arguments.keys else Keys()
    set_up_logging()
    return Plan(_indexed(root), options, keys, arguments.port, arguments.lease)


async def _serve(plan: Plan) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def signalled(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    for number in SIGNALS:
        loop.add_signal_handler(number, signalled, number)
    async with Host(plan) as host:
        await host.start()
        await host.run_until(stopping)
        await host.stop()


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)


def _run() -> None:
    for number in SIGNALS:
        signal.signal(number, _leave)
    plan = _plan(_arguments())
    asyncio.new_event_loop().run_until_complete(_serve(plan))


def main() -> int:
    """Run the host; 0 after a stop that was asked for, 1 with one line on stderr when it cannot start."""
    try:
        _run()
    except IndexingError as error:
        traceback.print_exception(error.__cause__) if error.__cause__ else None
        complain(f"The app could not be indexed: {error}")
    except (SettingsError, RouteError, ScheduleError, OSError) as error:
        complain(f"The host could not start: {error}")
    else:
        return 0
    return 1


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    # As under the real host, the process just ends: nothing the app left open or running can hold it back.
    os._exit(code)
