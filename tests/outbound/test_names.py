"""Looking names up: on threads of its own, so many at once and no more, and each name once for all who ask."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from notifications.conditions.client import ConditionClient
from notifications.outbound.guard import GuardedTransport, is_public
from notifications.outbound.names import LOOK_UPS, Resolver

SLOW = ".slow.example.com"
MANY = 3 * LOOK_UPS


class NameServer:
    """Stands in for the system's resolver: names below SLOW are answered only when a test says so."""

    def __init__(self) -> None:
        self._system = socket.getaddrinfo
        self._lock = threading.Lock()
        self._answering = threading.Event()
        self.asked: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0

    def __call__(self, host: Any, *arguments: Any, **named: Any) -> list[Any]:
        if not str(host).endswith(SLOW):
            return self._system(host, *arguments, **named)
        with self._lock:
            self.asked[host] += 1
            self.at_once += 1
            self.most_at_once = max(self.at_once, self.most_at_once)
        self._answering.wait()
        with self._lock:
            self.at_once -= 1
        return self._system("127.0.0.1", *arguments, **named)

    def answer(self) -> None:
        """Answer all who wait, and everybody from now on."""
        self._answering.set()

    async def busy(self, threads: int) -> None:
        """Wait until so many look-ups are waiting for an answer."""
        async with asyncio.timeout(30):
            while self.at_once < threads:  # noqa: ASYNC110 - threads cannot set the loop's events
                await asyncio.sleep(0.005)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    server = NameServer()
    monkeypatch.setattr(socket, "getaddrinfo", server)
    yield server
    server.answer()


@asynccontextmanager
async def asking(resolver: Resolver, *hosts: str) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Look-ups that are under way."""
    tasks = [asyncio.create_task(resolver(host)) for host in hosts]
    # Every task runs up to its first wait, so that all have asked.
    await asyncio.sleep(0)
    yield tasks
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    with closing(Resolver()) as resolver:
        yield resolver


async def test_conditions_at_slow_name_servers_hold_up_nobody_elses_look_up(server: NameServer) -> None:
    client = ConditionClient(GuardedTransport(), time_limit=60)
    asked = [asyncio.create_task(client.ask(f"http://{number}{SLOW}/")) for number in range(MANY)]
    await server.busy(LOOK_UPS)
    async with asyncio.timeout(30):
        await asyncio.get_running_loop().getaddrinfo("127.0.0.1", 80)
    assert not any(each.done() for each in asked)
    server.answer()
    assert await asyncio.gather(*asked) == [None] * MANY
    await client.aclose()


async def test_no_more_names_are_looked_up_at_once_than_there_are_threads(
    server: NameServer, resolver: Resolver
) -> None:
    async with asking(resolver, *(f"{number}{SLOW}" for number in range(MANY))):
        await server.busy(LOOK_UPS)
        server.answer()
    assert server.most_at_once == LOOK_UPS
    assert server.asked.total() == MANY


async def test_a_name_that_many_ask_for_takes_one_thread(server: NameServer, resolver: Resolver) -> None:
    async with asking(resolver, *[f"one{SLOW}"] * MANY, f"other{SLOW}") as tasks:
        await server.busy(2)
        server.answer()
    assert {str(address) for task in tasks for address in task.result()} == {"127.0.0.1"}
    assert server.asked == {f"one{SLOW}": 1, f"other{SLOW}": 1}


async def test_an_answer_is_not_kept_for_those_who_ask_later(server: NameServer, resolver: Resolver) -> None:
    server.answer()
    await resolver(f"one{SLOW}")
    await resolver(f"one{SLOW}")
    assert server.asked[f"one{SLOW}"] == 2


async def test_a_name_that_nobody_waits_for_any_more_is_not_looked_up(server: NameServer, resolver: Resolver) -> None:
    async with asking(resolver, *(f"{number}{SLOW}" for number in range(LOOK_UPS))):
        await server.busy(LOOK_UPS)
        async with asking(resolver, f"left{SLOW}", f"left{SLOW}", f"wanted{SLOW}") as (first, second, _):
            first.cancel()
            second.cancel()
            await asyncio.sleep(0)
            server.answer()
    assert (server.asked[f"left{SLOW}"], server.asked[f"wanted{SLOW}"]) == (0, 1)


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(
    server: NameServer, resolver: Resolver
) -> None:
    async with asking(resolver, f"one{SLOW}", f"one{SLOW}") as (first, second):
        first.cancel()
        await asyncio.sleep(0)
        server.answer()
    assert first.cancelled()
    assert [str(address) for address in second.result()] == ["127.0.0.1"]


async def test_after_a_look_up_that_nobody_waited_for_the_name_is_asked_for_anew(
    server: NameServer, resolver: Resolver
) -> None:
    async with asking(resolver, f"one{SLOW}") as (left,):
        await server.busy(1)
        left.cancel()
    server.answer()
    async with asyncio.timeout(30):
        # The first may still join the look-up that is just ending.
        while server.asked[f"one{SLOW}"] == 1:
            assert await resolver(f"one{SLOW}")


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "localhost"])
async def test_every_spelling_of_loopback_resolves_to_it(host: str, resolver: Resolver) -> None:
    addresses = await resolver(host)
    assert addresses
    assert not any(map(is_public, addresses))


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 300, "-.-", "a..b", "", "\x00"])
async def test_a_host_that_has_no_addresses_has_none(host: str, resolver: Resolver) -> None:
    assert await resolver(host) == []


async def test_addresses_come_ipv4_first(monkeypatch: pytest.MonkeyPatch, resolver: Resolver) -> None:
    found = [(socket.AF_INET6, 0, 0, "", ("::1", 0, 0, 0)), (socket.AF_INET, 0, 0, "", ("127.0.0.1", 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found * 2)
    assert [str(address) for address in await resolver("a.example.com")] == ["127.0.0.1", "::1"]
