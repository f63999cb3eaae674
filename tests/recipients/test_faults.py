"""Registers that are down, slow, garbled or half: what is repeated, what is told, and what is never told."""

import asyncio
import logging
import traceback
from typing import Any

import httpx
import pytest
from aiohttp import web
from pydantic import TypeAdapter

from notifications.domain.contacts import ContactPoints, Inquiry, Unavailable
from notifications.domain.order import Recipient
from notifications.recipients import exchange
from notifications.recipients.composition import build_directory
from notifications.recipients.exchange import NoAnswerError, Patience, RegisterExchange
from notifications.recipients.names import PartyKey
from notifications.recipients.persons import PersonKey
from notifications.recipients.units import UnitKey
from notifications.recipients.wire import ContactPointsList, Wire
from tests.builders import FakeClock
from tests.channels.servers import answering, closed_port, raw_serving, serving
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
    external,
    official,
    organization,
    permitting,
    person,
    unit,
)

EMAIL, MOBILE = "kari@example.com", "+4799999999"
KARI_TOLD = {"nationalIdentityNumber": KARI, "isReserved": False, "email": EMAIL, "mobileNumber": MOBILE}
POINTS = ContactPoints(emails=(EMAIL,), mobiles=(MOBILE,))


def down(status: int = 503, times: int = 1000) -> Any:
    """Answer with a status so many times, then tell of Kari."""
    left = iter(range(times))

    def answer(_: Any) -> Any:
        return {"contactPointsList": [KARI_TOLD]} if next(left, None) is None else web.Response(status=status)

    return answer


async def told_of_kari(registers: Registers, **options: Any) -> ContactPoints | Unavailable:
    async with directory_of(registers, **options) as directory:
        return (await directory.contact_points([person()]))[person()]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("times", [1, 2])
async def test_a_failing_register_is_asked_again_twice(status: int, times: int) -> None:
    registers = Registers({PERSONS: down(status, times)})
    assert await told_of_kari(registers) == POINTS
    assert registers.paused == [0.2, 0.8][:times]


async def test_a_register_that_fails_three_times_is_unavailable() -> None:
    registers = Registers({PERSONS: down(503, 3)})
    assert await told_of_kari(registers) == Unavailable("persons")
    assert len(registers.calls) == 3


@pytest.mark.parametrize("status", [204, 301, 302, 400, 401, 403, 404, 413, 429])
async def test_other_answers_are_not_asked_for_again(status: int) -> None:
    registers = Registers({PERSONS: down(status)})
    assert await told_of_kari(registers) == Unavailable("persons")
    assert len(registers.calls) == 1
    assert registers.paused == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway",
        b'{"contactPointsList": [',
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b'{"contactPointsList": null}',
        b'{"contactPointsList": {}}',
        b'{"contactPointsList": "none"}',
        b'{"contactPointsList": ["none"]}',
        b'{"contactPointsList": [{"nationalIdentityNumber": 1818030009}]}',
        b'{"contactPointsList": [{"email": ["kari@example.com"]}]}',
        b'{"contactPointsList": ["\xff"]}',
        b"[" * 100_000,
        b'\xef\xbb\xbf{"contactPointsList": []',
    ],
)
async def test_garbage_is_unavailable_and_not_asked_for_again(body: bytes) -> None:
    registers = Registers({PERSONS: lambda _: web.Response(body=body, content_type="application/json")})
    assert await told_of_kari(registers) == Unavailable("persons")
    assert len(registers.calls) == 1


async def test_an_answer_that_breaks_off_is_asked_for_again() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.close()
        return response

    registers = Registers()
    async with serving(cut) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="connection"):
            await asking(http, url, registers.patience())
    assert registers.paused == [0.2, 0.8]


async def asking(http: httpx.AsyncClient, url: str, patience: Patience) -> object:
    """One question to one register."""
    return await RegisterExchange(http, url, patience=patience).post("lookup", {"numbers": [KARI]}, TypeAdapter(object))


@pytest.mark.parametrize("said", [None, b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"])
async def test_a_broken_connection_is_repeated(said: bytes | None) -> None:
    registers = Registers()
    async with raw_serving(said) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="connection"):
            await asking(http, url, registers.patience())
    assert registers.paused == [0.2, 0.8]


async def test_a_closed_port_is_repeated() -> None:
    registers = Registers()
    async with httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="connect"):
            await asking(http, f"http://127.0.0.1:{closed_port()}", registers.patience())
    assert registers.paused == [0.2, 0.8]


@pytest.mark.parametrize("url", ["http://nowhere.invalid", "ftp://127.0.0.1", "nonsense"])
async def test_an_address_that_cannot_be_called_is_no_answer(url: str) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError):
            await asking(http, url, Registers().patience())


async def test_a_register_that_hangs_is_waited_for_and_asked_again() -> None:
    async def hang(_: Any) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    registers = Registers({PERSONS: hang})
    # No time passes on the fake clock, so that only the single attempts are cut short.
    assert await told_of_kari(registers, patience=registers.patience(attempt=0.05)) == Unavailable("persons")
    assert registers.paused == [0.2, 0.8]


async def test_an_answer_that_trickles_is_given_up() -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.01)

    async with serving(trickle) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="timeout"):
            await asking(http, url, Registers().patience(attempt=0.1))


async def test_nothing_is_repeated_that_would_end_too_late() -> None:
    registers = Registers()

    def slow_and_down(_: Any) -> web.Response:
        registers.time.now += 2.7
        return web.Response(status=503)

    registers.answers[PERSONS] = slow_and_down
    assert await told_of_kari(registers) == Unavailable("persons")
    # 2.7 s and 5.4 s have passed: the second pause would end after the 6 s that there are.
    assert registers.paused == [0.2]


async def test_an_answer_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exchange, "MAX_ANSWER", 10)
    registers = Registers()
    async with serving(answering(200, b"[1, 2, 3, 4]")) as url, httpx.AsyncClient() as http:
        with pytest.raises(NoAnswerError, match="too_large"):
            await asking(http, url, registers.patience())
        monkeypatch.setattr(exchange, "MAX_ANSWER", 12)
        assert await asking(http, url, registers.patience()) == [1, 2, 3, 4]
    assert registers.paused == []


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


def all_registers() -> Registers:
    registers = Registers({DECISIONS: permitting(), NAMES: {"partyNames": [{"name": "Kari Begge", "ssn": KARI}]}})
    registers.answering(PERSONS, KARI_TOLD)
    registers.answering(EXTERNAL_IDENTITIES, {"externalIdentity": NORA, "email": "nora@example.com"})
    registers.answering(ORGANIZATIONS, official(BAKERY, ["post@example.com"], []))
    registers.answering(UNITS, unit(BAKERY, 51, (1, "user@example.com", MOBILE)))
    return registers


EVERYBODY: tuple[Inquiry, ...] = (person(), external(), organization(), organization(resource=TAX))


async def ask_everything(directory: Any) -> list[Any]:
    found = await directory.contact_points(EVERYBODY)
    names = await directory.names([Recipient(national_identity_number=KARI)])
    return [*(found[each] for each in EVERYBODY), *names.values()]


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


async def test_an_outage_is_logged_with_a_reason_and_a_number(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="notifications"):
        await told_of_kari(Registers({PERSONS: down()}))
    assert [record.getMessage() for record in caplog.records if record.name.startswith("notifications")] == [
        "register.unavailable operation=persons reason=http_503 count=1"
    ]


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
            patience=patience,
        )
        found = await directory.contact_points(EVERYBODY)
    assert list(found.values()) == [
        Unavailable("persons"),
        Unavailable("external-identities"),
        Unavailable("organizations"),
        Unavailable("organizations"),
    ]
