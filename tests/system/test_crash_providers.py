"""Orders with many recipients each while the host is killed, through providers that keep no id and one that does.

A mail server and the SMS gateway send whenever they are called. A second call is possible where the process that made
the first died before it could say so: of each shipment and channel that is one notification at most for each death,
the one that it held. Who was held at two deaths is given up and left to his expiry. Communication Services know our id,
and send each SMS once. `test_crash` shows the same of their emails, and what becomes of orders with one recipient.
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
from local.waiting import until
from tests.system.abandoned import Abandoned, addresses, unjustified, until_ended
from tests.system.hand_overs import Call, Lives
from tests.system.killing import LONGEST_GAP, SHORTEST_GAP, kill_host, sleep_until
from tests.system.orders import Document, order
from tests.system.people import organization
from tests.system.published import published
from tests.system.running import System

pytestmark = pytest.mark.system

# A call may take a quarter of it, also on a slow machine: after that its fate would be uncertain though nobody died.
CLAIM_SECONDS = 20
KILLS = 4
WAVE = 4
EACH = 20
OWNER = "many-killed"
PATIENCE_SECONDS = 240
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
# The first recipient of this one is in hand for as long as a call may take: the mail server does not answer.
HELD_UP = "900000900"
STUCK = "stuck+killed@example.com"
BEHIND = [f"killed-behind-{each}@example.com" for each in range(3)]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own, whose SMS go two ways."""
    directory: Path = tmp_path_factory.mktemp("killed")
    people = directory / "people.json"
    held_up = {"number": HELD_UP, "partyId": 900_900, "emails": [STUCK, *BEHIND]}
    people.write_text(json.dumps({"organizations": [held_up, *(each.registered() for each in COMPANIES)]}))
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
    abandoned = await until_ended(system, placed, OWNER, within=PATIENCE_SECONDS)
    manifests = await system.until_final(placed, OWNER, within=PATIENCE_SECONDS)
    faults = await _faults(system, placed, manifests, lives, abandoned)
    met = _under_way(lives, manifests.values())
    lost = [len(each) for each in abandoned.values()]
    about = f"CRASH_SEED={seed}, kills met {met} notifications that were still to be sent, {sum(lost)} were abandoned"
    print(about)  # noqa: T201 - shown with -s
    assert not faults, "\n".join([about, *faults])
    assert any(met), f"nothing was under way at any kill: {about}"


async def test_who_was_in_hand_at_two_deaths_is_left_to_his_expiry_and_those_behind_him_are_sent(
    system: System,
) -> None:
    owner, began = "twice-killed", list[datetime]()
    placed = await system.order(order(organization(HELD_UP, "Email")), owner)
    shipment = placed["notification"]["shipmentId"]
    for deaths in range(2):
        await _until_called(system, STUCK, times=deaths + 1)
        began.append(await kill_host(system, within=PATIENCE_SECONDS))
    abandoned = await until_ended(system, [shipment], owner, within=PATIENCE_SECONDS)
    assert addresses(abandoned, shipment) == {STUCK}
    assert not [*unjustified(abandoned, Lives(timedelta(seconds=CLAIM_SECONDS), began))]
    manifest = await system.shipment(shipment, owner)
    assert {each["destination"]: each["status"] for each in manifest["recipients"]} == {
        STUCK: "Email_Failed_TTL",
        **dict.fromkeys(BEHIND, "Email_Delivered"),
    }
    called = Counter(str(call["recipient"]) for call in await system.calls("smtp") if call["kind"] == "send")
    assert {each: called[each] for each in [STUCK, *BEHIND]} == {STUCK: 2, **dict.fromkeys(BEHIND, 1)}
    await published(system, [shipment], owner)
    assert [entry["shipmentId"] for entry in await system.feed(owner)] == [shipment]


async def _until_called(system: System, recipient: str, *, times: int) -> None:
    """Wait until the mail server has been called so often for a recipient whom it does not answer."""

    async def is_called() -> bool:
        return [call.get("recipient") for call in await system.calls("smtp")].count(recipient) >= times

    async with asyncio.timeout(PATIENCE_SECONDS):
        await until(is_called, every=0.05)


async def _while_the_host_dies(system: System, chance: random.Random) -> tuple[dict[str, Company], Lives]:
    """Place a wave of orders shortly before each kill; the shipments' companies, and the lives of the host."""
    placed: dict[str, Company] = {}
    began: list[datetime] = []
    due = time.monotonic() + LONGEST_HEAD_START
    for start in range(0, len(COMPANIES), WAVE):
        await sleep_until(due - chance.uniform(0, LONGEST_HEAD_START))
        placing = asyncio.create_task(_place(system, COMPANIES[start : start + WAVE]))
        await sleep_until(due)
        began.append(await kill_host(system, within=PATIENCE_SECONDS))
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
    """How many notifications were made before each host but the first began, and accepted after that."""
    roads = [each["history"] + [{"at": each["lastUpdate"]}] for one in manifests for each in one["recipients"]]
    spans = [tuple(datetime.fromisoformat(step["at"]) for step in road[:2]) for road in roads]
    return [sum(made < begin < accepted for made, accepted in spans) for begin in lives.began]


async def _faults(
    system: System,
    placed: Mapping[str, Company],
    manifests: Mapping[str, Document],
    lives: Lives,
    abandoned: Abandoned,
) -> list[str]:
    lost = set().union(*(addresses(abandoned, each) for each in placed))
    companies = placed.values()
    telephones = [each.mobiles for each in companies]
    through_acs = [f"+{number}" for mobiles in telephones for number in mobiles if number.startswith(THROUGH_ACS)]
    through_gateway = [mobiles for mobiles in telephones if mobiles[0].startswith(THROUGH_GATEWAY)]
    return [
        *(fault for shipment, company in placed.items() for fault in _untold(manifests[shipment], company, lost)),
        *_twice(await system.calls("smtp"), [each.emails for each in companies], lives, lost),
        *_twice(await system.calls("pswin"), through_gateway, lives, {each.lstrip("+") for each in lost}),
        *_not_once(await system.calls("acs-sms"), through_acs, lost),
        *unjustified(abandoned, lives),
        *await _feed_faults(system, placed),
    ]


def _untold(manifest: Document, company: Company, abandoned: Collection[str]) -> Iterator[str]:
    """Whoever of a company was not reached though he was not given up, or the other way round."""
    everybody = [("Email", each) for each in company.emails] + [("SMS", f"+{each}") for each in company.mobiles]
    wanted = {to: f"{channel}_{'Failed_TTL' if to in abandoned else 'Delivered'}" for channel, to in everybody}
    ended = {each["destination"]: each["status"] for each in manifest["recipients"]}
    if manifest["status"] != "Order_Completed" or ended != wanted or len(manifest["recipients"]) != len(wanted):
        others = {to: status for to, status in ended.items() if status != wanted.get(to)}
        yield f"{company.number} ended as {manifest['status']} with {len(ended)} recipients, wrong are {others}"


def _twice(
    calls: Sequence[Call], lanes: Sequence[Sequence[str]], lives: Lives, abandoned: Collection[str]
) -> Iterator[str]:
    """What is wrong with calls of a provider that sends each time; a lane is one shipment's recipients of a channel.

    Who was given up may not have been called for at all, and at most twice.
    """
    moments: defaultdict[str, list[datetime]] = defaultdict(list)
    for call in calls:
        if call["kind"] == "send":
            moments[str(call["recipient"])].append(datetime.fromisoformat(call["time"]))
    for lane in lanes:
        held: Counter[int] = Counter()
        for recipient in lane:
            if not moments[recipient] and recipient not in abandoned:
                yield f"{recipient} was never handed over"
            if len(moments[recipient]) > 2 and recipient in abandoned:
                yield f"{recipient} was handed over {len(moments[recipient])} times and given up"
            for first, second in pairwise(sorted(moments[recipient])):
                held[lives.of(first)] += 1
                if wrong := lives.fault(first, second):
                    yield f"{recipient} was handed over at {first} and {second}: {wrong}"
        yield from (f"life {life} left {count} of {lane} behind" for life, count in held.items() if count > 1)


def _not_once(calls: Sequence[Call], recipients: Sequence[str], abandoned: Collection[str]) -> Iterator[str]:
    """What is wrong with calls of the provider that knows our id: one SMS for each id, one id for each recipient."""
    for recipient in recipients:
        own = [call for call in calls if call["recipient"] == recipient]
        accepted = sum(call["accepted"] for call in own)
        ids = {call["repeatabilityId"] for call in own}
        if recipient in abandoned and not own:
            continue
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
