"""Event Grid's part: the envelope of an event, and the webhook or storage queue that it is handed to.

Schema: learn.microsoft.com/azure/event-grid/event-schema.
"""

import asyncio
import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Protocol

import aiohttp
from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue.aio import QueueClient

from local.simulators.reporting import pauses, post, taken

type Event = dict[str, object]

QUEUE = "delivery-reports"
NEVER_EXPIRES = -1
_TOPIC = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
    "/providers/microsoft.communication/communicationservices/local"
)


def event(event_type: str, subject: str, data: dict[str, object], at: str) -> Event:
    """Return one event of a Communication Services resource; `at` is an ISO 8601 time."""
    return {
        "id": str(uuid.uuid4()),
        "topic": _TOPIC,
        "subject": subject,
        "data": data,
        "eventType": event_type,
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "eventTime": at,
    }


def timestamp() -> str:
    """Return the time now as Event Grid writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def validation_event(code: str) -> Event:
    """Return the event that asks an endpoint to prove that it wants the subscription."""
    return event("Microsoft.EventGrid.SubscriptionValidationEvent", "", {"validationCode": code}, timestamp())


class Publisher(Protocol):
    """Where events go."""

    async def open(self) -> None:
        """Get ready to publish; returns at once, even when the receiver is not up yet."""

    async def publish(self, event: Event) -> int | None:
        """Try once to hand an event over; returns the receiver's status code, None when unreachable."""

    async def close(self) -> None:
        """Let go of all connections."""


class Nowhere:
    """Takes every event and forgets it: for runs without reports."""

    async def open(self) -> None:
        """Do nothing."""

    async def publish(self, _: Event) -> int | None:
        """Take the event."""
        return 204

    async def close(self) -> None:
        """Do nothing."""


class Webhook:
    """An HTTP endpoint, subscribed by one handshake before the first event."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._key = key
        self._validated = asyncio.Event()

    async def open(self) -> None:
        """Start the subscription handshake, repeated until the endpoint echoes the code, then never again."""
        self._session = aiohttp.ClientSession()
        self._handshake = asyncio.create_task(self._subscribe())

    async def publish(self, event: Event) -> int | None:
        """POST an array of this one event, once the endpoint is validated."""
        await self._validated.wait()
        status, _ = await self._post(event, "Notification")
        return status

    async def close(self) -> None:
        """Stop the handshake and close the connections."""
        self._handshake.cancel()
        await asyncio.gather(self._handshake, return_exceptions=True)
        await self._session.close()

    async def _subscribe(self) -> None:
        code = str(uuid.uuid4())
        event = validation_event(code)
        for pause in pauses():
            status, body = await self._post(event, "SubscriptionValidation")
            if taken(status) and _echoes(body, code):
                break
            await asyncio.sleep(pause)
        self._validated.set()

    async def _post(self, event: Event, event_type: str) -> tuple[int | None, bytes]:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "aeg-event-type": event_type,
            "X-Report-Key": self._key,
        }
        return await post(self._session, self._url, json.dumps([event]).encode(), headers)


class StorageQueue:
    """The `delivery-reports` queue: Base64 of the single event, without expiry; made when it is missing."""

    def __init__(self, connection: str) -> None:
        self._connection = connection

    async def open(self) -> None:
        """Build the client; the queue is first touched by an event."""
        self._client = QueueClient.from_connection_string(self._connection, QUEUE, retry_total=0)

    async def publish(self, event: Event) -> int | None:
        """Put one message."""
        text = base64.b64encode(json.dumps(event).encode()).decode()
        try:
            await self._client.send_message(text, time_to_live=NEVER_EXPIRES)
        except ResourceNotFoundError:
            return await self._make_queue()
        except AzureError:
            return None
        return 201

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _make_queue(self) -> int | None:
        try:
            await self._client.create_queue()
        except AzureError:
            return None
        return 404


def _echoes(body: bytes, code: str) -> bool:
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("validationResponse") == code
