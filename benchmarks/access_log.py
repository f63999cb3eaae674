"""Azurite's access log, read as calls: what each request was, and which receives found nothing.

A line is `127.0.0.1 - - [time] "GET /account/queue/messages?… HTTP/1.1" 200 -`. A transaction is one line (`$batch`).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

_LINE = re.compile(r'"(?P<method>[A-Z]+) /[^/ ]+/(?P<target>\S*) HTTP/[\d.]+" (?P<status>\d{3})')
_BATCH = 16
IDLE_POLL = "host: receive that found nothing"
RECEIVE = "host: receive"
DELETE_MESSAGE = "host: delete a message"
PUT = "put a message"
DUE_QUERY = "timer: query what is due"
QUERY = "query rows"
PEEK = "peek"
PROPERTIES = "queue properties"
GET = "get a row"
TRANSACTION = "transaction"
_WRITES = {"POST": "insert a row", "PUT": "upsert a row", "PATCH": "merge a row", "MERGE": "merge a row"}
INSERT, UPSERT, MERGE = _WRITES["POST"], _WRITES["PUT"], _WRITES["PATCH"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the log shows it; `target` is the path below the account, with its query."""

    method: str
    target: str
    status: int


def read_calls(lines: Iterable[str]) -> list[Call]:
    """The requests among the lines; Azurite's other lines are passed over."""
    found = (_LINE.search(line) for line in lines)
    return [Call(each["method"], each["target"], int(each["status"])) for each in found if each]


def count_table_calls(calls: Iterable[Call]) -> Counter[str]:
    """Calls of the table service by kind."""
    return Counter(_table_kind(call) for call in calls)


def count_queue_calls(calls: Iterable[Call]) -> Counter[str]:
    """Calls of the queue service by kind, from a moment at which all queues were empty.

    The log does not show what a receive found. So each queue is followed along: a receive is an idle poll if nothing
    could be waiting.
    """
    left: defaultdict[str, int] = defaultdict(int)
    kinds: Counter[str] = Counter()
    for call in calls:
        queue = call.target.partition("/")[0]
        kind = _queue_kind(call)
        if kind == PUT:
            left[queue] += 1
        elif kind == RECEIVE:
            kind = RECEIVE if left[queue] else IDLE_POLL
            left[queue] = max(0, left[queue] - _BATCH)
        kinds[kind] += 1
    return kinds


def _table_kind(call: Call) -> str:
    if "$batch" in call.target:
        return TRANSACTION
    if call.method == "GET":
        return _read_kind(call.target)
    return _WRITES.get(call.method, f"{call.method} of a table")


def _read_kind(target: str) -> str:
    if "$filter" not in target:
        return GET
    return DUE_QUERY if "creator,wants" in target else QUERY


def _queue_kind(call: Call) -> str:
    path, _, query = call.target.partition("?")
    if "/messages" not in path:
        return PROPERTIES if call.method in {"GET", "HEAD"} else "create a queue"
    if call.method == "GET":
        return PEEK if "peekonly=true" in query else RECEIVE
    if call.method == "POST":
        return PUT
    return DELETE_MESSAGE if call.method == "DELETE" else "host: renew a message"
