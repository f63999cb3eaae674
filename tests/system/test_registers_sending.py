"""Registers in trouble when an order is due: it waits with back-off, and goes out when they are back."""

import asyncio
import json
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.waiting import until
from tests.system.orders import Document, email_recipient, notification_id, order
from tests.system.outcomes import Told
from tests.system.people import RESOURCE, organization, person, texts
from tests.system.privacy import assert_silent, personal
from tests.system.published import published
from tests.system.registers import Registers, registers
from tests.system.running import POLL_SECONDS, System
from tests.system.times import ahead, written

pytestmark = pytest.mark.system

OWNER = "patient-owner"
PERSONS = {"down": "01817912345", "killed": "01817912346"}
# What takes longest comes first, and nothing is put off twice.
FAULTS = ("hang", "down", "reset", "garbage", "somebodyElse")
NAMED, USERS = 410_000_000, 420_000_000
REGISTERS = {"names": NAMED, "decisions": USERS}
HALF = len(FAULTS)
GREETING = texts("To $recipientName$")


def companies() -> Iterator[Document]:
    """An organisation to be named and one with two users to be decided on, for each fault."""
    for place in range(HALF + 1):
        yield {
            "number": str(NAMED + place),
            "partyId": NAMED + place,
            "name": f"Synthetic {place} AS",
            "emails": [f"named-{place}@example.com"],
        }
        users = [{"userId": USERS + 10 * place + each, "email": f"user-{place}-{each}@example.com"} for each in (1, 2)]
        yield {
            "number": str(USERS + place),
            "partyId": USERS + place,
            "emails": [f"official-{place}@example.com"],
            "users": [{**each, "resources": {"te_svc123": ["read"]}} for each in users],
        }


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own: its registers are in trouble, and its host is killed once."""
    directory: Path = tmp_path_factory.mktemp("patient")
    people = directory / "people.json"
    persons = [{"number": each, "email": f"{name}@example.com"} for name, each in PERSONS.items()]
    people.write_text(json.dumps({"persons": persons, "organizations": list(companies())}))
    running = System.start(directory / "data", "--registers", str(people))
    try:
        yield running
        numbers = {str(base + place) for base in REGISTERS.values() for place in range(HALF + 1)}
        assert_silent(running, asyncio.run(personal(running)) | numbers | set(PERSONS.values()))
    finally:
        running.stop()


@dataclass
class Waiting:
    """An order that a register held up: how it looked meanwhile, and how it ended."""

    shipment: str
    meanwhile: Document = field(default_factory=dict)
    manifest: Document = field(default_factory=dict)
    entries: int = 0

    @property
    def told(self) -> Told:
        """Statuses and destinations at the end."""
        return sorted((each["status"], each["destination"]) for each in self.manifest["recipients"])


type Story = Mapping[tuple[str, str], Waiting]


@pytest.fixture(scope="module")
def story(system: System) -> Story:
    """One order for each register and fault, and those of the persons' register, which was asked at placement."""
    return asyncio.run(_lived_through(system))


async def _lived_through(system: System) -> Story:
    waiting: dict[tuple[str, str], Waiting] = {}
    async with registers(system) as turned:
        await _asked_again(system, turned, waiting)
        for place, fault in enumerate(FAULTS):
            await turned.turn(names={fault: True}, decisions={fault: True})
            waiting["names", fault] = await _ordered(system, organization(str(NAMED + place), **GREETING))
            waiting["decisions", fault] = await _ordered(system, _with_users(place))
            waiting["none", fault] = await _ordered(system, email_recipient(f"beside-{fault}@example.com"))
            for register in REGISTERS:
                await _until_put_off(system, waiting[register, fault])
        await turned.turn(decisions={"halfMissing": True})
        waiting["decisions", "halfMissing"] = await _ordered(system, _with_users(HALF))
        await _until_put_off(system, waiting["decisions", "halfMissing"])
    await _until_ended(system, waiting)
    return waiting


async def _asked_again(system: System, turned: Registers, waiting: dict[tuple[str, str], Waiting]) -> None:
    """What the register said at placement is not known any more when an order is due, nor to another process."""
    for name, seconds in {"down": 6, "killed": 12}.items():
        due = written(ahead(seconds=seconds))
        waiting["persons", name] = await _ordered(system, person(PERSONS[name]), requestedSendTime=due)
    await turned.turn(persons={"down": True})
    await _until_put_off(system, waiting["persons", "down"])
    os.kill(system.process_id("host"), signal.SIGKILL)
    await _until_put_off(system, waiting["persons", "killed"])


async def _ordered(system: System, recipient: Document, **members: Any) -> Waiting:
    placed = await system.order(order(recipient, **members), OWNER)
    return Waiting(placed["notification"]["shipmentId"])


def _with_users(place: int) -> Document:
    return organization(str(USERS + place), resourceId=RESOURCE)


async def _until_put_off(system: System, waiting: Waiting) -> None:
    wanted = f"register.unavailable shipment={waiting.shipment}"

    async def is_told() -> bool:
        return wanted in system.log()

    async with asyncio.timeout(120):
        await until(is_told, every=POLL_SECONDS)
    waiting.meanwhile = await system.shipment(waiting.shipment, OWNER)


async def _until_ended(system: System, waiting: Story) -> None:
    manifests = await system.until_final([each.shipment for each in waiting.values()], OWNER)
    await published(system, [each.shipment for each in waiting.values()], OWNER)
    feed = [entry["shipmentId"] for entry in await system.feed(OWNER)]
    for each in waiting.values():
        each.manifest, each.entries = manifests[each.shipment], feed.count(each.shipment)


HELD_UP = [
    *(("persons", each) for each in PERSONS),
    *((register, fault) for register in REGISTERS for fault in FAULTS),
    ("decisions", "halfMissing"),
]


@pytest.mark.parametrize(("register", "fault"), HELD_UP)
def test_an_order_waits_for_a_register_and_nobody_fails(story: Story, register: str, fault: str) -> None:
    waiting = story[register, fault]
    assert (waiting.meanwhile["status"], waiting.meanwhile["recipients"]) == ("Order_Registered", [])
    assert waiting.manifest["status"] == "Order_Completed"
    assert {status for status, _ in waiting.told} == {"Email_Delivered"}
    assert waiting.entries == 1


@pytest.mark.parametrize(("place", "fault"), list(enumerate(FAULTS)))
async def test_what_had_to_wait_is_sent_once_to_all_and_by_name(
    system: System, story: Story, place: int, fault: str
) -> None:
    named, users = story["names", fault], story["decisions", fault]
    assert [address for _, address in named.told] == [f"named-{place}@example.com"]
    assert [address for _, address in users.told] == [
        f"official-{place}@example.com",
        f"user-{place}-1@example.com",
        f"user-{place}-2@example.com",
    ]
    sent = await system.emails()
    assert [call["subject"] for call in sent if call["recipient"] == f"named-{place}@example.com"] == [
        f"To Synthetic {place} AS"
    ]
    ids = {notification_id(users.shipment, each) for each in (1, 2, 3)}
    assert sorted(call["operationId"] for call in sent if call["operationId"] in ids) == sorted(ids)


@pytest.mark.parametrize("fault", FAULTS)
def test_orders_that_need_no_register_are_sent_meanwhile(story: Story, fault: str) -> None:
    assert story["none", fault].told == [("Email_Delivered", f"beside-{fault}@example.com")]


async def test_a_register_of_names_that_leaves_somebody_out_holds_nobody_up(system: System) -> None:
    async with registers(system) as turned:
        await turned.turn(names={"halfMissing": True})
        nameless = await _ordered(system, organization(str(NAMED + HALF), **GREETING))
        await system.until_final([nameless.shipment], OWNER)
    calls = await system.emails()
    assert {each["subject"] for each in calls if each["recipient"] == f"named-{HALF}@example.com"} == {"To "}
