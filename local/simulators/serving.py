"""How a simulator is served: on 127.0.0.1, with one ready line, until a signal ends it."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

type BuildApp = Callable[[str], web.Application]
"""Makes the application, given its own address (`http://127.0.0.1:N`)."""

_SHUTDOWN_SECONDS = 0.2


@asynccontextmanager
async def listening(build: BuildApp, port: int) -> AsyncIterator[str]:
    """Serve on 127.0.0.1 while the context lasts and yield the address; port 0 takes a free one.

    Raises OSError when the port is taken.
    """
    sock = socket.create_server(("127.0.0.1", port), backlog=1024)
    base = f"http://127.0.0.1:{sock.getsockname()[1]}"
    # A handler that waits for a caller who has left (the recipients that never get an answer) must end with him.
    runner = web.AppRunner(build(base), access_log=None, handler_cancellation=True, shutdown_timeout=_SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        await web.SockSite(runner, sock).start()
        yield base
    finally:
        await runner.cleanup()
        sock.close()


def run(build: BuildApp, port: int) -> int:
    """Serve until SIGTERM or SIGINT and return the exit code: 0, or 1 when the port is taken."""
    try:
        asyncio.run(_until_signal(build, port))
    except OSError as error:
        print(f"cannot listen on 127.0.0.1:{port}: {os.strerror(error.errno or 0)}", file=sys.stderr)
        return 1
    return 0


async def _until_signal(build: BuildApp, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with listening(build, port) as base:
        print(f"ready {base}", flush=True)
        await stop.wait()
