"""The whole program: SMTP on one port, and what was caught over HTTP on another."""

import asyncio
import socket
from collections.abc import AsyncIterator

from aiohttp import web

from local.simulators.journal import Journal, healthy
from local.simulators.serving import BuildApp
from local.simulators.smtp.mails import Mails
from local.simulators.smtp.server import MailServer, Options, Security


def smtp(options: Options, sock: socket.socket) -> BuildApp:
    """Return how the application is built that takes mail on a listening socket; it closes the socket at its end."""

    def build(_: str) -> web.Application:
        calls, mails = Journal(), Mails()
        server = MailServer(options, calls, mails)

        async def lifespan(_: web.Application) -> AsyncIterator[None]:
            # asyncio does it for sockets that it made itself; without it an EHLO takes 40 ms.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            tls = options.tls if options.security is Security.TLS else None
            listener = await asyncio.get_running_loop().create_server(server.connection, sock=sock, ssl=tls)
            yield
            listener.close()
            listener.abort_clients()
            await listener.wait_closed()

        app = web.Application()
        app.cleanup_ctx.append(lifespan)
        app.add_routes(
            [
                web.get("/_health", healthy),
                web.get("/_mails/{reference}", mails.show),
                *calls.routes("/_calls"),
            ]
        )
        return app

    return build
