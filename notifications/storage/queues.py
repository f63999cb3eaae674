"""The work queues: puts that never expire, and how many messages wait."""

from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue.aio import QueueClient

from notifications.domain.record import MalformedMessage, Message, WorkQueue

PEEK = 32


@dataclass(frozen=True, slots=True)
class Depth:
    """How many messages wait to be taken, and how many shipments they name, a heavy one for as many as its load."""

    messages: int = 0
    shipments: int = 0


class Queues(Protocol):
    """Whatever carries messages to the workers, at least once and in no order."""

    async def prepare(self) -> None:
        """Create the queues that are not there."""

    async def put(self, queue: WorkQueue, message: Message) -> None:
        """Add a message."""

    async def depth(self, queue: WorkQueue) -> Depth:
        """How much waits: exact below 32 messages, from there an estimate that may count those in work."""


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

    async def depth(self, queue: WorkQueue) -> Depth:
        """How much can be seen; the service's own count includes those in work and those of dead hosts."""
        client = self._clients[queue]
        seen = [str(each.content) for each in await client.peek_messages(max_messages=PEEK)]
        if len(seen) < PEEK:
            return Depth(len(seen), _shipments(seen))
        count = max(PEEK, (await client.get_queue_properties()).approximate_message_count or 0)
        return Depth(count, _shipments(seen) * count // PEEK)


class MemoryQueues:
    """Queues in memory, for tests: what was put, to be taken by whoever plays the worker."""

    def __init__(self) -> None:
        self.messages: dict[WorkQueue, list[Message]] = {queue: [] for queue in WorkQueue}

    async def prepare(self) -> None:
        """Nothing to create."""

    async def put(self, queue: WorkQueue, message: Message) -> None:
        """Add a message, as it would come out of the wire."""
        self.messages[queue].append(Message.decode(message.encode()))

    async def depth(self, queue: WorkQueue) -> Depth:
        """How much waits."""
        waiting = self.messages[queue]
        return Depth(len(waiting), sum(message.load for message in waiting))


def _shipments(contents: Sequence[str]) -> int:
    return sum(map(_shipment_count, contents))


def _shipment_count(content: str) -> int:
    """A message's load in shipments; one that nobody can read takes a worker as long as one shipment."""
    try:
        return Message.decode(b64decode(content)).load
    except (ValueError, MalformedMessage):
        return 1
