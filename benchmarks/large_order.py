"""One order with many recipients: notifications a second to sent, and the storage calls of each."""

import asyncio
from collections import Counter
from dataclasses import dataclass

from benchmarks.access_log import IDLE_POLL
from benchmarks.call_counts import CallLogs
from benchmarks.figures import Section, shown
from benchmarks.large import LARGEST, HandOvers, Placed, place
from benchmarks.memory import processor_seconds, watched
from benchmarks.options import Options
from benchmarks.system import System, running, scratch
from local.waiting import until

BUDGET = 0.1
_PATIENCE_SECONDS = 600.0
_MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class _Course:
    """A system with an order on its road."""

    system: System
    order: Placed
    count: int

    async def accepted(self) -> float | None:
        """Seconds from the answer until the provider had accepted all; None when it did not in time."""
        seen = HandOvers(self.system.data.log("host"))

        async def all_of_them() -> bool:
            return seen.count([self.order.shipment]) >= self.count

        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await until(all_of_them, every=0.5)
        except TimeoutError:
            return None
        return max(seen.times[self.order.shipment]) - self.order.at

    async def completed(self) -> float | None:
        """Seconds from the answer to `Order_Completed`; None when it was not in time."""
        shipment = self.order.shipment
        done = await self.system.published([shipment], within=_PATIENCE_SECONDS)
        return self.system.log.published[shipment] - self.order.at if done else None


async def large_order(options: Options) -> Section:
    """To sent, to recipients of whom nothing is ever reported; and to Completed, a webhook call for each report."""
    if max(options.recipients, options.reported) > LARGEST:
        raise RuntimeError(f"one order has at most {LARGEST} recipients")
    section = Section("One order with many recipients, due now")
    await _case(section, options, "silent", options.recipients, to="sent")
    await _case(section, options, "kari", options.reported, to="Completed")
    return section


async def _case(section: Section, options: Options, name: str, count: int, *, to: str) -> None:
    with scratch() as path:
        record = path / "transactions"
        async with running(in_memory=options.in_memory, access_log=True, transactions=record) as system:
            logs = CallLogs(system.data, record)
            start, before = logs.mark(), processor_seconds(system.host)
            async with watched(system.host) as resident:
                (order,) = await place(system, "ttd", [f"{name}+{number}@example.com" for number in range(count)])
                course = _Course(system, order, count)
                seconds = await (course.accepted() if to == "sent" else course.completed())
                # What was accepted last is still to be recorded, and the workers delete their last messages.
                await asyncio.sleep(1)
            after = processor_seconds(system.host)
            section.add(f"all {count} {to} after", _rate(seconds, count))
            _tell_calls(section, to, logs.calls(start, logs.mark()), count)
            if before is not None and after is not None:
                section.add(f"to {to}: processor time of the host", f"{after - before:.1f} s")
            if resident:
                section.add(f"to {to}: memory of the host, most", f"{shown(max(resident) / _MEGABYTE)} MB")
            section.notes += system.remarks()


def _tell_calls(section: Section, to: str, calls: Counter[str], count: int) -> None:
    polls = calls.pop(IDLE_POLL, 0)
    label = f"to {to}: storage calls a notification"
    if to == "sent":
        section.at_most(label, calls.total() / count, BUDGET)
    else:
        section.add(label, shown(calls.total() / count))
    for kind, number in sorted(calls.items(), key=lambda each: -each[1]):
        section.add(f"    {kind}", str(number))
    section.add(f"    apart: {IDLE_POLL}", str(polls))


def _rate(seconds: float | None, count: int) -> str:
    return f"{seconds:.1f} s ({shown(count / seconds)} notifications a second)" if seconds else "not all got there"
