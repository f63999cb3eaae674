"""Encryption and authentication towards a mail server."""

import logging
import ssl
from typing import Any

import pytest

from local.simulators.smtp.certificate import self_signed
from notifications.channels.email.smtp import SmtpEmail
from notifications.channels.email.smtp_session import Security, Server
from notifications.channels.exchange import SHORT_PAUSE
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Uncertain

from .smtp_servers import CONTEXT, catching, message, provider, scripted, trusting

TAKEN = Accepted(last="smtp_accepted")
ENCRYPTED = [Security.STARTTLS, Security.TLS]
ACCOUNT: dict[str, Any] = {"username": "notifications", "password": "pass word æ"}


def misconfigured(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The reasons that the provider called for help with."""
    return [
        record.getMessage().rpartition("reason=")[2]
        for record in caplog.records
        if record.levelno == logging.ERROR and record.getMessage().startswith("provider.misconfigured")
    ]


@pytest.mark.parametrize("security", ENCRYPTED)
async def test_an_email_travels_encrypted_to_a_server_that_proved_its_name(security: Security) -> None:
    async with catching(security) as catcher:
        assert [await catcher.send(), await catcher.send()] == [TAKEN, TAKEN]
        assert [(each["encrypted"], each["answer"]) for each in await catcher.calls()] == [(True, 250), (True, 250)]


@pytest.mark.parametrize("security", ENCRYPTED)
async def test_interruptions_mean_the_same_under_encryption(security: Security) -> None:
    async with catching(security) as catcher:
        assert await catcher.send("cut", body="A line.\n" * 600_000) == Postponed("connection")
        assert await catcher.send("reset") == Uncertain("connection_after_send", SHORT_PAUSE)
        assert await catcher.send("hang", within=2) == Uncertain("timeout_after_send", SHORT_PAUSE)


@pytest.mark.parametrize("security", ENCRYPTED)
async def test_a_certificate_of_somebody_else_gets_no_message(
    security: Security, caplog: pytest.LogCaptureFixture
) -> None:
    async with catching(security, {"tls": ssl.create_default_context()}, username="u") as catcher:
        assert await catcher.send() == Postponed("certificate", SHORT_PAUSE)
        assert await catcher.calls() == await catcher.calls("logon") == []
    assert misconfigured(caplog) == ["certificate"]


@pytest.mark.parametrize("security", ENCRYPTED)
async def test_a_certificate_for_another_name_gets_no_message(security: Security) -> None:
    context, certificate = self_signed(name="mail.example.com", address="192.0.2.1")
    async with catching(security, {"tls": trusting(certificate)}, tls=context) as catcher:
        assert await catcher.send() == Postponed("certificate", SHORT_PAUSE)
        assert await catcher.calls() == []


async def test_without_a_context_of_ones_own_the_certificates_of_the_system_count() -> None:
    async with catching(Security.TLS) as catcher:
        email = SmtpEmail(Server(host="127.0.0.1", port=catcher.port, security=Security.TLS))
        assert await email.send(message(), timeout=10) == Postponed("certificate", SHORT_PAUSE)


async def test_a_server_without_starttls_gets_neither_message_nor_password(caplog: pytest.LogCaptureFixture) -> None:
    async with scripted() as server, provider(server.port, Security.STARTTLS, **ACCOUNT) as email:
        assert await email.send(message(), timeout=10) == Postponed("no_starttls", SHORT_PAUSE)
    assert [each.partition(" ")[0] for each in server.commands] in (["EHLO"], ["EHLO", "QUIT"])
    assert misconfigured(caplog) == ["no_starttls"]


async def test_a_server_that_does_not_speak_tls_gets_no_message(caplog: pytest.LogCaptureFixture) -> None:
    async with scripted() as server, provider(server.port, Security.TLS) as email:
        assert await email.send(message(), timeout=10) == Postponed("tls", SHORT_PAUSE)
    assert misconfigured(caplog) == ["tls"]


async def test_a_server_whose_encryption_is_out_of_order_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    answers: dict[str, str | list[str]] = {"EHLO": "250-hi\r\n250 STARTTLS", "STARTTLS": "454 TLS not available"}
    async with scripted(answers) as server, provider(server.port, Security.STARTTLS) as email:
        assert await email.send(message(), timeout=10) == Postponed("smtp_454", SHORT_PAUSE)
    assert misconfigured(caplog) == []


def test_a_password_is_never_configured_to_travel_unencrypted() -> None:
    with pytest.raises(ValueError, match="without encryption"):
        Server(host="mail.example.com", port=25, security=Security.NONE, **ACCOUNT)


@pytest.mark.parametrize("half", [{"username": "u"}, {"password": "p"}])
def test_half_an_account_is_no_account(half: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="go together"):
        Server(host="mail.example.com", port=587, **half)  # type: ignore[arg-type]


def test_nobody_reads_the_password_in_a_description_of_the_server() -> None:
    assert "pass word" not in repr(Server(host="mail.example.com", port=587, **ACCOUNT))


@pytest.mark.parametrize("security", ENCRYPTED)
async def test_the_account_is_shown_once_a_connection(security: Security) -> None:
    async with catching(security, ACCOUNT, **ACCOUNT) as catcher:
        assert [await catcher.send(), await catcher.send()] == [TAKEN, TAKEN]
        logons = [(each["reference"], each["answer"]) for each in await catcher.calls("logon")]
        assert logons == [("PLAIN", 235)]


async def test_a_refused_account_is_tried_once_and_fails_nobodys_message(caplog: pytest.LogCaptureFixture) -> None:
    wrong = {**ACCOUNT, "password": "wrong"}
    async with catching(Security.STARTTLS, wrong, **ACCOUNT) as catcher:
        assert await catcher.send() == Postponed("unauthorized", SHORT_PAUSE)
        assert [each["answer"] for each in await catcher.calls("logon")] == [535]
        assert await catcher.calls() == []
    assert misconfigured(caplog) == ["unauthorized"]
    assert "wrong" not in caplog.text


async def test_a_server_that_wants_an_account_says_so_to_one_without(caplog: pytest.LogCaptureFixture) -> None:
    async with catching(Security.STARTTLS, username="u") as catcher:
        assert await catcher.send() == Postponed("unauthorized", SHORT_PAUSE)
    assert misconfigured(caplog) == ["unauthorized"]


async def logged_in(*answers: str) -> Outcome:
    """What comes of an email to an encrypted server that offers a mechanism and then answers like this."""
    offer, *rest = answers
    told: dict[str, str | list[str]] = {"EHLO": f"250-hi\r\n250 AUTH {offer}", "AUTH": rest[0], "*": rest[-1]}
    async with (
        scripted(told, tls=CONTEXT) as server,
        provider(server.port, Security.TLS, **ACCOUNT) as email,
    ):
        return await email.send(message(), timeout=10)


async def test_a_server_that_knows_login_only_is_logged_in_to() -> None:
    assert await logged_in("LOGIN", "334 UGFzc3dvcmQ6", "235 2.7.0 Welcome") == TAKEN


async def test_an_account_that_cannot_be_checked_now_waits(caplog: pytest.LogCaptureFixture) -> None:
    assert await logged_in("PLAIN", "454 4.7.0 Temporary failure") == Postponed("smtp_454", SHORT_PAUSE)
    assert misconfigured(caplog) == []


async def test_a_server_without_a_mechanism_that_we_know_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    assert await logged_in("GSSAPI", "500 What?") == Postponed("no_auth_mechanism", SHORT_PAUSE)
    assert misconfigured(caplog) == ["no_auth_mechanism"]
