"""From due to the provider's being called, for one owner, while another owner's large orders wait."""

import time
from collections.abc import Mapping, Sequence

from benchmarks.answers import taken
from benchmarks.bodies import Kind
from benchmarks.figures import Section
from benchmarks.journals import handed_over
from benchmarks.large import HandOvers, place
from benchmarks.load import Answer, Load, send
from benchmarks.options import Options
from benchmarks.statistics import percentile, spread
from benchmarks.system import System, running

# Not a whole second, so that all phases of the timer occur.
_STEP_SECONDS = 0.87
_LARGEST = 10_000
_PATIENCE_SECONDS = 300.0


async def fairness(options: Options) -> Section:
    """Orders of one recipient, due now, one after the other, from the moment at which the large orders were taken."""
    section = Section(f"Seconds from due to the provider's being called, while another owner's {options.waiting} wait")
    async with running(in_memory=options.in_memory) as system:
        # Nothing is reported of them: they stay what they are, messages before somebody else's.
        addresses = [f"silent+{number}@example.com" for number in range(options.waiting)]
        theirs = [each.shipment for each in await place(system, "digdir", addresses, _LARGEST)]
        seen = HandOvers(system.data.log("host"))
        first = options.waiting - seen.count(theirs)
        ours, ended = await _send(system, options.spread_orders), time.time()
        still, after = options.waiting - seen.count(theirs), ended - ours[0].time
        if not await system.published([each.shipments[0] for each in ours], within=_PATIENCE_SECONDS):
            section.notes.append("not all orders were completed in time")
        _tell(section, ours, await handed_over(system.addresses.acs_email))
        section.add("of the other owner's were waiting", f"{first} at first, {still} after {after:.0f} s")
        section.notes += system.remarks()
    return section


async def _send(system: System, count: int) -> list[Answer]:
    load = Load(
        url=system.addresses.service,
        token=await system.token(),
        count=count,
        rate=1 / _STEP_SECONDS,
        kind=Kind.EMAIL,
    )
    answers = taken(await send(load))
    if not answers:
        raise RuntimeError("no order was taken")
    return answers


def _tell(section: Section, ours: Sequence[Answer], called: Mapping[str, float]) -> None:
    """An order that is due now is due when it is sent."""
    delays = [called[each.shipments[0]] - each.time for each in ours if each.shipments[0] in called]
    section.add(f"{len(delays)} orders {_STEP_SECONDS} s apart", spread(delays, scale=1, unit="s"))
    section.at_most("fairness, p95", percentile(delays, 95), 10, " s")
    section.at_most("fairness, p99", percentile(delays, 99), 60, " s")
