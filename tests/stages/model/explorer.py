"""Explores one random history of a few orders: who goes next, who dies, what is lost, repeated, late or early."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from notifications.domain.ids import ShipmentId, decode
from notifications.domain.order import OrderDraft
from notifications.domain.pace import Pace
from notifications.domain.record import Message, WorkQueue
from notifications.domain.statuses import Channel, ShipmentState
from notifications.stages.cancel import TooLate
from tests.builders import CREATOR, FakeClock
from tests.stages.fakes import FlakyQueues, FlakyTable
from tests.stages.model.host import Host
from tests.stages.model.invariants import Watch
from tests.stages.model.loop import ScheduledLoop
from tests.stages.model.ports import Journal, Line, Odds, Provider, RemoteQueues, RemoteTable
from tests.stages.model.registers import Registers
from tests.stages.world import email_report, sms_report

EMAIL_WORDS = ("Delivered", "Bounced", "Failed")
SMS_WORDS = ("DELIVRD", "UNDELIV", "FAILED")
MAX_DEQUEUED = 5
HOSTS = 2
type Action = Callable[[], None]


class Explorer:
    """The world, its hosts, and the hand that moves them."""

    def __init__(self, seed: int, odds: Odds, drafts: list[OrderDraft], pace: Pace) -> None:
        self.random = Random(seed)
        self.odds = odds
        self.pace = pace
        self.clock = FakeClock()
        self.tables = {name: FlakyTable() for name in ("orders", "feed", "refs", "gates", "index", "reports")}
        self.queues = FlakyQueues()
        self.watch = Watch(self.tables["orders"], self.tables["feed"])
        self.journals = {channel: Journal(arrived=self._arrived) for channel in Channel}
        self.troubles = 0
        self.cancelled: set[ShipmentId] = set()
        self.steps = 0
        self._unplaced = list(drafts)
        self._reports: list[tuple[Channel, bytes]] = []
        self._dequeued: dict[str, int] = {}
        self._gates: list[tuple[Host, asyncio.Future[None]]] = []
        self._hosts: list[Host] = []
        self._failure: BaseException | None = None
        self._closing = False

    def run(self, steps: int) -> None:
        """Let so many choices be made, and then whatever is under way come to its end without further trouble."""
        self.steps = steps
        with asyncio.Runner(loop_factory=lambda: ScheduledLoop(self._choose)) as runner:
            runner.run(self._main())
        if self._failure:
            raise self._failure

    async def _main(self) -> None:
        self._finished = asyncio.get_running_loop().create_future()
        self._hosts = [self._host() for _ in range(HOSTS)]
        await self._finished
        for host in self._hosts:
            host.kill()

    def _host(self) -> Host:
        async def turn() -> None:
            if not host.alive:
                raise asyncio.CancelledError
            gate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._gates.append((host, gate))
            await gate

        line = Line(turn, self.random, self.odds)
        providers = {
            channel: Provider(
                f"fake-{channel}",
                self.journals[channel],
                turn,
                self.random,
                self.odds,
                keyed=channel is Channel.EMAIL,
            )
            for channel in Channel
        }
        host = Host(
            {name: RemoteTable(table, line, self._checked) for name, table in self.tables.items()},
            RemoteQueues(self.queues, line),
            providers,
            _Conditions(self.random, turn),
            Registers(self.random, turn),
            self.clock,
            self.pace,
        )
        return host

    # What happens next

    def _choose(self, timers: bool) -> bool:
        """Make choices until one of them lets somebody go on; False lets the sleepers' time pass."""
        while not self._finished.done():
            if timers and self.random.random() < 0.5:
                return False
            actions = self._closing_actions() if self.steps <= 0 else self._actions()
            if not actions:
                if timers:
                    return False
                self._finished.set_result(None)
                return True
            self.steps -= 1
            ready, action = self.random.choices([act for _, act in actions], [weight for weight, _ in actions])[0]
            try:
                action()
            except AssertionError as error:
                self._fail(error)
            if ready:
                return True
        return True

    def _closing_actions(self) -> list[tuple[float, tuple[bool, Action]]]:
        if not self._closing:
            self._closing = True
            object.__setattr__(self.odds, "lost", 0.0)
            object.__setattr__(self.odds, "failed", 0.0)
        self._gates = [each for each in self._gates if not each[1].done()]
        return [(1.0, (True, self._let_go))] if self._gates else []

    def _actions(self) -> list[tuple[float, tuple[bool, Action]]]:
        self._gates = [each for each in self._gates if not each[1].done() and each[0].alive]
        busy = any(host.tasks for host in self._hosts)
        messages = any(self.queues.messages.values())
        calm = not self.odds.pause
        return [
            (12.0 if self._gates else 0, (True, self._let_go)),
            (3.0 if self._unplaced else 0, (True, self._place)),
            (0.4, (True, self._tick)),
            (3.0 if messages else 0, (True, self._take)),
            (0.5 if any(journal.accepted for journal in self.journals.values()) else 0, (True, self._report)),
            (0.0 if calm and busy else 0.6, (False, self._forward)),
            (self.odds.cancel, (True, self._cancel)),
            (self.odds.crash if self._gates else 0, (True, self._crash)),
            (self.odds.pause if self._gates else 0, (False, self._pause)),
            (self.odds.redelivery, (False, self._redeliver)),
        ]

    def _let_go(self) -> None:
        _, gate = self._gates.pop(self.random.randrange(len(self._gates)))
        gate.set_result(None)

    def _any_host(self) -> Host:
        return self.random.choice(self._hosts)

    def _start(self, host: Host, work: Coroutine[Any, Any, Any], after: Callable[[BaseException | None], None]) -> None:
        def done(task: asyncio.Task[Any]) -> None:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if isinstance(error, AssertionError):
                self._fail(error)
            after(error)

        host.start(work).add_done_callback(done)

    def _place(self) -> None:
        draft = self.random.choice(self._unplaced)

        def after(error: BaseException | None) -> None:
            if error is None and draft in self._unplaced and self.random.random() < 0.7:
                self._unplaced.remove(draft)

        self._start(host := self._any_host(), host.accept(draft), after)

    def _tick(self) -> None:
        host = self._any_host()
        net = timedelta(seconds=15) if self.random.random() < 0.1 else timedelta(0)
        self._start(host, host.release(net), lambda _: None)

    def _take(self) -> None:
        queue = self.random.choice([queue for queue, messages in self.queues.messages.items() if messages])
        messages = self.queues.messages[queue]
        message = messages.pop(self.random.randrange(len(messages)))
        host = self._any_host()
        host.working.append((queue, message))
        self._start(host, host.handle(queue, message), partial(self._handled, host, queue, message))

    def _handled(self, host: Host, queue: WorkQueue, message: Message, error: BaseException | None) -> None:
        host.working.remove((queue, message))
        if error is None:
            return
        name = f"{queue} {message.encode()}"
        self._dequeued[name] = self._dequeued.get(name, 0) + 1
        if self._dequeued[name] < MAX_DEQUEUED or not host.alive:
            self.queues.messages[queue].append(message)
        else:
            del self._dequeued[name]
            self._start(host, host.rescue(queue, message), lambda _: None)

    def _redeliver(self) -> None:
        """A message becomes visible again although somebody is at it."""
        working = [each for host in self._hosts for each in host.working]
        if working:
            queue, message = self.random.choice(working)
            self.queues.messages[queue].append(message)

    def _report(self) -> None:
        channel, body = self._reports.pop() if self._reports else self._new_report()
        host = self._any_host()
        work = host.report.email(body) if channel is Channel.EMAIL else host.report.sms(body)

        def after(error: BaseException | None) -> None:
            if error is not None:
                self._reports.append((channel, body))

        self._start(host, work, after)

    def _new_report(self) -> tuple[Channel, bytes]:
        channel = self.random.choice([each for each in Channel if self.journals[each].accepted])
        journal = self.journals[channel]
        identity = self.random.choice(list(journal.accepted))
        if channel is Channel.EMAIL:
            return channel, email_report((identity, self.random.choice(EMAIL_WORDS)), at=self.clock.now())
        return channel, sms_report((self.random.choice(journal.references[identity]), self.random.choice(SMS_WORDS)))

    def _forward(self) -> None:
        due = min((shipment.due for shipment in self.watch.shipments()), default=self.clock.now())
        leap = due - self.clock.now()
        if timedelta(0) < leap < timedelta(minutes=10) and self.random.random() < 0.5:
            self.clock.forward(leap)
        else:
            self.clock.forward(seconds=self.random.random() * 4)

    def _pause(self) -> None:
        """Everybody at a gate is held up for longer than a claim lasts, or nearly."""
        self.troubles += 1
        self.clock.forward(self.pace.claim * self.random.uniform(0.4, 2.5))

    def _crash(self) -> None:
        self.troubles += 1
        place = self._hosts.index(self.random.choice(self._gates)[0])
        self._hosts[place].kill()
        self._hosts[place] = self._host()

    def _cancel(self) -> None:
        shipments = self.watch.shipments()
        if not shipments:
            return self._tick()
        identity = self.random.choice(shipments).id
        host = self._any_host()

        async def cancel() -> None:
            try:
                told = await host.cancel(CREATOR, identity.uuid)
            except TooLate:
                return
            if told and told.state is ShipmentState.CANCELLED:
                self.cancelled.add(identity)

        return self._start(host, cancel(), lambda _: None)

    # What must hold

    def _checked(self) -> None:
        try:
            self.watch.check()
        except AssertionError as error:
            self._fail(error)

    def _arrived(self, identity: UUID) -> None:
        """A call reaches a provider: never for a cancelled shipment, and in calm times only under a claim."""
        address = decode(identity)
        try:
            assert address is not None
            shipment = address.shipment_id
            assert shipment not in self.cancelled, "a cancelled shipment was sent"
            if not self.odds.pause and not self.odds.crash:
                (there,) = [each for each in self.watch.shipments() if each.id == shipment]
                one = there.notifications[address.notification - 1]
                assert there.in_hand(one, self.clock.now()), "I7: a call without a claim"
        except AssertionError as error:
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._failure = self._failure or error
        if not self._finished.done():
            self._finished.set_result(None)


class _Conditions:
    """A condition endpoint that says anything."""

    def __init__(self, random: Random, turn: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._random = random
        self._turn = turn

    async def ask(self, url: str) -> bool | None:
        await self._turn()
        return self._random.choice([True, True, False, None])


def calm(odds: Odds) -> Odds:
    """A copy, since a run lowers its odds towards its end."""
    return replace(odds)
