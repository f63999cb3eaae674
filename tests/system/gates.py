"""Providers' pauses, cut short: what a provider asks for is half a minute, and tests have many of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables.aio import TableClient

from tests.system.running import System

_EVERY_SECONDS = 1.0


@asynccontextmanager
async def short_pauses(system: System) -> AsyncIterator[None]:
    """Open every gate a moment after it closed, as long as the context lasts."""
    opening = asyncio.create_task(_open_for_ever(system))
    try:
        yield
    finally:
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)


async def _open_for_ever(system: System) -> None:
    async with TableClient.from_connection_string(system.storage, "gates") as gates:
        while True:
            await _open_all(gates)
            await asyncio.sleep(_EVERY_SECONDS)


async def _open_all(gates: TableClient) -> None:
    try:
        async for row in gates.list_entities():
            await gates.delete_entity(row["PartitionKey"], row["RowKey"])
    except ResourceNotFoundError:
        # The service makes the table when it first needs one.
        return
