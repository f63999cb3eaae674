"""Registers in trouble when an order is placed: the caller is told to come again, and nothing is stored."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.system.expect import ORDERS, assert_json, assert_problem
from tests.system.orders import Document, email_recipient, order
from tests.system.outcomes import LEGACY, NO_EMAIL, assert_missing_contact, outcomes
from tests.system.people import RESOURCE, external, legacy, nin, organization, person
from tests.system.registers import Registers, registers
from tests.system.running import System
from tests.system.times import in_an_hour

pytestmark = pytest.mark.system

OWNER = "unlucky-owner"
ASKED_AT_PLACEMENT = ("persons", "organizations", "units", "externalIdentities")
UNKNOWN_COMPANIES = itertools.count(399_900_001)
STRANGERS = itertools.count(17_859_601_000)


def somebody() -> str:
    """A person who has both addresses and was not asked about before: what is known is known for a moment."""
    return str(next(STRANGERS))


def some_company() -> str:
    """The number of an organisation that nobody has heard of, and nobody was asked about."""
    return str(next(UNKNOWN_COMPANIES))


@pytest.fixture
async def turned(system: System) -> AsyncIterator[Registers]:
    """The registers, all in order at first and at the end."""
    async with registers(system) as found:
        yield found


@pytest.mark.parametrize("fault", ["down", "reset", "garbage", "hang"])
async def test_a_register_that_does_not_answer_is_no_reason_to_refuse_somebody(
    system: System, turned: Registers, fault: str
) -> None:
    reference = str(uuid.uuid4())
    terms = {"requestedSendTime": in_an_hour(), "sendersReference": reference}
    reachable = person(somebody())
    chains = {
        "person": order(reachable, **terms),
        "organisation": order(organization(some_company()), **terms),
        "users": order(organization(some_company(), resourceId=RESOURCE), **terms),
        "external identity": order(external(f"urn:altinn:username:{reference}"), **terms),
        "reminder": order(email_recipient(), **terms, reminders=[{"delayDays": 1, "recipient": person(somebody())}]),
    }
    old = legacy("Email", nin(somebody()), nin(somebody()), **terms)
    async with system.client(OWNER) as http:
        await turned.turn(**{each: {fault: True} for each in ASKED_AT_PLACEMENT})
        answers = await asyncio.gather(
            *(http.post(ORDERS, json=each) for each in chains.values()), http.post(LEGACY, json=old)
        )
        for answer in answers:
            assert "register" in assert_problem(answer, 503)["detail"]
            assert int(answer.headers["retry-after"]) >= 1
        assert assert_json(await http.get(LEGACY, params={"sendersReference": reference}), 200)["count"] == 0
        await turned.turn()
        again = {name: await http.post(ORDERS, json=each) for name, each in chains.items()}
        assert_json(await http.post(LEGACY, json=old), 202)
    for name, answer in again.items():
        if name in {"person", "reminder"}:
            assert_json(answer, 201)
            assert "idempotent-replayed" not in answer.headers
        else:
            assert_missing_contact(answer)


async def test_orders_for_given_addresses_do_not_depend_on_any_register(system: System, turned: Registers) -> None:
    await turned.turn(**{each: {"hang": True} for each in (*ASKED_AT_PLACEMENT, "names", "decisions")})
    ends = await outcomes(system, {"": order(email_recipient("needs-no-register@example.com"))}, OWNER)
    assert ends[""].told == [("Email_Delivered", "needs-no-register@example.com")]


async def test_a_repeated_order_is_recognised_while_the_register_is_down(system: System, turned: Registers) -> None:
    body = order(person(somebody()), requestedSendTime=in_an_hour())
    async with system.client(OWNER) as http:
        first = assert_json(await http.post(ORDERS, json=body), 201)
        await turned.turn(persons={"down": True})
        again = await http.post(ORDERS, json={**body, "recipient": person(somebody())})
    assert assert_json(again, 200) == first


async def test_one_register_that_is_down_does_not_keep_others_from_being_asked(
    system: System, turned: Registers
) -> None:
    await turned.turn(organizations={"down": True}, externalIdentities={"down": True}, units={"down": True})
    ends = await outcomes(system, {"": order(person(somebody()))}, OWNER)
    assert ends[""].answer.status_code == 201


async def test_the_register_of_users_is_needed_for_whom_the_official_addresses_do_not_reach(
    system: System, turned: Registers
) -> None:
    await turned.turn(units={"down": True})
    later = in_an_hour()
    for number, status in {"310010014": 201, "310010049": 503}.items():
        body = order(organization(number, resourceId=RESOURCE), requestedSendTime=later)
        assert (await _placed(system, body)).status_code == status


async def test_a_slow_register_is_waited_for(system: System, turned: Registers) -> None:
    await turned.turn(persons={"slowSeconds": 1.5})
    answer = await _placed(system, order(person(somebody()), requestedSendTime=in_an_hour()))
    assert_json(answer, 201)


async def test_whoever_half_an_answer_leaves_out_has_no_address_and_the_others_are_told(
    system: System, turned: Registers
) -> None:
    four = [somebody() for _ in range(4)]
    await turned.turn(persons={"halfMissing": True})
    (end,) = (await outcomes(system, {"": legacy("Email", *map(nin, four))}, OWNER, path=LEGACY)).values()
    found = end.answer.json()["recipientLookup"]
    assert (found["status"], found["isReserved"], len(found["missingContact"])) == ("PartialSuccess", [], 2)
    assert set(found["missingContact"]) < set(four)
    told = [_address(each) for each in four if each not in found["missingContact"]]
    assert end.told == sorted([NO_EMAIL, NO_EMAIL, *(("Email_Delivered", each) for each in told)])


async def test_an_answer_about_somebody_else_says_nothing_of_whom_it_leaves_out(
    system: System, turned: Registers
) -> None:
    asked = [somebody(), somebody()]
    await turned.turn(persons={"somebodyElse": True})
    assert_problem(await _placed(system, order(person(asked[0]))), 503)
    async with system.client(OWNER) as http:
        assert_problem(await http.post(LEGACY, json=legacy("Email", *map(nin, asked))), 503)
    assert "register.told_of_others" in system.log()
    await turned.turn()
    ends = await outcomes(system, {"": legacy("Email", *map(nin, asked))}, OWNER, path=LEGACY)
    assert ends[""].told == sorted(("Email_Delivered", _address(each)) for each in asked)


async def _placed(system: System, body: Document) -> httpx.Response:
    async with system.client(OWNER) as http:
        return await http.post(ORDERS, json=body)


def _address(number: str) -> str:
    """The email address of a generated person."""
    return f"person-{int(number) - 17_859_600_000 + 1}@example.com"
