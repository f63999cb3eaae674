"""What the feed says of shipments: an entry follows a final status within a tick or two."""

import asyncio
from collections.abc import Collection

from tests.system.orders import Document
from tests.system.running import POLL_SECONDS, System


async def published(
    system: System, shipments: Collection[str], owner: str, *, within: float = 90
) -> dict[str, Document]:
    """The feed entries of these shipments once all are there; fails after `within` seconds, naming the others."""
    entries: dict[str, Document] = {}
    try:
        async with asyncio.timeout(within):
            while not entries.keys() >= set(shipments):
                entries = {each["shipmentId"]: each for each in await system.feed(owner)}
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise AssertionError(f"not in the feed after {within:g} s: {set(shipments) - entries.keys()}") from None
    return {shipment: entries[shipment] for shipment in shipments}
