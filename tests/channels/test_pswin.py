"""SMS through the PSWinCom XML gateway, against real HTTP servers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from aiohttp import web
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.protocol import SmsMessage, SmsProvider
from notifications.channels.sms.gateway_text import gateway_text
from notifications.channels.sms.pswin import PswinSms, international, minutes, sender_number, submission
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status

from .servers import FixedClock, Handler, answering, closed_port, raw_serving, serving

ID = UUID("0197c2f0-0000-8000-8000-000001000001")
NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
PAUSE = timedelta(seconds=30)


def message(**changes: object) -> SmsMessage:
    values: dict[str, object] = {
        "notification_id": ID,
        "sender": "Altinn",
        "recipient": "+4799999999",
        "body": "A body",
        "time_to_live": timedelta(hours=48),
    }
    return SmsMessage(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def provider(client: httpx.AsyncClient, url: str) -> PswinSms:
    return PswinSms(client, url, "user", "p&w<", FixedClock(NOW))


async def send(client: httpx.AsyncClient, handler: Handler, within: float = 5) -> Outcome:
    async with serving(handler) as url:
        return await provider(client, url).send(message(), timeout=within)


def answer(entry: str, logon: str = "OK") -> bytes:
    return (
        '<?xml version="1.0"?><!DOCTYPE SESSION SYSTEM "pswincom_submit_response.dtd">'
        f"<SESSION><LOGON>{logon}</LOGON><REASON></REASON><MSGLST>{entry}</MSGLST></SESSION>"
    ).encode()


def fields(document: bytes) -> dict[str, str]:
    return {child.tag: child.text or "" for child in fromstring(document).iterfind("MSGLST/MSG/*")}


def text_of(body: str) -> str:
    """The body as the gateway reads it out of the document that was sent."""
    sent = fields(submission(message(body=body), "user", "pw"))
    return bytes.fromhex(sent["TEXT"]).decode("utf-16-be") if sent.get("OP") == "9" else sent["TEXT"]


async def test_it_is_an_sms_provider(client: httpx.AsyncClient) -> None:
    it: SmsProvider = provider(client, "http://127.0.0.1:1")
    assert it.name == "pswin-sms"


async def test_an_sms_is_submitted_as_documented(client: httpx.AsyncClient) -> None:
    seen: list[tuple[str, str, bytes]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.headers["Content-Type"], await request.read()))
        return web.Response(body=answer("<MSG><ID>1</ID><REF>R-1</REF><STATUS>OK</STATUS><INFO></INFO></MSG>"))

    assert await send(client, handler) == Accepted("R-1")
    [(method, content_type, document)] = seen
    assert (method, content_type) == ("POST", "text/xml; charset=iso-8859-1")
    assert document == (
        b'<?xml version="1.0" encoding="iso-8859-1"?>\n<SESSION><CLIENT>user</CLIENT><PW>p&amp;w&lt;</PW><MSGLST><MSG>'
        b"<ID>1</ID><TEXT>A body</TEXT><RCV>4799999999</RCV><SND>Altinn</SND><TTL>2880</TTL><RCPREQ>Y</RCPREQ>"
        b"</MSG></MSGLST></SESSION>"
    )


@pytest.mark.parametrize(
    ("entry", "outcome"),
    [
        ("<MSG><ID>1</ID><REF> abc-123 </REF><STATUS>OK</STATUS></MSG>", Accepted("abc-123")),
        ("<MSG><ID>1</ID><STATUS>OK</STATUS><INFO/></MSG>", Accepted(None)),
        ("<MSG><ID>1</ID><REF>a/b</REF><STATUS>OK</STATUS></MSG>", Accepted(None)),
        (f"<MSG><ID>1</ID><REF>{'r' * 65}</REF><STATUS>OK</STATUS></MSG>", Accepted(None)),
        (
            "<MSG><ID>1</ID><STATUS>FAIL</STATUS><INFO>Invalid RCV 4799999999</INFO></MSG>",
            Refused(Status.INVALID_RECIPIENT, "invalid_rcv"),
        ),
        ("<MSG><ID>1</ID><STATUS>FAIL</STATUS><INFO>No route</INFO></MSG>", Refused(Status.FAILED, "gateway_fail")),
        ("<MSG><ID>1</ID><STATUS>FAIL</STATUS></MSG>", Refused(Status.FAILED, "gateway_fail")),
        ("<MSG><ID>1</ID><STATUS>PERHAPS</STATUS></MSG>", Uncertain("unreadable_answer", PAUSE)),
        ("<MSG><ID>1</ID></MSG>", Uncertain("unreadable_answer", PAUSE)),
        ("", Uncertain("unreadable_answer", PAUSE)),
    ],
)
async def test_each_entry_has_its_outcome(client: httpx.AsyncClient, entry: str, outcome: Outcome) -> None:
    assert await send(client, answering(200, answer(entry))) == outcome


@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (answering(200, answer("", logon="FAIL")), Postponed("logon_failed", PAUSE)),
        (answering(200, answer("", logon="MAYBE")), Uncertain("unreadable_answer", PAUSE)),
        (answering(200, b""), Uncertain("unreadable_answer", PAUSE)),
        (answering(200, b"<html><body>Busy</body></html>"), Uncertain("unreadable_answer", PAUSE)),
        (answering(200, b"<SESSION><LOGON>OK</LOGON>"), Uncertain("unreadable_answer", PAUSE)),
        (
            answering(200, b'<!DOCTYPE SESSION [<!ENTITY a "OK">]><SESSION><LOGON>&a;</LOGON></SESSION>'),
            Uncertain("unreadable_answer", PAUSE),
        ),
        (answering(429, headers={"Retry-After": "9"}), Postponed("http_429", timedelta(seconds=9))),
        (answering(500), Postponed("http_500", PAUSE, guess=True)),
        (answering(503), Postponed("http_503", PAUSE, guess=True)),
        (answering(503, headers={"Retry-After": "120"}), Postponed("http_503", timedelta(minutes=2))),
        (answering(502), Uncertain("http_502", PAUSE)),
        (answering(504), Uncertain("http_504", PAUSE)),
        (answering(401), Postponed("unauthorized", PAUSE)),
        (answering(404), Postponed("http_404", PAUSE)),
        (answering(405), Postponed("http_405", PAUSE)),
        (answering(415), Postponed("http_415", PAUSE)),
        (answering(301, headers={"Location": "http://127.0.0.1:1/"}), Postponed("http_301", PAUSE)),
        (answering(400), Refused(Status.FAILED, "http_400")),
    ],
)
async def test_each_answer_has_its_outcome(client: httpx.AsyncClient, handler: Handler, outcome: Outcome) -> None:
    assert await send(client, handler) == outcome


async def test_a_refused_connection_is_certainly_not_sent(client: httpx.AsyncClient) -> None:
    it = provider(client, f"http://127.0.0.1:{closed_port()}")
    assert await it.send(message(), timeout=5) == Postponed("connect", PAUSE, guess=True)


async def test_no_answer_in_time_is_uncertain(client: httpx.AsyncClient) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    assert await send(client, slow, within=0.2) == Uncertain("timeout_after_send", PAUSE)


@pytest.mark.parametrize("said", [None, b"HTTP/1.1 2"])
async def test_a_connection_that_breaks_after_the_request_is_uncertain(
    client: httpx.AsyncClient, said: bytes | None
) -> None:
    async with raw_serving(said) as url:
        assert await provider(client, url).send(message(), timeout=5) == Uncertain("connection_after_send", PAUSE)


async def test_an_answer_that_breaks_off_is_uncertain(client: httpx.AsyncClient) -> None:
    async with raw_serving(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<SESSION><LOGON>OK") as url:
        assert await provider(client, url).send(message(), timeout=5) == Uncertain("unreadable_answer", PAUSE)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+4799999999", "4799999999"),
        ("004799999999", "4799999999"),
        ("+47 999 99 999 ", "4799999999"),
        ("4799999999", "4799999999"),
    ],
)
def test_the_recipient_is_country_code_and_digits(number: str, expected: str) -> None:
    assert international(number) == expected


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("Altinn", "Altinn"),
        ("+4799999999", "4799999999"),
        ("0047 99999999", "4799999999"),
        ("12345", "12345"),
        ("007 Bond", "007 Bond"),
        ("A & B", "A & B"),
    ],
)
def test_a_sender_stays_as_given_but_for_the_plus_of_a_number(sender: str, expected: str) -> None:
    assert sender_number(sender) == expected
    assert fields(submission(message(sender=sender), "user", "pw"))["SND"] == expected


@pytest.mark.parametrize(
    ("time_to_live", "expected"),
    [
        (timedelta(seconds=-5), 1),
        (timedelta(0), 1),
        (timedelta(seconds=59), 1),
        (timedelta(seconds=60), 1),
        (timedelta(seconds=61), 2),
        (timedelta(hours=48), 2880),
    ],
)
def test_a_time_to_live_is_rounded_up_to_minutes(time_to_live: timedelta, expected: int) -> None:
    assert minutes(time_to_live) == expected


@pytest.mark.parametrize("body", ["Hei på deg, ÆØÅ æøå", "5 € [a] {b} ^~|\\", "ΔΦΓΛΩΠΨΣΘΞ", "Line\nbreak", "x" * 2145])
def test_a_gsm_text_is_sent_as_plain_text(body: str) -> None:
    assert "OP" not in fields(submission(message(body=body), "user", "pw"))
    assert text_of(body) == body


@pytest.mark.parametrize("body", ["Hei 👋", "“Quoted” – dash", "Привет", "a\tb", "👋" * 2145])
def test_any_other_text_is_sent_as_unicode(body: str) -> None:
    assert gateway_text(body).operation == "9"
    assert text_of(body) == body


def test_a_text_cannot_become_markup() -> None:
    body = "</TEXT><RCV>4700000000</RCV><TEXT>]]>&amp;<!-- &#0;"
    document = submission(message(body=body), "user", "pw")
    assert len(fromstring(document).findall("MSGLST/MSG/RCV")) == 1
    assert fields(document)["RCV"] == "4799999999"
    assert text_of(body) == body


def test_characters_that_xml_cannot_carry_are_dropped() -> None:
    assert text_of("a\x00b\x0bc\x1bd\x0ce\ufffef\ud800g") == "abcdefg"


def test_line_breaks_become_line_feeds() -> None:
    assert text_of("a\r\nb\rc\nd") == "a\nb\nc\nd"


@given(st.text(st.characters()), st.text(), st.text())
def test_any_text_arrives_as_it_was_but_for_what_xml_cannot_carry(body: str, sender: str, recipient: str) -> None:
    document = submission(message(body=body, sender=sender, recipient=recipient), "user", "pw")
    assert document.isascii()
    assert set(fields(document)) - {"OP"} == {"ID", "TEXT", "RCV", "SND", "TTL", "RCPREQ"}
    kept = "".join(c for c in body.replace("\r\n", "\n").replace("\r", "\n") if _fits(c))
    assert text_of(body) == kept


def _fits(character: str) -> bool:
    code = ord(character)
    return character in "\t\n" or (code >= 0x20 and not 0xD800 <= code <= 0xDFFF and code not in {0xFFFE, 0xFFFF})


def test_a_messages_repr_holds_no_personal_data() -> None:
    shown = repr(message(body="Secret"))
    assert str(ID) in shown
    assert "99999999" not in shown
    assert "Secret" not in shown
    assert "Secret" not in repr(gateway_text("Secret"))
