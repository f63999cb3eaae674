"""A system whose providers are reached over lines, and what is asked of it while they are in trouble."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from local.waiting import until
from tests.system.hand_overs import first_notification
from tests.system.orders import Document, email_recipient, order
from tests.system.provider_line import ProviderLine, Trouble
from tests.system.running import POLL_SECONDS, System

PATIENCE_SECONDS = 120
RANKS = {"New": 0, "Succeeded": 1, "Accepted": 1}
# So many errors close a provider's gate; what comes after them is not handed over, and nothing is told of it.
_CLOSING = 3


class Interruptible(Protocol):
    """A line that can be taken away and brought back."""

    async def down(self) -> None:
        """Refuse every connection; open ones are closed."""

    async def up(self) -> None:
        """Listen, until it is taken down."""


def emails(owner: str, count: int, name: str = "") -> dict[str, Document]:
    """Email recipients of a test's own; the simulator does with them what `name` says."""
    addresses = [f"{name}+{owner}{each}@example.com".removeprefix("+") for each in range(count)]
    return {each: email_recipient(each) for each in addresses}


@dataclass(frozen=True, slots=True)
class Served[Line]:
    """A running system and the lines to its two providers; of that to the email provider there are several kinds."""

    system: System
    email: Line
    sms: ProviderLine

    async def place(self, owner: str, recipients: Mapping[str, Document]) -> dict[str, str]:
        """Place an order for each recipient at once; their shipments, by the name in the provider's journal."""
        answers = await asyncio.gather(*(self.system.order(order(each), owner) for each in recipients.values()))
        shipments = (answer["notification"]["shipmentId"] for answer in answers)
        return dict(zip(recipients, shipments, strict=True))

    async def told_of(self, event: str, shipments: Mapping[str, str], *, enough: int = _CLOSING) -> None:
        """Wait until the log tells of this event for enough of these shipments' notifications, or for all."""
        wanted = {first_notification(each) for each in shipments.values()}

        async def is_told() -> bool:
            told = re.findall(rf"{re.escape(event)} .*?notification=(\S+)", self.system.log())
            return len(wanted & set(told)) >= min(enough, len(wanted))

        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(is_told, every=POLL_SECONDS)

    async def ended(self, owner: str, shipments: Mapping[str, str], status: str) -> dict[str, Document]:
        """Wait until all have ended with this status, by statuses that only ever rose, and are in the feed once."""
        manifests = await self.system.until_final(shipments.values(), owner, within=PATIENCE_SECONDS)
        for manifest in manifests.values():
            (recipient,) = manifest["recipients"]
            road = [*(each["status"] for each in recipient.get("history", ())), recipient["status"]]
            ranks = [RANKS.get(each.split("_", 1)[1], 2) for each in road]
            assert ranks == sorted(set(ranks)), road
            assert road[-1].split("_", 1)[1] == status
        assert sorted(await self._told(owner, manifests)) == sorted(manifests)
        return manifests

    async def _told(self, owner: str, wanted: Collection[str]) -> list[str]:
        """The shipments of the feed that are among these, once it has as many, which may follow their ends."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                told = [each["shipmentId"] for each in await self.system.feed(owner)]
                if len(among := [each for each in told if each in wanted]) >= len(wanted):
                    return among
                await asyncio.sleep(POLL_SECONDS)

    async def paused(self, provider: str, seconds: int | None = None) -> None:
        """Wait until the log tells that a provider is left alone, for so many seconds where that matters."""

        async def is_told() -> bool:
            pause = rf"{seconds}\.0\b" if seconds else ""
            return re.search(rf"gate\.closed .*provider={provider} .*seconds={pause}", self.system.log()) is not None

        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(is_told, every=POLL_SECONDS)

    async def sent(self, name: str, shipments: Mapping[str, str]) -> list[Document]:
        """What a provider's journal says of the recipients of these shipments."""
        return [call for call in await self.system.calls(name) if call["recipient"] in shipments]


@asynccontextmanager
async def trouble(line: ProviderLine, kind: Trouble) -> AsyncIterator[None]:
    """Every call of this line meets it while the context lasts."""
    line.trouble = kind
    try:
        yield
    finally:
        line.trouble = None


@asynccontextmanager
async def outage(*lines: Interruptible) -> AsyncIterator[None]:
    """Nothing goes over these lines while the context lasts."""
    async with AsyncExitStack() as back:
        for line in lines:
            await line.down()
            back.push_async_callback(line.up)
        yield
