"""Queue triggers: poll a queue and start what it holds.

Source: azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Queues, QueueListener.
"""

import asyncio
from collections.abc import Awaitable, Callable

from azure.core.exceptions import HttpResponseError
from azure.storage.queue import QueueMessage

from local.host.backoff import BackOff
from local.host.console import complain
from local.host.processor import QueueProcessor, QueueTrigger
from local.host.storage import STORAGE_ERRORS, create


class QueueListener:
    """Drives one queue-triggered function: at most batch size + new-batch threshold invocations at a time."""

    def __init__(self, trigger: QueueTrigger, processor: QueueProcessor) -> None:
        self._trigger = trigger
        self._processor = processor
        self._wake = asyncio.Event()
        self._freed = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._in_trouble = False
        self._back_off = BackOff(trigger.options.max_polling_interval)

    @property
    def queue_name(self) -> str:
        """The queue that is listened to."""
        return str(self._trigger.queue.queue_name)

    def wake(self) -> None:
        """Ask the queue now instead of after the pause."""
        self._wake.set()

    async def prepare(self) -> None:
        """Create the queue if it can be reached; if not, polling does it later."""
        await self._reached(self._create)

    async def run(self) -> None:
        """Poll until told to stop, then wait for the messages in work."""
        while not self._stopping:
            messages = await self._reached(self._receive)
            for message in messages:
                self._begin(message)
            if messages:
                self._back_off.reset()
                await self._room_for_a_batch()
            else:
                await self._pause(self._back_off.next())
        if self._tasks:
            await asyncio.wait(self._tasks)

    def stop(self) -> None:
        """Poll no more; a batch on its way is still worked, or it would stay invisible for the whole lease."""
        self._stopping = True
        self._wake.set()
        self._freed.set()

    async def _create(self) -> list[QueueMessage]:
        await create(self._trigger.queue)
        return []

    async def _receive(self) -> list[QueueMessage]:
        pages = self._trigger.queue.receive_messages(
            messages_per_page=self._trigger.options.batch_size, visibility_timeout=self._trigger.lease_seconds
        ).by_page()
        try:
            return [message async for message in await anext(pages)]
        except StopAsyncIteration:
            return []
        except HttpResponseError as error:
            if error.status_code != 404:
                raise
            return await self._create()

    async def _reached(self, ask: Callable[[], Awaitable[list[QueueMessage]]]) -> list[QueueMessage]:
        try:
            answer = await ask()
        except STORAGE_ERRORS as error:
            if not self._in_trouble:
                complain(f"Queue {self.queue_name} cannot be reached, trying again: {type(error).__name__}: {error}")
            self._in_trouble = True
            return []
        self._in_trouble = False
        return answer

    def _begin(self, message: QueueMessage) -> None:
        task = asyncio.get_running_loop().create_task(self._processor.work(message))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._freed.set()

    async def _room_for_a_batch(self) -> None:
        while len(self._tasks) > self._trigger.options.new_batch_threshold and not self._stopping:
            self._freed.clear()
            await self._freed.wait()

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()
