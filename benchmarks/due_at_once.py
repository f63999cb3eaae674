"""One measured run: many orders placed beforehand, all due at one moment, followed to the last `Order_Completed`."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.answers import taken
from benchmarks.bodies import Body, Kind
from benchmarks.call_counts import CallLogs
from benchmarks.journals import handed_over
from benchmarks.load import Answer, Load, send
from benchmarks.memory import processor_seconds
from benchmarks.options import Options
from benchmarks.seeding import seed
from benchmarks.system import System, running, scratch
from benchmarks.transactions import Transaction

_AHEAD_SECONDS = 4.0
_PATIENCE_SECONDS = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run came to; times in seconds since the due moment, None where not all got there in time.

    `delays` are the times at which the provider was called for each. `calls` are all of the run, `calls_after_due`
    those that the road behind acceptance made; `processor` is what the host computed for it, in seconds.
    """

    answers: Sequence[Answer]
    delays: Sequence[float]
    completed: float | None
    calls: Counter[str]
    calls_after_due: Counter[str]
    transactions: Sequence[Transaction]
    remarks: Sequence[str]
    processor: float | None = None

    @property
    def orders(self) -> int:
        """How many orders were taken."""
        return len(taken(self.answers))

    @property
    def handed_over(self) -> float | None:
        """When the last was handed over, if all were."""
        return max(self.delays) if len(self.delays) == self.orders else None


async def run_due_at_once(kind: Kind, options: Options, stored: Sequence[Body] = ()) -> Run:
    """Place the orders at the options' rate, due when the last is placed, and follow them.

    Another owner's `stored` orders are in the tables before.
    """
    with scratch() as path:
        record = path / "transactions"
        async with running(in_memory=options.in_memory, access_log=True, transactions=record) as system:
            await seed(system.addresses.storage, "digdir", stored)
            return await _follow(system, CallLogs(system.data, record), kind, options)


async def _follow(system: System, logs: CallLogs, kind: Kind, options: Options) -> Run:
    token = await system.token()
    due = time.time() + options.orders / options.rate + _AHEAD_SECONDS
    load = Load(
        url=system.addresses.service, token=token, count=options.orders, rate=options.rate, kind=kind, due_at=due
    )
    start = logs.mark()
    answers = await send(load)
    await asyncio.sleep(max(0.0, due - time.time()))
    middle, before = logs.mark(), processor_seconds(system.host)
    shipments = [shipment for each in taken(answers) for shipment in each.shipments]
    everything = await system.published(shipments, within=_PATIENCE_SECONDS)
    # The workers still delete their last messages.
    await asyncio.sleep(0.5)
    end, after = logs.mark(), processor_seconds(system.host)
    return Run(
        answers=answers,
        delays=await _delays(system, kind, due),
        completed=max(system.log.published.values()) - due if everything else None,
        calls=logs.calls(start, end),
        calls_after_due=logs.calls(middle, end),
        transactions=logs.transactions(middle, end),
        remarks=system.remarks(),
        processor=None if before is None or after is None else after - before,
    )


async def _delays(system: System, kind: Kind, due: float) -> list[float]:
    sms = kind is Kind.SMS
    simulator = system.addresses.pswin if sms else system.addresses.acs_email
    times = await handed_over(simulator, "reference" if sms else "operationId")
    return [each - due for each in times.values()]
