"""The load generator, against a real server: fixed arrivals, honest latencies, every answer accounted for."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from benchmarks.answers import failed, refused, taken
from benchmarks.bodies import Kind
from benchmarks.load import NO_ANSWER, Load, generate, send
from local.orders import API

_PLACED = {"notificationOrderId": "o", "notification": {"shipmentId": "m", "reminders": [{"shipmentId": "r"}]}}


@asynccontextmanager
async def server(statuses: list[int], seen: list[dict[str, object]], pause: float = 0.0) -> AsyncIterator[str]:
    async def place(request: web.Request) -> web.Response:
        seen.append(await request.json())
        await asyncio.sleep(pause)
        status = statuses[(len(seen) - 1) % len(statuses)]
        if status == NO_ANSWER:
            assert request.transport is not None
            request.transport.close()
        return web.json_response(_PLACED if status == 201 else {}, status=status)

    app = web.Application()
    app.router.add_post(f"{API}/orders", place)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def load(url: str, count: int, **more: float) -> Load:
    return Load(url=url, token="t", count=count, rate=200, kind=Kind.EMAIL_WITH_REMINDER, **more)


async def test_every_order_has_an_idempotency_id_and_a_send_time_of_its_own() -> None:
    seen: list[dict[str, object]] = []
    async with server([201], seen) as url:
        answers = await generate(load(url, 3, due_at=1_800_000_000.5, due_step=1.25))
    assert len({each["idempotencyId"] for each in seen}) == 3
    assert sorted(str(each["requestedSendTime"]) for each in seen) == [
        "2027-01-15T08:00:00.500Z",
        "2027-01-15T08:00:01.750Z",
        "2027-01-15T08:00:03.000Z",
    ]
    assert [each.shipments for each in answers] == [["m", "r"]] * 3


async def test_orders_are_sent_on_time_although_earlier_ones_are_not_answered() -> None:
    seen: list[dict[str, object]] = []
    async with server([201], seen, pause=0.5) as url:
        task = asyncio.create_task(generate(load(url, 20)))
        while len(seen) < 20:
            assert not task.done()
            await asyncio.sleep(0.01)
        answers = await task
    assert min(each.latency for each in answers) >= 0.5


async def test_refusals_failures_and_lost_answers_are_told_apart() -> None:
    async with server([201, 429, 500, NO_ANSWER], []) as url:
        answers = await generate(load(url, 8))
    assert [len(some) for some in (taken(answers), refused(answers), failed(answers))] == [2, 2, 4]


async def test_a_load_can_be_sent_from_a_process_of_its_own() -> None:
    seen: list[dict[str, object]] = []
    async with server([201], seen) as url:
        answers = await send(load(url, 2))
    assert [each.status for each in answers] == [201, 201]
    assert json.dumps(seen).count("@example.com") == 4
