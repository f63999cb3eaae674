"""How a host listens: woken before its pause ends, and ending when a listener fails."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest
from azure.storage.queue import QueueMessage, QueueServiceClient

from local.host.backoff import BackOff
from local.host.functions import Function
from local.host.host import Host, Plan
from local.host.keys import Keys
from local.host.processor import QueueProcessor, QueueTrigger
from local.host.queues import QueueListener
from local.host.settings import HostOptions, QueueOptions
from local.host.storage import QueueAccounts

FUNCTION = Function.of("one", "1", [{"name": "m", "type": "queueTrigger", "direction": "IN"}])


class Noting(QueueProcessor):
    """Notes messages instead of working them."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.arrived = asyncio.Event()

    async def work(self, message: QueueMessage) -> None:
        self.noted.append(str(message.content))
        self.arrived.set()


@pytest.fixture
def longest_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BackOff, "next", lambda self: 86_400.0)


@pytest.mark.usefixtures("longest_pause")
async def test_a_listener_that_is_woken_asks_at_once(
    connection: str, queues: QueueServiceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HostTestStorage", connection)
    name = f"woken-{uuid4().hex[:8]}"
    async with QueueAccounts() as accounts:
        trigger = QueueTrigger(FUNCTION, accounts.queue("HostTestStorage", name), None, QueueOptions(), 600)
        processor = Noting()
        listener = QueueListener(trigger, processor)
        await listener.prepare()
        running = asyncio.create_task(listener.run())
        await asyncio.to_thread(queues.get_queue_client(name).send_message, "woken")
        listener.wake()
        async with asyncio.timeout(60):
            await processor.arrived.wait()
        listener.stop()
        await running
    assert processor.noted == ["woken"]


async def failing() -> None:
    raise ArithmeticError("a listener fails")


@pytest.fixture
def idle_host() -> Callable[[], Host]:
    return lambda: Host(Plan([], HostOptions(), Keys(), 0))


async def test_a_host_whose_listener_failed_ends(idle_host: Callable[[], Host]) -> None:
    host = idle_host()
    host._listening = [asyncio.create_task(failing())]
    with pytest.raises(ArithmeticError):
        await host.run_until(asyncio.Event())


async def test_a_host_runs_until_it_is_told_to_stop(idle_host: Callable[[], Host]) -> None:
    stopping = asyncio.Event()
    running = asyncio.create_task(idle_host().run_until(stopping))
    await asyncio.sleep(0)
    assert not running.done()
    stopping.set()
    await running
