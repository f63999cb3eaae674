"""How the stages fit together, over whatever storage, providers and registers they are given."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from notifications.domain.clock import Clock
from notifications.domain.pace import Pace
from notifications.domain.statuses import Channel
from notifications.stages.accept import Accept
from notifications.stages.activity import Activity, Hash
from notifications.stages.cancel import Cancel
from notifications.stages.conditions import AskCondition, Conditions
from notifications.stages.dead_letters import DeadLetters
from notifications.stages.dead_reports import DeadReports
from notifications.stages.dispatch import Dispatch
from notifications.stages.flow import Room
from notifications.stages.forecast import Forecast
from notifications.stages.health import Health
from notifications.stages.inquiries import Inquiries
from notifications.stages.instant import Instant, Line
from notifications.stages.lookup import Directory, Lookup
from notifications.stages.metrics import Metrics
from notifications.stages.place import Place
from notifications.stages.plan import Plan
from notifications.stages.process import Process
from notifications.stages.provider_calls import Carrier, ProviderCalls
from notifications.stages.publish import Publish
from notifications.stages.rate import TokenBucket
from notifications.stages.recording import Recording
from notifications.stages.release import Release
from notifications.stages.report import Report
from notifications.stages.rescue import Rescue
from notifications.stages.retain import Retain
from notifications.stages.sweep import Sweep
from notifications.storage.dead_reports import DeadReportStore
from notifications.storage.feed import Feed
from notifications.storage.gates import Gates
from notifications.storage.index import Index
from notifications.storage.orders import OrderStore
from notifications.storage.queues import Queues
from notifications.storage.references import References


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where everything is kept."""

    orders: OrderStore
    feed: Feed
    references: References
    gates: Gates
    index: Index
    dead_reports: DeadReportStore
    queues: Queues

    async def prepare(self) -> None:
        """Create what is missing, all at once."""
        await asyncio.gather(
            self.orders.prepare(),
            self.feed.prepare(),
            self.references.prepare(),
            self.gates.prepare(),
            self.index.prepare(),
            self.dead_reports.prepare(),
            self.queues.prepare(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Whom the stages ask and call: providers with so many calls at once, registers, condition endpoints.

    `rates` are how many calls a second a channel's provider allows one process; without one, only its slots bound it.
    """

    carriers: Mapping[Channel, Carrier]
    slots: Mapping[Channel, int]
    directory: Directory
    conditions: Conditions
    rates: Mapping[Channel, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """The road of an order."""

    accept: Accept
    place: Place
    instant: Instant
    cancel: Cancel
    inquiries: Inquiries
    metrics: Metrics
    release: Release
    process: Process
    publish: Publish
    retain: Retain
    dispatch: Mapping[Channel, Dispatch]
    report: Report
    dead_reports: DeadReports
    rescue: Rescue
    sweep: Sweep
    health: Health


def assemble(
    stores: Stores, outside: Outside, hashed: Hash, clock: Clock, pace: Pace, *, tells_cancelled: Collection[str] = ()
) -> Stages:
    """The stages of one process; `tells_cancelled` are the creators whose feed has cancelled shipments too."""
    activity = Activity(stores.index, hashed)
    lookup = Lookup(outside.directory)
    accept = Accept(stores.orders, stores.queues, activity, clock, pace)
    inquiries = Inquiries(stores.orders, stores.feed, activity)
    publish = Publish(stores.orders, stores.feed, stores.index, clock, pace)
    retain = Retain(stores.orders, stores.feed, stores.references, activity)
    letters = DeadLetters(stores.dead_reports, clock)
    report = Report(stores.orders, stores.references, letters, clock)
    room = Room(stores.queues, clock)
    lines = {channel: _line(channel, stores, outside, clock, pace) for channel in Channel}
    return Stages(
        accept=accept,
        place=Place(accept, Forecast(lookup)),
        instant=Instant(stores.orders, lines, activity, clock, pace),
        cancel=Cancel(stores.orders, inquiries, clock, pace, tells_cancelled),
        inquiries=inquiries,
        metrics=Metrics(stores.feed, stores.index, clock),
        release=Release(stores.orders, stores.queues, clock),
        process=Process(
            store=stores.orders,
            queues=stores.queues,
            ask_condition=AskCondition(outside.conditions, clock, pace),
            plan=Plan(lookup, activity, room, clock, pace),
            room=room,
            publish=publish,
            retain=retain,
            letters=letters,
            clock=clock,
            pace=pace,
        ),
        publish=publish,
        retain=retain,
        dispatch={
            channel: Dispatch(line.calls, line.record, stores.orders, clock, pace) for channel, line in lines.items()
        },
        report=report,
        dead_reports=DeadReports(stores.dead_reports, report),
        rescue=Rescue(stores.orders, clock),
        sweep=Sweep(stores.orders, stores.index, stores.references, stores.dead_reports, clock, pace),
        health=Health(stores.orders, clock),
    )


def _line(channel: Channel, stores: Stores, outside: Outside, clock: Clock, pace: Pace) -> Line:
    per_second = outside.rates.get(channel)
    rate = TokenBucket(per_second, clock) if per_second else None
    calls = ProviderCalls(channel, outside.carriers[channel], stores.gates, clock, pace, outside.slots[channel], rate)
    return Line(calls, Recording(calls, stores.orders, clock, pace))
