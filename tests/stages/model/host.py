"""One host of the service in the model: every stage, built over lines of its own, and killed with all its tasks."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from notifications.domain.clock import Clock
from notifications.domain.pace import Pace
from notifications.domain.record import Message, WorkQueue
from notifications.domain.statuses import Channel
from notifications.stages.accept import Accept
from notifications.stages.cancel import Cancel
from notifications.stages.carriers import EmailCarrier, SmsCarrier
from notifications.stages.dispatch import Carrier, Dispatch
from notifications.stages.inquiries import Inquiries
from notifications.stages.process import Conditions, Process
from notifications.stages.publish import Publish
from notifications.stages.release import Release
from notifications.stages.report import Report
from notifications.stages.rescue import Rescue
from notifications.stages.retain import Retain
from notifications.storage.feed import Feed
from notifications.storage.gates import Gates
from notifications.storage.orders import OrderStore
from notifications.storage.queues import Queues
from notifications.storage.references import References
from notifications.storage.table import Table
from tests.stages.model.ports import Provider


class Host:
    """Its memory is its own: caches, locks and what the timer remembers die with it."""

    def __init__(
        self,
        tables: dict[str, Table],
        queues: Queues,
        providers: dict[Channel, Provider],
        conditions: Conditions,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self.alive = True
        self.tasks: set[asyncio.Task[Any]] = set()
        self.working: list[tuple[WorkQueue, Message]] = []
        store, feed = OrderStore(tables["orders"]), Feed(tables["feed"])
        references, gates = References(tables["refs"]), Gates(tables["gates"], clock)
        publish, retain = Publish(store, feed, clock, pace), Retain(store, feed, references)
        self.accept = Accept(store, queues, clock, pace)
        self.release = Release(store, queues, clock)
        self.process = Process(store, queues, conditions, publish, retain, clock, pace)
        carriers: dict[Channel, Carrier] = {
            Channel.EMAIL: EmailCarrier(providers[Channel.EMAIL], "noreply@example.com"),
            Channel.SMS: SmsCarrier(providers[Channel.SMS], "Etaten", references, store, clock),
        }
        self.dispatch = {
            channel: Dispatch(channel, carrier, store, gates, clock, pace, 100) for channel, carrier in carriers.items()
        }
        self.report = Report(store, references, clock)
        self.cancel = Cancel(store, Inquiries(store, feed), clock, pace)
        self.rescue = Rescue(store, clock)

    async def handle(self, queue: WorkQueue, message: Message) -> None:
        """Do what a queue's trigger does."""
        if queue is WorkQueue.PROCESS:
            await self.process(message)
        else:
            await self.dispatch[Channel.EMAIL if queue is WorkQueue.EMAIL else Channel.SMS](message)

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Let a task of this host begin."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def kill(self) -> None:
        """End everything at once, wherever it is."""
        self.alive = False
        for task in list(self.tasks):
            task.cancel()
