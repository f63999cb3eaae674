"""Many orders of one recipient, all due at one moment: notifications a second, calls each, how long the tail waits."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from benchmarks.access_log import IDLE_POLL
from benchmarks.bodies import Kind
from benchmarks.due_at_once import Run, run_due_at_once
from benchmarks.figures import Section, shown
from benchmarks.options import Options
from benchmarks.statistics import spread

# As fast as orders are taken without a refusal: what is measured begins when they are due.
_PLACING_RATE = 150


async def orders_of_one(options: Options) -> Section:
    """Emails, and then SMS, each on a system of its own."""
    section = Section("Orders of one recipient, placed beforehand and due at one moment")
    for kind, orders in ((Kind.EMAIL, options.many_emails), (Kind.SMS, options.many_sms)):
        tell(section, kind, await run_due_at_once(kind, replace(options, orders=orders, rate=_PLACING_RATE)))
    return section


def tell(section: Section, kind: Kind, run: Run) -> None:
    """Add the figures of a run: rates to sent and to Completed, delays, and calls by kind."""
    label = f"{run.orders} {kind}"
    section.add(f"{label}: all handed over after", _rate(run.handed_over, run.orders))
    section.add(f"{label}: all Completed after", _rate(run.completed, run.orders))
    section.add(f"{label}: due to provider called", spread(run.delays, scale=1, unit="s"))
    if run.processor is not None:
        spent = run.processor * 1000 / max(1, run.orders)
        section.add(f"{label}: processor time of the host, from due to Completed", f"{shown(spent)} ms each")
    _tell_calls(section, f"{label}: storage calls a notification, from POST to Completed", run.calls, run.orders)
    if wrong := len(run.answers) - run.orders:
        section.notes.append(f"{kind}: {wrong} orders were not taken")
    section.notes += run.remarks


def _tell_calls(section: Section, label: str, calls: Mapping[str, int], orders: int) -> None:
    counted = Counter(calls)
    polls = counted.pop(IDLE_POLL, 0)
    section.add(label, shown(counted.total() / max(1, orders)))
    for kind, count in counted.most_common():
        section.add(f"    {kind}", f"{count / max(1, orders):.3f}")
    section.add(f"    apart: {IDLE_POLL}", f"{polls} in all")


def _rate(seconds: float | None, count: int) -> str:
    return f"{seconds:.1f} s ({shown(count / seconds)} notifications a second)" if seconds else "not all got there"
