"""Storage, queues and providers as one host reaches them: each call waits for its turn, and may go wrong."""

# ruff: noqa: ASYNC109 - a time-out is part of the provider protocol

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from uuid import UUID

from notifications.channels.protocol import EmailMessage, SmsMessage
from notifications.domain.outcomes import Accepted, Memory, Outcome, Postponed, Refused, Uncertain
from notifications.domain.record import Message, WorkQueue
from notifications.domain.statuses import Status
from notifications.storage.memory import MemoryTable
from notifications.storage.queues import Depth, MemoryQueues
from notifications.storage.table import MAX_PAGE, Operation, Row
from tests.storage.failing import AnswerLost

type Turn = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """How often what goes wrong: the first four are weights among the choices, the others chances of each call."""

    crash: float = 0.0
    pause: float = 0.0
    redelivery: float = 0.0
    cancel: float = 0.1
    lost: float = 0.0
    failed: float = 0.0
    postponed: float = 0.1
    uncertain: float = 0.1
    refused: float = 0.1


class Line:
    """The way from one host to one service."""

    def __init__(self, turn: Turn, random: Random, odds: Odds) -> None:
        self._turn = turn
        self._random = random
        self._odds = odds

    def skips(self) -> bool:
        """Whether a read is made without waiting for a turn."""
        return self._random.random() < 0.85

    async def call[T](self, work: Callable[[], Awaitable[T]], *, writes: bool = False) -> T:
        """Wait for one's turn; then the call happens, or fails, or its answer is lost or replaced by a repetition's."""
        await self._turn()
        chance = self._random.random()
        if chance < self._odds.failed:
            raise AnswerLost
        answer = await work()
        if writes and self._random.random() < self._odds.lost:
            if self._random.random() < 0.5:
                raise AnswerLost
            return await work()
        return answer


class RemoteTable:
    """A table at the end of a line; `checked` is told of every write."""

    def __init__(self, table: MemoryTable, line: Line, checked: Callable[[], None]) -> None:
        self._table = table
        self._line = line
        self._checked = checked

    async def prepare(self) -> None:
        return

    async def get(self, partition: str, key: str) -> Row | None:
        return await self._line.call(lambda: self._table.get(partition, key))

    async def read(
        self, partition: str, low: str, high: str, *, limit: int = MAX_PAGE, select: Sequence[str] = ()
    ) -> list[Row]:
        # Most reads go at once: a tick makes sixteen, and histories would consist of little else.
        if self._line.skips():
            return await self._table.read(partition, low, high, limit=limit, select=select)
        return await self._line.call(lambda: self._table.read(partition, low, high, limit=limit, select=select))

    async def first_partition(self, low: str, high: str) -> str | None:
        return await self._line.call(lambda: self._table.first_partition(low, high))

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        try:
            return await self._line.call(lambda: self._table.commit(partition, operations), writes=True)
        finally:
            self._checked()


class RemoteQueues:
    """The queues at the end of a line."""

    def __init__(self, queues: MemoryQueues, line: Line) -> None:
        self._queues = queues
        self._line = line

    async def prepare(self) -> None:
        return

    async def put(self, queue: WorkQueue, message: Message) -> None:
        await self._line.call(lambda: self._queues.put(queue, message), writes=True)

    async def depth(self, queue: WorkQueue) -> Depth:
        return await self._line.call(lambda: self._queues.depth(queue))


@dataclass(slots=True)
class Journal:
    """What a provider saw and did."""

    arrived: Callable[[UUID], None] = lambda _: None
    recipients: dict[UUID, set[str]] = field(default_factory=dict)
    accepted: Counter[UUID] = field(default_factory=Counter)
    uncertain: Counter[UUID] = field(default_factory=Counter)
    references: dict[UUID, list[str]] = field(default_factory=dict)


class Provider:
    """An email provider that keeps our ids, or an SMS gateway without keys, at the end of a line."""

    def __init__(self, name: str, journal: Journal, turn: Turn, random: Random, odds: Odds, *, keyed: bool) -> None:
        self.name = name
        self._journal = journal
        self._turn = turn
        self._random = random
        self._odds = odds
        self._keyed = keyed
        self.memory = Memory.LASTING if keyed else Memory.NONE

    async def send(self, message: EmailMessage | SmsMessage, *, timeout: float) -> Outcome:
        """The call arrives, the provider decides, and its answer comes back, or does not."""
        await self._turn()
        identity = message.notification_id
        self._journal.arrived(identity)
        self._journal.recipients.setdefault(identity, set()).add(message.recipient)
        outcome = self._decided(identity)
        await self._turn()
        return outcome

    def _decided(self, identity: UUID) -> Outcome:
        chance = self._random.random()
        if chance < self._odds.postponed:
            return Postponed("http_429", self._random.choice([None, timedelta(seconds=20)]))
        if chance < self._odds.postponed + self._odds.refused:
            return Refused(Status.FAILED, "refused")
        unanswered = chance > 1 - self._odds.uncertain
        if unanswered:
            self._journal.uncertain[identity] += 1
            if self._random.random() < 0.5:
                return Uncertain("timeout")
        reference = self._taken(identity)
        return Uncertain("timeout") if unanswered else Accepted(reference)

    def _taken(self, identity: UUID) -> str | None:
        if self._keyed:
            self._journal.accepted[identity] = 1
            return None
        self._journal.accepted[identity] += 1
        references = self._journal.references.setdefault(identity, [])
        references.append(f"REF-{identity.hex[:6]}-{identity.hex[-8:]}-{len(references)}")
        return references[-1]

    async def find(self, notification_id: UUID, *, timeout: float) -> Outcome | None:
        await self._turn()
        return Accepted() if self._journal.accepted[notification_id] else None
