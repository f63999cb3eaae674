"""The whole service in memory, with a clock that a test moves: what the triggers would call, called by hand."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from notifications.assembly import Outside, Stores, assemble
from notifications.domain.ids import BUCKETS, ShipmentId
from notifications.domain.order import ShipmentContent
from notifications.domain.pace import Pace
from notifications.domain.record import FeedEntry, Message, WorkQueue
from notifications.domain.shipment import Shipment
from notifications.domain.statuses import Channel
from notifications.security.identity_hash import IdentityHasher
from notifications.stages.carriers import EmailCarrier, SmsCarrier
from notifications.storage.codec import parse_due_key
from notifications.storage.dead_reports import DeadReportStore
from notifications.storage.feed import Feed
from notifications.storage.gates import Gates
from notifications.storage.index import Index
from notifications.storage.orders import OrderStore
from notifications.storage.references import References
from tests.builders import CREATOR, NOW, PACE, FakeClock, draft
from tests.stages.fakes import FakeConditions, FakeDirectory, FakeEmail, FakeSms, FlakyQueues, FlakyTable
from tests.storage.invariants import all_rows, astray

SECOND = timedelta(seconds=1)


class World:
    """Storage, providers, and one process with every stage; `Process` and its fellows may be built again over it."""

    def __init__(self, pace: Pace = PACE, now: datetime = NOW, slots: int = 32) -> None:
        self.pace = pace
        self.clock = FakeClock(now)
        self.orders, self.feeds, self.refs, self.gate_rows, self.index_rows = (FlakyTable() for _ in range(5))
        self.dead = FlakyTable()
        self.queues = FlakyQueues()
        self.email, self.sms, self.conditions = FakeEmail(), FakeSms(), FakeConditions()
        self.directory = FakeDirectory()
        self.start(slots)

    def start(self, slots: int = 32) -> None:
        """Start a process anew: nothing that was in memory is left."""
        clock = self.clock
        self.store, self.feed = OrderStore(self.orders), Feed(self.feeds)
        self.references, self.gates = References(self.refs), Gates(self.gate_rows, clock)
        self.index, self.dead_store = Index(self.index_rows), DeadReportStore(self.dead)
        stores = Stores(
            orders=self.store,
            feed=self.feed,
            references=self.references,
            gates=self.gates,
            index=self.index,
            dead_reports=self.dead_store,
            queues=self.queues,
        )
        outside = Outside(
            carriers={
                Channel.EMAIL: EmailCarrier(self.email, "noreply@example.com"),
                Channel.SMS: SmsCarrier(self.sms, "Etaten", self.references, self.store, clock),
            },
            slots=dict.fromkeys(Channel, slots),
            directory=self.directory,
            conditions=self.conditions,
        )
        self.stages = assemble(stores, outside, IdentityHasher("synthetic"), clock, self.pace)
        self.accept, self.place, self.instant = self.stages.accept, self.stages.place, self.stages.instant
        self.release, self.process, self.dispatch = self.stages.release, self.stages.process, self.stages.dispatch
        self.report, self.rescue = self.stages.report, self.stages.rescue
        self.dead_reports = self.stages.dead_reports
        self.publish, self.retain = self.stages.publish, self.stages.retain
        self.inquiries, self.cancel, self.metrics = self.stages.inquiries, self.stages.cancel, self.stages.metrics

    async def order(self, *contents: ShipmentContent, **members: object) -> list[ShipmentId]:
        """Place an order; its shipments' ids."""
        order = (await self.accept(draft(*contents, **members))).order  # type: ignore[arg-type]
        return list(order.shipment_ids)

    async def handle(self, queue: WorkQueue, message: Message) -> None:
        """Do what a queue's trigger does."""
        if queue is WorkQueue.PROCESS:
            await self.process(message)
        else:
            await self.dispatch[Channel.EMAIL if queue is WorkQueue.EMAIL else Channel.SMS](message)

    async def work(self) -> int:
        """Take what is on the queues and what that puts there, in the order it was put; how many messages."""
        count = 0
        while waiting := [(queue, messages.pop(0)) for queue, messages in self.queues.messages.items() if messages]:
            for queue, message in waiting:
                await self.handle(queue, message)
                count += 1
        return count

    async def run(self, seconds: float) -> None:
        """Let so many seconds pass, with a tick and work in each of them."""
        ends = self.clock.now() + timedelta(seconds=seconds)
        while self.clock.now() < ends:
            await self.step()
            self.clock.forward(SECOND)
        await self.step()

    async def step(self) -> None:
        await self.release()
        await self.work()

    async def run_to(self, moment: datetime) -> None:
        """Let time pass to a moment, leaping from one wake-up to the next."""
        while (due := await self.next_due()) is not None and due <= moment:
            self.clock.moment = max(due, self.clock.moment + SECOND)
            await self.step()
        self.clock.moment = max(moment, self.clock.moment)
        await self.step()

    async def next_due(self) -> datetime | None:
        firsts = [row for bucket in _BUCKETS for row in await self.orders.read(bucket, "2|", "2|~", limit=1)]
        return min((parse_due_key(row.key.split("|")[1]) for row in firsts), default=None)

    async def shipment(self, identity: ShipmentId) -> Shipment:
        found = await self.store.shipment(identity)
        assert found is not None
        return found

    async def entries(self, creator: str = CREATOR) -> list[FeedEntry]:
        return await self.feed.ascending(creator, 0, 1000)

    async def told(self) -> list[tuple[ShipmentId, str, list[str]]]:
        """The feed in short: shipment, status, and its recipients' statuses."""
        return [
            (entry.shipment, entry.status.value, [one.status.value for one in entry.recipients])
            for entry in await self.entries()
        ]

    async def assert_consistent(self) -> None:
        """Exactly one wake-up for every shipment."""
        for bucket in _BUCKETS:
            assert not astray(await all_rows(self.orders, bucket))

    async def left(self) -> set[str]:
        """The kinds of rows that are stored, by table: what comes before the first `|` of a key."""
        rows = [("orders", row) for bucket in _BUCKETS for row in await all_rows(self.orders, bucket)]
        rows += [("feed", row) for row in await all_rows(self.feeds, CREATOR)]
        rows += [("refs", row) for row in self.refs.rows()]
        return {f"{table} {row.key.split('|')[0] if table != 'refs' else ''}".strip() for table, row in rows}


_BUCKETS = [f"{number:02x}" for number in range(BUCKETS)]


def email_report(*told: tuple[UUID, str], at: datetime = NOW) -> bytes:
    """A delivery of the email provider's events."""
    return json.dumps(
        [
            {
                "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
                "eventTime": at.isoformat(),
                "data": {"messageId": str(identity), "status": status, "recipient": "kari@example.com"},
            }
            for identity, status in told
        ]
    ).encode()


def sms_report(*told: tuple[str, str]) -> bytes:
    """A document of the gateway's delivery reports."""
    entries = "".join(
        f"<MSG><ID>{number}</ID><REF>{reference}</REF><RCV>4799999999</RCV><STATE>{state}</STATE></MSG>"
        for number, (reference, state) in enumerate(told, 1)
    )
    return f'<?xml version="1.0"?><MSGLST>{entries}</MSGLST>'.encode()


def one_bucket(shipments: Iterable[ShipmentId], **members: object) -> Message:
    """A message with shipments of one bucket."""
    ids = tuple(shipments)
    return Message(shipments=ids, **members)  # type: ignore[arg-type]
