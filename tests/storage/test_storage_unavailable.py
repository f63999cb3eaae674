"""Silence and overload of storage are told from its answers; the real client asks a real socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from azure.data.tables.aio import TableServiceClient

from local.azurite import connection_string
from local.ports import free_ports
from notifications.domain.faults import StorageUnavailable
from notifications.storage.azure_table import AzureTable
from notifications.storage.table import Insert

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def storage_at(port: int) -> TableServiceClient:
    address = f"http://127.0.0.1:{port}"
    return TableServiceClient.from_connection_string(connection_string(address, address), retry_total=0)


async def test_storage_that_does_not_answer_is_unavailable() -> None:
    async with storage_at(free_ports(1)[0]) as service:
        table = AzureTable(service.get_table_client("orders"))
        with pytest.raises(StorageUnavailable):
            await table.get("00", "o|1")
        with pytest.raises(StorageUnavailable):
            await table.commit("00", [Insert("a", {}), Insert("b", {})])


@asynccontextmanager
async def orders_answered_by(answer: Handler) -> AsyncIterator[AzureTable]:
    """A table whose every request is answered like this."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_ports(1)[0]
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with storage_at(port) as service:
            yield AzureTable(service.get_table_client("orders"))
    finally:
        await runner.cleanup()


async def test_storage_that_says_it_is_busy_is_unavailable() -> None:
    async def busy(_: web.Request) -> web.StreamResponse:
        return web.Response(status=503, text="{}")

    async with orders_answered_by(busy) as table:
        with pytest.raises(StorageUnavailable, match="http_503"):
            await table.read("00", "1|", "2|")


async def test_storage_whose_connection_breaks_within_an_answer_is_unavailable() -> None:
    async def cut_off(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
        await answer.prepare(request)
        await answer.write(b'{"value": [')
        assert request.transport is not None
        request.transport.close()
        return answer

    async with orders_answered_by(cut_off) as table:
        with pytest.raises(StorageUnavailable):
            await table.get("00", "o|1")
        with pytest.raises(StorageUnavailable):
            await table.read("00", "1|", "2|")
        with pytest.raises(StorageUnavailable):
            await table.commit("00", [Insert("a", {}), Insert("b", {})])
