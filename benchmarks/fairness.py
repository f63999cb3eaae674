"""From due to the provider's being called, for one owner, while another owner's notifications wait.

They wait in two shapes: as a few orders of many recipients, and as many orders of one.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.answers import taken
from benchmarks.bodies import Body, Kind, body
from benchmarks.figures import Section
from benchmarks.journals import handed_over
from benchmarks.large import LARGEST, HandOvers, place
from benchmarks.load import Answer, Load, send
from benchmarks.options import Options
from benchmarks.seeding import PER_SECOND, seed
from benchmarks.statistics import percentile, spread
from benchmarks.system import System, running

_OWNER = "digdir"
# Not a whole second, so that all phases of the timer occur.
_STEP_SECONDS = 0.87
_AHEAD_SECONDS = 5.0
_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Ours:
    """The orders of whoever comes later: due when they are placed, and placed before for one moment after another."""

    now: Sequence[Answer]
    scheduled: Sequence[Answer]

    @property
    def all(self) -> Sequence[Answer]:
        """Both."""
        return [*self.now, *self.scheduled]


async def fairness(options: Options) -> Section:
    """Orders of one recipient, one after the other, from the moment at which the other owner's are due."""
    section = Section("Seconds from due to the provider's being called, while another owner's notifications wait")
    if options.provider_rate:
        section.add("the provider takes", f"{options.provider_rate} a second")
    if options.waiting:
        await _large(section, options)
    if options.waiting_orders:
        await _of_one(section, options)
    return section


async def _large(section: Section, options: Options) -> None:
    # Nothing is reported of them: they stay what they are, messages before somebody else's.
    addresses = [f"silent+{number}@example.com" for number in range(options.waiting)]
    async with running(in_memory=options.in_memory, settings=_settings(options)) as system:
        placed = await place(system, _OWNER, addresses, min(LARGEST, max(1, options.waiting // 2)))
        label = f"{options.waiting} in {len(placed)} orders wait"
        await _case(section, label, system, options, options.waiting)


async def _of_one(section: Section, options: Options) -> None:
    count = options.waiting_orders
    async with running(in_memory=options.in_memory, settings=_settings(options)) as system:
        due = time.time() + count / PER_SECOND + _AHEAD_SECONDS
        await seed(system.addresses.storage, _OWNER, silent_orders(count, due))
        await asyncio.sleep(max(0.0, due - time.time()))
        await _case(section, f"{count} orders of one wait", system, options, count)


async def _case(section: Section, label: str, system: System, options: Options, count: int) -> None:
    seen = HandOvers(system.data.log("host"))
    first = count - seen.total()
    ours = await _send(system, options.spread_orders)
    ended = time.time()
    still, after = max(0, count - seen.total() + len(ours.all)), ended - ours.now[0].time
    if not await system.published([each.shipments[0] for each in ours.all], within=_PATIENCE_SECONDS):
        section.notes.append(f"{label}: not all orders were completed in time")
    tell(section, label, ours, await handed_over(system.addresses.acs_email), until=time.time())
    section.add(f"{label}: how many", f"{first} at first, about {still} after {after:.0f} s")
    section.notes += system.remarks()


def silent_orders(count: int, due: float) -> list[Body]:
    """Orders of one email each, due at one moment, of which nothing is ever reported."""
    orders = []
    for number in range(count):
        order = body(Kind.EMAIL, due)
        order["recipient"]["recipientEmail"]["emailAddress"] = f"silent+{number}@example.com"
        orders.append(order)
    return orders


def _settings(options: Options) -> Mapping[str, str]:
    return {"EMAIL_CALLS_PER_SECOND": str(options.provider_rate)} if options.provider_rate else {}


async def _send(system: System, count: int) -> Ours:
    """Orders that are due when they are placed go straight to the workers; those placed before come by the timer."""
    url, token = system.addresses.service, await system.token()
    begin = time.time() + count / (10 / _STEP_SECONDS) + _AHEAD_SECONDS
    before = Load(
        url=url,
        token=token,
        count=count,
        rate=10 / _STEP_SECONDS,
        kind=Kind.EMAIL,
        due_at=begin,
        due_step=_STEP_SECONDS,
    )
    scheduled = taken(await send(before))
    await asyncio.sleep(max(0.0, begin - time.time()))
    now = taken(await send(Load(url=url, token=token, count=count, rate=1 / _STEP_SECONDS, kind=Kind.EMAIL)))
    if not (now and scheduled):
        raise RuntimeError("no order was taken")
    return Ours(now, scheduled)


def tell(section: Section, label: str, ours: Ours, called: Mapping[str, float], *, until: float) -> None:
    """Add the delays; an order that is due now is due when it is sent, and one never handed over waits `until` then."""
    for name, answers in (("due now", ours.now), ("scheduled", ours.scheduled)):
        delays = [called.get(each.shipments[0], until) - (each.due or each.time) for each in answers]
        section.add(f"{label}: {len(delays)} {name}, {_STEP_SECONDS} s apart", spread(delays, scale=1, unit="s"))
        section.at_most(f"{label}: {name}, p95", percentile(delays, 95), 10, " s")
        section.at_most(f"{label}: {name}, p99", percentile(delays, 99), 60, " s")
