"""The highest rate of orders due now at which POST stays quick and nothing queues up, the whole road behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.answers import failed, latencies, refused, taken
from benchmarks.bodies import Kind
from benchmarks.figures import Section
from benchmarks.load import Answer, Load, send
from benchmarks.options import Options
from benchmarks.statistics import percentile
from benchmarks.system import System, running

LADDER = (10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 100, 125, 150)
_FIRST = 40
_POST_P95_SECONDS = 1.0
_DRAIN_SECONDS = 10.0
_PATIENCE_SECONDS = 90.0
_GROWTH = 1.25
_BUDGET = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one rate came to: POST's p95, POST to Completed (p95), and how many orders were under way in the middle and
    at the end of the sending; None where not all were completed."""

    rate: int
    wrong: int
    post: float
    road: float | None
    middle: int
    end: int
    drain: float | None

    @property
    def kept_up(self) -> bool:
        """Whether POST was quick, nothing failed, and what was under way did not grow."""
        steady = self.end <= self.middle * _GROWTH + self.rate / 2
        drained = self.drain is not None and self.drain <= _DRAIN_SECONDS
        return not self.wrong and self.post < _POST_P95_SECONDS and steady and drained

    @property
    def text(self) -> str:
        """The step in one line."""
        road = f"{self.road:.1f} s" if self.road is not None else "not all"
        return (
            f"{'kept up' if self.kept_up else 'fell behind'}: POST p95 {self.post * 1000:.0f} ms, "
            f"to Completed p95 {road}, under way {self.middle} then {self.end}, {self.wrong} not taken"
        )


async def due_now(options: Options) -> Section:
    """The steps of the search, and the highest rate that was kept up with."""
    section = Section(f"Orders due now, {options.step_seconds} s at each rate: POST p95 < 1 s and nothing queues up")
    async with running(in_memory=options.in_memory) as system:
        steps = await _search(system, options.step_seconds)
        for step in sorted(steps, key=lambda each: each.rate):
            section.add(f"{step.rate} a second", step.text)
        best = max((step.rate for step in steps if step.kept_up), default=0)
        section.at_least("highest rate that was kept up with", best, _BUDGET, "/s")
        section.notes += system.remarks()
    return section


async def _search(system: System, seconds: int) -> list[Step]:
    """Halve what is left of the ladder at each step: a rate that was kept up with leaves the higher ones."""
    steps: list[Step] = []
    low, high, place = 0, len(LADDER), LADDER.index(_FIRST)
    while low < high:
        steps.append(await _step(system, LADDER[place], seconds))
        low, high = (place + 1, high) if steps[-1].kept_up else (low, place)
        place = (low + high) // 2
    return steps


async def _step(system: System, rate: int, seconds: int) -> Step:
    token = await system.token()
    load = Load(url=system.addresses.service, token=token, count=rate * seconds, rate=rate, kind=Kind.EMAIL)
    answers = await send(load)
    shipments = [each.shipments[0] for each in taken(answers)]
    everything = await system.published(shipments, within=_PATIENCE_SECONDS)
    return judged(rate, answers, system.log.published, everything=everything)


def judged(rate: int, answers: Sequence[Answer], published: Mapping[str, float], *, everything: bool) -> Step:
    """A step from its answers and the moments of publication."""
    good = taken(answers)
    first, last = answers[0].time, answers[-1].time
    ends = [published[each.shipments[0]] for each in good if each.shipments[0] in published]
    road = [published[each.shipments[0]] - each.time for each in good if each.shipments[0] in published]

    def under_way(moment: float) -> int:
        return sum(each.time <= moment for each in good) - sum(end <= moment for end in ends)

    return Step(
        rate=rate,
        wrong=len(failed(answers)) + len(refused(answers)),
        post=percentile(latencies(answers), 95),
        road=percentile(road, 95) if everything else None,
        middle=under_way((first + last) / 2),
        end=under_way(last),
        drain=max(ends, default=last) - last if everything else None,
    )
