"""Storage calls of one order from POST to Completed, amortised over a run, by kind of call."""

import asyncio
from collections import Counter
from dataclasses import replace

from benchmarks.access_log import IDLE_POLL
from benchmarks.answers import taken
from benchmarks.bodies import Kind
from benchmarks.call_counts import CallLogs
from benchmarks.due_at_once import run_due_at_once
from benchmarks.figures import Section, shown
from benchmarks.load import Load, send
from benchmarks.options import Options
from benchmarks.system import running, scratch

BUDGET = 10
_DUE_NOW_RATE = 25
_PATIENCE_SECONDS = 120.0


async def storage_calls(options: Options) -> Section:
    """Scheduled email (the budget), scheduled SMS, and email due now."""
    section = Section("Storage calls of an order, from POST to Completed (a transaction is one call)")
    for kind, orders in ((Kind.EMAIL, options.orders), (Kind.SMS, options.orders // 2)):
        run = await run_due_at_once(kind, replace(options, orders=orders))
        label = f"{kind}, {orders} scheduled, all due at once"
        _tell(section, label, run.calls, run.orders, budget=kind is Kind.EMAIL)
        section.notes += run.remarks
    await _due_now(section, options)
    return section


def _tell(section: Section, label: str, calls: Counter[str], orders: int, *, budget: bool = False) -> None:
    polls = calls.pop(IDLE_POLL, 0)
    total = calls.total() / max(1, orders)
    if budget:
        section.at_most(f"{label}: calls an order", total, BUDGET)
    else:
        section.add(f"{label}: calls an order", shown(total))
    for kind, count in sorted(calls.items(), key=lambda each: -each[1]):
        section.add(f"    {kind}", f"{count / max(1, orders):.3f}")
    section.add(f"    apart: {IDLE_POLL}", f"{polls} in all")


async def _due_now(section: Section, options: Options) -> None:
    """Orders that are due when they are placed, at a rate that leaves nothing waiting."""
    with scratch() as path:
        record = path / "transactions"
        async with running(in_memory=options.in_memory, access_log=True, transactions=record) as system:
            logs = CallLogs(system.data, record)
            load = Load(
                url=system.addresses.service,
                token=await system.token(),
                count=options.orders // 2,
                rate=_DUE_NOW_RATE,
                kind=Kind.EMAIL,
            )
            start = logs.mark()
            answers = taken(await send(load))
            shipments = [shipment for each in answers for shipment in each.shipments]
            if not await system.published(shipments, within=_PATIENCE_SECONDS):
                section.notes.append("not all due now were completed in time")
            await asyncio.sleep(0.5)
            label = f"email, {len(answers)} due now, {_DUE_NOW_RATE}/s"
            _tell(section, label, logs.calls(start, logs.mark()), len(answers))
            section.notes += system.remarks()
