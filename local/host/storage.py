"""Storage queues by connection name: one client, and so one HTTP session, for each connection."""

import logging
from types import TracebackType
from typing import Self

from aiohttp import ClientError
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError
from azure.storage.queue import StorageErrorCode
from azure.storage.queue.aio import QueueClient, QueueServiceClient

from local.host.settings import SettingsError, connection_string

# What the SDK raises when storage refuses, cannot be reached or breaks off; not all of it is wrapped.
STORAGE_ERRORS = (AzureError, ClientError, OSError)


class QueueAccounts:
    """Opens queue accounts at their first use and closes them all at the end."""

    def __init__(self) -> None:
        self._services: dict[str, QueueServiceClient] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for service in self._services.values():
            await service.close()

    def queue(self, connection: str, name: str) -> QueueClient:
        """A queue of the account that the setting `connection` names. Raises SettingsError."""
        setting = connection or "AzureWebJobsStorage"
        if setting not in self._services:
            try:
                self._services[setting] = self._open(connection_string(setting))
            except ValueError:
                raise SettingsError(f"setting {setting!r} must hold a storage connection string") from None
        return self._services[setting].get_queue_client(name)

    def _open(self, text: str) -> QueueServiceClient:
        # The SDK logs each request at INFO to a logger of the app's: the real host's requests are not in the app's log.
        return QueueServiceClient.from_connection_string(
            text,
            retry_total=2,
            initial_backoff=1,
            increment_base=1,
            random_jitter_range=0,
            connection_timeout=5,
            # Otherwise each call looks for proxies and a .netrc file, on a thread.
            use_env_settings=False,
            read_timeout=30,
            http_logging_level=logging.DEBUG,
        )


async def create(queue: QueueClient) -> None:
    """Create a queue unless it exists."""
    try:
        await queue.create_queue()
    except ResourceExistsError:
        return


async def put(queue: QueueClient, text: str) -> None:
    """Put a message with the default time to live of seven days, as the real host does; create a missing queue."""
    try:
        await queue.send_message(text)
    except HttpResponseError as error:
        if error.status_code != 404:
            raise
        await create(queue)
        await queue.send_message(text)


def is_gone(error: HttpResponseError) -> bool:
    """Whether a message was not ours any more: deleted, or received again by another (its pop receipt changed)."""
    return error.status_code == 404 or getattr(error, "error_code", None) == StorageErrorCode.POP_RECEIPT_MISMATCH
