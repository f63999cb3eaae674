"""A load of POSTs at a fixed rate of arrivals, made by a process of its own (`python -m benchmarks.load`).

The loop is open: an order is sent when its time has come, whether or not earlier ones are answered, and its latency
counts from that time. So a service that falls behind cannot slow its own measurement down.
"""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import aiohttp

from benchmarks.bodies import Kind, body
from benchmarks.children import ask
from local.orders import API

NO_ANSWER = 0
_PATIENCE = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent: `count` orders, `rate` a second, at once or with a requested send time.

    `due_in` is seconds after each order's sending, `due_at` the first order's moment (seconds since the epoch), with
    `due_step` seconds from one to the next.
    """

    url: str
    token: str
    count: int
    rate: float
    kind: Kind
    due_in: float | None = None
    due_at: float | None = None
    due_step: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one order: times in seconds since the epoch, latency in seconds, the shipments of a 201.

    `lag` is by how much the generator itself was late; it is part of the latency.
    """

    time: float
    latency: float
    lag: float
    status: int
    due: float | None
    shipments: Sequence[str]


async def send(load: Load) -> list[Answer]:
    """Send a load from a process of its own; the answers in the order of sending."""
    return [Answer(**each) for each in await ask("benchmarks.load", asdict(load))]


async def generate(load: Load) -> list[Answer]:
    """Send a load from this process."""
    headers = {"Authorization": f"Bearer {load.token}"}
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(load.url, headers=headers, connector=connector, timeout=_PATIENCE) as session:
        start = time.time() + 0.2
        tasks = []
        for number in range(load.count):
            moment = start + number / load.rate
            await asyncio.sleep(max(0.0, moment - time.time()))
            tasks.append(asyncio.create_task(_place(session, load, moment, _due(load, number, moment))))
        return await asyncio.gather(*tasks)


def _due(load: Load, number: int, moment: float) -> float | None:
    if load.due_in is not None:
        return moment + load.due_in
    return None if load.due_at is None else load.due_at + number * load.due_step


async def _place(session: aiohttp.ClientSession, load: Load, moment: float, due: float | None) -> Answer:
    lag = time.time() - moment
    status, document = await _post(session, body(load.kind, due))
    return Answer(
        time=moment, latency=time.time() - moment, lag=lag, status=status, due=due, shipments=_shipments(document)
    )


async def _post(session: aiohttp.ClientSession, order: object) -> tuple[int, bytes]:
    try:
        async with session.post(f"{API}/orders", json=order) as response:
            return response.status, await response.read()
    except (aiohttp.ClientError, TimeoutError, OSError):
        return NO_ANSWER, b""


def _shipments(document: bytes) -> list[str]:
    try:
        placed = json.loads(document)["notification"]
    except (ValueError, KeyError, TypeError):
        return []
    return [placed["shipmentId"], *(each["shipmentId"] for each in placed.get("reminders") or ())]


def main() -> None:
    """Read a load from standard input, send it, and write the answers to standard output."""
    given = json.load(sys.stdin)
    answers = asyncio.run(generate(Load(**{**given, "kind": Kind(given["kind"])})))
    json.dump([asdict(each) for each in answers], sys.stdout)


if __name__ == "__main__":
    main()
