"""Two SMS providers: one stands by for the other or has a share of its numbers, and each gets its share back."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from azure.data.tables.aio import TableClient

from tests.system.orders import notification_id, order, sms_recipient
from tests.system.provider_line import ProviderLine
from tests.system.running import System
from tests.system.served import outage

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

OWNER = "two-ways"
EACH = 5
PATIENCE_SECONDS = 120
# A call may take ten seconds, so that an answer after six is late and not lost.
CLAIM_SECONDS = 40
LATE_SECONDS = 6.0
MANY = 30
FINNS = [f"35840123456{each}" for each in range(EACH)]


@dataclass(frozen=True, slots=True)
class TwoWays:
    """A running system with both SMS providers, and the line to the gateway."""

    system: System
    gateway: ProviderLine
    unused: "count[int]"

    def numbers(self, count: int) -> list[str]:
        """Norwegian numbers that nothing was sent to, digits only."""
        return [f"479999{next(self.unused)}" for _ in range(count)]

    async def send(self, count: int = EACH) -> list[str]:
        """Send SMS to so many numbers and wait until all are delivered; the numbers, digits only."""
        numbers = self.numbers(count)
        await self.send_to(numbers)
        return numbers

    async def send_to(self, numbers: Sequence[str]) -> None:
        """Send SMS to these numbers, until all are delivered; fails where one was put off."""
        recipients = (sms_recipient(f"+{each}") for each in numbers)
        answers = await asyncio.gather(*(self.system.order(order(each), OWNER) for each in recipients))
        placed = [str(each["notification"]["shipmentId"]) for each in answers]
        manifests = await self.system.until_final(placed, OWNER)
        statuses = [each["recipients"][0]["status"] for each in manifests.values()]
        assert statuses == ["SMS_Delivered"] * len(numbers)
        assert not [each for each in placed if self._was_put_off(notification_id(each))]

    async def by(self, name: str, numbers: Sequence[str]) -> list[str]:
        """Those of some numbers that a provider has sent to, once for each time."""
        called = [str(call["recipient"]).removeprefix("+") for call in await self.system.calls(name)]
        return sorted(each for each in called if each in numbers)

    async def shares(self, numbers: Sequence[str]) -> tuple[int, int]:
        """How many of some numbers the gateway and Communication Services sent to; fails unless each was sent to once.

        None is in both shares, and none in neither.
        """
        gateway, acs = await self.by("pswin", numbers), await self.by("acs-sms", numbers)
        assert sorted(gateway + acs) == sorted(numbers)
        return len(gateway), len(acs)

    async def let_the_pause_end(self) -> None:
        """Open the gateway's gate, as if the half minute of its pause had gone by."""
        async with TableClient.from_connection_string(self.system.storage, "gates") as gates:
            # Where it is named otherwise, nothing would say that nothing was deleted.
            assert await gates.get_entity("gates", "pswin-sms")
            await gates.delete_entity("gates", "pswin-sms")

    async def until_the_gateway_sends(self, share: int, of: int) -> None:
        """Send, until so many of a handful go through the gateway again.

        A process may go by what it knew of the gate for two seconds more.
        """
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await self.shares(await self.send(of)))[0] < share:
                pass

    def _was_put_off(self, notification: str) -> bool:
        return any("notification.postponed" in line and notification in line for line in self.system.log().splitlines())


@asynccontextmanager
async def two_ways(directory: Path, *options: str) -> AsyncIterator[TwoWays]:
    """A system of which the gateway can be taken away."""
    async with ProviderLine() as line:
        every = (*options, "--set", f"SMS_GATEWAY_URL={line.address}")
        running = await asyncio.to_thread(System.start, directory, *every, claim_seconds=CLAIM_SECONDS)
        try:
            line.leads_to(running.address("pswin"))
            yield TwoWays(running, line, count(8000))
        finally:
            await asyncio.to_thread(running.stop)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ways(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TwoWays]:
    """Communication Services stand by."""
    async with two_ways(tmp_path_factory.mktemp("ways"), "--sms", "both") as both:
        yield both


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TwoWays]:
    """Communication Services have a tenth, and Finland."""
    routes = ("--sms-routes", "+358=acs;*=pswin:9,acs:1")
    async with two_ways(tmp_path_factory.mktemp("shared"), *routes) as both:
        yield both


@contextmanager
def late(line: ProviderLine) -> Iterator[None]:
    """Keep each answer back while the context lasts."""
    line.answer_seconds = LATE_SECONDS
    try:
        yield
    finally:
        line.answer_seconds = 0


async def test_the_one_that_stands_by_takes_over_at_once_and_gives_back(ways: TwoWays) -> None:
    assert await ways.shares(await ways.send()) == (EACH, 0)
    async with outage(ways.gateway):
        assert await ways.shares(await ways.send()) == (0, EACH)
    await ways.let_the_pause_end()
    await ways.until_the_gateway_sends(1, of=1)
    assert await ways.shares(await ways.send()) == (EACH, 0)


async def test_a_provider_that_answers_late_loses_most_of_its_share_and_gets_it_back_when_it_is_quick(
    shared: TwoWays,
) -> None:
    gateway, acs = await shared.shares(await shared.send(MANY))
    assert gateway > acs
    with late(shared.gateway):
        await shared.send(MANY)
        gateway, acs = await shared.shares(await shared.send(MANY))
        assert gateway < acs
    await shared.until_the_gateway_sends(8, of=10)


async def test_a_provider_that_is_down_has_no_share_until_it_is_back_and_nobody_waits_for_it(shared: TwoWays) -> None:
    async with outage(shared.gateway):
        assert await shared.shares(await shared.send(MANY)) == (0, MANY)
    await shared.let_the_pause_end()
    await shared.until_the_gateway_sends(8, of=10)


async def test_a_country_with_a_route_of_its_own_goes_that_way_only(shared: TwoWays) -> None:
    await shared.send_to(FINNS)
    assert await shared.shares(FINNS) == (0, EACH)
    others = [each.replace("123456", "123457") for each in FINNS]
    async with outage(shared.gateway):
        await shared.send_to(others)
    assert await shared.shares(others) == (0, EACH)
