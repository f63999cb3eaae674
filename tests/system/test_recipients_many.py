"""Many recipients of one order, and one person's number in every way that people type it."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from local.waiting import until
from tests.system.expect import API, assert_json
from tests.system.orders import Document, order
from tests.system.outcomes import LEGACY, assert_missing_contact, outcomes, placed, shipment_of
from tests.system.people import RESOURCE, legacy, nin, organization, person
from tests.system.registers import registers
from tests.system.running import System
from tests.system.times import ahead, written

pytestmark = pytest.mark.system

OWNER = "sender-to-many"
COMPANY, USERS = "430000001", 5_000
FIRST, KNOWN, ASKED = 17_859_600_000, 300, 10_000
# Each has a minute's worth of work on two busy cores.
PATIENCE = 300
TYPED = {
    "99999971": "+4799999971",
    "+4799999972": "+4799999972",
    "004799999973": "+4799999973",
    "+47 999 99 974": "+4799999974",
    "99 99 99 75": "+4799999975",
    "(+47) 999-99-976": "+4799999976",
    "999.99.977": "+4799999977",
    " +47\u00a0999\u00a099\u00a0978 ": "+4799999978",
    "+46 70 123 45 67": "+46701234567",
}
NO_MOBILES = ("4799999979", "22222222", "+47 22 22 22 22", "ring meg", "9999998", "+4799999981 ext. 5", "")


def typist(place: int) -> str:
    """The identity number of whoever typed one of the numbers."""
    return str(1_819_912_300 + place).zfill(11)


def people() -> Document:
    """Persons who typed their numbers, persons with addresses, and an organisation with very many users."""
    typed = [{"number": typist(place), "mobile": each} for place, each in enumerate((*TYPED, *NO_MOBILES))]
    users = {"count": USERS, "resources": {"te_svc123": ["read"]}}
    return {
        "persons": typed,
        "generatedPersons": {"from": str(FIRST), "count": KNOWN},
        "organizations": [{"number": COMPANY, "partyId": 1, "emails": ["post@example.com"], "generatedUsers": users}],
    }


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own, whose registers know many."""
    directory = tmp_path_factory.mktemp("many")
    file = directory / "people.json"
    file.write_text(json.dumps(people()))
    running = System.start(directory / "data", "--registers", str(file), claim_seconds=60)
    try:
        yield running
    finally:
        running.stop()


async def until_published(system: System, shipment: str) -> None:
    """Wait for the end of a large shipment without asking for it: its manifest takes the service a while."""

    async def is_told() -> bool:
        return f"shipment.published shipment={shipment}" in system.log()

    async with asyncio.timeout(PATIENCE):
        await until(is_told, every=1)


async def ended(system: System, body: Document, path: str) -> tuple[Document, Document]:
    """The answer to one order, and the manifest of its shipment as the feed shows it too."""
    answer = (await placed(system, {"": body}, OWNER, path=path))[""]
    shipment = shipment_of(answer)
    assert shipment, answer.text[:500]
    await until_published(system, shipment)
    manifest = await system.shipment(shipment, OWNER)
    (entry,) = [each for each in await system.feed(OWNER) if each["shipmentId"] == shipment]
    assert Counter(map(_end, entry["recipients"])) == Counter(map(_end, manifest["recipients"]))
    return answer.json(), manifest


def _end(told: Mapping[str, str]) -> tuple[str, str]:
    return told["status"], told["destination"]


async def test_all_users_of_an_organisation_with_thousands_are_told_once(system: System) -> None:
    # One that is due at once would be planned by two workers where the first takes long.
    body = order(organization(COMPANY, resourceId=RESOURCE), requestedSendTime=written(ahead(seconds=6)))
    async with registers(system) as found:
        _, manifest = await ended(system, body, f"{API}/future/orders")
        asked = (await found.asked())["byRegister"]
    addresses = {"post@example.com", *(f"user-{each}@example.com" for each in range(1, USERS + 1))}
    assert sorted(map(_end, manifest["recipients"])) == sorted(("Email_Delivered", each) for each in addresses)
    sent = Counter(call["recipient"] for call in await system.emails())
    assert sent == dict.fromkeys(addresses, 1)
    # Five hundred are decided on in a call, and nobody twice.
    assert asked["decisions"] == {"calls": 10, "identities": USERS}


async def test_thousands_of_identity_numbers_are_looked_up_in_bulk_and_each_person_is_told_of_once(
    system: System,
) -> None:
    numbers = [str(FIRST + each) for each in range(ASKED)]
    twice = legacy("Email", *map(nin, [*numbers, numbers[0], numbers[-1]]))
    async with registers(system) as found:
        await found.forget_calls()
        answer, manifest = await ended(system, twice, LEGACY)
        asked = (await found.asked())["byRegister"]
    assert answer["recipientLookup"] == {
        "status": "PartialSuccess",
        "isReserved": [],
        "missingContact": numbers[KNOWN:],
    }
    ends = Counter(map(_end, manifest["recipients"]))
    assert ends.pop(("Email_Failed_RecipientNotIdentified", "")) == ASKED - KNOWN
    assert ends == {("Email_Delivered", f"person-{each}@example.com"): 1 for each in range(1, KNOWN + 1)}
    # At placement, and again when it is sent, for as many as are not remembered any more; by two workers at the worst.
    assert list(asked) == ["persons"]
    assert asked["persons"]["identities"] >= ASKED
    assert asked["persons"]["calls"] <= 3 * ASKED // 1_000
    async with system.client(OWNER) as http:
        summary = assert_json(await http.get(f"{LEGACY}/{answer['orderId']}/notifications/email"), 200)
        status = assert_json(await http.get(f"{LEGACY}/{answer['orderId']}/status"), 200)
    assert (summary["generated"], summary["succeeded"]) == (ASKED, KNOWN)
    assert status["notificationsStatusSummary"]["email"]["generated"] == ASKED


async def test_an_sms_reaches_a_number_however_it_was_typed(system: System) -> None:
    orders = {each: order(person(typist(place), "Sms")) for place, each in enumerate((*TYPED, *NO_MOBILES))}
    ends = await outcomes(system, orders, OWNER)
    assert {each: ends[each].told for each in TYPED} == {
        typed: [("SMS_Delivered", number)] for typed, number in TYPED.items()
    }
    for each in NO_MOBILES:
        assert_missing_contact(ends[each].answer)
