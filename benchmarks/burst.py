"""Throughput: orders that are all due at once, beside what Azurite alone takes for the same calls."""

from dataclasses import asdict

from benchmarks.access_log import IDLE_POLL
from benchmarks.bodies import Kind
from benchmarks.children import ask
from benchmarks.due_at_once import Run, run_due_at_once
from benchmarks.figures import Section, shown
from benchmarks.options import Options
from benchmarks.system import storage_alone


async def burst(options: Options) -> Section:
    """All handed over and all completed, in seconds and a second; and the ratio to Azurite alone."""
    run = await run_due_at_once(Kind.EMAIL, options)
    section = Section(f"{run.orders} emails due at once")
    _add_time(section, "all handed over after", run.handed_over, run.orders)
    _add_time(section, "all Completed after", run.completed, run.orders)
    section.add("storage calls a notification, from POST to Completed", shown(_calls(run)))
    alone, client = await _alone(run, options)
    calls = sum(run.calls_after_due.values())
    section.add("storage calls from due to Completed, idle polls included", str(calls))
    section.add(
        "Azurite alone, the same calls",
        f"{alone:.1f} s ({calls / alone:.0f} calls/s; the client computes for {client:.1f} s of it)",
    )
    if run.completed:
        section.add("ratio: the service to Azurite alone", f"{shown(run.completed / alone)}")
    section.notes += run.remarks
    section.notes.append(
        "reports come 0.3 s after acceptance, facts are looked for each second: part of the time is waiting"
    )
    return section


def _calls(run: Run) -> float:
    return sum(count for kind, count in run.calls.items() if kind != IDLE_POLL) / max(1, run.orders)


def _add_time(section: Section, what: str, seconds: float | None, orders: int) -> None:
    section.add(what, f"{seconds:.1f} s ({orders / seconds:.0f} a second)" if seconds else "not all got there")


async def _alone(run: Run, options: Options) -> tuple[float, float]:
    """Seconds that a fresh Azurite takes for the calls of a run, made by the bare client in a process of its own.

    The second is the client's processor time: where it is nearly all of the first, the client is the limit.
    """
    async with storage_alone(in_memory=options.in_memory) as storage:
        given = {
            "storage": storage,
            "calls": dict(run.calls_after_due),
            "transactions": [asdict(each) for each in run.transactions],
        }
        elapsed, client = await ask("benchmarks.replay", given)
        return float(elapsed), float(client)
