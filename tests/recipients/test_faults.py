"""Registers that are down, garbled or half: of whom that is told, and what is never told of anybody."""

import asyncio
import logging
import traceback
from typing import Any

import httpx
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.domain.order import Recipient
from notifications.recipients.composition import build_directory
from notifications.recipients.exchange import NoAnswerError, RegisterExchange
from notifications.recipients.names import PartyKey
from notifications.recipients.persons import PersonKey
from notifications.recipients.unconfigured import NoDirectory
from notifications.recipients.units import UnitKey
from notifications.recipients.wire import ContactPointsList, Wire
from tests.builders import FakeClock
from tests.channels.servers import answering, closed_port, serving
from tests.recipients.everybody import (
    EMAIL,
    EVERYBODY,
    KARI_TOLD,
    MOBILE,
    POINTS,
    all_registers,
    ask_everything,
    down,
    told_of_kari,
)
from tests.recipients.registers import (
    BAKERY,
    DECISIONS,
    EXTERNAL_IDENTITIES,
    KARI,
    NAMES,
    NOBODY,
    NORA,
    OLA,
    ORGANIZATIONS,
    PERSONS,
    RESET,
    TAX,
    UNITS,
    Registers,
    directory_of,
    official,
    person,
    unit,
)


async def test_the_subscription_key_goes_with_every_call_when_there_is_one() -> None:
    registers = all_registers()
    async with directory_of(registers, subscription_key="a-key") as directory:
        await ask_everything(directory)
    assert len(registers.calls) == 6
    assert {call.headers.get("Ocp-Apim-Subscription-Key") for call in registers.calls} == {"a-key"}
    assert {call.headers["Content-Type"] for call in registers.calls} == {"application/json"}
    assert "Ocp-Apim-Subscription-Key" not in (await headers_without_key())


async def headers_without_key() -> dict[str, str]:
    registers = Registers({PERSONS: NOBODY})
    await told_of_kari(registers)
    return registers.calls[0].headers


OUTAGES = [
    (PERSONS, {0: "persons"}),
    (EXTERNAL_IDENTITIES, {1: "external-identities"}),
    (ORGANIZATIONS, {2: "organizations", 3: "organizations"}),
    (UNITS, {3: "units"}),
    (DECISIONS, {3: "authorization"}),
    (NAMES, {4: "names"}),
]


@pytest.mark.parametrize(("path", "unavailable"), OUTAGES)
@pytest.mark.parametrize("fault", [down(), "garbage", RESET], ids=["down", "garbage", "reset"])
async def test_an_outage_is_told_of_those_it_is_about_and_of_nobody_else(
    path: str, unavailable: dict[int, str], fault: Any
) -> None:
    async with directory_of(all_registers()) as directory:
        expected = await ask_everything(directory)
    registers = all_registers()
    registers.answers[path] = fault
    async with directory_of(registers) as directory:
        found = await ask_everything(directory)
    for place, register in unavailable.items():
        expected[place] = Unavailable(register)
    assert found == expected
    assert not any(isinstance(each, Unavailable) for place, each in enumerate(found) if place not in unavailable)


async def test_whoever_half_an_answer_leaves_out_has_no_addresses() -> None:
    registers = all_registers()
    async with directory_of(registers) as directory:
        found = await directory.contact_points([person(KARI), person(OLA)])
    assert found == {person(KARI): POINTS, person(OLA): ContactPoints()}


async def test_an_answer_about_somebody_else_is_nobodys_and_told_by_number_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    registers = Registers()
    others = [{**KARI_TOLD, "nationalIdentityNumber": OLA}, {**KARI_TOLD, "nationalIdentityNumber": "03838230260"}]
    registers.answering(PERSONS, *others, KARI_TOLD)
    with caplog.at_level(logging.INFO, logger="notifications"):
        assert await told_of_kari(registers) == POINTS
    [record] = caplog.records
    assert record.getMessage() == "register.told_of_others operation=persons count=2"


OTHERS = [
    (PERSONS, {"contactPointsList": [{**KARI_TOLD, "nationalIdentityNumber": OLA}]}, {0: "persons"}),
    (
        EXTERNAL_IDENTITIES,
        {"contactPointsList": [{"externalIdentity": "urn:altinn:username:nora", "email": EMAIL}]},
        {1: "external-identities"},
    ),
    (
        ORGANIZATIONS,
        {"contactPointsList": [official("399999999", [EMAIL], [MOBILE])]},
        {2: "organizations", 3: "organizations"},
    ),
    (UNITS, {"contactPointsList": [unit("399999999", 51, (1, EMAIL, MOBILE))]}, {3: "units"}),
    (NAMES, {"partyNames": [{"name": "Ola", "ssn": OLA}]}, {4: "names"}),
]


@pytest.mark.parametrize(("path", "answer", "unavailable"), OTHERS)
async def test_whoever_is_left_out_of_an_answer_about_somebody_else_is_not_known_to_lack_anything(
    path: str, answer: Any, unavailable: dict[int, str]
) -> None:
    registers = all_registers()
    registers.answers[path] = answer
    async with directory_of(registers) as directory:
        found = await ask_everything(directory)
    assert {place: each.register for place, each in enumerate(found) if isinstance(each, Unavailable)} == unavailable


async def test_an_outage_is_logged_with_a_reason_and_a_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="notifications"):
        await told_of_kari(Registers({PERSONS: down()}))
    assert [record.getMessage() for record in caplog.records if record.name.startswith("notifications")] == [
        "register.unavailable operation=persons reason=http_503 count=1"
    ]


@pytest.mark.parametrize(("status", "calls"), [(401, 4), (403, 4), (429, 4), (400, 6), (404, 6)])
async def test_a_register_that_refuses_everything_is_not_asked_about_the_rest(status: int, calls: int) -> None:
    registers = Registers({PERSONS: down(status)})
    persons = [person(f"{number:011}") for number in range(6000)]
    async with directory_of(registers) as directory:
        found = await directory.contact_points(persons)
    assert found == dict.fromkeys(persons, Unavailable("persons"))
    assert len(registers.calls) == calls


SECRETS = (KARI, OLA, BAKERY, "nora", "@example.com", "99999999", "Begge", "a-key")


def strangers() -> Registers:
    registers = all_registers()
    registers.answering(PERSONS, {**KARI_TOLD, "nationalIdentityNumber": OLA})
    registers.answering(EXTERNAL_IDENTITIES, {"externalIdentity": "urn:altinn:username:nora", "email": EMAIL})
    registers.answering(ORGANIZATIONS, official("399999999", [EMAIL], [MOBILE]))
    return registers


def misshapen() -> Registers:
    registers = all_registers()
    wrong = {"contactPointsList": [{"nationalIdentityNumber": KARI, "email": [EMAIL], "externalIdentity": [NORA]}]}
    registers.answers |= dict.fromkeys([PERSONS, EXTERNAL_IDENTITIES, ORGANIZATIONS, UNITS], wrong)
    registers.answers |= {DECISIONS: {"response": [EMAIL]}, NAMES: {"partyNames": [{"name": [EMAIL]}]}}
    return registers


def failing() -> Registers:
    registers = all_registers()
    registers.answers = {path: lambda question: web.json_response(question, status=500) for path in registers.answers}
    return registers


@pytest.mark.parametrize("registers", [all_registers, strangers, misshapen, failing])
async def test_no_log_holds_numbers_addresses_names_or_keys(registers: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="notifications"), caplog.at_level(logging.INFO):
        async with directory_of(registers(), subscription_key="a-key") as directory:
            await ask_everything(directory)
    for record in caplog.records:
        said = f"{record.getMessage()} {record.__dict__}"
        assert not [secret for secret in SECRETS if secret in said]


class _Strict(Wire):
    email: int


@pytest.mark.parametrize("answer", [b'{"contactPointsList": [{"email": "kari@example.com"}]}', b"kari@example.com"])
async def test_no_exception_holds_what_was_asked_or_answered(answer: bytes) -> None:
    async with serving(answering(200, answer)) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError) as raised:
            await RegisterExchange(http, url).post("lookup", {"a": KARI}, TypeAdapter(ContactPointsList[_Strict]))
    told = "".join(traceback.format_exception(raised.value)) + str(raised.value.__context__)
    assert not [secret for secret in SECRETS if secret in told]


async def test_keys_do_not_show_whose_they_are() -> None:
    assert KARI not in repr([PersonKey(KARI), PartyKey(KARI, is_person=True), UnitKey(KARI, TAX)])


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
members = st.sampled_from(
    [
        *("nationalIdentityNumber", "externalIdentity", "organizationNumber", "partyId", "isReserved", "email"),
        *("mobileNumber", "emailList", "mobileNumberList", "userContactPoints", "userId", "name", "orgNo", "ssn"),
        *("decision", "category", "obligations"),
    ]
)
entries = st.lists(
    st.none() | st.dictionaries(members, json_values | st.sampled_from([KARI, NORA, BAKERY])), max_size=4
)
listed = st.builds(lambda each: {"contactPointsList": each, "response": each, "partyNames": each}, entries)


@settings(max_examples=40, deadline=None)
@given(st.fixed_dictionaries(dict.fromkeys(all_registers().answers, listed | json_values)))
def test_no_answer_of_a_register_raises(answers: dict[str, Any]) -> None:
    async def ask() -> list[Any]:
        async with directory_of(
            Registers({path: json_answer(answer) for path, answer in answers.items()})
        ) as directory:
            return await ask_everything(directory)

    found = asyncio.run(ask())
    assert all(isinstance(each, ContactPoints | Unavailable) for each in found[:4])
    assert isinstance(found[4], str | Unavailable)


def json_answer(answer: object) -> Any:
    return lambda _: web.json_response(answer)


async def test_whoever_has_no_identity_is_nowhere_in_the_registers() -> None:
    registers = all_registers()
    inquiry = Inquiry(recipient=Recipient(email_address="kari@example.com"))
    async with directory_of(registers) as directory:
        assert await directory.contact_points([inquiry]) == {inquiry: ContactPoints()}
    assert registers.calls == []


async def test_without_registers_nobody_is_known_which_is_no_lack_of_addresses() -> None:
    found = await ask_everything(NoDirectory())
    assert set(found) == {Unavailable("not-configured")}


async def test_a_directory_whose_registers_are_nowhere_still_answers() -> None:
    nowhere = f"http://127.0.0.1:{closed_port()}"
    patience = Registers().patience()
    async with httpx.AsyncClient() as http:
        directory = build_directory(
            http,
            profile=nowhere,
            register=nowhere,
            authorization=nowhere,
            subscription_key=None,
            platform_key=None,
            clock=FakeClock(),
            remembered_seconds=0,
            patience=patience,
        )
        found = await directory.contact_points(EVERYBODY)
    assert list(found.values()) == [
        Unavailable("persons"),
        Unavailable("external-identities"),
        Unavailable("organizations"),
        Unavailable("organizations"),
    ]
