"""Two hundred orders under way while the host is killed again and again, and the same without a kill.

The kills come at random moments, close behind a wave of orders each. `CRASH_SEED` repeats a run's moments, as far as
a machine repeats itself.
"""

import asyncio
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import pytest

from local.orders import Orders
from local.waiting import until
from notifications.domain.statuses import Channel
from tests.system.abandoned import Abandoned, unjustified, until_ended
from tests.system.hand_overs import Excuse, Lives, email_faults, ending, feed_faults, never, sms_faults
from tests.system.killing import LONGEST_GAP, SHORTEST_GAP, kill_host, sleep_until
from tests.system.orders import email_recipient, order, sms_recipient
from tests.system.running import System

pytestmark = pytest.mark.system

# A call may take a quarter of it, also on a slow machine: after that its fate would be uncertain though nobody died.
CLAIM_SECONDS = 20
ORDERS = 200
KILLS = 8
WAVE = ORDERS // KILLS
PATIENCE_SECONDS = 240
# About as long as an order that nothing disturbs is under way.
LONGEST_HEAD_START = 2


@dataclass(frozen=True)
class Wave:
    """Orders of one organisation; half of them email, half SMS, each to a recipient of its own."""

    org: str
    first: int

    async def place(self, system: System, numbers: range) -> dict[str, str]:
        """Place orders, again until there is an answer; their shipments' ids by recipient."""
        async with system.client(self.org) as http:
            answers = await asyncio.gather(*(Orders(http).place(self._order(number)) for number in numbers))
        ids = (answer["notification"]["shipmentId"] for answer in answers)
        return dict(zip(map(self.recipient, numbers), ids, strict=True))

    def recipient(self, number: int) -> str:
        """The recipient of an order, as the provider's journal names it."""
        return f"479999{self.first + number:04}" if number % 2 else f"{self.org}-{number}@example.com"

    def _order(self, number: int) -> dict[str, object]:
        recipient = self.recipient(number)
        return order(email_recipient(recipient) if "@" in recipient else sms_recipient(f"+{recipient}"))


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own, since its host is about to die."""
    running = System.start(tmp_path_factory.mktemp("crash"), claim_seconds=CLAIM_SECONDS)
    try:
        yield running
    finally:
        running.stop()


async def test_without_a_crash_nothing_is_handed_over_twice(system: System) -> None:
    orders = Wave("calm", first=2000)
    placed: dict[str, str] = {}
    for start in range(0, ORDERS, WAVE):
        placed |= await orders.place(system, range(start, start + WAVE))
    faults = await _faults(system, orders, placed, never, {})
    assert not faults, "\n".join(faults)


async def test_orders_survive_a_host_that_is_killed_eight_times(system: System) -> None:
    seed = int(os.environ.get("CRASH_SEED", time.time_ns() % 1_000_000))
    print(f"CRASH_SEED={seed}")  # noqa: T201 - told even where the test ends early
    chance = random.Random(seed)
    orders = Wave("stormy", first=3000)
    placed: dict[str, str] = {}
    began: list[datetime] = []
    due = time.monotonic() + LONGEST_HEAD_START
    for start in range(0, ORDERS, WAVE):
        await sleep_until(due - chance.uniform(0, LONGEST_HEAD_START))
        placing = asyncio.create_task(orders.place(system, range(start, start + WAVE)))
        await sleep_until(due)
        began.append(await kill_host(system, within=PATIENCE_SECONDS))
        due = time.monotonic() + chance.uniform(SHORTEST_GAP, LONGEST_GAP)
        placed |= await placing
    abandoned = await until_ended(system, placed.values(), orders.org, within=PATIENCE_SECONDS)
    manifests = await system.until_final(placed.values(), orders.org, within=PATIENCE_SECONDS)
    lives = Lives(timedelta(seconds=CLAIM_SECONDS), began)
    faults = [*await _faults(system, orders, placed, lives.fault, abandoned), *_given_up_faults(abandoned, lives)]
    met = _under_way(began, [manifests[shipment] for shipment in placed.values()])
    about = (
        f"CRASH_SEED={seed}, kills before {list(map(str, began))} met {met} orders under way, "
        f"{len(abandoned)} were abandoned"
    )
    print(about)  # noqa: T201 - shown with -s
    assert not faults, "\n".join([about, *faults])
    assert any(met), f"nothing was under way at any kill: {about}"


def _given_up_faults(abandoned: Abandoned, lives: Lives) -> Iterator[str]:
    """Who was given up wrongly: no email is, since Communication Services can be asked about each."""
    yield from unjustified(abandoned, lives)
    for one in chain.from_iterable(abandoned.values()):
        if one.channel is Channel.EMAIL:
            yield f"{one.address} was given up, an email"


def _under_way(began: Sequence[datetime], manifests: Sequence[Mapping[str, Any]]) -> list[int]:
    """How many orders, of the waves up to then, had not come to their end when each host but the first began."""
    ends = [datetime.fromisoformat(manifest["lastUpdate"]) for manifest in manifests]
    return [sum(end > begin for end in ends[: number * WAVE]) for number, begin in enumerate(began, start=1)]


async def _faults(
    system: System, orders: Wave, placed: Mapping[str, str], excuse: Excuse, abandoned: Abandoned
) -> list[str]:
    """Whatever is wrong with how these orders ended, by id."""
    manifests = await system.until_final(placed.values(), orders.org, within=PATIENCE_SECONDS)
    wanted = {shipment: "Email_Delivered" if "@" in to else "SMS_Delivered" for to, shipment in placed.items()}
    wanted |= dict.fromkeys(abandoned, "SMS_Failed_TTL")
    emails = {to: shipment for to, shipment in placed.items() if "@" in to}
    sms = {to: shipment for to, shipment in placed.items() if "@" not in to}
    sent = [call for call in await system.calls("acs-email") if call["recipient"] in emails]
    texted = [call for call in await system.calls("pswin") if call["recipient"] in sms]
    return [
        *([] if len(manifests) == ORDERS else [f"{len(manifests)} shipments for {ORDERS} orders"]),
        *(fault for each, manifest in manifests.items() if (fault := ending(manifest, wanted[each]))),
        *await _feed_faults(system, orders.org, wanted),
        *email_faults(sent, emails, repeated=excuse is not never),
        *sms_faults(texted, sms, excuse, abandoned=abandoned),
    ]


async def _feed_faults(system: System, org: str, wanted: Mapping[str, str]) -> list[str]:
    """The feed follows the shipments' ends, so that it may need a moment."""

    async def complete() -> bool:
        return len(await system.feed(org)) >= len(wanted)

    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(complete, every=0.2)
    except TimeoutError:
        pass
    return feed_faults(await system.feed(org), wanted)
