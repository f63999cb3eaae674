"""One measured run: many orders placed beforehand, all due at one moment, followed to the last `Order_Completed`."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.answers import taken
from benchmarks.bodies import Kind
from benchmarks.call_counts import CallLogs
from benchmarks.journals import handed_over
from benchmarks.load import Answer, Load, send
from benchmarks.options import Options
from benchmarks.system import System, running, scratch
from benchmarks.transactions import Transaction

_AHEAD_SECONDS = 4.0
_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run came to; times in seconds since the due moment, None where not all got there in time.

    `calls` are all of the run, `calls_after_due` those that the road behind acceptance made.
    """

    answers: Sequence[Answer]
    handed_over: float | None
    completed: float | None
    calls: Counter[str]
    calls_after_due: Counter[str]
    transactions: Sequence[Transaction]
    remarks: Sequence[str]

    @property
    def orders(self) -> int:
        """How many orders were taken."""
        return len(taken(self.answers))


async def run_due_at_once(kind: Kind, options: Options) -> Run:
    """Place the orders at the options' rate, due when the last is placed, and follow them."""
    with scratch() as path:
        record = path / "transactions"
        async with running(in_memory=options.in_memory, access_log=True, transactions=record) as system:
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
    middle = logs.mark()
    shipments = [shipment for each in taken(answers) for shipment in each.shipments]
    everything = await system.published(shipments, within=_PATIENCE_SECONDS)
    # The workers still delete their last messages.
    await asyncio.sleep(0.5)
    end = logs.mark()
    return Run(
        answers=answers,
        handed_over=await _last_hand_over(system, kind, due, len(shipments)),
        completed=max(system.log.published.values()) - due if everything else None,
        calls=logs.calls(start, end),
        calls_after_due=logs.calls(middle, end),
        transactions=logs.transactions(middle, end),
        remarks=system.remarks(),
    )


async def _last_hand_over(system: System, kind: Kind, due: float, count: int) -> float | None:
    sms = kind is Kind.SMS
    simulator = system.addresses.pswin if sms else system.addresses.acs_email
    times = await handed_over(simulator, "reference" if sms else "operationId")
    return max(times.values()) - due if len(times) == count else None
