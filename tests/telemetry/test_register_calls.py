"""Calls of registers are counted where they leave: by status, and by what became of those without an answer."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web

from local.ports import free_ports
from notifications.telemetry.measures import REGISTER_CALLS
from notifications.telemetry.register_calls import CountedTransport
from tests.telemetry.recording import of, recorded

PORT, NOBODYS = free_ports(2)
PROFILE, REGISTER, NOWHERE = (
    f"http://127.0.0.1:{port}/{path}" for port, path in ((PORT, "profile"), (PORT, "register"), (NOBODYS, "authz"))
)
NAMED = {PROFILE: "profile", REGISTER: "register", NOWHERE: "authorization"}


ENOUGH = web.AppKey("enough", asyncio.Event)


async def _answer(request: web.Request) -> web.Response:
    if request.path.endswith("slow"):
        await request.app[ENOUGH].wait()
    return web.Response(status=503 if request.path.endswith("down") else 200)


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    app = web.Application()
    app[ENOUGH] = asyncio.Event()
    app.router.add_post("/{path:.*}", _answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", PORT).start()
    transport = CountedTransport(httpx.AsyncHTTPTransport(), NAMED)
    async with httpx.AsyncClient(transport=transport) as client:
        yield client
    app[ENOUGH].set()
    await runner.cleanup()


async def test_answers_are_counted_by_register_and_status(http: httpx.AsyncClient) -> None:
    with recorded() as told:
        for url in (f"{PROFILE}/up", f"{PROFILE}/up", f"{REGISTER}/down"):
            await http.post(url)
    assert told.values(REGISTER_CALLS) == {
        of(register="profile", outcome="200"): 2,
        of(register="register", outcome="503"): 1,
    }


async def test_a_register_that_is_not_there_is_counted(http: httpx.AsyncClient) -> None:
    with recorded() as told, pytest.raises(httpx.ConnectError):
        await http.post(NOWHERE)
    assert told.values(REGISTER_CALLS) == {of(register="authorization", outcome="unreachable"): 1}


async def test_one_whose_answer_nobody_waits_for_any_longer_is_counted(http: httpx.AsyncClient) -> None:
    with recorded() as told, pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await http.post(f"{PROFILE}/slow")
    assert told.values(REGISTER_CALLS) == {of(register="profile", outcome="timeout"): 1}
