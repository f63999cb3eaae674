"""One question to a register: what is repeated, what is given up, and how much of an answer is taken."""

import asyncio
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import TypeAdapter

from notifications.domain.contacts import Unavailable
from notifications.recipients import exchange
from notifications.recipients.exchange import NoAnswerError, Patience, RegisterExchange
from tests.channels.servers import answering, closed_port, raw_serving, serving
from tests.recipients.everybody import (
    KARI_TOLD,
    POINTS,
    down,
    told_of_kari,
)
from tests.recipients.registers import (
    EXTERNAL_IDENTITIES,
    KARI,
    PERSONS,
    Registers,
)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_failing_register_is_asked_again_twice(status: int, times: int) -> None:
    registers = Registers({PERSONS: down(status, times)})
    assert await told_of_kari(registers) == POINTS
    assert registers.paused == [0.2, 0.8][:times]


async def test_a_register_that_fails_three_times_is_unavailable() -> None:
    registers = Registers({PERSONS: down(503, 3)})
    assert await told_of_kari(registers) == Unavailable("persons")
    assert len(registers.calls) == 3


@pytest.mark.parametrize("status", [204, 301, 302, 400, 401, 403, 404, 413, 429])
async def test_other_answers_are_not_asked_for_again(status: int) -> None:
    registers = Registers({PERSONS: down(status)})
    assert await told_of_kari(registers) == Unavailable("persons")
    assert len(registers.calls) == 1
    assert registers.paused == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway",
        b'{"contactPointsList": [',
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"contactPointsList": null}',
        b'{"contactPointsList": {}}',
        b'{"contactPointsList": "none"}',
        b'{"contactPointsList": ["none"]}',
        b'{"contactPointsList": [{"nationalIdentityNumber": 1818030009}]}',
        b'{"contactPointsList": [{"email": ["kari@example.com"]}]}',
        b'{"contactPointsList": ["\xff"]}',
        b"[" * 100_000,
        b'\xef\xbb\xbf{"contactPointsList": []',
    ],
)
async def test_garbage_is_unavailable_and_not_asked_for_again(body: bytes) -> None:
    registers = Registers({PERSONS: lambda _: web.Response(body=body, content_type="application/json")})
    assert await told_of_kari(registers) == Unavailable("persons")
    assert len(registers.calls) == 1


async def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.close()
        return response

    registers = Registers()
    async with serving(cut) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="connection"):
            await asking(http, url, registers.patience())
    assert registers.paused == [0.2, 0.8]


async def asking(http: httpx.AsyncClient, url: str, patience: Patience) -> object:
    """One question to one register."""
    return await RegisterExchange(http, url, patience=patience).post("lookup", {"numbers": [KARI]}, TypeAdapter(object))


@pytest.mark.parametrize("said", [None, b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
async def test_a_broken_connection_is_repeated(said: bytes | None) -> None:
    registers = Registers()
    async with raw_serving(said) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="connection"):
            await asking(http, url, registers.patience())
    assert registers.paused == [0.2, 0.8]


async def test_a_closed_port_is_repeated() -> None:
    registers = Registers()
    async with httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="connect"):
            await asking(http, f"http://127.0.0.1:{closed_port()}", registers.patience())
    assert registers.paused == [0.2, 0.8]


@pytest.mark.parametrize("url", ["http://nowhere.invalid", "ftp://127.0.0.1", "nonsense"])
async def test_an_address_that_cannot_be_called_is_no_answer(url: str) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError):
            await asking(http, url, Registers().patience())


async def test_a_register_that_hangs_is_waited_for_and_asked_again() -> None:
    async def hang(_: Any) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    registers = Registers({PERSONS: hang})
    # No time passes on the fake clock, so that only the single attempts are cut short.
    assert await told_of_kari(registers, patience=registers.patience(attempt=0.05)) == Unavailable("persons")
    assert registers.paused == [0.2, 0.8]


async def test_an_answer_that_trickles_is_given_up() -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    async with serving(trickle) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="timeout"):
            await asking(http, url, Registers().patience(attempt=0.1))


async def test_nothing_is_repeated_that_would_end_too_late() -> None:
    registers = Registers()

    def slow_and_down(_: Any) -> web.Response:
        registers.time.now += 2.7
        return web.Response(status=503)

    registers.answers[PERSONS] = slow_and_down
    assert await told_of_kari(registers) == Unavailable("persons")
    # 2.7 s and 5.4 s have passed: the second pause would end after the 6 s that there are.
    assert registers.paused == [0.2]


async def test_an_answer_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_ANSWER", 10)
    registers = Registers()
    async with serving(answering(200, b"[1, 2, 3, 4]")) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="too_large"):
            await asking(http, url, registers.patience())
        monkeypatch.setattr(exchange, "MAX_ANSWER", 12)
        assert await asking(http, url, registers.patience()) == [1, 2, 3, 4]
    assert registers.paused == []


async def test_a_redirect_is_not_followed() -> None:
    def elsewhere(_: Any) -> web.Response:
        return web.Response(status=307, headers={"Location": EXTERNAL_IDENTITIES})

    registers = Registers({PERSONS: elsewhere, EXTERNAL_IDENTITIES: {"contactPointsList": [KARI_TOLD]}})
    assert await told_of_kari(registers) == Unavailable("persons")
    assert len(registers.calls) == 1
