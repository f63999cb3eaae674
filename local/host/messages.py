"""A queue message as the worker is given it: the trigger's value and metadata."""

import json
from base64 import b64decode
from datetime import UTC, datetime

from azure.storage.queue import QueueMessage

from local.host.worker import Datum


def decoded(content: str, *, base64: bool) -> bytes:
    """The body in a message's text; .NET ignores white space in Base64. Raises ValueError if it is not Base64."""
    return b64decode("".join(content.split()), validate=True) if base64 else content.encode()


def trigger_value(body: bytes, data_type: str) -> Datum:
    """The body as bytes if the trigger declares `binary`, else as text. Raises UnicodeDecodeError."""
    return Datum(body, "bytes") if data_type.lower() == "binary" else Datum(body.decode(), "string")


def _moment(moment: datetime | None) -> Datum:
    return Datum(json.dumps((moment or datetime.now(UTC)).astimezone(UTC).isoformat()), "json")


def trigger_metadata(message: QueueMessage) -> dict[str, Datum]:
    """What the worker is told of a message beside its body."""
    return {
        "Id": Datum(str(message.id), "string"),
        "PopReceipt": Datum(str(message.pop_receipt), "string"),
        "DequeueCount": Datum(json.dumps(message.dequeue_count or 0), "json"),
        "InsertionTime": _moment(message.inserted_on),
        "ExpirationTime": _moment(message.expires_on),
        "NextVisibleTime": _moment(message.next_visible_on),
    }
