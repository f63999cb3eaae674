"""Table storage through Microsoft's client, in Azure and in Azurite."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

from azure.core import MatchConditions
from azure.core.exceptions import (
    DecodeError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.rest import HttpRequest
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from notifications.domain.faults import StorageUnavailable
from notifications.storage import batch
from notifications.storage.batch import REASONS, BatchFailed
from notifications.storage.table import (
    MAX_PAGE,
    Delete,
    Insert,
    Merge,
    Operation,
    Properties,
    Rejected,
    Row,
    Upsert,
    check,
)

_KEYS = ("PartitionKey", "RowKey")
_UNAVAILABLE = {408, 429, 500, 502, 503, 504}
_BATCH_HEADERS = {"DataServiceVersion": "3.0", "MaxDataServiceVersion": "3.0;NetFx", "Accept": "application/json"}


class AzureTable:
    """One table.

    The client repeats a POST after a 5xx, so that a call may meet its own success: `Rejected` is not always another's.
    """

    def __init__(self, client: TableClient) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The table's name."""
        return self._client.table_name

    async def prepare(self) -> None:
        """Create the table if it is not there."""
        with suppress(ResourceExistsError), _telling_silence():
            await self._client.create_table()

    async def get(self, partition: str, key: str) -> Row | None:
        """One row."""
        with suppress(ResourceNotFoundError), _telling_silence():
            return _row(await self._client.get_entity(partition, key))
        return None

    async def read(
        self, partition: str, low: str, high: str, *, limit: int = MAX_PAGE, select: Sequence[str] = ()
    ) -> list[Row]:
        """The first rows with low <= key < high."""
        pages = self._client.query_entities(
            "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high",
            parameters={"partition": partition, "low": low, "high": high},
            results_per_page=min(limit, MAX_PAGE),
            select=list(dict.fromkeys((*_KEYS, *select))) if select else None,
        ).by_page()
        rows: list[Row] = []
        with _telling_silence():
            async for page in pages:
                rows.extend([_row(entity) async for entity in page])
                if len(rows) >= limit:
                    break
        return rows[:limit]

    async def first_partition(self, low: str, high: str) -> str | None:
        """The first partition with low <= name < high that holds a row.

        The service answers in the order of the partitions' names. An answer may be empty and name only where to go on,
        which the client follows by itself.
        """
        found = self._client.query_entities(
            "PartitionKey ge @low and PartitionKey lt @high",
            parameters={"low": low, "high": high},
            results_per_page=1,
            select=list(_KEYS),
        )
        with _telling_silence():
            async for entity in found:
                return str(entity["PartitionKey"])
        return None

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        """Apply all operations or none; a lone write travels without the envelope of a transaction.

        A lone delete does not, because the client takes a missing row for a deleted one.
        """
        check(operations)
        if not operations:
            return []
        first = operations[0]
        with _telling_silence():
            if len(operations) == 1 and not isinstance(first, Delete):
                return [await self._single(partition, first)]
            return await self._transaction(partition, operations)

    async def _transaction(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        client = self._client
        content_type, body = batch.encode(client.url, client.table_name, partition, operations)
        request = HttpRequest(
            "POST",
            f"{client.url}/$batch",
            headers={"Content-Type": content_type, "x-ms-version": client.api_version, **_BATCH_HEADERS},
            content=body,
        )
        # The library's own pipeline signs and repeats; it offers no public way to send a request through it.
        response = await client._client._client.send_request(request, stream=True)  # noqa: SLF001
        answer = await response.read()
        if response.status_code != 202:
            raise BatchFailed(response.status_code)
        return batch.decode(answer, len(operations))

    async def _single(self, partition: str, operation: Insert | Upsert | Merge) -> str:
        try:
            answer = await self._write(_entity(partition, operation.key, operation.properties), operation)
        except (ResourceExistsError, ResourceModifiedError, ResourceNotFoundError) as error:
            _reject(error)
        return str(answer.get("etag", ""))

    async def _write(self, entity: dict[str, Any], operation: Insert | Upsert | Merge) -> Mapping[str, Any]:
        match operation:
            case Insert():
                return await self._client.create_entity(entity)
            case Upsert():
                return await self._client.upsert_entity(entity, mode=UpdateMode.REPLACE)
            case Merge(etag=etag):
                return await self._client.update_entity(entity, mode=UpdateMode.MERGE, **_condition(etag))


@contextmanager
def _telling_silence() -> Iterator[None]:
    """Raise `StorageUnavailable` for no answer, a broken one, and overload (408, 429, 5xx); other errors pass."""
    try:
        yield
    except (ServiceRequestError, ServiceResponseError, DecodeError) as error:
        raise StorageUnavailable(type(error).__name__) from None
    except (HttpResponseError, BatchFailed) as error:
        status = error.status if isinstance(error, BatchFailed) else error.status_code
        if status not in _UNAVAILABLE:
            raise
        raise StorageUnavailable(f"http_{status}") from None


def _reject(error: HttpResponseError) -> NoReturn:
    """Refuse an operation that was sent alone, and so is the first of its transaction."""
    reason = REASONS.get(error.status_code or 0)
    if reason is None:
        raise error
    raise Rejected(0, reason) from None


def _condition(etag: str | None) -> dict[str, Any]:
    if etag is None:
        return {}
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _entity(partition: str, key: str, properties: Properties) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": key, **properties}


def _row(entity: Any) -> Row:
    # The service answers None for a property that was selected and is not there; the emulator leaves it out.
    properties = {name: value for name, value in entity.items() if name not in _KEYS and value is not None}
    return Row(str(entity["RowKey"]), properties, str(entity.metadata.get("etag", "")))
