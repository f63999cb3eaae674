"""Health under strain: many probes cost one question to storage, and whatever fails is an answer: Unhealthy."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from notifications.stages.health import Figures, Health
from notifications.storage.memory import MemoryTable
from notifications.storage.orders import OrderStore
from notifications.storage.table import MAX_PAGE, Row
from tests.builders import FakeClock
from tests.triggers.edge import HEALTH_KEY, Edge

UNHEALTHY = Figures(healthy=False, oldest_due=None, behind=timedelta(0))


async def at_once() -> None:
    """Answer without delay."""


class SlowTable(MemoryTable):
    """A table that counts what it is asked, and answers when a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.got = self.read_pages = 0
        self.before_get: Callable[[], Awaitable[None]] = at_once
        self.before_read: Callable[[], Awaitable[None]] = at_once

    async def get(self, partition: str, key: str) -> Row | None:
        self.got += 1
        await self.before_get()
        return await super().get(partition, key)

    async def read(
        self, partition: str, low: str, high: str, *, limit: int = MAX_PAGE, select: Sequence[str] = ()
    ) -> list[Row]:
        self.read_pages += 1
        await self.before_read()
        return await super().read(partition, low, high, limit=limit, select=select)


class Patient:
    """Health over a table in memory, with a clock that stands still."""

    def __init__(self, patience: float = 5.0) -> None:
        self.table = SlowTable()
        self.store = OrderStore(self.table)
        self.clock = FakeClock()
        self.health = Health(self.store, self.clock, patience=patience)


async def prepared(patience: float = 5.0) -> Patient:
    patient = Patient(patience)
    await patient.store.prepare()
    patient.table.got = 0
    return patient


async def never() -> None:
    await asyncio.Event().wait()


async def refused() -> None:
    raise OSError("kari@example.com")


async def test_probes_that_come_at_once_ask_storage_once() -> None:
    patient = await prepared()
    released = asyncio.Event()

    async def wait() -> None:
        await released.wait()

    patient.table.before_get = wait
    probes = [asyncio.create_task(patient.health.healthy()) for _ in range(50)]
    await asyncio.sleep(0)
    released.set()
    assert await asyncio.gather(*probes) == [True] * 50
    assert patient.table.got == 1


async def test_probes_that_waited_longer_than_an_answer_is_remembered_share_it_all_the_same() -> None:
    patient = await prepared()

    async def slowly() -> None:
        await asyncio.sleep(0)
        patient.clock.forward(seconds=5)

    patient.table.before_get = slowly
    assert await asyncio.gather(*(patient.health.healthy() for _ in range(3))) == [True] * 3
    assert patient.table.got == 1


async def test_an_answer_is_asked_for_again_after_two_seconds() -> None:
    patient = await prepared()
    assert await patient.health.healthy()
    patient.table.before_get = refused
    patient.clock.forward(seconds=1.9)
    assert await patient.health.healthy()
    patient.clock.forward(seconds=0.1)
    assert not await patient.health.healthy()
    assert patient.table.got == 2


async def test_an_answer_of_a_time_to_come_is_asked_for_again() -> None:
    patient = await prepared()
    assert await patient.health.healthy()
    patient.table.before_get = refused
    patient.clock.forward(hours=-1)
    assert not await patient.health.healthy()


async def test_a_probe_that_goes_away_does_not_leave_the_others_without_an_answer() -> None:
    patient = await prepared()
    released = asyncio.Event()

    async def wait() -> None:
        await released.wait()

    patient.table.before_get = wait
    first, second = (asyncio.create_task(patient.health.healthy()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    released.set()
    assert await second
    assert first.cancelled()


@pytest.mark.parametrize("trouble", [refused, never])
async def test_storage_that_cannot_be_read_makes_the_figures_unhealthy(trouble: Callable[[], Awaitable[None]]) -> None:
    patient = await prepared(patience=0.01)
    patient.table.before_read = trouble
    assert await patient.health.healthy()
    assert await patient.health.figures() == UNHEALTHY


@pytest.mark.parametrize("trouble", [refused, never])
async def test_storage_that_does_not_answer_is_unhealthy(trouble: Callable[[], Awaitable[None]]) -> None:
    patient = await prepared(patience=0.01)
    patient.table.before_get = trouble
    assert not await patient.health.healthy()
    assert await patient.health.figures() == UNHEALTHY
    assert patient.table.read_pages == 0


async def test_figures_that_are_asked_for_at_once_read_storage_once() -> None:
    patient = await prepared()
    figures = await asyncio.gather(*(patient.health.figures() for _ in range(10)))
    assert [each.healthy for each in figures] == [True] * 10
    assert patient.table.read_pages == 16


async def test_the_operator_is_told_since_when_the_oldest_work_waits(edge: Edge) -> None:
    await edge.world.order()
    edge.world.clock.forward(minutes=3)
    answer = await edge.call("health", headers={"X-API-Key": HEALTH_KEY})
    told = json.loads(answer.get_body())
    assert (answer.status_code, told["status"]) == (200, "Healthy")
    assert 170 <= told["secondsBehind"] <= 180


async def test_figures_that_cannot_be_had_are_answered_503_and_logged_without_what_was_met(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def read(*_: object, **__: object) -> list[Row]:
        raise OSError("kari@example.com")

    monkeypatch.setattr(edge.world.orders, "read", read)
    answer = await edge.call("health", headers={"X-API-Key": HEALTH_KEY})
    assert (answer.status_code, json.loads(answer.get_body())["status"]) == (503, "Unhealthy")
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.getMessage().startswith("health.storage_unreachable error=OSError at=")
    assert "kari" not in caplog.text


async def test_a_service_that_cannot_be_composed_is_answered_503_and_logged(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    edge.compose.failure = RuntimeError("kari@example.com")
    answer = await edge.call("health")
    assert (answer.status_code, answer.get_body()) == (503, b"Unhealthy")
    assert [each.getMessage().split(" at=")[0] for each in caplog.records] == ["health.not_composed error=RuntimeError"]
    assert "kari" not in caplog.text


@pytest.mark.parametrize("key", [None, "", "wrong"])
async def test_without_the_key_there_are_no_figures(edge: Edge, key: str | None) -> None:
    answer = await edge.call("health", headers={"X-API-Key": key} if key is not None else {})
    assert (answer.status_code, answer.get_body()) == (200, b"Healthy")
