"""Queue output bindings: what a function gave to them becomes messages."""

import json
from base64 import b64encode
from collections.abc import Callable

from local.host.functions import Binding, Function
from local.host.settings import resolve
from local.host.storage import QueueAccounts, put
from local.host.worker import Datum, Outcome


def _item(value: object) -> bytes:
    if isinstance(value, str):
        return value.encode()
    # A QueueMessage arrives as its id and body; the body is the message.
    if isinstance(value, dict) and set(value) == {"id", "body"}:
        return str(value["body"]).encode()
    return json.dumps(value).encode()


def _array(text: str) -> list[object] | None:
    try:
        value = json.loads(text) if text.lstrip().startswith("[") else None
    except ValueError:
        return None
    return value if isinstance(value, list) else None


def messages(datum: Datum | None) -> list[bytes]:
    """The message bodies in an output value: text, bytes, a QueueMessage, or a (JSON) array of them."""
    if datum is None or datum.value is None:
        return []
    if datum.type == "bytes":
        return [bytes(datum.value)]
    if datum.type == "string":
        items = _array(datum.value)
        return [datum.value.encode()] if items is None else [_item(item) for item in items]
    value = json.loads(datum.value) if datum.type == "json" else datum.value
    return [_item(item) for item in value] if isinstance(value, list) else [_item(value)]


class QueueOutputs:
    """Puts outputs on their queues; `on_put` is told each queue's name, so that a listener need not wait."""

    def __init__(self, accounts: QueueAccounts, *, base64: bool, on_put: Callable[[str], None]) -> None:
        self._accounts = accounts
        self._base64 = base64
        self._on_put = on_put

    async def deliver(self, function: Function, outcome: Outcome) -> None:
        """Put all that a function gave to its queue bindings. Raises AzureError and SettingsError."""
        for binding in function.outputs:
            if binding.type == "queue":
                await self._put(binding, messages(outcome.value(binding.name)))

    async def _put(self, binding: Binding, bodies: list[bytes]) -> None:
        name = resolve(binding.text("queueName")).lower()
        queue = self._accounts.queue(binding.text("connection"), name)
        for body in bodies:
            await put(queue, b64encode(body).decode() if self._base64 else body.decode())
        if bodies:
            self._on_put(name)
