"""Asking condition endpoints over real HTTP: yes, no, and everything else."""

import asyncio
import gzip
import logging
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from notifications.conditions.client import ConditionClient, TokenUnavailableError
from notifications.conditions.silence import AT_ONCE
from notifications.domain.faults import EndpointSilent
from notifications.outbound.guard import GuardedTransport
from tests.channels.servers import Handler, answering, closed_port, raw_serving, serving

LOCAL = frozenset({"127.0.0.1"})


async def ask(
    url: str,
    *,
    allowed: frozenset[str] = LOCAL,
    token: Callable[[], Awaitable[str]] | None = None,
    within: float = 5,
) -> bool | None:
    client = ConditionClient(GuardedTransport(allowed), token=token, time_limit=within)
    try:
        return await client.ask(url)
    finally:
        await client.aclose()


async def answer_to(handler: Handler) -> bool | None:
    async with serving(handler) as url:
        return await ask(f"{url}/condition")


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b'{"sendNotification": true}', True),
        (b'{"sendNotification": false}', False),
        (b'{"sendNotification": true, "more": [1]}', True),
        (b'\xef\xbb\xbf{"sendNotification": true}', True),
        (b'{"SendNotification": true}', None),
        (b'{"sendnotification": true}', None),
        (b'{"sendNotification": "true"}', None),
        (b'{"sendNotification": 1}', None),
        (b'{"sendNotification": null}', None),
        (b"{}", None),
        (b"[true]", None),
        (b"true", None),
        (b"", None),
        (b"<html>", None),
        (b'{"sendNotification": true', None),
        (b"[" * 50_000, None),
    ],
)
async def test_only_a_boolean_send_notification_is_an_answer(body: bytes, verdict: bool | None) -> None:
    assert await answer_to(answering(200, body)) is verdict


@pytest.mark.parametrize("status", [201, 202, 299])
async def test_every_2xx_counts(status: int) -> None:
    assert await answer_to(answering(status, b'{"sendNotification": false}')) is False


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_another_status_is_inconclusive_whatever_it_says(status: int) -> None:
    assert await answer_to(answering(status, b'{"sendNotification": false}')) is None


async def test_it_asks_with_get_and_the_whole_address() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(f"{request.method} {request.rel_url} {request.headers['Host']}")
        seen.append(f"{request.headers['Accept']} {request.headers['Accept-Encoding']}")
        return web.json_response({"sendNotification": True})

    async with serving(handler) as url:
        assert await ask(f"{url}/a/b?c=d%20e#f") is True
        assert seen == [f"GET /a/b?c=d%20e {url.removeprefix('http://')}", "application/json identity"]


async def test_a_redirect_is_not_followed() -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.path)
        if request.path == "/condition":
            return web.Response(status=302, headers={"Location": "/elsewhere"})
        return web.json_response({"sendNotification": True})

    assert await answer_to(handler) is None
    assert seen == ["/condition"]


@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1])
async def test_an_answer_is_at_most_64_kib(size: int) -> None:
    body = b'{"sendNotification": true}'.ljust(size)
    assert await answer_to(answering(200, body)) is (True if size == 64 * 1024 else None)


async def test_an_endless_answer_is_cut_off() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" " * 1024)

    assert await answer_to(endless) is None


async def test_a_compressed_answer_is_not_unpacked() -> None:
    body = gzip.compress(b'{"sendNotification": true}')
    packed = answering(200, body, {"Content-Encoding": "gzip"})
    assert await answer_to(packed) is None


async def test_an_answer_that_does_not_come_in_time_is_inconclusive() -> None:
    async def slow(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async with serving(slow) as url:
        assert await ask(url, within=0.2) is None


async def test_a_host_that_was_silent_is_asked_a_few_questions_at_once_until_it_answers() -> None:
    answers, asked = asyncio.Event(), 0

    async def later(_: web.Request) -> web.Response:
        nonlocal asked
        asked += 1
        await answers.wait()
        return web.json_response({"sendNotification": True})

    async with serving(later) as url, serving(answering(200, b'{"sendNotification": false}')) as another:
        client = ConditionClient(GuardedTransport(LOCAL), time_limit=0.5)
        first = await asyncio.gather(*(client.ask(f"{url}/{each}") for each in range(2 * AT_ONCE)))
        assert first == [None] * 2 * AT_ONCE
        many = [client.ask(f"{url}/{each}") for each in range(2 * AT_ONCE)]
        second = await asyncio.gather(*many, client.ask(another), return_exceptions=True)
        assert second[:AT_ONCE] == [None] * AT_ONCE
        assert [type(each) for each in second[AT_ONCE:-1]] == [EndpointSilent] * AT_ONCE
        assert second[-1] is False
        assert asked == 3 * AT_ONCE
        answers.set()
        assert await client.ask(url) is True
        assert await asyncio.gather(*(client.ask(url) for _ in range(2 * AT_ONCE))) == [True] * 2 * AT_ONCE
        await client.aclose()


async def test_the_time_limit_covers_an_answer_that_trickles() -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    async with serving(trickle) as url:
        assert await ask(url, within=0.3) is None


@pytest.mark.parametrize(
    "said", [None, b"HTTP/1.1 2", b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"]
)
async def test_a_broken_connection_is_inconclusive(said: bytes | None) -> None:
    async with raw_serving(said) as url:
        assert await ask(url) is None


async def test_a_closed_port_is_inconclusive() -> None:
    assert await ask(f"http://127.0.0.1:{closed_port()}/") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433"])
async def test_what_is_ours_is_not_asked(host: str) -> None:
    seen: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.path)
        return web.json_response({"sendNotification": True})

    async with serving(handler) as url:
        port = url.rpartition(":")[2]
        assert await ask(f"http://{host}:{port}/", allowed=frozenset()) is None
    assert seen == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "//127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "http://[::1",
        "http://a b/",
        "http://xn--/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://nowhere.invalid/",
        f"http://{'a' * 70}.example.com/",
    ],
)
async def test_an_address_that_cannot_be_called_is_inconclusive(url: str) -> None:
    assert await ask(url) is None


async def _token() -> str:
    return "a-token"


async def _no_token() -> str:
    raise TokenUnavailableError


async def test_the_token_is_sent_to_an_allowed_host() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"sendNotification": request.headers.get("Authorization") == "Bearer a-token"})

    async with serving(handler) as url:
        assert await ask(url, token=_token) is True


async def test_without_a_token_there_is_no_answer() -> None:
    async with serving(answering(200, b'{"sendNotification": true}')) as url:
        assert await ask(url, token=_no_token) is None


async def test_the_token_is_not_even_fetched_for_a_plain_http_host() -> None:
    fetched: list[int] = []

    async def token() -> str:
        fetched.append(1)
        return "a-token"

    assert await ask("http://nowhere.invalid/", token=token) is None
    assert fetched == []


async def test_credentials_in_the_address_are_not_sent() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.json_response({"sendNotification": "Authorization" not in request.headers})

    async with serving(handler) as url:
        assert await ask(url.replace("http://", "http://user:secret@")) is True


async def test_cookies_are_not_kept() -> None:
    seen: list[str | None] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(request.headers.get("Cookie"))
        return web.json_response({"sendNotification": True}, headers={"Set-Cookie": "a=b; Path=/"})

    async with serving(handler) as url:
        client = ConditionClient(GuardedTransport(LOCAL))
        assert await client.ask(url) is True
        assert await client.ask(url) is True
        await client.aclose()
    assert seen == [None, None]


async def test_an_inconclusive_condition_is_logged_without_its_address(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="notifications.conditions"):
        async with serving(answering(503)) as url:
            assert await ask(f"{url}/someone@example.com") is None
    [record] = [record for record in caplog.records if record.name.startswith("notifications.")]
    assert record.getMessage() == "condition.inconclusive reason=http_503"
    assert (record.__dict__["event"], record.__dict__["n_reason"]) == ("condition.inconclusive", "http_503")


@pytest.mark.parametrize(("body", "reason"), [(b"<html>", "not_json"), (b"{}", "no_verdict"), (b"1", "no_verdict")])
async def test_an_answer_without_a_verdict_is_told_from_one_that_cannot_be_read(
    body: bytes, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="notifications.conditions"):
        assert await answer_to(answering(200, body)) is None
    assert [r.getMessage() for r in caplog.records if r.name.startswith("notifications.")] == [
        f"condition.inconclusive reason={reason}"
    ]


async def test_a_closed_client_keeps_no_connections_and_asks_no_more() -> None:
    async with serving(answering(200, b'{"sendNotification": true}')) as url:
        client = ConditionClient(GuardedTransport(LOCAL))
        assert await client.ask(url) is True
        await client.aclose()
        with pytest.raises(RuntimeError):
            await client.ask(url)


@given(st.text())
def test_no_address_raises(url: str) -> None:
    asyncio.run(ask(url, allowed=frozenset(), within=0.05))
