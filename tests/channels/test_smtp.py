"""Email by SMTP, against real servers: what comes of every answer, and of none."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import pytest

from notifications.channels.exchange import SHORT_PAUSE
from notifications.channels.protocol import EmailProvider
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status

from .servers import closed_port
from .smtp_servers import CLOSE, ID, LAST, SILENCE, catching, message, provider, scripted

TAKEN = Accepted(last="smtp_accepted")


async def answered(command: str, answer: str, within: float = 10) -> Outcome:
    """What comes of an email to a server that answers one command like this; `.` is the final dot."""
    async with scripted({command: answer}) as server, provider(server.port) as email:
        return await email.send(message(), timeout=within)


async def test_a_taken_email_is_accepted_and_nobody_will_say_more_of_it() -> None:
    async with catching() as catcher:
        email: EmailProvider = catcher.email
        assert email.name == "smtp-email"
        assert await email.send(message(), timeout=10) == TAKEN
        (call,) = await catcher.calls()
    assert (call["sender"], call["recipient"], call["subject"]) == (
        "noreply@example.com",
        "someone@example.com",
        "A subject",
    )


async def test_a_mail_server_cannot_be_asked_and_is_known_to_send_a_repeat_again() -> None:
    async with provider(closed_port()) as email:
        assert await email.find(ID, timeout=1) is None
        assert email.memory is Memory.NONE


@pytest.mark.parametrize(
    ("recipient", "outcome"),
    [
        ("bounced", Refused(Status.FAILED, "smtp_550_5.1.1")),
        ("moved", Refused(Status.FAILED, "smtp_551_5.1.6")),
        ("invalid-format", Refused(Status.INVALID_EMAIL_FORMAT, "smtp_553_5.1.3")),
        ("syntax", Refused(Status.INVALID_EMAIL_FORMAT, "smtp_501")),
        ("full", Refused(Status.FAILED, "smtp_552_5.2.2")),
        ("too-large", Refused(Status.PAYLOAD_TOO_LARGE, "smtp_552_5.3.4")),
        ("failed", Refused(Status.FAILED, "smtp_554_5.6.0")),
        ("filteredspam", Refused(Status.FAILED, "smtp_550_5.7.1")),
        ("no-logon", Postponed("unauthorized", SHORT_PAUSE)),
        ("greylisted", Postponed("smtp_450_4.7.1")),
        ("throttled", Postponed("smtp_452_4.3.1")),
        ("unavailable", Postponed("smtp_421_4.3.2", SHORT_PAUSE)),
        ("error", Postponed("smtp_451_4.3.0")),
        ("reset", Uncertain("connection_after_send", SHORT_PAUSE)),
        ("garbled", Uncertain("unreadable_answer_after_send", SHORT_PAUSE)),
    ],
)
async def test_each_special_recipient_of_the_simulator_has_its_outcome(recipient: str, outcome: Outcome) -> None:
    async with catching() as catcher:
        assert await catcher.send(recipient) == outcome


@pytest.mark.parametrize(("recipient", "calls"), [("greylisted", 1), ("throttled", 2), ("unavailable", 2)])
async def test_what_was_postponed_is_taken_later(recipient: str, calls: int) -> None:
    async with catching() as catcher:
        for _ in range(calls):
            assert isinstance(await catcher.send(recipient), Postponed)
        assert await catcher.send(recipient) == TAKEN
        assert [each["accepted"] for each in await catcher.calls()] == [False] * calls + [True]


@pytest.mark.parametrize("recipient", ["hang", "reset", "garbled"])
async def test_an_email_whose_answer_is_lost_is_uncertain_and_repeated_under_the_same_message_id(
    recipient: str,
) -> None:
    async with catching() as catcher:
        assert isinstance(await catcher.send(recipient, within=2), Uncertain)
        assert await catcher.send(recipient) == TAKEN
        first, second = await catcher.calls()
    assert first["accepted"]
    assert second["accepted"]
    assert first["reference"] == second["reference"] == f"{ID}@example.com"


async def test_an_answer_that_never_comes_is_uncertain_after_the_final_dot_and_postponed_before() -> None:
    async with catching() as catcher:
        assert await catcher.send() == TAKEN
        stuck, hung = await catcher.send("stuck", within=0.3), await catcher.send("hang", within=2)
    assert (stuck, hung) == (Postponed("timeout"), Uncertain("timeout_after_send", SHORT_PAUSE))
    assert (stuck.here, hung.here) == (True, False)


async def test_a_large_email_that_breaks_off_on_its_way_was_certainly_not_sent() -> None:
    async with catching() as catcher:
        large = "A line.\n" * 600_000
        assert await catcher.send("cut", body=large) == Postponed("connection")
        assert await catcher.send("cut", body=large) == TAKEN
        assert [each["accepted"] for each in await catcher.calls()] == [False, True]


async def test_a_small_email_has_left_with_its_final_dot_before_the_connection_breaks() -> None:
    async with catching() as catcher:
        assert await catcher.send("cut") == Uncertain("connection_after_send", SHORT_PAUSE)


async def test_a_server_that_stops_reading_has_not_got_the_message_when_time_is_up() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await until_data(reader, writer)
        await asyncio.Event().wait()

    assert await larger_than_buffers(talk, 3) == Postponed("timeout")


async def test_a_server_that_leaves_before_the_end_and_reads_on_has_not_got_the_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a server does that runs into its limit: the connection ends without an error on our side."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await until_data(reader, writer)
        writer.write_eof()
        await asyncio.sleep(0.1)
        while await reader.read(2**20):
            continue

    monkeypatch.setattr("notifications.channels.email.smtp_session._CHUNK", 2**30)
    assert await larger_than_buffers(talk, 20) == Postponed("connection")


async def until_data(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer all that comes before a message."""
    for answer in (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go ahead\r\n"):
        writer.write(answer)
        if not answer.startswith(b"354"):
            await reader.readline()


async def larger_than_buffers(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]], within: float
) -> Outcome:
    """What comes of an email that does not fit the buffers between us and a server that talks like this."""
    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=1024)
    async with server, provider(server.sockets[0].getsockname()[1]) as email:
        outcome = await email.send(message(body="A line.\n" * 2_000_000), timeout=within)
        server.abort_clients()
        return outcome


@pytest.mark.parametrize(
    ("command", "answer", "outcome"),
    [
        ("GREETING", "421 4.3.2 Not now", Postponed("smtp_421", SHORT_PAUSE)),
        ("GREETING", "554 No service", Postponed("smtp_554", SHORT_PAUSE)),
        ("GREETING", "SSH-2.0-OpenSSH", Postponed("unreadable_answer", SHORT_PAUSE)),
        ("GREETING", CLOSE, Postponed("connect", SHORT_PAUSE)),
        ("EHLO", "502 No such command", Postponed("smtp_502", SHORT_PAUSE)),
        ("EHLO", CLOSE, Postponed("connection", SHORT_PAUSE)),
        ("MAIL", "421 4.7.0 Too many", Postponed("smtp_421_4.7.0", SHORT_PAUSE)),
        ("MAIL", "451 4.7.1 Slow down", Postponed("smtp_451_4.7.1")),
        ("MAIL", "530 5.7.0 Authentication required", Postponed("unauthorized", SHORT_PAUSE)),
        ("MAIL", "535 5.7.8 No", Postponed("unauthorized", SHORT_PAUSE)),
        ("MAIL", "550 5.7.60 Not your sender", Refused(Status.FAILED, "smtp_550_5.7.60")),
        ("MAIL", "553 5.1.8 Bad sender", Refused(Status.FAILED, "smtp_553_5.1.8")),
        ("MAIL", "501 5.1.7 Bad sender", Refused(Status.FAILED, "smtp_501_5.1.7")),
        ("MAIL", "552 Too large", Refused(Status.PAYLOAD_TOO_LARGE, "smtp_552")),
        ("MAIL", "354 What?", Postponed("smtp_354")),
        ("MAIL", "no code", Postponed("unreadable_answer")),
        ("MAIL", CLOSE, Postponed("connection")),
        ("RCPT", "251 Will forward", TAKEN),
        ("RCPT", "550 No such user", Refused(Status.FAILED, "smtp_550")),
        ("RCPT", "550 5.1.3 Bad syntax", Refused(Status.INVALID_EMAIL_FORMAT, "smtp_550_5.1.3")),
        ("RCPT", "553 1.2.3.4 is blocked", Refused(Status.INVALID_EMAIL_FORMAT, "smtp_553")),
        ("RCPT", "553 5.7.1 Sender address rejected: not yours", Refused(Status.FAILED, "smtp_553_5.7.1")),
        ("RCPT", "501 5.1.8 Sender's domain is unknown", Refused(Status.FAILED, "smtp_501_5.1.8")),
        ("RCPT", "553 5.1.2 Bad system", Refused(Status.INVALID_EMAIL_FORMAT, "smtp_553_5.1.2")),
        ("RCPT", "450 4.2.1 Busy", Postponed("smtp_450_4.2.1")),
        ("RCPT", "452 4.2.2 Full", Postponed("smtp_452_4.2.2")),
        ("RCPT", CLOSE, Postponed("connection")),
        ("DATA", "554 5.5.1 No", Refused(Status.FAILED, "smtp_554_5.5.1")),
        ("DATA", "451 4.3.0 Later", Postponed("smtp_451_4.3.0")),
        ("DATA", "250 What?", Postponed("smtp_250")),
        ("DATA", CLOSE, Postponed("connection")),
        (".", "250 OK", TAKEN),
        (".", "421 4.3.0 Going down", Postponed("smtp_421_4.3.0", SHORT_PAUSE)),
        (".", "450 4.2.0 Later", Postponed("smtp_450_4.2.0")),
        (".", "552 5.2.3 Too long", Refused(Status.PAYLOAD_TOO_LARGE, "smtp_552_5.2.3")),
        (".", "553 5.6.0 No", Refused(Status.FAILED, "smtp_553_5.6.0")),
        (".", "354 What?", Uncertain("smtp_354", SHORT_PAUSE)),
        (".", "no code", Uncertain("unreadable_answer_after_send", SHORT_PAUSE)),
        (".", CLOSE, Uncertain("connection_after_send", SHORT_PAUSE)),
    ],
)
async def test_what_a_server_answers_decides(command: str, answer: str, outcome: Outcome) -> None:
    assert await answered(command, answer) == outcome


async def test_a_server_that_is_not_there_or_says_nothing_pauses_all() -> None:
    async with provider(closed_port()) as email:
        assert await email.send(message(), timeout=5) == Postponed("connect", SHORT_PAUSE)
    async with provider(25, host="no-such-host.invalid") as email:
        assert await email.send(message(), timeout=10) == Postponed("connect", SHORT_PAUSE)
    async with provider(25, host="a" * 64 + ".example") as email:
        assert await email.send(message(), timeout=10) == Postponed("connect", SHORT_PAUSE)
    assert await answered("GREETING", SILENCE, within=0.3) == Postponed("timeout", SHORT_PAUSE)


async def test_no_free_connection_in_time_pauses_nobody() -> None:
    async with scripted({"GREETING": [SILENCE]}) as server, provider(server.port, connections=1) as email:
        first = asyncio.create_task(email.send(message(), timeout=1))
        await asyncio.sleep(0)
        assert await email.send(message(), timeout=0.2) == Postponed("timeout")
        assert await first == Postponed("timeout", SHORT_PAUSE)


@pytest.mark.parametrize("address", ["nobody", "a@b", "two@example.com, three@example.com", "a b@example.com", "", "@"])
async def test_a_recipient_that_is_no_address_is_refused_before_anybody_is_called(address: str) -> None:
    async with provider(closed_port()) as email:
        outcome = await email.send(message(recipient="@", notification_id=ID, sender="a@example.com"), timeout=5)
        assert (outcome, outcome.here) == (Refused(Status.INVALID_EMAIL_FORMAT, "invalid_address"), True)
        changed = message(sender=address)
        outcome = await email.send(changed, timeout=5)
        assert (outcome, outcome.here) == (Refused(Status.FAILED, "invalid_sender"), True)


async def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    async with catching() as catcher:
        assert await catcher.send("kåre") == TAKEN
        assert (await catcher.mail())["To"] == "kåre@example.com"
    async with catching(smtputf8=False) as catcher:
        outcome = await catcher.send("kåre")
        assert (outcome, outcome.here) == (Refused(Status.INVALID_EMAIL_FORMAT, "no_smtputf8"), True)
        assert await catcher.send("kare@blåbær.no") == TAKEN
        assert [each["recipient"] for each in await catcher.calls()] == ["kare@xn--blbr-roah.no"]


async def test_a_message_larger_than_the_server_takes_is_refused_before_it_is_sent() -> None:
    async with catching(size_limit=10_000) as catcher:
        refused = await catcher.send(body="A line of the body.\n" * 1000)
        assert refused == Refused(Status.PAYLOAD_TOO_LARGE, "smtp_552")
        assert await catcher.calls() == []


async def test_nothing_that_happens_is_told_with_an_address_or_a_text(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with catching() as catcher:
        for recipient in ("bounced", "no-logon", "cut", "reset"):
            await catcher.send(recipient, subject="A secret subject")
    told = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("notifications"))
    assert "provider.misconfigured provider=smtp-email reason=unauthorized" in told
    assert "@" not in told
    assert "secret" not in told


async def test_letters_follow_each_other_on_one_connection_also_after_a_refusal() -> None:
    async with catching() as catcher:
        outcomes = [await catcher.send(each) for each in ("one", "bounced", "two", "too-large", "three")]
        assert [isinstance(each, Accepted) for each in outcomes] == [True, False, True, False, True]
        assert {each["connection"] for each in await catcher.calls()} == {1}


async def test_as_many_connections_as_allowed_are_open_at_once() -> None:
    async with catching(client={"connections": 3}) as catcher:
        assert set(await asyncio.gather(*(catcher.send(f"person{each}") for each in range(20)))) == {TAKEN}
        assert {each["connection"] for each in await catcher.calls()} == {1, 2, 3}


@pytest.mark.parametrize(
    "answers",
    [
        {".": ["250 OK"], "MAIL": ["250 OK", "421 4.4.2 Idle too long", "250 OK"]},
        {".": ["250 OK"], "MAIL": ["250 OK", CLOSE, "250 OK"]},
        {".": ["250 OK"], "MAIL": ["250 OK", "no code", "250 OK"]},
        {"DATA": ["354 OK", CLOSE, "354 OK"]},
    ],
)
async def test_a_connection_that_the_server_gave_up_meanwhile_is_replaced_at_once(
    answers: dict[str, str | list[str]],
) -> None:
    async with scripted(answers) as server, provider(server.port) as email:
        assert [await email.send(message(), timeout=10) for _ in range(2)] == [TAKEN, TAKEN]
        assert server.connections == 2


async def test_a_connection_that_was_closed_while_it_waited_is_not_used() -> None:
    async with scripted({".": f"250 Taken{LAST}"}) as server, provider(server.port) as email:
        assert await email.send(message(), timeout=10) == TAKEN
        await asyncio.sleep(0.05)
        assert await email.send(message(), timeout=10) == TAKEN
        assert server.connections == 2
        assert [each.partition(" ")[0] for each in server.commands] == ["EHLO", "MAIL", "RCPT", "DATA"] * 2


async def test_a_connection_that_said_421_is_not_used_again() -> None:
    async with catching() as catcher:
        assert await catcher.send("unavailable+2") == Postponed("smtp_421_4.3.2", SHORT_PAUSE)
        assert await catcher.send() == TAKEN
        assert [each["connection"] for each in await catcher.calls()] == [1, 2]


@pytest.mark.parametrize("answer", [CLOSE, "421 4.3.0 Going down"])
async def test_a_message_that_a_used_connection_may_have_taken_is_not_sent_again(answer: str) -> None:
    async with scripted({".": ["250 OK", answer]}) as server, provider(server.port) as email:
        assert await email.send(message(), timeout=10) == TAKEN
        assert isinstance(await email.send(message(), timeout=10), Uncertain | Postponed)
        assert server.connections == 1


async def test_an_answer_that_no_step_has_ends_the_connection() -> None:
    async with scripted({"MAIL": ["354 What?", "250 OK"]}) as server, provider(server.port) as email:
        assert await email.send(message(), timeout=10) == Postponed("smtp_354")
        assert await email.send(message(), timeout=10) == TAKEN
        assert server.connections == 2


async def test_only_a_letter_that_was_given_up_midway_is_reset_before_the_next() -> None:
    async with scripted({"RCPT": ["250 OK", "250 OK", "550 5.1.1 No", "250 OK"]}) as server:
        async with provider(server.port) as email:
            for _ in range(4):
                await email.send(message(), timeout=10)
        verbs = [each[:4] for each in server.commands]
        assert [each for each in verbs if each in ("MAIL", "RSET")] == ["MAIL", "MAIL", "MAIL", "RSET", "MAIL"]


async def test_a_connection_carries_its_share_and_says_goodbye(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notifications.channels.email.smtp_pool.LETTERS", 2)
    async with scripted() as server:
        async with provider(server.port) as email:
            assert [await email.send(message(), timeout=10) for _ in range(3)] == [TAKEN] * 3
            assert server.connections == 2
        await server.until("QUIT", 2)


async def test_a_connection_that_waited_too_long_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async with scripted() as server, provider(server.port) as email:
        assert await email.send(message(), timeout=10) == TAKEN
        monkeypatch.setattr("notifications.channels.email.smtp_pool.IDLE_SECONDS", -1.0)
        assert await email.send(message(), timeout=10) == TAKEN
        assert server.connections == 2


async def test_a_provider_that_ends_leaves_no_connection() -> None:
    async with catching() as catcher:
        await asyncio.gather(*(catcher.send(f"person{each}") for each in range(5)))
        await catcher.email.aclose()
        assert await catcher.send() == TAKEN
        assert (await catcher.calls())[-1]["connection"] == 6
