"""Mail servers for tests: the project's own simulator, and one that answers as it is told."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage as MimeMessage
from typing import Any
from uuid import UUID

import httpx

from local.simulators.serving import listening
from local.simulators.smtp.certificate import self_signed
from local.simulators.smtp.server import Options
from local.simulators.smtp.server import Security as Encryption
from local.simulators.smtp.service import smtp
from notifications.channels.email.smtp import SmtpEmail
from notifications.channels.email.smtp_session import Security, Server
from notifications.channels.protocol import EmailMessage
from notifications.domain.outcomes import Outcome

from .servers import FixedClock

ID = UUID("0197c2f0-0000-8000-8000-000001000001")
NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
CONTEXT, CERTIFICATE = self_signed()


def trusting(certificate: bytes = CERTIFICATE) -> ssl.SSLContext:
    """A client's context that trusts one certificate only."""
    return ssl.create_default_context(cadata=certificate.decode())


def message(recipient: str = "someone@example.com", **changes: Any) -> EmailMessage:
    values: dict[str, Any] = {
        "notification_id": ID,
        "sender": "noreply@example.com",
        "recipient": recipient if "@" in recipient else f"{recipient}@example.com",
        "subject": "A subject",
        "body": "A body",
    }
    return EmailMessage(**(values | changes))


@asynccontextmanager
async def provider(
    port: int,
    security: Security = Security.NONE,
    *,
    username: str | None = None,
    password: str | None = None,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    connections: int = 10,
) -> AsyncIterator[SmtpEmail]:
    """A provider for a server on this machine, closed at the end."""
    server = Server(host=host, port=port, security=security, username=username, password=password)
    email = SmtpEmail(server, tls=tls or trusting(), clock=FixedClock(NOW), connections=connections)
    try:
        yield email
    finally:
        await email.aclose()


class Catcher:
    """The simulator, and a provider that sends to it."""

    def __init__(self, base: str, port: int, http: httpx.AsyncClient, email: SmtpEmail) -> None:
        self.port = port
        self.email = email
        self._base = base
        self._http = http

    async def send(self, recipient: str = "someone", within: float = 10, **changes: Any) -> Outcome:
        return await self.email.send(message(recipient, **changes), timeout=within)

    async def calls(self, kind: str = "send") -> list[dict[str, Any]]:
        """What the journal has of one kind."""
        entries = (await self._http.get(f"{self._base}/_calls")).json()
        return [each for each in entries if each["kind"] == kind]

    async def raw(self) -> bytes:
        """The last mail as it came."""
        response = await self._http.get(f"{self._base}/_mails/{(await self.calls())[-1]['reference']}")
        assert response.status_code == 200
        return response.content

    async def mail(self) -> MimeMessage:
        """The last mail as a reader's program understands it."""
        return message_from_bytes(await self.raw(), policy=policy.default)


@asynccontextmanager
async def catching(
    security: Security = Security.NONE, client: Mapping[str, Any] | None = None, **options: Any
) -> AsyncIterator[Catcher]:
    """A simulator with these options, and a provider with the settings `client`."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        build = smtp(Options(**{"security": Encryption(security), "tls": CONTEXT, **options}), sock)
        async with (
            listening(build, 0) as base,
            httpx.AsyncClient() as http,
            provider(port, security, **(client or {})) as email,
        ):
            yield Catcher(base, port, http, email)


_COMMANDS = frozenset({"EHLO", "MAIL", "RCPT", "RSET"})
CLOSE = "close"
SILENCE = "silence"
# At the end of an answer: the server closes after it.
LAST = ", and goodbye"
_USUAL = {
    "GREETING": "220 localhost",
    "EHLO": "250-localhost\r\n250 SIZE 1000000",
    "DATA": "354 Go ahead",
    "QUIT": "221 Bye",
    ".": "250 2.0.0 Taken",
}


class Script:
    """A server that answers each command as it is told (250 where it is not); it remembers what it got."""

    def __init__(self, answers: Mapping[str, str | list[str]]) -> None:
        self._answers = {**_USUAL, **answers}
        self.commands: list[str] = []
        self.connections = 0
        self.port = 0
        self._heard = asyncio.Condition()

    async def until(self, command: str, times: int) -> None:
        """Wait until a command came so many times."""
        async with self._heard:
            await self._heard.wait_for(lambda: self.commands.count(command) >= times)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = "GREETING"
        while await self._answer(command, writer):
            if command == "DATA":
                await reader.readuntil(b"\r\n.\r\n")
                command = "."
            else:
                line = (await reader.readuntil(b"\r\n")).decode(errors="replace").strip()
                command = line.partition(" ")[0].upper()
                async with self._heard:
                    self.commands.append(line)
                    self._heard.notify_all()

    async def _answer(self, command: str, writer: asyncio.StreamWriter) -> bool:
        # A password comes as a line of its own, which is no command.
        usual = "250 OK" if command in _COMMANDS else self._answers.get("*", "500 What?")
        answer = self._answers.get(command, usual)
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if answer == SILENCE:
            await asyncio.Event().wait()
        if answer != CLOSE:
            writer.write(answer.encode() + b"\r\n")
            await writer.drain()
        return answer != CLOSE and not answer.startswith("421") and not answer.endswith(LAST)


@asynccontextmanager
async def scripted(
    answers: Mapping[str, str | list[str]] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Script]:
    """A server that follows a script, on a free port."""
    script = Script(answers or {})
    server = await asyncio.start_server(script.talk, "127.0.0.1", 0, ssl=tls)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        server.abort_clients()
        await server.wait_closed()
