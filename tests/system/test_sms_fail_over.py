"""Two SMS providers: Communication Services stand by for the gateway, and the gateway gets its share back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from azure.data.tables.aio import TableClient

from tests.system.orders import notification_id, order, sms_recipient
from tests.system.provider_line import ProviderLine
from tests.system.running import System

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

OWNER = "two-ways"
EACH = 5
PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class TwoWays:
    """A running system with both SMS providers, and the line to the gateway."""

    system: System
    gateway: ProviderLine

    async def send(self, first: int, count: int = EACH) -> list[str]:
        """Send SMS to numbers from one on, until all are delivered; the numbers, digits only."""
        numbers = [f"4799998{each:03}" for each in range(first, first + count)]
        recipients = (sms_recipient(f"+{each}") for each in numbers)
        answers = await asyncio.gather(*(self.system.order(order(each), OWNER) for each in recipients))
        placed = [str(each["notification"]["shipmentId"]) for each in answers]
        manifests = await self.system.until_final(placed, OWNER)
        statuses = [each["recipients"][0]["status"] for each in manifests.values()]
        assert statuses == ["SMS_Delivered"] * count
        assert not [each for each in placed if self._was_put_off(notification_id(each))]
        return numbers

    async def by(self, name: str, numbers: list[str]) -> list[str]:
        """Those of some numbers that a provider has sent to, once for each time."""
        called = [str(call["recipient"]).removeprefix("+") for call in await self.system.calls(name)]
        return sorted(each for each in called if each in numbers)

    async def let_the_pause_end(self) -> None:
        """Open the gateway's gate, as if the half minute of its pause had gone by."""
        async with TableClient.from_connection_string(self.system.storage, "gates") as gates:
            await gates.delete_entity("gates", "pswin-sms")

    def _was_put_off(self, notification: str) -> bool:
        return any("notification.postponed" in line and notification in line for line in self.system.log().splitlines())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ways(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TwoWays]:
    """A system of which the gateway can be taken away."""
    async with ProviderLine() as line:
        options = ("--sms", "both", "--set", f"SMS_GATEWAY_URL={line.address}")
        running = await asyncio.to_thread(System.start, tmp_path_factory.mktemp("ways"), *options)
        try:
            line.leads_to(running.address("pswin"))
            yield TwoWays(running, line)
        finally:
            await asyncio.to_thread(running.stop)


async def test_the_one_that_stands_by_takes_over_at_once_and_gives_back(ways: TwoWays) -> None:
    before = await ways.send(0)
    assert (await ways.by("pswin", before), await ways.by("acs-sms", before)) == (before, [])
    await ways.gateway.down()
    meanwhile = await ways.send(100)
    assert (await ways.by("pswin", meanwhile), await ways.by("acs-sms", meanwhile)) == ([], meanwhile)
    await ways.gateway.up()
    await ways.let_the_pause_end()
    await _until_the_gateway_sends(ways)
    after = await ways.send(300)
    assert (await ways.by("pswin", after), await ways.by("acs-sms", after)) == (after, [])


async def _until_the_gateway_sends(ways: TwoWays) -> None:
    """A process may go by what it knew of the gate for two seconds more."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        for one in range(200, 300):
            if await ways.by("pswin", await ways.send(one, 1)):
                return
