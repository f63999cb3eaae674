"""Providers and a condition endpoint that do what a test tells them, and remember what they were asked."""

# ruff: noqa: ASYNC109 - a time-out is part of the provider protocol

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from notifications.channels.protocol import EmailMessage, SmsMessage
from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.domain.faults import StorageUnavailable
from notifications.domain.order import Recipient
from notifications.domain.outcomes import Accepted, Memory, Outcome
from notifications.domain.record import Message, WorkQueue
from notifications.storage.memory import MemoryTable
from notifications.storage.queues import MemoryQueues
from notifications.storage.table import Operation, Row


class StorageDown(Exception):
    """Storage cannot be reached."""


class Killed(BaseException):
    """The process died here; nothing catches it."""


class FakeEmail:
    """A provider that keeps our ids: the same id again is the same email."""

    name = "fake-email"
    memory = Memory.LASTING

    def __init__(self) -> None:
        self.answers: deque[Outcome] = deque()
        self.calls: list[EmailMessage] = []
        self.asked: list[UUID] = []
        self.known: dict[UUID, Outcome] = {}
        self.during: Callable[[UUID], Awaitable[None]] | None = None

    async def send(self, message: EmailMessage, *, timeout: float) -> Outcome:
        self.calls.append(message)
        if self.during:
            await self.during(message.notification_id)
        outcome = self.answers.popleft() if self.answers else Accepted()
        if isinstance(outcome, Accepted):
            self.known[message.notification_id] = outcome
        return outcome

    async def find(self, notification_id: UUID, *, timeout: float) -> Outcome | None:
        self.asked.append(notification_id)
        return self.known.get(notification_id)


class FakeSms:
    """A gateway without keys: each accepted call sends, under a reference of the gateway's own."""

    name = "fake-sms"
    memory = Memory.NONE

    def __init__(self) -> None:
        self.answers: deque[Outcome] = deque()
        self.calls: list[SmsMessage] = []
        self.references: dict[UUID, str] = {}
        self.during: Callable[[UUID], Awaitable[None]] | None = None

    async def send(self, message: SmsMessage, *, timeout: float) -> Outcome:
        self.calls.append(message)
        reference = f"REF-{len(self.calls):06}"
        self.references[message.notification_id] = reference
        if self.during:
            await self.during(message.notification_id)
        return self.answers.popleft() if self.answers else Accepted(reference)


class FakeConditions:
    """Answers conditions in turn; without an answer left it says yes."""

    def __init__(self) -> None:
        self.answers: deque[bool | Exception | None] = deque()
        self.asked: list[str] = []

    async def ask(self, url: str) -> bool | None:
        self.asked.append(url)
        answer = self.answers.popleft() if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer


class FakeDirectory:
    """Registers that know what a test tells them; whoever is not known has no address and no name."""

    def __init__(self) -> None:
        self.known: dict[Recipient, ContactPoints] = {}
        self.called: dict[Recipient, str] = {}
        self.down: str | None = None
        self.asked: list[set[Inquiry]] = []
        self.named: list[set[Recipient]] = []

    async def contact_points(self, inquiries: Collection[Inquiry]) -> Mapping[Inquiry, ContactPoints | Unavailable]:
        self.asked.append(set(inquiries))
        if self.down:
            return dict.fromkeys(inquiries, Unavailable(self.down))
        return {each: self._points(each) for each in inquiries}

    def _points(self, inquiry: Inquiry) -> ContactPoints:
        points = self.known.get(inquiry.recipient, ContactPoints())
        return points if inquiry.resource_id else replace(points, users=())

    async def names(self, recipients: Collection[Recipient]) -> Mapping[Recipient, str | Unavailable]:
        self.named.append(set(recipients))
        if self.down:
            return dict.fromkeys(recipients, Unavailable(self.down))
        return {each: self.called.get(each, "") for each in recipients}


class FlakyTable(MemoryTable):
    """A table that cannot be reached for its next calls of a kind, or leaves a commit unanswered."""

    def __init__(self) -> None:
        super().__init__()
        self.failing: dict[str, int] = {}
        self.succeeding: dict[str, int] = {}
        self.silent: bool | None = None

    def silence(self, *, stored: bool) -> None:
        """Give no answer to the next commit, whether or not it is `stored`."""
        self.silent = stored

    def fail(self, call: str, times: int = 1, *, after: int = 0) -> None:
        """Fail so many calls of a kind, after so many that succeed."""
        self.failing[call] = times
        self.succeeding[call] = after

    def rows(self) -> list[Row]:
        """Every row of every partition."""
        return [row for partition in self._partitions.values() for row in partition.rows.values()]

    def _check(self, call: str) -> None:
        if self.succeeding.get(call, 0) > 0:
            self.succeeding[call] -= 1
        elif self.failing.get(call, 0) > 0:
            self.failing[call] -= 1
            raise StorageDown

    async def get(self, partition: str, key: str) -> Row | None:
        self._check("get")
        return await super().get(partition, key)

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        self._check("commit")
        stored, self.silent = self.silent, None
        answer = [] if stored is False else await super().commit(partition, operations)
        if stored is not None:
            raise StorageUnavailable
        return answer


class FlakyQueues(MemoryQueues):
    """Queues that cannot be reached while `down`."""

    def __init__(self) -> None:
        super().__init__()
        self.down = False
        self.put_at_all: list[tuple[WorkQueue, Message]] = []

    async def put(self, queue: WorkQueue, message: Message) -> None:
        if self.down:
            raise StorageDown
        self.put_at_all.append((queue, message))
        await super().put(queue, message)
