"""The same tests against memory and against Azurite, whose table and queue services are started once."""

from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import pytest
import pytest_asyncio
from azure.data.tables.aio import TableServiceClient
from azure.storage.queue.aio import QueueServiceClient

from local.azurite import connection_string
from notifications.storage.azure_table import AzureTable
from notifications.storage.memory import MemoryTable
from notifications.storage.table import Table
from tests.azurite import start_azurite

AZURITE = pytest.param("azurite", marks=pytest.mark.integration)


@pytest.fixture(scope="package")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    tables, table_port = start_azurite("table", tmp_path_factory.mktemp("tables"))
    queues, queue_port = start_azurite("queue", tmp_path_factory.mktemp("queues"))
    yield connection_string(f"http://127.0.0.1:{queue_port}", f"http://127.0.0.1:{table_port}")
    for process in (tables, queues):
        process.terminate()
        process.wait()


@pytest_asyncio.fixture(params=["memory", AZURITE])
async def table(request: pytest.FixtureRequest) -> AsyncIterator[Table]:
    """A table of its own for each test."""
    if request.param == "memory":
        yield MemoryTable()
        return
    connection: str = request.getfixturevalue("connection")
    async with TableServiceClient.from_connection_string(connection) as service:
        table = AzureTable(service.get_table_client(f"t{uuid4().hex}"))
        await table.prepare()
        yield table


@pytest_asyncio.fixture
async def queue_service(connection: str) -> AsyncIterator[QueueServiceClient]:
    async with QueueServiceClient.from_connection_string(connection) as service:
        yield service


@pytest.fixture
def memory() -> Table:
    """For what only needs to be shown once, or is too much for an emulator."""
    return MemoryTable()
