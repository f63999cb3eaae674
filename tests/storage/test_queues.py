"""Queues: what is put stays until it is taken, readable by the trigger, and the depth is what can be taken."""

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from notifications.domain.ids import ShipmentId
from notifications.domain.record import PACK, Message, WorkQueue
from notifications.storage.queues import PEEK, Depth, MemoryQueues, Queues, StorageQueues
from tests.builders import KEY
from tests.storage.conftest import AZURITE

MESSAGE = Message(
    shipments=(ShipmentId(KEY, 1), ShipmentId(KEY, 2)),
    facts=frozenset({ShipmentId(KEY, 2)}),
    again=True,
)


@pytest_asyncio.fixture
async def clients(queue_service: QueueServiceClient) -> AsyncIterator[dict[WorkQueue, QueueClient]]:
    clients = {queue: queue_service.get_queue_client(f"{queue}-{uuid4().hex}") for queue in WorkQueue}
    yield clients
    for client in clients.values():
        await client.close()


@pytest.fixture(params=["memory", AZURITE])
def queues(request: pytest.FixtureRequest) -> Queues:
    if request.param == "memory":
        return MemoryQueues()
    return StorageQueues(request.getfixturevalue("clients"))


async def test_an_empty_queue_has_no_depth(queues: Queues) -> None:
    await queues.prepare()
    await queues.prepare()
    for queue in WorkQueue:
        assert await queues.depth(queue) == Depth()


async def test_the_depth_counts_what_was_put_on_that_queue(queues: Queues) -> None:
    await queues.prepare()
    for _ in range(3):
        await queues.put(WorkQueue.EMAIL, MESSAGE)
    assert await queues.depth(WorkQueue.EMAIL) == Depth(messages=3, shipments=6)
    assert await queues.depth(WorkQueue.SMS) == Depth()


async def test_a_heavy_shipment_is_as_deep_as_a_pack_of_others(queues: Queues) -> None:
    await queues.prepare()
    await queues.put(WorkQueue.EMAIL, MESSAGE)
    await queues.put(WorkQueue.EMAIL, Message(shipments=(ShipmentId(KEY, 3),), heavy=True))
    assert await queues.depth(WorkQueue.EMAIL) == Depth(messages=2, shipments=2 + PACK)


@pytest.mark.parametrize("count", [PEEK - 1, PEEK, PEEK + 8])
async def test_a_long_queue_is_at_least_as_deep_as_a_peek_can_see(queues: Queues, count: int) -> None:
    await queues.prepare()
    for _ in range(count):
        await queues.put(WorkQueue.SMS, MESSAGE)
    depth = await queues.depth(WorkQueue.SMS)
    assert depth.messages == count if count < PEEK else depth.messages >= PEEK
    assert depth.shipments == 2 * depth.messages


@pytest.mark.integration
async def test_a_message_is_base64_and_never_expires(clients: dict[WorkQueue, QueueClient]) -> None:
    queues = StorageQueues(clients)
    await queues.prepare()
    await queues.put(WorkQueue.PROCESS, MESSAGE)
    taken = await clients[WorkQueue.PROCESS].receive_message()
    assert taken is not None
    assert Message.decode(b64decode(taken.content, validate=True)) == MESSAGE
    assert taken.expires_on is not None
    assert taken.expires_on.year == 9999


@pytest.mark.integration
async def test_messages_in_work_do_not_count_as_waiting(clients: dict[WorkQueue, QueueClient]) -> None:
    queues = StorageQueues(clients)
    await queues.prepare()
    for _ in range(3):
        await queues.put(WorkQueue.PROCESS, MESSAGE)
    await clients[WorkQueue.PROCESS].receive_message(visibility_timeout=600)
    assert await queues.depth(WorkQueue.PROCESS) == Depth(messages=2, shipments=4)


@pytest.mark.integration
async def test_a_message_that_nobody_can_read_counts_as_one_shipment(clients: dict[WorkQueue, QueueClient]) -> None:
    queues = StorageQueues(clients)
    await queues.prepare()
    await clients[WorkQueue.PROCESS].send_message("%%%")
    await clients[WorkQueue.PROCESS].send_message(b64encode(b"{}").decode())
    assert await queues.depth(WorkQueue.PROCESS) == Depth(messages=2, shipments=2)


async def test_what_is_put_in_memory_is_what_would_come_out_of_the_wire() -> None:
    queues = MemoryQueues()
    await queues.put(WorkQueue.PROCESS, MESSAGE)
    assert queues.messages[WorkQueue.PROCESS] == [MESSAGE]
