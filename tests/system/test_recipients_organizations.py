"""Organisations: official addresses, and the users who may be told (engine.md sections 2.2, 2.3 and 3)."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.system.orders import Document, order
from tests.system.outcomes import LEGACY, NO_EMAIL, NO_SMS, Outcome, Told, assert_missing_contact, outcomes
from tests.system.people import PEOPLE, RESOURCE, SCHEMES, legacy, numbers, organization, orgno
from tests.system.privacy import assert_silent
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER, LEGACY_OWNER = "organization-owner", "legacy-organization-owner"
EVERYTHING, ONLY_USERS, ALL_SITUATIONS, NOT_PERMITTED = "310010006", "310010049", "310010057", "310010065"


def delivered(emails: Iterable[str] = (), mobiles: Iterable[str] = ()) -> Told:
    """Everybody at these addresses was told."""
    by_sms = [("SMS_Delivered", each) for each in mobiles]
    return [("Email_Delivered", f"{each}@example.com") for each in emails] + by_sms


@dataclass(frozen=True)
class Situation:
    """An organisation, the terms of the order, and what is told by each scheme; without an entry it is refused."""

    number: str
    told: Mapping[str, Told]
    terms: Mapping[str, Any] = field(default_factory=dict)


def resource(name: str = "te_svc123", action: str | None = None) -> dict[str, str]:
    """The terms of an order that users may be told of."""
    terms = {"resourceId": f"urn:altinn:resource:{name}"}
    return terms | {"resourceAction": action} if action else terms


def nobody_in_the_end() -> dict[str, Told]:
    """Users were seen at placement, and none of them turned out to be permitted."""
    both = [NO_EMAIL, NO_SMS]
    return {"Email": both[:1], "Sms": both[1:], "EmailPreferred": both[:1], "SmsPreferred": both[1:]} | {
        "EmailAndSms": both
    }


PERMITTED = (["firma", "leser", "ugyldig.bruker", "niva.tre"], ["+4799999940", "+4799999941", "+4799999948"])
SITUATIONS = {
    "two emails and two mobiles, some written twice": Situation(
        EVERYTHING,
        {
            "Email": delivered(["post", "arkiv"]),
            "Sms": delivered([], ["+4799999921", "+4799999922"]),
            "EmailPreferred": delivered(["post", "arkiv"]),
            "SmsPreferred": delivered([], ["+4799999921", "+4799999922"]),
            "EmailAndSms": delivered(["post", "arkiv"], ["+4799999921", "+4799999922"]),
        },
    ),
    "only emails": Situation(
        "310010014",
        {
            "Email": delivered(["kontor", "leder"]),
            "EmailPreferred": delivered(["kontor", "leder"]),
            "SmsPreferred": delivered(["kontor", "leder"]),
            "EmailAndSms": [*delivered(["kontor", "leder"]), NO_SMS],
        },
    ),
    "only mobiles": Situation(
        "310010022",
        {
            "Sms": delivered([], ["+4799999923", "+4799999924"]),
            "EmailPreferred": delivered([], ["+4799999923", "+4799999924"]),
            "SmsPreferred": delivered([], ["+4799999923", "+4799999924"]),
            "EmailAndSms": [*delivered([], ["+4799999923", "+4799999924"]), NO_EMAIL],
        },
    ),
    "no address": Situation("310010030", {}),
    "no address, and users who would be asked for": Situation("310010030", {}, resource()),
    "not in the registers": Situation("399999998", {}),
    "addresses that are none": Situation("310010073", {}),
    "only users, without a resource": Situation(ONLY_USERS, {}),
    "only users": Situation(
        ONLY_USERS,
        {
            "Email": delivered(["bruker.begge", "bruker.epost"]),
            "Sms": delivered([], ["+4799999931", "+4799999933"]),
            "EmailPreferred": delivered(["bruker.begge", "bruker.epost"], ["+4799999933"]),
            "SmsPreferred": delivered(["bruker.epost"], ["+4799999931", "+4799999933"]),
            "EmailAndSms": delivered(["bruker.begge", "bruker.epost"], ["+4799999931", "+4799999933"]),
        },
        resource(),
    ),
    "only users, for another action": Situation(ONLY_USERS, nobody_in_the_end(), resource(action="write")),
    "only a user without rights": Situation(NOT_PERMITTED, nobody_in_the_end(), resource()),
    "users in every situation, without a resource": Situation(
        ALL_SITUATIONS,
        {
            "Email": delivered(["firma"]),
            "Sms": delivered([], ["+4799999940"]),
            "EmailPreferred": delivered(["firma"]),
            "SmsPreferred": delivered([], ["+4799999940"]),
            "EmailAndSms": delivered(["firma"], ["+4799999940"]),
        },
    ),
    "users in every situation": Situation(
        ALL_SITUATIONS,
        {
            "Email": delivered(PERMITTED[0]),
            "Sms": delivered([], PERMITTED[1]),
            # The official addresses are one choice, each user another: one has told nothing new but a mobile.
            "EmailPreferred": delivered(PERMITTED[0], ["+4799999948"]),
            "SmsPreferred": delivered(["ugyldig.bruker", "niva.tre"], PERMITTED[1]),
            "EmailAndSms": delivered(*PERMITTED),
        },
        resource(),
    ),
    "users, for another resource": Situation(
        ALL_SITUATIONS,
        {"Email": delivered(["firma", "annen.tjeneste"]), "Sms": delivered([], ["+4799999940"])},
        resource("te_other"),
    ),
    "users, for another action": Situation(
        ALL_SITUATIONS, {"Email": delivered(["firma", "skriver"])}, resource(action="write")
    ),
    "users, for an app": Situation(ALL_SITUATIONS, {"Email": delivered(["firma", "skriver"])}, resource("app_ttd_my")),
    "users, for an app with underscores in its name": Situation(
        ALL_SITUATIONS, {"Email": delivered(["firma", "leser"])}, resource("app_ttd_my_long_app")
    ),
    "addresses that fail": Situation(
        "310010081",
        {"EmailAndSms": [("Email_Failed", "failed@example.com"), ("SMS_Failed_Undelivered", "+4799990004")]},
    ),
}
CELLS = [
    (name, scheme)
    for name, situation in SITUATIONS.items()
    for scheme in (SCHEMES if len(situation.told) in {0, 4, 5} else situation.told)
]

type Cell = tuple[str, str]


def ordered(cell: Cell) -> Document:
    """The order of a cell."""
    name, scheme = cell
    situation = SITUATIONS[name]
    return order(organization(situation.number, scheme, **situation.terms))


@pytest.fixture(scope="module")
def cells(system: System) -> dict[Cell, Outcome]:
    """Every cell of the table, placed and ended."""
    found = asyncio.run(outcomes(system, {cell: ordered(cell) for cell in CELLS}, OWNER))
    assert_silent(system, numbers() | {each.name for each in PEOPLE.organizations if each.name})
    return found


@pytest.mark.parametrize(("name", "scheme"), CELLS)
def test_an_organisation_is_told_as_the_registers_say(cells: Mapping[Cell, Outcome], name: str, scheme: str) -> None:
    told = SITUATIONS[name].told.get(scheme)
    if told is None:
        assert_missing_contact(cells[name, scheme].answer)
    else:
        assert cells[name, scheme].told == sorted(told)


def test_an_organisation_that_is_reached_through_users_alone_is_not_refused(cells: Mapping[Cell, Outcome]) -> None:
    assert {cells["only users", scheme].answer.status_code for scheme in SCHEMES} == {201}
    assert {cells["only users, without a resource", scheme].answer.status_code for scheme in SCHEMES} == {422}


async def test_the_legacy_api_reaches_users_by_a_resource_with_or_without_its_prefix(system: System) -> None:
    orders = {
        each: legacy("Email", orgno(ALL_SITUATIONS), resourceId=each) for each in (RESOURCE, "te_svc123", " te_other ")
    } | {"": legacy("Email", orgno(ALL_SITUATIONS))}
    ends = await outcomes(system, orders, LEGACY_OWNER, path=LEGACY)
    assert ends[RESOURCE].told == ends["te_svc123"].told == sorted(delivered(PERMITTED[0]))
    assert ends[" te_other "].told == sorted(delivered(["firma", "annen.tjeneste"]))
    assert ends[""].told == delivered(["firma"])


async def test_an_address_that_two_recipients_share_is_told_once(system: System) -> None:
    given = {"emailAddress": "Post@Example.com"}
    shared = legacy("Email", orgno(EVERYTHING), given, orgno(EVERYTHING))
    ends = await outcomes(system, {"": shared}, LEGACY_OWNER, path=LEGACY)
    assert ends[""].told == sorted(delivered(["post", "arkiv"]))
