"""One host of the service in the model: every stage, built over lines of its own, and killed with all its tasks."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from notifications.assembly import Outside, Stores, assemble
from notifications.domain.clock import Clock
from notifications.domain.pace import Pace
from notifications.domain.record import Message, WorkQueue
from notifications.domain.statuses import Channel
from notifications.security.identity_hash import IdentityHasher
from notifications.stages.carriers import EmailCarrier, SmsCarrier
from notifications.stages.conditions import Conditions
from notifications.stages.lookup import Directory
from notifications.storage.dead_reports import DeadReportStore
from notifications.storage.feed import Feed
from notifications.storage.gates import Gates
from notifications.storage.index import Index
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
        directory: Directory,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self.alive = True
        self.tasks: set[asyncio.Task[Any]] = set()
        self.working: list[tuple[WorkQueue, Message]] = []
        store = OrderStore(tables["orders"])
        references = References(tables["refs"])
        stores = Stores(
            orders=store,
            feed=Feed(tables["feed"]),
            references=references,
            gates=Gates(tables["gates"], clock),
            index=Index(tables["index"]),
            dead_reports=DeadReportStore(tables["reports"]),
            queues=queues,
        )
        outside = Outside(
            carriers={
                Channel.EMAIL: EmailCarrier(providers[Channel.EMAIL], "noreply@example.com"),
                Channel.SMS: SmsCarrier(providers[Channel.SMS], "Etaten", references, store, clock),
            },
            slots=dict.fromkeys(Channel, 100),
            directory=directory,
            conditions=conditions,
        )
        stages = assemble(stores, outside, IdentityHasher("synthetic"), clock, pace)
        self.accept, self.release, self.process = stages.accept, stages.release, stages.process
        self.dispatch, self.report, self.cancel, self.rescue = (
            stages.dispatch,
            stages.report,
            stages.cancel,
            stages.rescue,
        )

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
