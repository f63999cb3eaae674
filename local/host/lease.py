"""Keeps a received message invisible while its function runs."""

import asyncio
from contextlib import suppress

from azure.core.exceptions import HttpResponseError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.console import complain
from local.host.storage import STORAGE_ERRORS, is_gone

# azure-sdk-for-net QueueListener: a renewal that failed is tried again soon, but not more than once a minute.
SHORTEST_RENEWAL = 60.0


class Lease:
    """Renews the visibility of one message at half its time (`seconds`) and keeps the newest pop receipt."""

    def __init__(self, queue: QueueClient, message: QueueMessage, seconds: int) -> None:
        self._queue = queue
        self._message_id = str(message.id)
        self._seconds = seconds
        self._task: asyncio.Task[None] | None = None
        self.pop_receipt = str(message.pop_receipt)
        self._timer = asyncio.get_running_loop().call_later(seconds / 2, self._begin)

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        wait = self._seconds / 2
        try:
            renewed = await self._queue.update_message(
                self._message_id, self.pop_receipt, visibility_timeout=self._seconds
            )
            self.pop_receipt = str(renewed.pop_receipt)
        except STORAGE_ERRORS as error:
            if isinstance(error, HttpResponseError) and is_gone(error):
                return
            complain(f"Message {self._message_id} of {self._queue.queue_name} was not renewed: {type(error).__name__}")
            wait = min(wait, SHORTEST_RENEWAL)
        self._timer = asyncio.get_running_loop().call_later(wait, self._begin)

    async def stop(self) -> None:
        """Renew no more; a renewal under way is awaited, since it changes the pop receipt."""
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task
        self._timer.cancel()
