"""The work queues: puts that never expire, and how many messages wait."""

from base64 import b64encode
from typing import Protocol

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue.aio import QueueClient

from notifications.domain.record import Message, WorkQueue

PEEK = 32


class Queues(Protocol):
    """Whatever carries messages to the workers, at least once and in no order."""

    async def prepare(self) -> None:
        """Create the queues that are not there."""

    async def put(self, queue: WorkQueue, message: Message) -> None:
        """Add a message."""

    async def depth(self, queue: WorkQueue) -> int:
        """How many messages wait to be taken: exact up to 32, beyond that an estimate that may count those in work."""


class StorageQueues:
    """Storage queues; messages are Base64, as the trigger expects, and live for ever, as no outage may delete work."""

    def __init__(self, clients: dict[WorkQueue, QueueClient]) -> None:
        self._clients = clients

    async def prepare(self) -> None:
        """Create the queues that are not there."""
        for client in self._clients.values():
            try:
                await client.create_queue()
            except ResourceExistsError:
                continue

    async def put(self, queue: WorkQueue, message: Message) -> None:
        """Add a message."""
        text = b64encode(message.encode().encode()).decode()
        await self._clients[queue].send_message(text, time_to_live=-1)

    async def depth(self, queue: WorkQueue) -> int:
        """How many messages can be seen; the service's own count includes those in work and those of dead hosts."""
        client = self._clients[queue]
        seen = len(await client.peek_messages(max_messages=PEEK))
        if seen < PEEK:
            return seen
        count = (await client.get_queue_properties()).approximate_message_count
        return max(PEEK, count or 0)


class MemoryQueues:
    """Queues in memory, for tests: what was put, to be taken by whoever plays the worker."""

    def __init__(self) -> None:
        self.messages: dict[WorkQueue, list[Message]] = {queue: [] for queue in WorkQueue}

    async def prepare(self) -> None:
        """Nothing to create."""

    async def put(self, queue: WorkQueue, message: Message) -> None:
        """Add a message, as it would come out of the wire."""
        self.messages[queue].append(Message.decode(message.encode()))

    async def depth(self, queue: WorkQueue) -> int:
        """How many messages wait."""
        return len(self.messages[queue])
