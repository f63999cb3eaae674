"""Each special number: what the caller sees, and what is reported."""

import asyncio

import httpx
import phonenumbers
import pytest
from aiohttp import web

from local.simulators.pswin.recipients import RECIPIENTS, fate_of, number
from tests.simulators.gateway import Gateway, msg, session, settled, simulated, special, states
from tests.simulators.receiver import Received, Receiver, ok


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("01", ["DELIVRD"]),
        ("02", ["EXPIRED"]),
        ("03", ["DELETED"]),
        ("04", ["UNDELIV"]),
        ("05", ["REJECTD"]),
        ("06", ["BARRED"]),
        ("07", ["FAILED"]),
        ("08", ["UNKNOWN"]),
        ("09", ["NULL"]),
        ("10", ["BARREDA"]),
        ("41", ["DELIVRD", "DELIVRD"]),
        ("42", ["DELIVRD", "UNDELIV"]),
        ("44", ["DELIVRD"]),
    ],
)
async def test_an_accepted_message_is_reported_as_its_number_says(
    gateway: Gateway, receiver: Receiver, code: str, expected: list[str]
) -> None:
    reference = (await gateway.submit(special(code))).findtext("REF")
    assert await states(receiver, len(expected)) == [(reference, state) for state in expected]
    await settled(gateway, receiver)


async def test_a_silent_number_is_accepted_and_never_reported(gateway: Gateway, receiver: Receiver) -> None:
    assert (await gateway.submit(special("40"))).findtext("STATUS") == "OK"
    await settled(gateway, receiver)


@pytest.mark.parametrize(("code", "info"), [("20", "Invalid RCV"), ("21", "No route to receiver")])
async def test_a_refused_number_is_refused_every_time(
    gateway: Gateway, receiver: Receiver, code: str, info: str
) -> None:
    for _ in range(3):
        result = await gateway.submit(special(code))
        assert (result.findtext("STATUS"), result.findtext("INFO"), result.find("REF")) == ("FAIL", info, None)
    assert [(e["answer"], e["reference"]) for e in await gateway.calls()] == [("FAIL", None)] * 3
    await settled(gateway, receiver)


async def test_an_unavailable_gateway_accepts_the_third_call_again_and_again(
    gateway: Gateway, receiver: Receiver
) -> None:
    statuses = [(await gateway.post(session(msg(special("30"))))).status_code for _ in range(6)]
    assert statuses == [503, 503, 200, 503, 503, 200]
    assert [state for _, state in await states(receiver, 2)] == ["DELIVRD", "DELIVRD"]
    assert [entry["accepted"] for entry in await gateway.calls()] == [False, False, True] * 2


async def test_a_broken_gateway_never_accepts(gateway: Gateway, receiver: Receiver) -> None:
    statuses = [(await gateway.post(session(msg(special("31"))))).status_code for _ in range(4)]
    assert statuses == [500] * 4
    await settled(gateway, receiver)


@pytest.mark.parametrize(
    ("code", "error"), [("32", httpx.ReadTimeout), ("33", (httpx.ReadError, httpx.RemoteProtocolError))]
)
async def test_a_call_without_an_answer_is_accepted_and_its_repeat_sends_again(
    gateway: Gateway, receiver: Receiver, code: str, error: type[Exception]
) -> None:
    gateway.http.timeout = httpx.Timeout(1)
    with pytest.raises(error):
        await gateway.submit(special(code))
    gateway.http.timeout = httpx.Timeout(20)
    second = (await gateway.submit(special(code))).findtext("REF")
    entries = await gateway.calls()
    assert [(entry["answer"], entry["accepted"]) for entry in entries] == [("none", True), ("OK", True)]
    assert entries[0]["reference"] != entries[1]["reference"] == second
    assert {reference for reference, _ in await states(receiver, 2)} == {entry["reference"] for entry in entries}


async def test_a_garbled_answer_hides_an_accepted_message(gateway: Gateway, receiver: Receiver) -> None:
    answer = await gateway.post(session(msg(special("35"))))
    assert answer.status_code == 200
    assert "SESSION" not in answer.text
    assert [state for _, state in await states(receiver, 1)] == ["DELIVRD"]
    assert (await gateway.submit(special("35"))).findtext("STATUS") == "OK"


async def test_a_slow_call_is_accepted_before_it_is_answered(gateway: Gateway) -> None:
    call = asyncio.create_task(gateway.submit(special("34")))
    while not await gateway.calls():
        continue
    assert not call.done()
    assert (await call).findtext("STATUS") == "OK"


async def test_an_early_report_comes_before_the_answer_that_names_the_reference(
    gateway: Gateway, receiver: Receiver
) -> None:
    call = asyncio.create_task(gateway.submit(special("43")))
    answered_first: list[bool] = []

    def answer(received: Received) -> web.Response:
        answered_first.append(call.done())
        return ok(received)

    receiver.answer = answer
    reference = (await call).findtext("REF")
    assert answered_first == [False]
    assert await states(receiver, 1) == [(reference, "DELIVRD")]


async def test_a_late_report_keeps_nothing_else_waiting(receiver: Receiver) -> None:
    async with simulated(receiver.url, late_report=3600) as gateway:
        await gateway.submit(special("44"))
        await settled(gateway, receiver)


@pytest.mark.parametrize("variant", range(10))
def test_every_special_number_is_a_valid_norwegian_mobile_number(variant: int) -> None:
    for code in RECIPIENTS:
        parsed = phonenumbers.parse(number(code, variant))
        assert phonenumbers.is_valid_number(parsed)
        assert phonenumbers.region_code_for_number(parsed) == "NO"
        assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
        assert fate_of(number(code, variant).removeprefix("+")) is RECIPIENTS[code]


@pytest.mark.parametrize("other", ["4799999902", "4799991002", "4790000002", "4799990099"])
def test_a_number_outside_the_table_is_delivered(other: str) -> None:
    assert fate_of(other).reports == ("DELIVRD",)
