"""Persons by national identity number: every channel with every contact situation (engine.md section 3)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.system.orders import Document, order
from tests.system.outcomes import LEGACY, NO_EMAIL, NO_SMS, Outcome, Told, assert_missing_contact, outcomes, reached
from tests.system.people import PEOPLE, SCHEMES, legacy, nin, numbers, person
from tests.system.privacy import assert_silent
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER, LEGACY_OWNER = "person-owner", "legacy-person-owner"
UNKNOWN = "31929999998"

RESERVED_EMAIL = ("Email_Failed_RecipientReserved", "")
RESERVED_SMS = ("SMS_Failed_RecipientReserved", "")


@dataclass(frozen=True)
class Situation:
    """Somebody, the terms of the order, and what is told by each scheme; without an entry the order is refused."""

    number: str
    told: Mapping[str, Told]
    terms: Mapping[str, bool] = field(default_factory=dict)


RESERVED: dict[str, Told] = {
    "Email": [RESERVED_EMAIL],
    "Sms": [RESERVED_SMS],
    "EmailPreferred": [RESERVED_EMAIL],
    "SmsPreferred": [RESERVED_SMS],
    "EmailAndSms": [RESERVED_EMAIL, RESERVED_SMS],
}
NOT_IDENTIFIED: dict[str, Told] = {
    "Email": [NO_EMAIL],
    "Sms": [NO_SMS],
    "EmailPreferred": [NO_EMAIL],
    "SmsPreferred": [NO_SMS],
    "EmailAndSms": [NO_EMAIL, NO_SMS],
}
IGNORING = {"ignoreReservation": True}
STALE = {"useStaleContactInformation": True}
SITUATIONS = {
    "email and mobile": Situation("01818030009", reached("kari.begge@example.com", "+4799999901")),
    "only email": Situation("02828130059", reached("ola.epost@example.com", None)),
    "only mobile": Situation("03838230260", reached(None, "+4799999903")),
    "no address": Situation("04848330049", {}),
    "not in the registers": Situation(UNKNOWN, {}),
    "reserved": Situation("05858430099", RESERVED),
    "reserved, without addresses": Situation("06868530039", RESERVED),
    "reserved, ignored": Situation("05858430099", reached("reidar.reservert@example.com", "+4799999905"), IGNORING),
    "reserved, ignored, without addresses": Situation("06868530039", NOT_IDENTIFIED, IGNORING),
    "stale": Situation("07878630089", {}),
    "stale, used": Situation("07878630089", reached("gamle.gro@example.com", "+4799999907"), STALE),
    "eight digits": Situation("10908930067", reached(None, "+4799999910")),
    "two zeros": Situation("11919030056", reached(None, "+4799999911")),
    "a mobile that is no number": Situation("12929130187", reached("ugyldig.mobil@example.com", None)),
    "an email that is no address": Situation("13819230018", reached(None, "+4799999913")),
    "neither is one": Situation("14829330068", {}),
}
CELLS = [(name, scheme) for name in SITUATIONS for scheme in SCHEMES]

type Cell = tuple[str, str]


def ordered(cell: Cell) -> Document:
    """The order of a cell."""
    name, scheme = cell
    situation = SITUATIONS[name]
    return order(person(situation.number, scheme, **situation.terms))


@pytest.fixture(scope="module")
def cells(system: System) -> dict[Cell, Outcome]:
    """Every cell of the table, placed and ended."""
    found = asyncio.run(outcomes(system, {cell: ordered(cell) for cell in CELLS}, OWNER))
    assert_silent(system, numbers() | {each.name for each in PEOPLE.persons if each.name})
    return found


@pytest.mark.parametrize(("name", "scheme"), CELLS)
def test_a_person_is_told_as_the_registers_say(cells: Mapping[Cell, Outcome], name: str, scheme: str) -> None:
    told = SITUATIONS[name].told.get(scheme)
    if told is None:
        assert_missing_contact(cells[name, scheme].answer)
    else:
        assert cells[name, scheme].told == sorted(told)


async def test_an_address_that_fails_is_told_of_like_any_other(system: System) -> None:
    bounced, expired = "08888730029", "09898830079"
    ends = await outcomes(system, {each: order(person(each, "EmailAndSms")) for each in (bounced, expired)}, OWNER)
    assert ends[bounced].told == [("Email_Failed_Bounced", "bounced@example.com"), ("SMS_Delivered", "+4799999908")]
    assert ends[expired].told == [NO_EMAIL, ("SMS_Failed_Expired", "+4799990002")]


LEGACY_CELLS: dict[str, tuple[str, str, Told]] = {
    # No SMS that leaves: those of the legacy API wait for the daytime.
    "email": ("Email", "01818030009", [("Email_Delivered", "kari.begge@example.com")]),
    "no email": ("Email", "03838230260", [NO_EMAIL]),
    "no mobile": ("Sms", "02828130059", [NO_SMS]),
    "email preferred": ("EmailPreferred", "01818030009", [("Email_Delivered", "kari.begge@example.com")]),
    "email preferred, no address": ("EmailPreferred", "04848330049", [NO_EMAIL]),
    "sms preferred, only email": ("SmsPreferred", "02828130059", [("Email_Delivered", "ola.epost@example.com")]),
    "sms preferred, no address": ("SmsPreferred", "04848330049", [NO_SMS]),
    "both, only email": ("EmailAndSms", "02828130059", [("Email_Delivered", "ola.epost@example.com"), NO_SMS]),
    "both, no address": ("EmailAndSms", "04848330049", [NO_EMAIL, NO_SMS]),
    "reserved": ("EmailAndSms", "05858430099", [RESERVED_EMAIL, RESERVED_SMS]),
    "stale": ("Email", "07878630089", [NO_EMAIL]),
}


async def test_the_legacy_api_takes_every_order_and_tells_of_everybody(system: System) -> None:
    orders = {name: legacy(scheme, nin(number)) for name, (scheme, number, _) in LEGACY_CELLS.items()}
    ends = await outcomes(system, orders, LEGACY_OWNER, path=LEGACY)
    assert {name: each.told for name, each in ends.items()} == {
        name: sorted(told) for name, (_, _, told) in LEGACY_CELLS.items()
    }
    assert {each.answer.status_code for each in ends.values()} == {202}


async def test_the_legacy_api_reaches_a_reserved_person_where_the_reservation_is_ignored(system: System) -> None:
    ignoring = legacy("Email", nin("05858430099"), ignoreReservation=True)
    ends = await outcomes(system, {"": ignoring}, LEGACY_OWNER, path=LEGACY)
    assert ends[""].told == [("Email_Delivered", "reidar.reservert@example.com")]
