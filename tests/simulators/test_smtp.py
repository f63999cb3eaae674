"""The mail server simulator, over real SMTP: what each recipient meets, the journal, and the mails that were caught."""

import asyncio
import re
import smtplib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtplib import SMTP, SMTPResponseException

from local.simulators.serving import listening
from local.simulators.smtp import __main__ as program
from local.simulators.smtp.certificate import self_signed
from local.simulators.smtp.mails import KEPT, Mails
from local.simulators.smtp.recipients import RECIPIENTS
from local.simulators.smtp.server import Options, Security
from local.simulators.smtp.service import smtp
from tests.simulators.test_documentation import after, table
from tests.simulators.test_programs import address, ended, start

MAIL = b"Subject: =?utf-8?q?=C3=86?=\r\nMessage-ID: <one@example.com>\r\n\r\nHello\r\n"
SENDER = "noreply@example.com"


class Server:
    """One simulator and its journal."""

    def __init__(self, base: str, port: int, http: httpx.AsyncClient) -> None:
        self.port = port
        self._base = base
        self._http = http

    async def get(self, path: str) -> httpx.Response:
        return await self._http.get(f"{self._base}{path}")

    async def calls(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = (await self.get("/_calls")).json()
        return entries

    async def send(self, recipient: str, mail: bytes = MAIL, within: float = 10) -> int | str:
        """The code that ended a call, or what happened instead of one."""
        client = plain(self, within)
        try:
            await client.connect()
            await client.ehlo()
            await client.mail(SENDER)
            await client.rcpt(f"{recipient}@example.com")
            return (await client.data(mail)).code
        except SMTPResponseException as error:
            return error.code
        except TimeoutError:
            return "silence"
        except ConnectionError:
            return "closed"
        finally:
            client.close()


def plain(server: Server, timeout: float = 10) -> SMTP:
    """A client that does not encrypt."""
    return SMTP(hostname="127.0.0.1", port=server.port, start_tls=False, timeout=timeout, local_hostname="test")


@asynccontextmanager
async def simulated(**options: Any) -> AsyncIterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        async with listening(smtp(Options(**options), sock), 0) as base, httpx.AsyncClient() as http:
            yield Server(base, port, http)


@pytest.mark.parametrize(
    ("recipient", "answers"),
    [
        ("anybody", [250, 250]),
        ("bounced", [550, 550]),
        ("Bounced+7", [550, 550]),
        ("moved", [551, 551]),
        ("invalid-format", [553, 553]),
        ("syntax", [501, 501]),
        ("full", [552, 552]),
        ("too-large", [552, 552]),
        ("failed", [554, 554]),
        ("filteredspam", [550, 550]),
        ("no-logon", [530, 530]),
        ("greylisted", [450, 250]),
        ("throttled", [452, 452, 250, 452]),
        ("unavailable", [421, 421, 250]),
        ("error", [451, 451, 451]),
        ("cut", ["closed", 250, "closed"]),
        ("reset", ["closed", 250]),
        ("garbled", [-1, 250]),
        ("slow", [250]),
    ],
)
async def test_the_recipient_alone_decides_what_happens(recipient: str, answers: list[int | str]) -> None:
    async with simulated() as server:
        assert [await server.send(recipient) for _ in answers] == answers


async def test_a_call_that_is_not_answered_hangs_before_or_after_the_mail_was_taken() -> None:
    async with simulated() as server:
        assert await server.send("stuck", within=0.2) == "silence"
        assert await server.send("hang", within=0.2) == "silence"
        assert await server.send("hang") == 250
        told = [(each["answer"], each["accepted"]) for each in await server.calls()]
        assert told == [("none", False), ("none", True), (250, True)]


async def test_after_421_the_connection_is_closed() -> None:
    async with simulated() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"EHLO test\r\nMAIL FROM:<{SENDER}>\r\nRCPT TO:<unavailable@example.com>\r\n".encode())
        async with asyncio.timeout(10):
            assert (await reader.read()).endswith(b"\r\n421 4.3.2 Going down\r\n")
        writer.close()
        await writer.wait_closed()


async def test_the_journal_says_what_came_and_over_which_connection() -> None:
    attached = (
        b"Message-ID: <two@example.com>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>Hello\r\n"
        b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nabc\r\n--b--\r\n"
    )
    async with simulated() as server:
        await server.send("someone")
        await server.send("failed", attached)
        await server.send("bounced")
        first, second, third = await server.calls()
    shared = {"kind": "send", "sender": SENDER, "encrypted": False}
    assert first.items() >= {**shared, "recipient": "someone@example.com", "connection": 1, "answer": 250}.items()
    assert (first["reference"], first["subject"], first["contentType"]) == ("one@example.com", "Æ", "plainText")
    assert (first["accepted"], first["attachments"]) == (True, [])
    assert (second["reference"], second["contentType"], second["accepted"]) == ("two@example.com", "html", False)
    assert second["attachments"] == [{"name": "a.txt", "contentType": "text/plain", "bytes": 3}]
    assert third.items() >= {**shared, "reference": None, "connection": 3, "answer": 550, "accepted": False}.items()


async def test_a_mail_can_be_read_as_it_came() -> None:
    async with simulated() as server:
        await server.send("someone")
        found = await server.get("/_mails/one@example.com")
        assert (found.headers["content-type"], found.content) == ("message/rfc822", MAIL)
        assert (await server.get("/_mails/two@example.com")).status_code == 404


async def test_the_oldest_mails_make_room() -> None:
    mails = Mails()
    for number in range(KEPT + 1):
        mails.keep(str(number), b"")
        mails.keep("1", b"again")
    assert len(mails) == KEPT
    assert "0" not in mails
    assert "1" in mails


async def test_a_mail_beyond_the_limit_is_refused_at_its_announcement() -> None:
    async with simulated(size_limit=1000) as server, plain(server) as client:
        await client.ehlo()
        assert client.esmtp_extensions["size"] == "1000"
        assert (await client.execute_command(b"MAIL FROM:<a@example.com> SIZE=1001")).code == 552


@pytest.mark.parametrize("offered", [True, False])
async def test_addresses_beyond_ascii_can_be_switched_off(*, offered: bool) -> None:
    async with simulated(smtputf8=offered) as server, plain(server) as client:
        await client.ehlo()
        assert client.supports_extension("smtputf8") is offered


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_it_speaks_tls_under_its_own_certificate_and_knows_one_account(security: Security) -> None:
    tls, certificate = self_signed()
    async with simulated(security=security, tls=tls, username="user", password="pass") as server:
        async with SMTP(
            hostname="localhost",
            port=server.port,
            use_tls=security is Security.TLS,
            start_tls=security is Security.STARTTLS,
            tls_context=ssl.create_default_context(cadata=certificate.decode()),
            local_hostname="test",
        ) as client:
            await client.ehlo()
            with pytest.raises(SMTPResponseException, match="530"):
                await client.mail(SENDER)
            with pytest.raises(SMTPResponseException, match="535"):
                await client.auth_plain("user", "wrong")
            await client.auth_login("user", "pass")
            await client.sendmail(SENDER, ["someone@example.com"], MAIL)
        refused, known, sent = await server.calls()
    assert (refused["kind"], refused["reference"], refused["answer"]) == ("logon", "PLAIN", 535)
    assert (known["kind"], known["reference"], known["answer"]) == ("logon", "LOGIN", 235)
    assert (sent["encrypted"], sent["accepted"]) == (True, True)


async def test_a_password_is_not_taken_without_encryption() -> None:
    tls, _ = self_signed()
    account = {"username": "user", "password": "pass"}
    async with simulated(security=Security.STARTTLS, tls=tls, **account) as server, plain(server) as client:
        await client.ehlo()
        assert client.server_auth_methods == []


def test_the_recipients_of_the_documentation_are_those_of_the_code() -> None:
    assert table(after("<!-- smtp recipients -->")) == {name: fate.does for name, fate in RECIPIENTS.items()}


def test_the_options_of_the_documentation_are_those_of_the_program() -> None:
    options = re.findall(r"--[a-z0-9-]+", program.parser().format_help())
    assert set(table(after("## Email: SMTP"))) == set(options) - {"--help"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def test_the_program_catches_mail_writes_its_certificate_and_ends_on_a_signal(tmp_path: Path) -> None:
    port, certificate = free_port(), tmp_path / "certificate.pem"
    encrypted = ("--security", "starttls", "--certificate", str(certificate), "--no-smtputf8")
    process = start("smtp", "--smtp-port", str(port), *encrypted)
    try:
        base = address(process)
        assert httpx.get(f"{base}/_health").status_code == 200
        with smtplib.SMTP("localhost", port, timeout=10) as client:
            client.starttls(context=ssl.create_default_context(cafile=certificate))
            client.sendmail(SENDER, ["someone@example.com"], MAIL)
            assert not client.has_extn("smtputf8")
        assert [each["answer"] for each in httpx.get(f"{base}/_calls").json()] == [250]
    finally:
        process.terminate()
    assert ended(process) == (0, "")


@pytest.mark.parametrize("taken", ["--smtp-port", "--port"])
def test_either_port_in_use_is_one_clear_line_and_exit_code_1(taken: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        ports = {"--smtp-port": "0", taken: str(port)}
        code, errors = ended(start("smtp", *(word for pair in ports.items() for word in pair)))
    assert (code, errors) == (1, f"cannot listen on 127.0.0.1:{port}: Address already in use\n")


def test_a_mail_that_hangs_does_not_keep_the_program_alive() -> None:
    port = free_port()
    process = start("smtp", "--smtp-port", str(port))
    base = address(process)
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo()
        client.mail(SENDER)
        client.putcmd("RCPT", "TO:<stuck@example.com>")
        while not httpx.get(f"{base}/_calls").json():
            continue
        process.terminate()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.getreply()
    assert ended(process) == (0, "")
