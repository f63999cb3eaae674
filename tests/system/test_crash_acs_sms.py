"""SMS through Communication Services alone, while the host is killed with ten of each order's in their hands.

A claim covers ten notifications here, since the service knows a repeat by our id for minutes: what a killed process
had handed over is called again when the claim has lapsed, and nobody gets it twice. The numbers are answered late and
reported later still, so that each kill meets some that were accepted and not recorded, and no report spares the repeat.
`test_crash_providers` has the providers that send whenever they are called.
"""

import asyncio
import json
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from local.simulators.acs_sms.recipients import number
from local.waiting import until
from tests.system.abandoned import Abandoned, addresses, unjustified, until_ended
from tests.system.hand_overs import Call, Lives
from tests.system.killing import LONGEST_GAP, SHORTEST_GAP, kill_host, sleep_until
from tests.system.orders import Document, notification_id, order
from tests.system.people import organization
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

# A quarter of it is more than the two seconds that an answer takes, also on a slow machine; all of it is over, and all
# was called for again, before the reports come.
CLAIM_SECONDS = 20
KILLS = 3
WAVE = 3
OWNER = "all-at-once-killed"
COMPANY = "900000099"
# The first claim is all of the slow ones.
SLOW = [number("36", variant) for variant in range(10)]
ORDINARY = [f"+4799998{each:03}" for each in range(10)]
EACH = len(SLOW) + len(ORDINARY)
PATIENCE_SECONDS = 240


@dataclass(frozen=True, slots=True)
class Stormy:
    """The shipments by wave, and the lives of the host that they were sent in."""

    waves: Sequence[Sequence[str]]
    lives: Lives

    @property
    def shipments(self) -> list[str]:
        """All of them."""
        return [each for wave in self.waves for each in wave]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own, whose SMS go one way."""
    directory: Path = tmp_path_factory.mktemp("killed-acs")
    people = directory / "people.json"
    company = {"number": COMPANY, "partyId": 900_099, "mobiles": [*SLOW, *ORDINARY]}
    people.write_text(json.dumps({"organizations": [company]}))
    options = ("--sms-routes", "*=acs", "--registers", str(people))
    running = System.start(directory / "data", *options, claim_seconds=CLAIM_SECONDS)
    try:
        yield running
    finally:
        running.stop()


async def test_each_sms_is_sent_once_although_ten_were_in_hand_at_each_kill_and_are_called_for_again(
    system: System,
) -> None:
    seed = int(os.environ.get("CRASH_SEED", time.time_ns() % 1_000_000))
    stormy = await _while_the_host_dies(system, random.Random(seed))
    abandoned = await until_ended(system, stormy.shipments, OWNER, within=PATIENCE_SECONDS)
    manifests = await system.until_final(stormy.shipments, OWNER, within=PATIENCE_SECONDS)
    given_up = _ids_of(abandoned)
    calls = _by_id(await system.calls("acs-sms"))
    faults = [
        *(fault for each in stormy.shipments for fault in _untold(manifests[each], addresses(abandoned, each))),
        *_not_once(calls, _ids(stormy.shipments), given_up),
        *_without_need(calls, stormy.lives),
        *unjustified(abandoned, stormy.lives),
    ]
    absorbed = _absorbed(calls, stormy.lives)
    about = (
        f"CRASH_SEED={seed}, repeats that the provider absorbed, by kill: {absorbed}, {len(given_up)} were abandoned"
    )
    print(about)  # noqa: T201 - shown with -s
    assert not faults, "\n".join([about, *faults])
    assert all(absorbed), about
    await published(system, stormy.shipments, OWNER)
    told = Counter(entry["shipmentId"] for entry in await system.feed(OWNER))
    assert told == Counter(stormy.shipments)


async def _while_the_host_dies(system: System, chance: random.Random) -> Stormy:
    """Place a wave of orders for each kill, which comes while the provider has not answered their first SMS."""
    waves: list[list[str]] = []
    began: list[datetime] = []
    due = time.monotonic()
    for _ in range(KILLS):
        await sleep_until(due)
        waves.append(await _place(system))
        await _until_called(system, waves[-1])
        await asyncio.sleep(chance.uniform(0, 0.5))
        began.append(await kill_host(system, within=PATIENCE_SECONDS))
        due = time.monotonic() + chance.uniform(SHORTEST_GAP, LONGEST_GAP)
    return Stormy(waves, Lives(timedelta(seconds=CLAIM_SECONDS), began))


async def _place(system: System) -> list[str]:
    bodies = [order(organization(COMPANY, "Sms")) for _ in range(WAVE)]
    answers = await asyncio.gather(*(system.order(each, OWNER) for each in bodies))
    return [str(each["notification"]["shipmentId"]) for each in answers]


async def _until_called(system: System, shipments: Collection[str]) -> None:
    """Wait until the provider has been called for any of these."""
    wanted = _ids(shipments)

    async def is_called() -> bool:
        return bool(wanted & {str(call["repeatabilityId"]) for call in await system.calls("acs-sms")})

    async with asyncio.timeout(PATIENCE_SECONDS):
        await until(is_called, every=0.05)


def _ids(shipments: Collection[str]) -> set[str]:
    return {notification_id(each, place) for each in shipments for place in range(1, EACH + 1)}


def _ids_of(abandoned: Abandoned) -> set[str]:
    return {notification_id(shipment, one.number) for shipment, given_up in abandoned.items() for one in given_up}


def _by_id(calls: Sequence[Call]) -> Mapping[str, list[Call]]:
    found: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[str(call["repeatabilityId"])].append(call)
    return found


def _untold(manifest: Document, abandoned: Collection[str]) -> Iterator[str]:
    """Whoever was not reached though he was not given up, or the other way round."""
    ended = sorted((each["destination"], each["status"]) for each in manifest["recipients"])
    numbers = sorted({*SLOW, *ORDINARY})
    wanted = [(each, "SMS_Failed_TTL" if each in abandoned else "SMS_Delivered") for each in numbers]
    if (manifest["status"], ended) != ("Order_Completed", wanted):
        yield f"{manifest['shipmentId']} ended as {manifest['status']} with {ended}"


def _not_once(
    calls: Mapping[str, Sequence[Call]], wanted: Collection[str], abandoned: Collection[str]
) -> Iterator[str]:
    """Each notification was accepted once, every call for it under its id and to the same number.

    One that was given up may not have been called for at all, and at most twice.
    """
    yield from (f"called under {each}, which is no notification" for each in calls.keys() - set(wanted))
    for identity in wanted:
        own = calls.get(identity, ())
        if identity in abandoned and not own:
            continue
        if identity in abandoned and len(own) > 2:
            yield f"{identity} was given up after {len(own)} calls"
        accepted, numbers = sum(call["accepted"] for call in own), {call["recipient"] for call in own}
        if (accepted, len(numbers)) != (1, 1):
            yield f"{identity} was sent {accepted} times to {len(numbers)} numbers in {len(own)} calls"


def _without_need(calls: Mapping[str, Sequence[Call]], lives: Lives) -> Iterator[str]:
    """Whoever was called for again though nobody had died, or before the claim can have lapsed."""
    for identity, own in calls.items():
        for first, second in pairwise(map(_moment, own)):
            if wrong := lives.fault(first, second):
                yield f"{identity} was called for at {first} and {second}: {wrong}"


def _absorbed(calls: Mapping[str, Sequence[Call]], lives: Lives) -> list[int]:
    """How many calls repeated one that a process had made before it died, by its death."""
    deaths = Counter(lives.of(_moment(first)) for own in calls.values() for first, _ in pairwise(own))
    return [deaths[life] for life in range(len(lives.began))]


def _moment(call: Call) -> datetime:
    return datetime.fromisoformat(call["time"])
