"""One connection to a mail server: opened, encrypted and authenticated as the settings say, then used for letters."""

import asyncio
import ssl
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import cast

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException, SMTPServerDisconnected

from notifications.channels.email.smtp_message import Letter
from notifications.channels.email.smtp_replies import UNAUTHORIZED, Reply, Step

# Submission servers do not look at it, and the name of a machine in a cloud is nobody's business.
_OUR_NAME = "[127.0.0.1]"
_CHUNK = 64 * 1024


class Security(StrEnum):
    """How a connection is encrypted: from its first byte, by STARTTLS or it is not used, or not at all."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A mail server and our account at it; raises ValueError for half an account or one without encryption."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.username is None) is not (self.password is None):
            raise ValueError("a username and a password go together")
        if self.username is not None and self.security is Security.NONE:
            raise ValueError("a password is not sent without encryption")


class Stage(IntEnum):
    """How far a hand-over has come; from HANDED_OVER on the server may have the message."""

    WAITING = 0
    OPENING = 1
    TALKING = 2
    HANDED_OVER = 3


@dataclass(slots=True)
class Progress:
    """Where a hand-over is, for whoever must say what an interruption means."""

    stage: Stage = Stage.WAITING


class Unusable(Exception):
    """No session came about; `reason` is a code, and `ours` says that settings or account must be mended."""

    def __init__(self, reason: str, *, ours: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.ours = ours


class Session:
    """An open connection on which one letter after the other can be handed over."""

    def __init__(self, client: SMTP, writer: asyncio.StreamWriter) -> None:
        self._client = client
        self._writer = writer
        self._midway = False
        self.letters = 0

    @property
    def is_open(self) -> bool:
        """Whether neither side has closed it, as far as one can tell without asking."""
        return self._client.is_connected

    def offers(self, extension: str) -> bool:
        """Whether the server announced an extension."""
        return self._client.supports_extension(extension)

    async def transfer(self, letter: Letter, progress: Progress) -> Reply:
        """Hand a letter over and return the answer that ended it; raises what breaks the connection."""
        if self._midway:
            await self._client.execute_command(b"RSET")
        self._midway = True
        self.letters += 1
        for step, command in self._commands(letter):
            reply = await self._ask(step, command)
            if not reply.positive:
                return reply
        await self._write(letter.data)
        progress.stage = Stage.HANDED_OVER
        reply = await self._ask(Step.END, b".")
        self._midway = False
        return reply

    def leave(self) -> None:
        """Say goodbye and close, without waiting for the answer."""
        if self.is_open:
            self._writer.write(b"QUIT\r\n")
        self._client.close()

    def close(self) -> None:
        """Close at once."""
        self._client.close()

    def _commands(self, letter: Letter) -> tuple[tuple[Step, bytes], ...]:
        size = f" SIZE={letter.size}" if self.offers("size") else ""
        utf8 = " BODY=8BITMIME SMTPUTF8" if letter.utf8 else ""
        return (
            (Step.MAIL, f"MAIL FROM:<{letter.sender}>{size}{utf8}".encode()),
            (Step.RCPT, f"RCPT TO:<{letter.recipient}>".encode()),
            (Step.DATA, b"DATA"),
        )

    async def _ask(self, step: Step, command: bytes) -> Reply:
        answer = await self._client.execute_command(command)
        return Reply.of(step, answer.code, answer.message)

    async def _write(self, data: bytes) -> None:
        """Write all that comes before the final dot, and return when it has left: only then may the dot follow."""
        view = memoryview(data)
        for start in range(0, len(view), _CHUNK):
            self._writer.write(view[start : start + _CHUNK])
            await self._writer.drain()
        if not self.is_open:
            raise SMTPServerDisconnected("closed before the end of the message")


async def open_session(server: Server, tls: ssl.SSLContext) -> Session:
    """Connect, encrypt and authenticate; raises `Unusable`."""
    client = SMTP(
        hostname=server.host,
        port=server.port,
        use_tls=server.security is Security.TLS,
        start_tls=False,
        tls_context=tls,
        local_hostname=_OUR_NAME,
        timeout=None,
    )
    try:
        await _introduce(client, server)
        return Session(client, _writer(client))
    except (SMTPException, OSError, UnicodeError) as error:
        client.close()
        raise _unusable(error) from None
    except BaseException:
        client.close()
        raise


async def _introduce(client: SMTP, server: Server) -> None:
    await client.connect()
    await client.ehlo()
    if server.security is Security.STARTTLS:
        if not client.supports_extension("starttls"):
            raise Unusable("no_starttls", ours=True)
        await client.starttls()
        await client.ehlo()
    if server.username is not None and server.password is not None:
        await _log_in(client, server.username, server.password)


async def _log_in(client: SMTP, username: str, password: str) -> None:
    """One attempt, by the first mechanism that both know: servers lock accounts out for more."""
    for mechanism, attempt in (("plain", client.auth_plain), ("login", client.auth_login)):
        if mechanism in client.server_auth_methods:
            await attempt(username, password)
            return
    raise Unusable("no_auth_mechanism", ours=True)


def _writer(client: SMTP) -> asyncio.StreamWriter:
    """What waits until written bytes have left: all of them, so that the transport buffers nothing on its own."""
    transport, protocol = cast("asyncio.WriteTransport", client.transport), client.protocol
    if protocol is None:
        raise SMTPServerDisconnected("closed after the greeting")
    # With a high mark of 0, transports with TLS never resume.
    transport.set_write_buffer_limits(high=1, low=0)
    return asyncio.StreamWriter(transport, protocol, None, asyncio.get_running_loop())


def _unusable(error: SMTPException | OSError | UnicodeError) -> Unusable:
    """Why there is no session; refused credentials and certificates are ours to mend, and so is a refused client."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return Unusable("certificate", ours=True)
    if isinstance(cause, ssl.SSLError):
        return Unusable("tls", ours=True)
    if isinstance(error, SMTPResponseException):
        final = error.code >= 500
        refused = final and isinstance(error, SMTPAuthenticationError)
        return Unusable(UNAUTHORIZED if refused else _code(error), ours=final)
    return Unusable("connection" if isinstance(error, SMTPServerDisconnected) else "connect")


def _code(error: SMTPResponseException) -> str:
    return f"smtp_{error.code}" if error.code > 0 else "unreadable_answer"
