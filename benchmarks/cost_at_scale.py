"""What an order costs when many others lie in the tables: storage calls and time must not grow with what is stored."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.access_log import DUE_QUERY, IDLE_POLL, PEEK, PROPERTIES
from benchmarks.bodies import Body, Kind, body
from benchmarks.due_at_once import Run, run_due_at_once
from benchmarks.figures import Section, shown
from benchmarks.options import Options
from benchmarks.statistics import spread

FEW = 1_000
_MEASURED = 200
_GROWTH = 1.1
_AHEAD_SECONDS = 3600.0
_APART_SECONDS = 20.0
_LOOKS = {IDLE_POLL, DUE_QUERY, PEEK, PROPERTIES}


@dataclass(frozen=True, slots=True)
class Cost:
    """Storage calls of an order: its work, and beside it the looks at tables and queues that are made each second."""

    work: float
    looks: float


async def cost_at_scale(options: Options) -> Section:
    """The same orders among a thousand stored ones, and among as many as the options say."""
    section = Section(f"{_MEASURED} emails due at one moment, while another owner's future orders are stored")
    costs = []
    for stored in (FEW, options.stored):
        run = await run_due_at_once(Kind.EMAIL, replace(options, orders=_MEASURED), future_orders(stored, time.time()))
        costs.append(tell(section, stored, run))
    section.at_most(f"calls an order, {options.stored} stored to {FEW} stored", costs[1].work / costs[0].work, _GROWTH)
    return section


def future_orders(count: int, now: float) -> list[Body]:
    """Orders of one email, the first due in an hour and each a little later than the one before."""
    return [body(Kind.EMAIL, now + _AHEAD_SECONDS + number * _APART_SECONDS) for number in range(count)]


def tell(section: Section, stored: int, run: Run) -> Cost:
    """Add the figures of a run; what an order cost in it."""
    cost = _cost(run.calls, run.orders)
    label = f"{stored} stored"
    section.add(f"{label}: storage calls an order, from POST to Completed", shown(cost.work))
    for kind, count in Counter(run.calls).most_common():
        section.add(f"    {'apart: ' if kind in _LOOKS else ''}{kind}", f"{count / max(1, run.orders):.3f}")
    section.add(f"{label}: the timer's looks beside them, an order", shown(cost.looks))
    section.add(f"{label}: due to provider called", spread(run.delays, scale=1, unit="s"))
    section.add(f"{label}: all Completed after", f"{run.completed:.1f} s" if run.completed else "not all got there")
    if run.processor is not None:
        section.add(f"{label}: processor time of the host", f"{shown(run.processor * 1000 / run.orders)} ms an order")
    section.notes += run.remarks
    return cost


def _cost(calls: Mapping[str, int], orders: int) -> Cost:
    """The looks are told apart: there are so many a second, and a slower machine makes more of them for each order."""
    work = sum(count for kind, count in calls.items() if kind not in _LOOKS)
    looks = sum(calls.get(kind, 0) for kind in _LOOKS if kind != IDLE_POLL)
    return Cost(work / max(1, orders), looks / max(1, orders))
