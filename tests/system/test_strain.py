"""More orders at once than are taken, and storage that is silent for a while: it is said, and nothing is lost."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest

from local.waiting import until
from tests.system.expect import ORDERS, assert_json, assert_problem
from tests.system.orders import email_recipient, notification_id, order
from tests.system.running import POLL_SECONDS, System
from tests.system.times import in_an_hour

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def strained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system that takes four orders at once."""
    running = System.start(tmp_path_factory.mktemp("strained"), "--set", "CONCURRENT_ORDERS=4")
    try:
        yield running
    finally:
        running.stop()


@asynccontextmanager
async def without_tables(system: System) -> AsyncIterator[None]:
    """Table storage does not answer while the context lasts."""
    storage = system.process_id("azurite-table")
    os.kill(storage, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(storage, signal.SIGCONT)


async def test_more_orders_at_once_than_are_taken_are_told_to_come_again_and_then_taken(strained: System) -> None:
    orders = [order(email_recipient(), requestedSendTime=in_an_hour()) for _ in range(60)]
    async with strained.client() as http:
        answers = await asyncio.gather(*(http.post(ORDERS, json=each) for each in orders))
        refused = [each for each, answer in zip(orders, answers, strict=True) if answer.status_code != 201]
        assert refused
        for answer in answers:
            if answer.status_code != 201:
                assert_problem(answer, 429)
                assert answer.headers["retry-after"] == "1"
        for each in refused:
            assert_json(await http.post(ORDERS, json=each), 201)


async def test_while_storage_is_silent_the_service_says_so_and_an_order_sent_again_afterwards_is_one_order(
    strained: System,
) -> None:
    address = "placed-in-the-dark@example.com"
    placed = order(email_recipient(address))
    async with strained.client() as http, httpx.AsyncClient(base_url=strained.url, trust_env=False) as anyone:

        async def until_told(status: int, text: str) -> None:
            """Ask for the health until it is this: what a probe was told is told for two seconds more."""

            async def is_told() -> bool:
                health = await anyone.get("/health", timeout=30)
                return (health.status_code, health.text) == (status, text)

            async with asyncio.timeout(60):
                await until(is_told, every=POLL_SECONDS)

        async with without_tables(strained):
            placing = asyncio.create_task(http.post(ORDERS, json=placed, timeout=60))
            await until_told(503, "Unhealthy")
        answer = await placing
        if answer.status_code != 201:
            assert_problem(answer, 503)
            assert int(answer.headers["retry-after"]) >= 1
        shipment = (await strained.order(placed))["notification"]["shipmentId"]
        await strained.until_final([shipment])
        await until_told(200, "Healthy")
    sent = [call["operationId"] for call in await strained.emails() if call["recipient"] == address]
    assert sent == [notification_id(shipment)]
