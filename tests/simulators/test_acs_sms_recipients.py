"""Each special number of the SMS service: what the caller sees, and what is reported."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from aiohttp import web

from local.simulators.acs.event_grid import Webhook
from local.simulators.acs_sms import __main__ as program
from local.simulators.acs_sms.recipients import RECIPIENTS, REPORTS, fate_of, number
from tests.simulators.receiver import Received, Receiver, receiving, taken_reports, validating
from tests.simulators.test_acs_sms_api import ORDINARY, Acs, message, repeatable, simulated
from tests.simulators.test_documentation import after, table
from tests.simulators.test_programs import address, ended, start


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(validating) as receiver:
        yield receiver


@pytest.fixture
async def acs(receiver: Receiver) -> AsyncIterator[Acs]:
    async with simulated(Webhook(receiver.url, "secret"), late_report=0.3) as acs:
        await receiver.next()
        yield acs


async def reported(receiver: Receiver, count: int) -> list[dict[str, Any]]:
    """Wait for this many reports and return their data."""
    return [(await receiver.next()).event["data"] for _ in range(count)]


async def settled(acs: Acs, receiver: Receiver) -> None:
    """Let one more, ordinary SMS be reported: nothing that was due before it may come after it."""
    message_id = (await acs.item())["messageId"]
    (report,) = await reported(receiver, 1)
    assert report["messageId"] == message_id


@pytest.mark.parametrize("code", [code for code, fate in RECIPIENTS.items() if fate.reports and not fate.fault])
async def test_an_accepted_sms_is_reported_as_its_number_says(acs: Acs, receiver: Receiver, code: str) -> None:
    message_id = (await acs.item(number(code)))["messageId"]
    expected = [REPORTS[key] for key in RECIPIENTS[code].reports]
    reports = await reported(receiver, len(expected))
    assert [(each["deliveryStatus"], each["deliveryStatusDetails"]) for each in reports] == [
        (each.status, each.details) for each in expected
    ]
    assert {each["messageId"] for each in reports} == {message_id}
    await settled(acs, receiver)


async def test_a_report_is_an_event_grid_event_with_the_tag(acs: Acs, receiver: Receiver) -> None:
    message_id = (await acs.item(number("06")))["messageId"]
    received = await receiver.next()
    assert received.headers["X-Report-Key"] == "secret"
    event = received.event
    data = event.pop("data")
    assert datetime.fromisoformat(event.pop("eventTime"))
    assert uuid.UUID(event.pop("id"))
    assert event.pop("topic").startswith("/subscriptions/")
    assert event == {
        "subject": "/phonenumber/Altinn",
        "eventType": "Microsoft.Communication.SMSDeliveryReportReceived",
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }
    assert datetime.fromisoformat(data.pop("receivedTimestamp"))
    (attempt,) = data.pop("deliveryAttempts")
    assert (attempt["segmentsSucceeded"], attempt["segmentsFailed"]) == (0, 1)
    assert data == {
        "messageId": message_id,
        "from": "Altinn",
        "to": number("06"),
        "deliveryStatus": "Failed",
        "deliveryStatusDetails": "Sender blocked for given recipient.",
        "tag": "a tag",
    }


async def test_reports_come_only_where_they_were_asked_for_and_have_only_the_tag_they_were_given(
    acs: Acs, receiver: Receiver
) -> None:
    await acs.items(message(smsSendOptions={"enableDeliveryReport": False, "tag": "a tag"}))
    await acs.items(message() | {"smsSendOptions": None})
    await acs.items(message(smsSendOptions={"enableDeliveryReport": True}))
    (report,) = await reported(receiver, 1)
    assert "tag" not in report
    assert [each["status"] for each in await taken_reports(acs.base)] == ["Delivered"]


async def test_the_two_reports_of_41_are_the_same_event(acs: Acs, receiver: Receiver) -> None:
    await acs.item(number("41"))
    assert (await receiver.next()).event == (await receiver.next()).event


async def test_a_silent_number_is_accepted_and_never_reported(acs: Acs, receiver: Receiver) -> None:
    assert (await acs.item(number("40")))["successful"]
    await settled(acs, receiver)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("20", 400, "Invalid To phone number format."),
        ("21", 400, "Message is not allowed."),
        ("23", 401, "Unauthorized"),
    ],
)
async def test_a_refused_number_is_refused_every_time(
    acs: Acs, receiver: Receiver, code: str, status: int, error: str
) -> None:
    for _ in range(3):
        told = await acs.item(repeatable(number(code)))
        assert (told["httpStatusCode"], told["errorMessage"], told["successful"]) == (status, error, False)
    assert [(entry["answer"], entry["accepted"]) for entry in await acs.calls()] == [(status, False)] * 3
    await settled(acs, receiver)


@pytest.mark.parametrize(("code", "status"), [("22", 400), ("31", 500)])
async def test_a_number_that_fails_the_whole_call_does_so_every_time(
    acs: Acs, receiver: Receiver, code: str, status: int
) -> None:
    assert [(await acs.send(message(number(code)))).status_code for _ in range(3)] == [status] * 3
    await settled(acs, receiver)


@pytest.mark.parametrize(("code", "status"), [("29", 429), ("30", 503)])
async def test_a_busy_number_is_accepted_at_the_third_call_of_an_id(acs: Acs, code: str, status: int) -> None:
    recipient = repeatable(number(code))
    assert [(await acs.item(recipient))["httpStatusCode"] for _ in range(4)] == [status, status, 202, 202]
    assert [entry["accepted"] for entry in await acs.calls()] == [False, False, True, False]


async def test_a_throttled_number_says_when_to_come_again(acs: Acs) -> None:
    body = message(repeatable(number("28")))
    answers = [await acs.send(body) for _ in range(3)]
    assert [(each.status_code, each.headers.get("Retry-After")) for each in answers] == [
        (429, "1"),
        (429, "1"),
        (202, None),
    ]


@pytest.mark.parametrize(
    ("code", "error"), [("32", httpx.ReadTimeout), ("33", (httpx.ReadError, httpx.RemoteProtocolError))]
)
async def test_a_call_without_an_answer_is_accepted_and_its_repeat_is_known(
    acs: Acs, receiver: Receiver, code: str, error: type[Exception]
) -> None:
    recipient = repeatable(number(code))
    acs.http.timeout = httpx.Timeout(1)
    with pytest.raises(error):
        await acs.item(recipient)
    acs.http.timeout = httpx.Timeout(20)
    told = await acs.item(recipient)
    entries = await acs.calls()
    assert [(entry["answer"], entry["accepted"]) for entry in entries] == [("none", True), (202, False)]
    assert {entry["reference"] for entry in entries} == {told["messageId"]}
    assert [each["messageId"] for each in await reported(receiver, 1)] == [told["messageId"]]
    await settled(acs, receiver)


async def test_a_garbled_answer_hides_an_accepted_sms(acs: Acs) -> None:
    recipient = repeatable(number("35"))
    garbled = await acs.send(message(recipient))
    assert garbled.status_code == 202
    assert garbled.text.startswith("<html>")
    assert (await acs.item(recipient))["successful"]
    assert [entry["accepted"] for entry in await acs.calls()] == [True, False]


async def test_a_slow_call_is_accepted_before_it_is_answered(acs: Acs) -> None:
    call = asyncio.create_task(acs.item(number("34")))
    while not await acs.calls():
        continue
    assert not call.done()
    assert (await call)["successful"]


async def test_an_early_report_comes_before_the_answer(acs: Acs, receiver: Receiver) -> None:
    call = asyncio.create_task(acs.item(number("43")))
    answered_first: list[bool] = []

    def answer(received: Received) -> web.Response:
        answered_first.append(call.done())
        return validating(received)

    receiver.answer = answer
    message_id = (await call)["messageId"]
    assert answered_first == [False]
    assert [each["messageId"] for each in await reported(receiver, 1)] == [message_id]


async def test_a_late_report_keeps_nothing_else_waiting(receiver: Receiver) -> None:
    async with simulated(Webhook(receiver.url, "secret"), late_report=3600) as acs:
        await receiver.next()
        await acs.item(number("44"))
        await settled(acs, receiver)


@pytest.mark.parametrize("other", [ORDINARY, "+4799991002", "4799990002", "+47999900020"])
def test_a_number_outside_the_table_is_delivered(other: str) -> None:
    assert fate_of(other).reports == ("Delivered",)


def test_the_documented_numbers_and_options_are_those_of_the_code() -> None:
    assert table(after("<!-- acs sms recipients -->")) == {code: fate.does for code, fate in RECIPIENTS.items()}
    options = {word for word in program.parser().format_help().replace(",", " ").split() if word.startswith("--")}
    assert set(table(after("<!-- acs sms options -->"))) == options - {"--help"}


OPTIONS = ("--access-key", "c2VjcmV0", "--report-url", "http://127.0.0.1:1/reports", "--allow-bearer")


def test_the_program_says_ready_sends_and_ends_cleanly() -> None:
    process = start("acs_sms", *OPTIONS, "--sender", "Altinn")
    try:
        base = address(process)
        assert httpx.get(f"{base}/_health").status_code == 200
        headers = {"Authorization": "Bearer token"}
        url = f"{base}/sms?api-version=2021-03-07"
        assert httpx.post(url, json=message(), headers=headers).status_code == 202
        assert httpx.post(url, json=message(**{"from": "Etaten"}), headers=headers).status_code == 401
    finally:
        process.send_signal(signal.SIGTERM)
    assert ended(process) == (0, "")


def test_an_access_key_that_is_no_base64_is_refused() -> None:
    code, errors = ended(start("acs_sms", "--access-key", "no base64"))
    assert code == 2
    assert "argument --access-key: must be Base64" in errors
