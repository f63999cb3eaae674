"""`python -m benchmarks.replay`: the storage calls of a run once more, by the bare client, without the service.

Each call is of the same kind and, for transactions, of the same size as the service's; rows and messages that they
need are made before the clock starts. Nothing waits for anything else: so much Azurite and the client can do at most.
"""

import asyncio
import json
import os
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any

from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient, TableServiceClient
from azure.storage.queue import QueueMessage
from azure.storage.queue.aio import QueueClient

from benchmarks import access_log as kinds
from benchmarks.transactions import Transaction
from notifications.storage.azure_table import AzureTable
from notifications.storage.table import Delete, Insert, Merge, Operation, Upsert

AT_ONCE = 32
_PARTITIONS = 16
_NOISE = os.urandom(64 * 1024)

type Work = Callable[[], Awaitable[object]]


class TableReplay:
    """The table calls: rows to update, read and delete are there before the clock starts."""

    def __init__(self, client: TableClient, transactions: Sequence[Transaction]) -> None:
        self._client = client
        self._transactions = transactions
        self._numbers = count()
        self._doomed: defaultdict[str, list[str]] = defaultdict(list)

    async def prepare(self) -> None:
        """Make the rows that the calls need."""
        await self._client.create_table()
        deletes: Counter[str] = Counter()
        for each in self._transactions:
            deletes[each.partition] += sum(kind == "delete" for kind, _ in each.operations)
        partitions = {each.partition for each in self._transactions} | {f"{n:02x}" for n in range(_PARTITIONS)}
        for partition in partitions:
            doomed = self._doomed[partition] = [f"2|{n:06}" for n in range(deletes[partition])]
            # As many rows to change as one transaction can name.
            await self._insert(partition, [*doomed, *(f"o|{n:02}" for n in range(100))])

    async def _insert(self, partition: str, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), 100):
            rows = [Insert(key, {"noise": _NOISE[:500]}) for key in keys[start : start + 100]]
            await AzureTable(self._client).commit(partition, rows)

    def works(self, calls: Counter[str]) -> list[Work]:
        """All table calls of a run."""
        partitions = [f"{n:02x}" for n in range(_PARTITIONS)]
        singles: dict[str, Callable[[str], Awaitable[object]]] = {
            kinds.INSERT: lambda partition: self._client.create_entity(self._new(partition)),
            kinds.UPSERT: lambda partition: self._client.upsert_entity(self._new(partition), mode=UpdateMode.REPLACE),
            kinds.MERGE: lambda partition: self._client.update_entity(_row(partition, "o|00", 300), UpdateMode.MERGE),
            kinds.GET: lambda partition: self._client.get_entity(partition, "o|01"),
            kinds.QUERY: lambda partition: self._query(partition, "o|00", "o|01"),
            kinds.DUE_QUERY: lambda partition: self._query(partition, "1|", "2|~"),
        }
        works = [
            _bound(make, partitions[number % _PARTITIONS])
            for kind, make in singles.items()
            for number in range(calls[kind])
        ]
        return [*works, *(_bound(self._submit, each) for each in self._transactions)]

    async def _submit(self, transaction: Transaction) -> object:
        steps = [self._step(transaction.partition, place, *each) for place, each in enumerate(transaction.operations)]
        return await AzureTable(self._client).commit(transaction.partition, steps)

    def _step(self, partition: str, place: int, kind: str, size: int) -> Operation:
        if kind == "delete":
            return Delete(self._doomed[partition].pop())
        if kind == "merge":
            return Merge(f"o|{place:02}", {"noise": _NOISE[:size]})
        make = Insert if kind == "insert" else Upsert
        return make(f"o|new{next(self._numbers):06}", {"noise": _NOISE[:size]})

    async def _query(self, partition: str, low: str, high: str) -> int:
        found = self._client.query_entities(
            "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high",
            parameters={"partition": partition, "low": low, "high": high},
        )
        return len([row async for row in found])

    def _new(self, partition: str, size: int = 500) -> dict[str, Any]:
        return _row(partition, f"o|new{next(self._numbers):06}", size)


class QueueReplay:
    """The queue calls: messages to delete were received before the clock starts."""

    def __init__(self, client: QueueClient) -> None:
        self._client = client
        self._held: list[QueueMessage] = []

    async def prepare(self, calls: Counter[str]) -> None:
        """Put and receive as many messages as will be deleted."""
        await self._client.create_queue()
        for _ in range(calls[kinds.DELETE_MESSAGE]):
            await self._client.send_message("prepared", visibility_timeout=0)
        while len(self._held) < calls[kinds.DELETE_MESSAGE]:
            await self._receive(self._held, 32)

    def works(self, calls: Counter[str]) -> list[Work]:
        """All queue calls of a run."""
        makes: dict[str, Work] = {
            kinds.PUT: lambda: self._client.send_message("x" * 400, time_to_live=-1),
            kinds.RECEIVE: lambda: self._receive([], 16),
            kinds.IDLE_POLL: lambda: self._receive([], 16),
            kinds.DELETE_MESSAGE: lambda: self._client.delete_message(self._held.pop()),
            kinds.PEEK: lambda: self._client.peek_messages(max_messages=32),
            kinds.PROPERTIES: self._client.get_queue_properties,
        }
        return [make for kind, make in makes.items() for _ in range(calls[kind])]

    async def _receive(self, into: list[QueueMessage], number: int) -> None:
        pages = self._client.receive_messages(messages_per_page=number, visibility_timeout=600).by_page()
        try:
            into.extend([message async for message in await anext(pages)])
        except StopAsyncIteration:
            return


async def replay(storage: str, calls: Counter[str], transactions: Sequence[Transaction]) -> tuple[float, float]:
    """Make all calls, 32 at a time, in one random order; the seconds, and the client's processor seconds, they took."""
    async with (
        TableServiceClient.from_connection_string(storage) as tables,
        QueueClient.from_connection_string(storage, "replay") as queue,
        tables.get_table_client("replay") as table,
    ):
        from_table, from_queue = TableReplay(table, transactions), QueueReplay(queue)
        await from_table.prepare()
        await from_queue.prepare(calls)
        works = [*from_table.works(calls), *from_queue.works(calls)]
        random.Random(1).shuffle(works)
        began, worked = time.perf_counter(), time.process_time()
        await _all(works)
        return time.perf_counter() - began, time.process_time() - worked


async def _all(works: list[Work]) -> None:
    async def worker() -> None:
        while works:
            await works.pop()()

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


def _bound[T](make: Callable[[T], Awaitable[object]], value: T) -> Work:
    return lambda: make(value)


def _row(partition: str, key: str, size: int) -> dict[str, Any]:
    return {"PartitionKey": partition, "RowKey": key, "packed": _NOISE[: min(size, len(_NOISE))]}


def main() -> None:
    """Read storage, calls and transactions from standard input; write both times to standard output."""
    given = json.load(sys.stdin)
    transactions = [
        Transaction(each["table"], each["partition"], tuple((kind, size) for kind, size in each["operations"]))
        for each in given["transactions"]
    ]
    json.dump(asyncio.run(replay(given["storage"], Counter(given["calls"]), transactions)), sys.stdout)


if __name__ == "__main__":
    main()
