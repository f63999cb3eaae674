"""What a caller waits for: an order that is refused with 400, and a valid one, at a rate that lets nothing queue up."""

from collections import Counter
from collections.abc import Sequence

from benchmarks.bodies import Kind
from benchmarks.figures import Section
from benchmarks.load import Answer, Load, send
from benchmarks.options import Options
from benchmarks.statistics import spread
from benchmarks.system import System, running

_RATE = 50
_WARM_UP = 50
_HOUR = 3600.0
_REFUSED, _TAKEN = 400, 201


async def validation(options: Options) -> Section:
    """Both kinds one after the other, on one system."""
    section = Section(f"POST over HTTP at {_RATE}/s, {options.orders} of each kind")
    async with running(in_memory=options.in_memory) as system:
        await _send(system, Kind.EMAIL_WITH_REMINDER, _WARM_UP)
        for kind, label, status in (
            (Kind.INVALID, "an invalid order, answered 400", _REFUSED),
            (Kind.EMAIL_WITH_REMINDER, "email and a reminder, due in an hour, answered 201", _TAKEN),
        ):
            describe(section, label, await _send(system, kind, options.orders), status)
        section.notes += system.remarks()
    return section


def describe(section: Section, label: str, answers: Sequence[Answer], status: int) -> None:
    """Add the latencies of the answers with the status that they should have, and how many had another."""
    section.add(label, spread([each.latency for each in answers if each.status == status]))
    others = Counter(each.status for each in answers if each.status != status)
    if others:
        section.notes.append(f"{label}: other answers {dict(sorted(others.items()))}")


async def _send(system: System, kind: Kind, count: int) -> list[Answer]:
    return await send(
        Load(
            url=system.addresses.service,
            token=await system.token(),
            count=count,
            rate=_RATE,
            kind=kind,
            due_in=_HOUR,
        )
    )
