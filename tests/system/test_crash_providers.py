"""Orders with many recipients each while the host is killed, through providers that keep no id and one that does.

A mail server and the SMS gateway send whenever they are called. A second call is possible where the process that made
the first died before it could say so: of each shipment and channel that is one notification at most for each death,
the one that it held. Communication Services know our id, and send each SMS once. `test_crash` shows the same of their
emails, and what becomes of orders with one recipient.
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

from local.orders import Orders
from local.supervisor import RESTART_DELAY_SECONDS
from local.waiting import until
from tests.system.hand_overs import Call, Lives
from tests.system.killing import LONGEST_GAP, SHORTEST_GAP, kill_host, sleep_until
from tests.system.orders import Document, order
from tests.system.people import organization
from tests.system.running import System

pytestmark = pytest.mark.system

CLAIM_SECONDS = 8
KILLS = 4
WAVE = 4
EACH = 20
OWNER = "many-killed"
PATIENCE_SECONDS = 120
LONGEST_HEAD_START = 2
# Every other organisation's telephones begin like this, and are reached through Communication Services.
THROUGH_ACS = "479997"
THROUGH_GATEWAY = "479998"


@dataclass(frozen=True, slots=True)
class Company:
    """An organisation that the registers know, by its place among them."""

    place: int

    @property
    def number(self) -> str:
        """Its organisation number."""
        return str(900_000_000 + self.place)

    @property
    def emails(self) -> list[str]:
        """Its email addresses."""
        return [f"killed-{self.place}-{each}@example.com" for each in range(EACH)]

    @property
    def mobiles(self) -> list[str]:
        """Its telephone numbers, digits only."""
        begin = THROUGH_ACS if self.place % 2 else THROUGH_GATEWAY
        return [f"{begin}{self.place * EACH + each:04}" for each in range(EACH)]

    def registered(self) -> Document:
        """How it is in the registers' file."""
        mobiles = [f"+{each}" for each in self.mobiles]
        return {"number": self.number, "partyId": 900_000 + self.place, "emails": self.emails, "mobiles": mobiles}


COMPANIES = [Company(place) for place in range(KILLS * WAVE)]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own, whose SMS go two ways."""
    directory: Path = tmp_path_factory.mktemp("killed")
    people = directory / "people.json"
    people.write_text(json.dumps({"organizations": [each.registered() for each in COMPANIES]}))
    running = System.start(
        directory / "data",
        *("--email", "smtp", "--sms-routes", f"+{THROUGH_ACS}=acs;*=pswin", "--registers", str(people)),
        claim_seconds=CLAIM_SECONDS,
    )
    try:
        yield running
    finally:
        running.stop()


async def test_only_what_a_killed_process_held_is_sent_twice_and_nothing_by_a_provider_that_knows_our_id(
    system: System,
) -> None:
    seed = int(os.environ.get("CRASH_SEED", time.time_ns() % 1_000_000))
    placed, lives = await _while_the_host_dies(system, random.Random(seed))
    manifests = await system.until_final(placed, OWNER, within=PATIENCE_SECONDS)
    faults = await _faults(system, placed, manifests, lives)
    met = _under_way(lives, manifests.values())
    about = f"CRASH_SEED={seed}, kills met {met} notifications that were still to be sent"
    print(about)  # noqa: T201 - shown with -s
    assert not faults, "\n".join([about, *faults])
    assert any(met), f"nothing was under way at any kill: {about}"


async def _while_the_host_dies(system: System, chance: random.Random) -> tuple[dict[str, Company], Lives]:
    """Place a wave of orders shortly before each kill; the shipments' companies, and the lives of the host."""
    placed: dict[str, Company] = {}
    began: list[datetime] = []
    due = time.monotonic() + LONGEST_HEAD_START
    for start in range(0, len(COMPANIES), WAVE):
        await sleep_until(due - chance.uniform(0, LONGEST_HEAD_START))
        placing = asyncio.create_task(_place(system, COMPANIES[start : start + WAVE]))
        await sleep_until(due)
        killed = await kill_host(system, within=PATIENCE_SECONDS)
        began.append(killed + timedelta(seconds=RESTART_DELAY_SECONDS))
        due = time.monotonic() + chance.uniform(SHORTEST_GAP, LONGEST_GAP)
        placed |= await placing
    return placed, Lives(timedelta(seconds=CLAIM_SECONDS), began)


async def _place(system: System, companies: Sequence[Company]) -> dict[str, Company]:
    """Place an order for each, again until there is an answer; the companies by shipment."""
    bodies = [order(organization(each.number, "EmailAndSms")) for each in companies]
    async with system.client(OWNER) as http:
        answers = await asyncio.gather(*(Orders(http).place(body) for body in bodies))
    return dict(zip((answer["notification"]["shipmentId"] for answer in answers), companies, strict=True))


def _under_way(lives: Lives, manifests: Collection[Document]) -> list[int]:
    """How many notifications were made before each death and accepted after it."""
    roads = [each["history"] + [{"at": each["lastUpdate"]}] for one in manifests for each in one["recipients"]]
    spans = [tuple(datetime.fromisoformat(step["at"]) for step in road[:2]) for road in roads]
    return [sum(made < death < accepted for made, accepted in spans) for death in lives.began]


async def _faults(
    system: System, placed: Mapping[str, Company], manifests: Mapping[str, Document], lives: Lives
) -> list[str]:
    companies = placed.values()
    telephones = [each.mobiles for each in companies]
    through_acs = [f"+{number}" for mobiles in telephones for number in mobiles if number.startswith(THROUGH_ACS)]
    through_gateway = [mobiles for mobiles in telephones if mobiles[0].startswith(THROUGH_GATEWAY)]
    return [
        *(fault for shipment, company in placed.items() for fault in _untold(manifests[shipment], company)),
        *_twice(await system.calls("smtp"), [each.emails for each in companies], lives),
        *_twice(await system.calls("pswin"), through_gateway, lives),
        *_not_once(await system.calls("acs-sms"), through_acs),
        *await _feed_faults(system, placed),
    ]


def _untold(manifest: Document, company: Company) -> Iterator[str]:
    """Whoever of a company was not reached."""
    statuses = Counter(each["status"] for each in manifest["recipients"])
    if (manifest["status"], statuses) != ("Order_Completed", {"Email_Delivered": EACH, "SMS_Delivered": EACH}):
        yield f"{company.number} ended as {manifest['status']} with {dict(statuses)}"


def _twice(calls: Sequence[Call], lanes: Sequence[Sequence[str]], lives: Lives) -> Iterator[str]:
    """What is wrong with calls of a provider that sends each time; a lane is one shipment's recipients of a channel."""
    moments: defaultdict[str, list[datetime]] = defaultdict(list)
    for call in calls:
        if call["kind"] == "send":
            moments[str(call["recipient"])].append(datetime.fromisoformat(call["time"]))
    for lane in lanes:
        held: Counter[int] = Counter()
        for recipient in lane:
            if not moments[recipient]:
                yield f"{recipient} was never handed over"
            for first, second in pairwise(sorted(moments[recipient])):
                held[lives.of(first)] += 1
                if wrong := lives.fault(first, second):
                    yield f"{recipient} was handed over at {first} and {second}: {wrong}"
        yield from (f"life {life} left {count} of {lane} behind" for life, count in held.items() if count > 1)


def _not_once(calls: Sequence[Call], recipients: Sequence[str]) -> Iterator[str]:
    """What is wrong with calls of the provider that knows our id: one SMS for each id, one id for each recipient."""
    for recipient in recipients:
        own = [call for call in calls if call["recipient"] == recipient]
        accepted = sum(call["accepted"] for call in own)
        ids = {call["repeatabilityId"] for call in own}
        if (accepted, len(ids)) != (1, 1):
            yield f"{recipient} was sent {accepted} times under {len(ids)} ids in {len(own)} calls"


async def _feed_faults(system: System, placed: Mapping[str, Company]) -> list[str]:
    """The feed follows the ends, and tells of each shipment once."""

    async def complete() -> bool:
        return len(await system.feed(OWNER)) >= len(placed)

    async with asyncio.timeout(PATIENCE_SECONDS):
        await until(complete, every=0.2)
    told = Counter(entry["shipmentId"] for entry in await system.feed(OWNER))
    return [] if told == Counter(placed.keys()) else [f"the feed tells of {told}"]
