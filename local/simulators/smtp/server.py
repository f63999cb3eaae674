"""The SMTP side: aiosmtpd, with the answers that a recipient's fate asks for."""

import asyncio
import hmac
import logging
import ssl
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Any, AnyStr

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from local.simulators.fates import Lost, Turns
from local.simulators.journal import Entry, Journal
from local.simulators.smtp.mails import Mails, described
from local.simulators.smtp.recipients import Moment, Trouble, fate_of

# The library tells of every command, addresses included, and warns of its own deprecations.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)


class Security(StrEnum):
    """How the server encrypts."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the program was started; sizes in bytes; without a username nobody has to authenticate."""

    security: Security = Security.NONE
    tls: ssl.SSLContext | None = None
    username: str | None = None
    password: str = field(default="", repr=False)
    size_limit: int = 10 * 1024 * 1024
    smtputf8: bool = True


class MailServer:
    """What all connections share, and the hooks that aiosmtpd calls."""

    def __init__(self, options: Options, calls: Journal, mails: Mails) -> None:
        self._options = options
        self._calls = calls
        self._mails = mails
        self._turns = Turns()
        self._connections = count(1)

    def connection(self) -> "Connection":
        """Return the protocol of a new connection."""
        options, encrypted = self._options, self._options.security is Security.STARTTLS
        return Connection(
            self,
            number=next(self._connections),
            hostname="localhost",
            data_size_limit=options.size_limit,
            enable_SMTPUTF8=options.smtputf8,
            tls_context=options.tls if encrypted else None,
            # aiosmtpd does not see the encryption that is there from the first byte.
            auth_require_tls=encrypted,
            authenticator=self._authenticate,
        )

    async def handle_MAIL(  # noqa: N802 - aiosmtpd finds its hooks by these names
        self, _: "Connection", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a sender who has authenticated, if he has to."""
        if self._options.username is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender OK"

    async def handle_RCPT(  # noqa: N802
        self, server: "Connection", _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or do to him what his fate asks for."""
        server.fault = self._turns.fault_of(address.lower(), fate_of(address))
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        if isinstance(server.fault, Trouble) and server.fault.at is Moment.RCPT:
            return await self._trouble(server, envelope, server.fault)
        return "250 2.1.5 Recipient OK"

    async def handle_DATA(self, server: "Connection", _: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail, or refuse it, or lose the answer."""
        fault = server.fault
        if isinstance(fault, Trouble):
            return await self._trouble(server, envelope, fault)
        entry = self._entry(server, envelope)
        self._mails.keep(str(entry["reference"]), bytes(envelope.original_content or b""))
        self._calls.add(**entry, answer="none" if fault else 250, accepted=True)
        if fault is Lost.GARBLED:
            return "Thank you!"
        if fault:
            return await server.vanish(closes=fault is Lost.RESET)
        await asyncio.sleep(fate_of(envelope.rcpt_tos[0]).answer_seconds)
        return "250 2.0.0 Taken"

    async def cut(self, server: "Connection", envelope: Envelope) -> None:
        """End the connection within a message."""
        if isinstance(server.fault, Trouble):
            await self._trouble(server, envelope, server.fault)

    async def _trouble(self, server: "Connection", envelope: Envelope, trouble: Trouble) -> str:
        self._calls.add(**self._entry(server, envelope), answer=trouble.answer, accepted=False)
        return trouble.line or await server.vanish(closes=trouble.closes)

    def _entry(self, server: "Connection", envelope: Envelope) -> Entry:
        return {
            "kind": "send",
            "recipient": envelope.rcpt_tos[0],
            "sender": envelope.mail_from,
            "connection": server.number,
            "encrypted": server.encrypted,
            **(described(bytes(envelope.original_content)) if envelope.original_content else {"reference": None}),
        }

    def _authenticate(self, server: SMTP, _: Session, __: Envelope, mechanism: str, given: Any) -> AuthResult:
        expected = f"{self._options.username}\0{self._options.password}".encode()
        known = isinstance(given, LoginPassword) and hmac.compare_digest(given.login + b"\0" + given.password, expected)
        number = server.number if isinstance(server, Connection) else 0
        self._calls.add(kind="logon", reference=mechanism, connection=number, answer=235 if known else 535)
        return AuthResult(success=known, handled=False)


class Connection(SMTP):
    """One client's connection."""

    def __init__(self, service: MailServer, *, number: int, **options: Any) -> None:
        super().__init__(service, loop=asyncio.get_running_loop(), **options)
        self._service = service
        self.number = number
        self.fault: Trouble | Lost | None = None

    @property
    def encrypted(self) -> bool:
        """Whether the client speaks to us over TLS."""
        return self.transport is not None and self.transport.get_extra_info("sslcontext") is not None

    async def push(self, status: AnyStr) -> None:
        """Answer; after 421 the connection is closed, as RFC 5321 section 3.8 has it."""
        await super().push(status)
        if self.transport is not None and status[:3] in {"421", b"421"}:
            self.transport.close()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take a message, unless its recipient's fate is that the connection ends within it."""
        if self.envelope and isinstance(self.fault, Trouble) and self.fault.at is Moment.BODY:
            await self.push("354 Go ahead")
            await self._reader.readline()
            await self._service.cut(self, self.envelope)
        else:
            await super().smtp_DATA(arg)

    async def vanish(self, *, closes: bool) -> str:
        """Never answer: close the connection, or wait until the client leaves or the program ends."""
        if closes and isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        await asyncio.Event().wait()
        return ""
