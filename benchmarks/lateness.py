"""From due to the provider's being called: on an idle system, and while another owner has a backlog."""

import asyncio
import time

from benchmarks.answers import taken
from benchmarks.bodies import Kind
from benchmarks.figures import Section
from benchmarks.journals import handed_over
from benchmarks.load import Answer, Load, send
from benchmarks.options import Options
from benchmarks.statistics import percentile, spread
from benchmarks.system import System, running

# Not a whole second, so that all phases of the timer occur.
_STEP_SECONDS = 1.13
_AHEAD_SECONDS = 4.0
_PATIENCE_SECONDS = 300.0
_PLACING_RATE = 100


async def lateness(options: Options) -> Section:
    """Both cases, each on a system of its own."""
    section = Section("Seconds from due to the provider's being called")
    idle = await _case(section, options, backlog=0)
    section.add(f"idle, {len(idle)} orders {_STEP_SECONDS} s apart", spread(idle, scale=1, unit="s"))
    section.at_most("idle, p95", percentile(idle, 95), 2, " s")
    busy = await _case(section, options, backlog=options.backlog)
    section.add(f"another owner has {options.backlog} due at once", spread(busy, scale=1, unit="s"))
    section.at_most("busy, p95", percentile(busy, 95), 10, " s")
    section.at_most("busy, p99", percentile(busy, 99), 60, " s")
    return section


async def _case(section: Section, options: Options, *, backlog: int) -> list[float]:
    """The lateness of one owner's orders, spread over the time in which another's backlog is due."""
    async with running(in_memory=options.in_memory) as system:
        due = time.time() + backlog / _PLACING_RATE + _AHEAD_SECONDS + options.spread_orders / _PLACING_RATE
        theirs = await _place(system, "digdir", backlog, due, step=0) if backlog else []
        ours = taken(await _place(system, "ttd", options.spread_orders, due, step=_STEP_SECONDS))
        last = max(each.due or 0.0 for each in ours)
        await asyncio.sleep(max(0.0, last - time.time()))
        left = await _left(system, theirs)
        shipments = [each.shipments[0] for each in ours]
        if not await system.published(shipments, within=_PATIENCE_SECONDS):
            section.notes.append("not all orders were completed in time")
        if backlog:
            section.notes.append(f"when the last of the spread orders was due, {left} of the backlog were unfinished")
        called = await handed_over(system.addresses.acs_email)
        section.notes += system.remarks()
        return [called[each.shipments[0]] - (each.due or 0.0) for each in ours if each.shipments[0] in called]


async def _place(system: System, org: str, count: int, due: float, *, step: float) -> list[Answer]:
    return await send(
        Load(
            url=system.addresses.service,
            token=await system.token(org),
            count=count,
            rate=_PLACING_RATE,
            kind=Kind.EMAIL,
            due_at=due,
            due_step=step,
        )
    )


async def _left(system: System, theirs: list[Answer]) -> int:
    system.log.read()
    return sum(each.shipments[0] not in system.log.published for each in taken(theirs))
