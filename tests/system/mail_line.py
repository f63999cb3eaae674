"""A mail server of a test's own, and the line to it, which can be taken away and brought back."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import httpx

from local.ports import free_ports
from local.simulators.serving import listening
from local.simulators.smtp.server import Options
from local.simulators.smtp.service import smtp
from tests.system.orders import Document

_PIECE = 65_536


class MailLine:
    """Passes on what each connection carries; `down` and `up` take the server away and bring it back.

    `provider` is the server's port, `journal` where its calls are told.
    """

    def __init__(self, provider: int, journal: str) -> None:
        (self.port,) = free_ports(1)
        self._provider = provider
        self._journal = journal
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    async def calls(self) -> list[Document]:
        """The server's journal."""
        async with httpx.AsyncClient(base_url=self._journal, trust_env=False, verify=False) as http:
            entries: list[Document] = (await http.get("/_calls")).json()
        return entries

    async def up(self) -> None:
        """Listen, until it is taken down."""
        self._server = await asyncio.start_server(self._pass_on, "127.0.0.1", self.port)

    async def down(self) -> None:
        """Refuse every connection; open ones are closed."""
        if self._server:
            self._server.close()
            self._server.close_clients()
            await self._server.wait_closed()
            self._server = None

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._provider)
        try:
            await asyncio.gather(_carry(reader, back), _carry(there, writer))
        except ConnectionError:
            pass
        finally:
            back.close()
            writer.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailLine]:
    """The simulator, in this process, behind a line."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        async with listening(smtp(Options(), sock), 0) as journal, MailLine(port, journal) as line:
            yield line


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(_PIECE):
        writer.write(piece)
        await writer.drain()
    writer.close()
