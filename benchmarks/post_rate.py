"""POST at a sustained rate: orders with a reminder, due in an hour; and what the host needs meanwhile."""

from collections import Counter

from benchmarks.answers import describe, failed, latencies, rate
from benchmarks.bodies import Kind
from benchmarks.figures import Section, shown
from benchmarks.load import Answer, Load, send
from benchmarks.memory import processor_seconds, watched
from benchmarks.options import Options
from benchmarks.statistics import percentile
from benchmarks.system import System, running

_WARM_UP_SECONDS = 3
_HOUR = 3600.0
_MEGABYTE = 1_000_000


async def post_rate(options: Options) -> Section:
    """The rate that was asked for, p50, p95, p99, errors, memory."""
    section = Section(f"POST, main and one reminder, due in an hour: {options.rate}/s for {options.seconds} s")
    async with running(in_memory=options.in_memory) as system:
        await _load(system, options.rate, _WARM_UP_SECONDS)
        before = processor_seconds(system.host)
        async with watched(system.host) as resident:
            answers = await _load(system, options.rate, options.seconds)
        after = processor_seconds(system.host)
        section.at_least("orders taken a second", rate(answers), round(options.rate * 0.98, 1))
        section.at_most("POST p95", percentile(latencies(answers), 95) * 1000, 100, " ms")
        section.at_most("POST p99", percentile(latencies(answers), 99) * 1000, 250, " ms")
        section.at_most("5xx, 4xx or no answer", len(failed(answers)), 0)
        section.add("answers by status", _statuses(Counter(each.status for each in answers)))
        describe(section, answers)
        if resident:
            section.at_most("memory of the host, most", max(resident) / _MEGABYTE, 300, " MB")
        if before is not None and after is not None:
            section.add("processor time of the host an order", f"{shown((after - before) * 1000 / len(answers))} ms")
        section.notes += system.remarks()
    return section


async def _load(system: System, per_second: int, seconds: int) -> list[Answer]:
    return await send(
        Load(
            url=system.addresses.service,
            token=await system.token(),
            count=per_second * seconds,
            rate=per_second,
            kind=Kind.EMAIL_WITH_REMINDER,
            due_in=_HOUR,
        )
    )


def _statuses(counted: Counter[int]) -> str:
    return ", ".join(f"{status or 'no answer'}: {count}" for status, count in sorted(counted.items()))
