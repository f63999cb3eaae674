"""What the registers do wrong while a switch is on, and how often they were asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from tests.simulators.registers import PERSONS, Entry, Registers, decided, registered

type Ask = Callable[[Registers], Awaitable[list[Entry]]]

CALLS: dict[str, Ask] = {
    "persons": lambda registers: registers.persons("01818030009", "02828130059", "03838230260"),
    "externalIdentities": lambda registers: registers.external(
        *(f"urn:altinn:party:username:{name}" for name in ("brukernavn", "gammelbruker", "partsbruker"))
    ),
    "organizations": lambda registers: registers.organizations("310010014", "310010022", "310010030"),
    "units": lambda registers: registers.units("310010049", "310010057", "310010065"),
    "names": lambda registers: registers.names(organizations=["310010014"], persons=["01818030009", "02828130059"]),
    "decisions": lambda registers: registers.decisions(
        (51000006, 20000011), (51000006, 20000012), (51000006, 20000013)
    ),
}


@pytest.fixture
async def altinn() -> AsyncIterator[Registers]:
    async with registered() as registers:
        yield registers


def identities(entry: Entry) -> set[object]:
    names = ("nationalIdentityNumber", "externalIdentity", "organizationNumber", "orgNo", "ssn")
    shown = {entry[name] for name in names if entry.get(name)}
    return shown or set(decided([entry]))


async def answer_of(registers: Registers, register: str) -> list[Entry]:
    entries = await CALLS[register](registers)
    assert len(entries) == 3
    return entries


@pytest.mark.parametrize("register", CALLS)
async def test_a_register_that_is_down_answers_503_until_it_is_up_again(altinn: Registers, register: str) -> None:
    await altinn.turn(**{register: {"down": True}})
    with pytest.raises(AssertionError, match="503"):
        await CALLS[register](altinn)
    await altinn.turn()
    await answer_of(altinn, register)


@pytest.mark.parametrize("register", CALLS)
async def test_garbage_is_a_good_answer_without_json(altinn: Registers, register: str) -> None:
    await altinn.turn(**{register: {"garbage": True}})
    with pytest.raises(ValueError, match="Expecting value"):
        await CALLS[register](altinn)


@pytest.mark.parametrize("register", CALLS)
async def test_a_register_that_resets_closes_the_connection(altinn: Registers, register: str) -> None:
    await altinn.turn(**{register: {"reset": True}})
    with pytest.raises(httpx.RemoteProtocolError):
        await CALLS[register](altinn)


@pytest.mark.parametrize("register", CALLS)
async def test_a_register_that_hangs_never_answers(altinn: Registers, register: str) -> None:
    await altinn.turn(**{register: {"hang": True}})
    altinn.http.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        await CALLS[register](altinn)


@pytest.mark.parametrize("register", CALLS)
async def test_half_of_an_answer_is_its_second_fourth_and_so_on_entry(altinn: Registers, register: str) -> None:
    whole = await answer_of(altinn, register)
    await altinn.turn(**{register: {"halfMissing": True}})
    assert await CALLS[register](altinn) == [whole[1]]


@pytest.mark.parametrize("register", CALLS)
async def test_an_answer_about_somebody_else_names_nobody_who_was_asked_for(altinn: Registers, register: str) -> None:
    asked = {one for entry in await answer_of(altinn, register) for one in identities(entry)}
    await altinn.turn(**{register: {"somebodyElse": True}})
    named = {one for entry in await answer_of(altinn, register) for one in identities(entry)}
    assert named
    assert not named & asked


async def test_a_slow_register_answers_after_its_time_and_others_meanwhile(altinn: Registers) -> None:
    await altinn.turn(persons={"slowSeconds": 0.5})
    slow = asyncio.create_task(answer_of(altinn, "persons"))
    await answer_of(altinn, "organizations")
    assert not slow.done()
    assert len(await slow) == 3


async def test_a_fault_of_one_register_leaves_the_others_alone(altinn: Registers) -> None:
    await altinn.turn(persons={"down": True})
    for register in CALLS.keys() - {"persons"}:
        await answer_of(altinn, register)


async def test_faults_of_an_answer_go_together(altinn: Registers) -> None:
    await altinn.turn(persons={"halfMissing": True, "somebodyElse": True, "slowSeconds": 0.01})
    assert [each["email"] for each in await CALLS["persons"](altinn)] == ["ola.epost@example.com"]


async def test_the_switches_are_shown_and_turned_all_at_once(altinn: Registers) -> None:
    await altinn.turn(persons={"down": True})
    await altinn.turn(names={"slowSeconds": 2})
    shown = (await altinn.http.get("/switches")).json()
    assert set(shown) == set(CALLS)
    assert shown["names"]["slowSeconds"] == 2
    assert not any(any(faults.values()) for register, faults in shown.items() if register != "names")


@pytest.mark.parametrize(
    ("switches", "names"),
    [
        ({"person": {}}, "person"),
        ({"persons": {"slow": 1}}, "persons.slow"),
        ({"persons": {"down": "yes"}}, "persons.down"),
        ({"persons": {"slowSeconds": -1}}, "persons.slowSeconds"),
        ([], "object"),
    ],
)
async def test_malformed_switches_change_nothing_and_are_answered_400(
    altinn: Registers, switches: Any, names: str
) -> None:
    await altinn.turn(persons={"down": True})
    answer = await altinn.http.put("/switches", json=switches)
    assert answer.status_code == 400
    assert names in answer.json()["detail"]
    assert (await altinn.http.get("/switches")).json()["persons"]["down"] is True


async def test_switches_of_the_file_are_on_from_the_start() -> None:
    async with registered({"switches": {"externalIdentities": {"down": True}}}) as registers:
        with pytest.raises(AssertionError, match="503"):
            await registers.external("urn:altinn:username:a")


async def test_calls_are_told_with_path_number_and_headers_and_without_identities(altinn: Registers) -> None:
    altinn.http.headers["X-Marker"] = "secret"
    await answer_of(altinn, "persons")
    told = await altinn.calls()
    (call,) = told["calls"]
    assert (told["count"], call["kind"], call["path"], call["identities"], call["answer"]) == (
        1,
        "persons",
        PERSONS,
        3,
        200,
    )
    assert {"x-marker", "content-type"} <= set(call["headers"])
    assert not any(hidden in str(told) for hidden in ("secret", "01818030009", "example.com"))


async def test_a_call_tells_what_else_was_asked(altinn: Registers) -> None:
    await altinn.persons("01818030009", useStaleContactInfo=True)
    await altinn.units("310010049", resource="te_svc123")
    await altinn.decisions((51000006, 20000011), action="write", resource="te_svc123")
    persons, units, decisions = (await altinn.calls())["calls"]
    assert persons["useStaleContactInfo"] is True
    assert units["resourceId"] == "te_svc123"
    assert decisions["actions"] == ["write"]


@pytest.mark.parametrize(
    ("fault", "answer"),
    [({"down": True}, 503), ({"garbage": True}, 200), ({"reset": True}, "none"), ({"hang": True}, "none")],
)
async def test_calls_that_met_a_fault_count_too(altinn: Registers, fault: dict[str, bool], answer: object) -> None:
    await altinn.turn(persons=fault)
    altinn.http.timeout = httpx.Timeout(0.3)
    with pytest.raises((AssertionError, ValueError, httpx.TransportError)):
        await CALLS["persons"](altinn)
    told = await altinn.calls()
    assert [call["answer"] for call in told["calls"]] == [answer]
    assert told["byRegister"] == {"persons": {"calls": 1, "identities": 3}}


async def test_the_count_starts_again_on_request(altinn: Registers) -> None:
    await answer_of(altinn, "persons")
    assert (await altinn.http.delete("/calls")).status_code == 204
    assert await altinn.calls() == {"count": 0, "byRegister": {}, "calls": []}


async def test_the_journal_is_where_the_other_simulators_have_it(altinn: Registers) -> None:
    await answer_of(altinn, "names")
    assert [call["kind"] for call in (await altinn.http.get("/_calls")).json()] == ["names"]
    await altinn.http.delete("/_calls")
    assert (await altinn.calls())["count"] == 0
    assert (await altinn.http.get("/_health")).status_code == 200
