"""What becomes of one queue message: run, then deleted, given back, or moved to the poison queue.

Source: azure-sdk-for-net, Microsoft.Azure.WebJobs.Extensions.Storage.Queues, QueueProcessor.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from azure.core.exceptions import HttpResponseError
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from local.host.console import complain, say
from local.host.functions import Function
from local.host.invoker import Invoker
from local.host.lease import Lease
from local.host.messages import decoded, trigger_metadata, trigger_value
from local.host.settings import QueueOptions
from local.host.storage import STORAGE_ERRORS, is_gone, put

POISON = "-poison"


def poison_name(queue_name: str) -> str | None:
    """The poison queue of a queue; none for a poison queue itself, or when the name would be too long."""
    name = queue_name + POISON
    return None if queue_name.endswith(POISON) or len(name) > 63 else name


@dataclass(frozen=True, slots=True)
class QueueTrigger:
    """A queue-triggered function, its queue, the poison queue if there is one, and the options."""

    function: Function
    queue: QueueClient
    poison: QueueClient | None
    options: QueueOptions
    lease_seconds: int


class QueueProcessor:
    """Works the messages of one trigger; `on_put` is told the poison queue's name when it gets one."""

    def __init__(self, trigger: QueueTrigger, invoker: Invoker, on_put: Callable[[str], None]) -> None:
        self._trigger = trigger
        self._invoker = invoker
        self._on_put = on_put

    async def work(self, message: QueueMessage) -> None:
        """Work one message to its end; when storage fails, the message comes back after its lease."""
        try:
            await self._work(message)
        except STORAGE_ERRORS as error:
            name = self._trigger.queue.queue_name
            complain(f"Message {message.id} of {name} will come back: {type(error).__name__}: {error}")

    async def _work(self, message: QueueMessage) -> None:
        body = self._body(message)
        if body is None:
            await self._to_poison(message, str(message.pop_receipt))
            return
        lease = Lease(self._trigger.queue, message, self._trigger.lease_seconds)
        try:
            ok = await self._invoked(message, body)
        finally:
            await lease.stop()
        await self._settle(message, lease.pop_receipt, ok=ok)

    def _body(self, message: QueueMessage) -> bytes | None:
        options = self._trigger.options
        if (message.dequeue_count or 0) > options.max_dequeue_count:
            return None
        try:
            return decoded(str(message.content), base64=options.base64)
        except ValueError:
            return None

    async def _invoked(self, message: QueueMessage, body: bytes) -> bool:
        function = self._trigger.function
        try:
            value = trigger_value(body, function.trigger.text("dataType"))
        except UnicodeDecodeError:
            complain(f"Functions.{function.name}: message {message.id} is not UTF-8 text")
            return False
        reason = f"New queue message detected on '{self._trigger.queue.queue_name}'."
        outcome = await self._invoker.start(function, value, trigger_metadata(message), reason=reason)
        return outcome.ok

    async def _settle(self, message: QueueMessage, receipt: str, *, ok: bool) -> None:
        options = self._trigger.options
        if ok:
            await self._delete(message, receipt)
        elif (message.dequeue_count or 0) >= options.max_dequeue_count:
            await self._to_poison(message, receipt)
        elif self._trigger.poison is not None:
            pause = int(options.visibility_timeout)
            again = self._trigger.queue.update_message(str(message.id), receipt, visibility_timeout=pause)
            await _unless_gone(again)

    async def _to_poison(self, message: QueueMessage, receipt: str) -> None:
        poison = self._trigger.poison
        # Without a poison queue the message stays invisible for the rest of its lease: no fast endless loop.
        if poison is None:
            return
        say(f"Message {message.id} of {self._trigger.queue.queue_name} is moved to queue '{poison.queue_name}'.")
        await put(poison, str(message.content))
        self._on_put(str(poison.queue_name))
        await self._delete(message, receipt)

    async def _delete(self, message: QueueMessage, receipt: str) -> None:
        await _unless_gone(self._trigger.queue.delete_message(str(message.id), receipt))


async def _unless_gone(change: Awaitable[object]) -> None:
    try:
        await change
    except HttpResponseError as error:
        if not is_gone(error):
            raise
