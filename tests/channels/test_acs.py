"""Email through Azure Communication Services, against real HTTP servers."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from aiohttp import web

from notifications.channels.acs_auth import AccessKey, BearerToken, CredentialUnavailableError
from notifications.channels.email.acs import LARGEST_REQUEST, AcsEmail
from notifications.channels.protocol import AttachedFile, EmailMessage, EmailProvider
from notifications.domain.order import ContentType
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status

from .servers import FixedClock, Handler, answering, closed_port, raw_serving, serving

KEY = base64.b64encode(b"not a secret, only a test").decode()
ID = UUID("0197c2f0-0000-8000-8000-000001000001")
NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
PAUSE = timedelta(seconds=30)
OWN_SENDER = "service@example.com"


def message(**changes: object) -> EmailMessage:
    values: dict[str, object] = {
        "notification_id": ID,
        "sender": "noreply@example.com",
        "recipient": "someone@example.com",
        "subject": "A subject",
        "body": "A body",
    }
    return EmailMessage(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def provider(client: httpx.AsyncClient, url: str) -> AcsEmail:
    clock = FixedClock(NOW)
    return AcsEmail(client, url, AccessKey(KEY, clock), OWN_SENDER, clock)


async def send(client: httpx.AsyncClient, handler: Handler, within: float = 5) -> Outcome:
    async with serving(handler) as url:
        return await provider(client, url).send(message(), timeout=within)


async def find(client: httpx.AsyncClient, handler: Handler, within: float = 5) -> Outcome | None:
    async with serving(handler) as url:
        return await provider(client, url).find(ID, timeout=within)


def failing(status: int, code: str = "", text: str = "", headers: dict[str, str] | None = None) -> Handler:
    return answering(status, json.dumps({"error": {"code": code, "message": text}}), headers)


async def test_it_is_an_email_provider(client: httpx.AsyncClient) -> None:
    it: EmailProvider = provider(client, "http://127.0.0.1:1")
    assert it.name == "acs-email"


@pytest.mark.parametrize(("content_type", "member"), [(ContentType.PLAIN, "plainText"), (ContentType.HTML, "html")])
async def test_an_email_is_sent_as_documented_under_the_notifications_id(
    client: httpx.AsyncClient, content_type: ContentType, member: str
) -> None:
    seen: list[tuple[str, str, str | None, object]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, str(request.rel_url), request.headers.get("Operation-Id"), await request.json()))
        return web.json_response({"id": str(ID), "status": "Running"}, status=202)

    async with serving(handler) as url:
        outcome = await provider(client, url + "/").send(
            message(content_type=content_type, subject="Hei 👋", body='<b>"Æ" & Ø\ud800</b>'), timeout=5
        )
    assert outcome == Accepted()
    body = {
        "senderAddress": "noreply@example.com",
        "content": {"subject": "Hei 👋", member: '<b>"Æ" & Ø\ufffd</b>'},
        "recipients": {"to": [{"address": "someone@example.com"}]},
    }
    assert seen == [("POST", "/emails:send?api-version=2023-03-31", str(ID), body)]


async def told(client: httpx.AsyncClient, sent: EmailMessage) -> tuple[str, str]:
    """Subject and first file's name as the service reads them."""
    seen: list[tuple[str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        read = await request.json()
        seen.append((read["content"]["subject"], read["attachments"][0]["name"]))
        return web.Response(status=202)

    async with serving(handler) as url:
        await provider(client, url).send(sent, timeout=5)
    return seen[0]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\0\x1b"])
async def test_nothing_in_a_files_name_can_begin_another_header(client: httpx.AsyncClient, end: str) -> None:
    name = f" Hei{end}Bcc: kari@example.com \ud800.pdf{end}"
    file = AttachedFile(name=name, mime_type="application/pdf", content=b"x")
    assert (await told(client, message(attachments=(file,))))[1] == "Hei Bcc: kari@example.com \ufffd.pdf"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
async def test_a_line_break_in_a_subject_is_a_space_and_all_else_stays(client: httpx.AsyncClient, end: str) -> None:
    file = AttachedFile(name="a.pdf", mime_type="application/pdf", content=b"x")
    sent = message(subject=f" Hei{end}Bcc:\ta \u2028", attachments=(file,))
    assert (await told(client, sent))[0] == " Hei Bcc:\ta \u2028"


async def test_an_unsubscribe_address_is_a_header_of_the_email(client: httpx.AsyncClient) -> None:
    seen: list[object] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((await request.json()).get("headers"))
        return web.Response(status=202)

    async with serving(handler) as url:
        for address in ("https://example.com/no", None):
            assert await provider(client, url).send(message(unsubscribe=address), timeout=5) == Accepted()
    assert seen == [{"List-Unsubscribe": "<https://example.com/no>"}, None]


async def test_attachments_are_sent_as_documented(client: httpx.AsyncClient) -> None:
    seen: list[object] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((await request.json())["attachments"])
        return web.Response(status=202)

    files = (
        AttachedFile(name="Vedtak æ.pdf", mime_type="application/pdf", content=bytes(range(256))),
        AttachedFile(name="empty.txt", mime_type="text/plain", content=b""),
    )
    async with serving(handler) as url:
        assert await provider(client, url).send(message(attachments=files), timeout=5) == Accepted()
    content = base64.b64encode(bytes(range(256))).decode()
    assert seen == [
        [
            {"name": "Vedtak æ.pdf", "contentType": "application/pdf", "contentInBase64": content},
            {"name": "empty.txt", "contentType": "text/plain", "contentInBase64": ""},
        ]
    ]


def sized(size: int) -> EmailMessage:
    """An email whose request has so many bytes."""
    whole = json.dumps(
        {
            "senderAddress": "noreply@example.com",
            "content": {"subject": "A subject", "plainText": ""},
            "recipients": {"to": [{"address": "someone@example.com"}]},
        }
    )
    return message(body="x" * (size - len(whole)))


async def test_a_request_that_is_larger_than_the_service_takes_is_never_made(client: httpx.AsyncClient) -> None:
    sizes: list[int] = []

    async def handler(request: web.Request) -> web.Response:
        sizes.append(len(await request.read()))
        return web.Response(status=202)

    async with serving(handler) as url:
        it = provider(client, url)
        assert await it.send(sized(LARGEST_REQUEST), timeout=20) == Accepted()
        refused = await it.send(sized(LARGEST_REQUEST + 1), timeout=20)
    assert (refused, refused.here) == (Refused(Status.PAYLOAD_TOO_LARGE, "request_too_large"), True)
    assert sizes == [LARGEST_REQUEST]


async def test_a_body_of_4_mb_in_any_alphabet_is_small_enough(client: httpx.AsyncClient) -> None:
    async with serving(answering(202)) as url:
        body = message(body="👋" * 1024 * 1024)
        assert await provider(client, url).send(body, timeout=20) == Accepted()


@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (answering(202), Accepted()),
        (failing(409, "Conflict"), Accepted()),
        (failing(400, "OperationIdAlreadyUsed"), Accepted()),
        (failing(412, "DuplicateOperationId"), Accepted()),
        (failing(413, "RequestEntityTooLarge"), Refused(Status.PAYLOAD_TOO_LARGE, "RequestEntityTooLarge")),
        (answering(413), Refused(Status.PAYLOAD_TOO_LARGE, "http_413")),
        (
            failing(400, "EmailDroppedAllRecipientsSuppressed"),
            Refused(Status.SUPPRESSED_RECIPIENT, "EmailDroppedAllRecipientsSuppressed"),
        ),
        (
            failing(400, "BadRequest", "Invalid format for email address: someone@example.com"),
            Refused(Status.INVALID_EMAIL_FORMAT, "BadRequest"),
        ),
        (failing(404, "DomainNotLinked"), Refused(Status.FAILED, "DomainNotLinked")),
        (failing(400, "about someone@example.com"), Refused(Status.FAILED, "http_400")),
        (answering(400, b"\xff not json"), Refused(Status.FAILED, "http_400")),
        (answering(400, b'{"error": "text"}'), Refused(Status.FAILED, "http_400")),
        (answering(400, b"[" * 100_000), Refused(Status.FAILED, "http_400")),
        (failing(400, "TooLong", " " * 300_000), Refused(Status.FAILED, "http_400")),
        (failing(401, "Denied"), Postponed("unauthorized", PAUSE)),
        (failing(403, "Forbidden"), Postponed("unauthorized", PAUSE)),
        (failing(500), Postponed("http_500", PAUSE, guess=True)),
        (failing(503), Postponed("http_503", PAUSE, guess=True)),
        (failing(503, headers={"Retry-After": "120"}), Postponed("http_503", timedelta(minutes=2))),
        (
            failing(400, "TooManyRequests", headers={"Retry-After": "7"}),
            Postponed("TooManyRequests", timedelta(seconds=7)),
        ),
        (failing(400, "TooManyRequests"), Postponed("TooManyRequests", PAUSE)),
        (answering(502), Uncertain("http_502", PAUSE)),
        (answering(502, headers={"Retry-After": "7"}), Uncertain("http_502", timedelta(seconds=7))),
        (answering(504), Uncertain("http_504", PAUSE)),
        (answering(404, b"<html>"), Postponed("http_404", PAUSE)),
        (answering(405), Postponed("http_405", PAUSE)),
        (answering(415), Postponed("http_415", PAUSE)),
        (answering(302, headers={"Location": "http://127.0.0.1:1/"}), Postponed("http_302", PAUSE)),
        (answering(408), Postponed("http_408", PAUSE, guess=True)),
        (answering(200), Uncertain("http_200", PAUSE)),
    ],
)
async def test_each_answer_has_its_outcome(client: httpx.AsyncClient, handler: Handler, outcome: Outcome) -> None:
    assert await send(client, handler) == outcome


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("Wed, 01 Jul 2026 12:00:45 GMT", 45),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 1),
        ("86400", 600),
        ("999999999999999", 30),
        ("soon", 30),
        ("-5", 30),
        (None, 30),
    ],
)
async def test_a_throttled_provider_rests_as_long_as_it_asks(
    client: httpx.AsyncClient, header: str | None, seconds: int
) -> None:
    handler = failing(429, "TooManyRequests", headers={"Retry-After": header} if header is not None else None)
    assert await send(client, handler) == Postponed("http_429", timedelta(seconds=seconds))


async def test_a_refused_connection_is_certainly_not_sent(client: httpx.AsyncClient) -> None:
    outcome = await provider(client, f"http://127.0.0.1:{closed_port()}").send(message(), timeout=5)
    assert outcome == Postponed("connect", PAUSE, guess=True)


async def test_an_unknown_host_is_certainly_not_sent(client: httpx.AsyncClient) -> None:
    outcome = await provider(client, "http://nowhere.invalid").send(message(), timeout=5)
    assert isinstance(outcome, Postponed)


async def test_no_time_left_is_certainly_not_sent(client: httpx.AsyncClient) -> None:
    async with serving(answering(202)) as url:
        assert await provider(client, url).send(message(), timeout=0) == Postponed("timeout", PAUSE, guess=True)


async def test_waiting_for_a_free_connection_is_certainly_not_sent() -> None:
    async def forever(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    limits = httpx.Limits(max_connections=1)
    async with serving(forever) as url, httpx.AsyncClient(limits=limits) as client:
        it = provider(client, url)
        first = asyncio.create_task(it.send(message(), timeout=0.6))
        await asyncio.sleep(0.2)
        assert await it.send(message(), timeout=0.2) == Postponed("timeout", PAUSE, guess=True)
        assert await first == Uncertain("timeout_after_send", PAUSE)


async def test_no_answer_in_time_is_uncertain(client: httpx.AsyncClient) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    assert await send(client, slow, within=0.2) == Uncertain("timeout_after_send", PAUSE)


@pytest.mark.parametrize("answer", [None, b"HTTP/1.1 2", b"not HTTP at all\r\n\r\n"])
async def test_a_connection_that_breaks_after_the_request_is_uncertain(
    client: httpx.AsyncClient, answer: bytes | None
) -> None:
    async with raw_serving(answer) as url:
        assert await provider(client, url).send(message(), timeout=5) == Uncertain("connection_after_send", PAUSE)


async def test_a_202_whose_body_breaks_off_is_accepted(client: httpx.AsyncClient) -> None:
    async with raw_serving(b"HTTP/1.1 202 Accepted\r\nContent-Length: 100\r\n\r\n{") as url:
        assert await provider(client, url).send(message(), timeout=5) == Accepted()


async def test_a_202_whose_body_never_ends_is_accepted(client: httpx.AsyncClient) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=202)
        await response.prepare(request)
        await response.write(b"{")
        await asyncio.Event().wait()
        return response

    assert await send(client, endless, within=0.3) == Accepted()


async def test_a_redirect_is_not_followed_even_by_a_client_that_would() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.path)
        if request.path == "/elsewhere":
            return web.Response(status=202)
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    async with httpx.AsyncClient(follow_redirects=True) as client:
        assert await send(client, handler) == Postponed("http_307", PAUSE)
    assert seen == ["/emails:send"]


async def test_being_cancelled_is_not_an_outcome(client: httpx.AsyncClient) -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with serving(slow) as url:
        task = asyncio.create_task(provider(client, url).send(message(), timeout=5))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("handler", "outcome"),
    [
        (answering(200, b'{"id": "x", "status": "NotStarted"}'), Accepted()),
        (answering(200, b'{"id": "x", "status": "Running"}'), Accepted()),
        (answering(200, b'{"id": "x", "status": "Succeeded"}'), Accepted()),
        (answering(200, b'{"id": "x", "status": "Canceled"}'), Refused(Status.FAILED, "Canceled")),
        (
            answering(200, b'{"id": "x", "status": "Failed", "error": {"code": "EmailDropped", "message": "m"}}'),
            Refused(Status.FAILED, "EmailDropped"),
        ),
        (
            answering(
                200,
                b'{"status": "Failed", "error": {"code": "EmailDroppedAllRecipientsSuppressed", "message": "m"}}',
            ),
            Refused(Status.SUPPRESSED_RECIPIENT, "EmailDroppedAllRecipientsSuppressed"),
        ),
        (failing(404, "NotFound"), None),
        (answering(200, b'{"status": "Sleeping"}'), Uncertain("unreadable_answer", PAUSE)),
        (answering(200, b"<html>"), Uncertain("unreadable_answer", PAUSE)),
        (failing(429, "TooManyRequests", headers={"Retry-After": "7"}), Uncertain("http_429", timedelta(seconds=7))),
        (failing(401), Uncertain("http_401", PAUSE)),
        (failing(503), Uncertain("http_503", PAUSE)),
    ],
)
async def test_what_the_service_knows_of_an_id(
    client: httpx.AsyncClient, handler: Handler, outcome: Outcome | None
) -> None:
    assert await find(client, handler) == outcome


async def test_the_operation_is_asked_for_by_the_notifications_id(client: httpx.AsyncClient) -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(f"{request.method} {request.rel_url}")
        return web.json_response({"status": "Running"})

    assert await find(client, handler) == Accepted()
    assert seen == [f"GET /emails/operations/{ID}?api-version=2023-03-31"]


async def test_a_service_that_cannot_be_asked_leaves_it_uncertain(client: httpx.AsyncClient) -> None:
    it = provider(client, f"http://127.0.0.1:{closed_port()}")
    found = await it.find(ID, timeout=5)
    assert found == Uncertain("connect", PAUSE)
    # Whoever is not there counts towards the provider's rest.
    assert not found.here


async def test_a_bearer_token_is_sent_where_no_key_is_used(client: httpx.AsyncClient) -> None:
    async def token() -> str:
        return "a-token"

    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=202 if request.headers["Authorization"] == "Bearer a-token" else 401)

    async with serving(handler) as url:
        assert await AcsEmail(client, url, BearerToken(token), OWN_SENDER).send(message(), timeout=5) == Accepted()


async def test_without_a_credential_the_message_waits(client: httpx.AsyncClient) -> None:
    async def token() -> str:
        raise CredentialUnavailableError

    async with serving(answering(202)) as url:
        it = AcsEmail(client, url, BearerToken(token), OWN_SENDER)
        sent, found = await it.send(message(), timeout=5), await it.find(ID, timeout=5)
    assert (sent, found) == (Postponed("no_credential", PAUSE), Uncertain("no_credential", PAUSE))
    assert sent.here
    assert found
    assert found.here


def test_a_messages_repr_holds_no_personal_data() -> None:
    shown = repr(message(recipient="someone@example.com", subject="Secret", body="Secret"))
    assert str(ID) in shown
    assert "example.com" not in shown
    assert "Secret" not in shown
