"""An entity-group transaction on the wire: one multipart body with a change set, and the answer to it.

The client library builds and reads these with Python's `email` package, which took half of the processor time of an
accepted order; `docs/decisions/0006-own-batch-encoding.md` has the figures. The format is that of
https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn
from urllib.parse import quote
from uuid import uuid4

from notifications.storage.table import (
    MAX_OPERATIONS,
    Delete,
    Insert,
    Merge,
    Operation,
    Properties,
    Reason,
    Rejected,
    Upsert,
    Value,
)

# The service takes 4 MiB; `wire_size` is an estimate, so this stays well below.
MAX_BYTES = 3_500_000
REASONS = {409: Reason.EXISTS, 412: Reason.CHANGED, 404: Reason.MISSING}

_ACCEPT = "Accept: application/json;odata=minimalmetadata\r\nDataServiceVersion: 3.0\r\n"
# About what an operation's boundary, headers, URL and keys take.
_ENVELOPE_BYTES = 700
_INT32 = 2**31
_PART = re.compile(rb"HTTP/1\.1 (\d{3})[^\r\n]*\r?\n(.*?)(?:\r?\n\r?\n|$)", re.DOTALL)
_ETAG = re.compile(rb"^etag:[ \t]*(.+?)[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_INDEX = re.compile(rb'"value"\s*:\s*"(\d+):')


class BatchFailed(Exception):
    """The transaction was answered by an error that says nothing about its rows; `status` is HTTP's."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the transaction was answered by {status}")
        self.status = status


def wire_size(operation: Operation) -> int:
    """About how many bytes an operation takes on the wire: binary is base64 there, and text may have escapes."""
    if isinstance(operation, Delete):
        return _ENVELOPE_BYTES
    values = [each for each in operation.properties.values() if isinstance(each, str | bytes)]
    return _ENVELOPE_BYTES + sum(len(each) * 4 // 3 for each in values)


def slices(operations: Iterable[Operation]) -> Iterator[list[Operation]]:
    """Split operations that need not be applied together into transactions that each fit."""
    some: list[Operation] = []
    size = 0
    for operation in operations:
        size += wire_size(operation)
        if some and (len(some) == MAX_OPERATIONS or size > MAX_BYTES):
            yield some
            some, size = [], wire_size(operation)
        some.append(operation)
    if some:
        yield some


def encode(service: str, table: str, partition: str, operations: Sequence[Operation]) -> tuple[str, bytes]:
    """The content type and body of a transaction; `service` is the endpoint's address without a slash at its end."""
    batch, changes = f"batch_{uuid4()}", f"changeset_{uuid4()}"
    parts = [f"--{batch}\r\nContent-Type: multipart/mixed; boundary={changes}\r\n\r\n"]
    for number, operation in enumerate(operations):
        parts.append(
            f"--{changes}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            f"Content-ID: {number}\r\n\r\n{_request(f'{service}/{table}', partition, operation)}\r\n"
        )
    parts.append(f"--{changes}--\r\n--{batch}--\r\n")
    return f"multipart/mixed; boundary={batch}", "".join(parts).encode()


def _request(table: str, partition: str, operation: Operation) -> str:
    entity = f"{table}(PartitionKey='{_quoted(partition)}',RowKey='{_quoted(operation.key)}')"
    match operation:
        case Insert(key, properties):
            return _with_body(f"POST {table}", "Prefer: return-no-content\r\n", _entity(partition, key, properties))
        case Upsert(key, properties):
            return _with_body(f"PUT {entity}", "", _entity(partition, key, properties))
        case Merge(key, properties, etag):
            return _with_body(f"PATCH {entity}", f"If-Match: {etag or '*'}\r\n", _entity(partition, key, properties))
        case Delete(_, etag):
            return f"DELETE {entity} HTTP/1.1\r\n{_ACCEPT}If-Match: {etag or '*'}\r\n\r\n"


def _with_body(line: str, headers: str, body: str) -> str:
    length = len(body.encode())
    sized = f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
    return f"{line} HTTP/1.1\r\n{_ACCEPT}{headers}{sized}\r\n{body}"


def _quoted(key: str) -> str:
    return quote(key.replace("'", "''"), safe="")


def _entity(partition: str, key: str, properties: Properties) -> str:
    document: dict[str, str | int | bool] = {"PartitionKey": partition, "RowKey": key}
    for name, value in properties.items():
        document.update(_typed(name, value))
    return json.dumps(document, separators=(",", ":"))


def _typed(name: str, value: Value) -> dict[str, str | int | bool]:
    """A property, with its type where JSON does not say it."""
    if isinstance(value, bytes):
        return {name: b64encode(value).decode(), f"{name}@odata.type": "Edm.Binary"}
    if isinstance(value, int) and not -_INT32 <= value < _INT32:
        return {name: str(value), f"{name}@odata.type": "Edm.Int64"}
    return {name: value}


def decode(body: bytes, count: int) -> list[str]:
    """The ETags of a transaction's operations, empty for a delete. Raises `Rejected`, or `BatchFailed`."""
    answers = [(int(part[1]), _ETAG.search(part[2])) for part in _PART.finditer(body)]
    failed = next((status for status, _ in answers if status >= 300), None)
    if failed is not None:
        _refuse(failed, body)
    if len(answers) != count:
        raise BatchFailed(502)
    return [etag[1].decode() if etag else "" for _, etag in answers]


def _refuse(status: int, body: bytes) -> NoReturn:
    index, reason = _INDEX.search(body), REASONS.get(status)
    if reason is None or index is None:
        raise BatchFailed(status)
    raise Rejected(int(index[1]), reason)
