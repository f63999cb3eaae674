"""Each special email recipient: what the caller sees, and what is reported."""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
from aiohttp import web

from local.simulators.acs.event_grid import Webhook
from local.simulators.acs_email.recipients import RECIPIENTS, fate_of
from tests.simulators.acs import Acs, simulated
from tests.simulators.receiver import Received, Receiver, receiving, validating


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving(validating) as receiver:
        yield receiver


@pytest.fixture
async def acs(receiver: Receiver) -> AsyncIterator[Acs]:
    async with simulated(Webhook(receiver.url, "key"), late_report=0.3) as acs:
        await receiver.next()
        yield acs


async def reported(receiver: Receiver, operation_id: str, count: int) -> list[str]:
    """Wait for this many reports and return their statuses; all must be of this operation."""
    events = [(await receiver.next()).event for _ in range(count)]
    assert {event["data"]["messageId"] for event in events} == {operation_id}
    return [event["data"]["status"] for event in events]


async def settled(acs: Acs, receiver: Receiver) -> None:
    """Let one more, ordinary email be reported: nothing that was due before it may come after it."""
    operation_id = str(uuid.uuid4())
    await acs.send("ordinary@example.com", operation_id)
    assert await reported(receiver, operation_id, 1) == ["Delivered"]


@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("ordinary", ["Delivered"]),
        ("bounced", ["Bounced"]),
        ("failed", ["Failed"]),
        ("suppressed", ["Suppressed"]),
        ("quarantined", ["Quarantined"]),
        ("filteredspam", ["FilteredSpam"]),
        ("expanded", ["Expanded"]),
        ("twice", ["Delivered", "Delivered"]),
        ("contradict", ["Delivered", "Bounced"]),
        ("late", ["Delivered"]),
    ],
)
async def test_an_accepted_email_is_reported_as_its_recipient_says(
    acs: Acs, receiver: Receiver, name: str, statuses: list[str]
) -> None:
    operation_id = str(uuid.uuid4())
    assert (await acs.send(f"{name}@example.com", operation_id)).status_code == 202
    assert await reported(receiver, operation_id, len(statuses)) == statuses
    await settled(acs, receiver)


@pytest.mark.parametrize("name", ["silent", "dropped"])
async def test_a_silent_recipient_is_accepted_and_never_reported(acs: Acs, receiver: Receiver, name: str) -> None:
    assert (await acs.send(f"{name}@example.com")).status_code == 202
    await settled(acs, receiver)


async def test_the_two_reports_of_twice_are_the_same_event(acs: Acs, receiver: Receiver) -> None:
    await acs.send("twice@example.com")
    first, second = (await receiver.next()).event, (await receiver.next()).event
    assert first == second


async def test_the_operation_of_a_dropped_email_ends_failed(acs: Acs) -> None:
    operation_id = str(uuid.uuid4())
    await acs.send("dropped@example.com", operation_id)
    body = (await acs.operation(operation_id)).json()
    assert body["status"] == "Failed"
    assert body["error"]["code"] == "EmailDroppedAllRecipientsSuppressed"


@pytest.mark.parametrize(
    ("name", "status", "text"),
    [
        ("suppressed-now", 400, "EmailDroppedAllRecipientsSuppressed"),
        ("invalid-format", 400, "Invalid format for email address"),
        ("error", 500, "InternalServerError"),
    ],
)
async def test_a_refused_recipient_is_refused_every_time(
    acs: Acs, receiver: Receiver, name: str, status: int, text: str
) -> None:
    operation_id = str(uuid.uuid4())
    for _ in range(4):
        answer = await acs.send(f"{name}@example.com", operation_id)
        assert answer.status_code == status
        assert text in answer.text
    assert [entry["accepted"] for entry in await acs.calls()] == [False] * 4
    await settled(acs, receiver)


@pytest.mark.parametrize(("name", "status", "retry_after"), [("throttled", 429, "1"), ("unavailable", 503, None)])
async def test_a_transient_failure_ends_at_the_third_call_of_each_operation(
    acs: Acs, receiver: Receiver, name: str, status: int, retry_after: str | None
) -> None:
    for operation_id in (str(uuid.uuid4()), str(uuid.uuid4())):
        answers = [await acs.send(f"{name}@example.com", operation_id) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [status, status, 202]
        assert answers[0].headers.get("Retry-After") == retry_after
        assert await reported(receiver, operation_id, 1) == ["Delivered"]


async def test_a_hanging_call_is_accepted_and_its_repeat_is_answered(acs: Acs, receiver: Receiver) -> None:
    operation_id = str(uuid.uuid4())
    acs.http.timeout = httpx.Timeout(1)
    with pytest.raises(httpx.ReadTimeout):
        await acs.send("hang@example.com", operation_id)
    acs.http.timeout = httpx.Timeout(20)
    assert (await acs.send("hang@example.com", operation_id)).status_code == 202
    assert await reported(receiver, operation_id, 1) == ["Delivered"]
    assert [(e["answer"], e["accepted"]) for e in await acs.calls()] == [("none", True), (202, False)]


async def test_a_reset_call_is_accepted_and_its_repeat_is_answered(acs: Acs, receiver: Receiver) -> None:
    operation_id = str(uuid.uuid4())
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await acs.send("reset@example.com", operation_id)
    assert (await acs.send("reset@example.com", operation_id)).status_code == 202
    assert await reported(receiver, operation_id, 1) == ["Delivered"]
    assert [(e["answer"], e["accepted"]) for e in await acs.calls()] == [("none", True), (202, False)]


async def test_an_early_report_comes_before_the_answer(acs: Acs, receiver: Receiver) -> None:
    operation_id = str(uuid.uuid4())
    call = asyncio.create_task(acs.send("early@example.com", operation_id))
    answered_first: list[bool] = []

    def answer(received: Received) -> web.Response:
        answered_first.append(call.done())
        return validating(received)

    receiver.answer = answer
    assert (await call).status_code == 202
    assert answered_first == [False]
    assert await reported(receiver, operation_id, 1) == ["Delivered"]


async def test_a_late_report_keeps_nothing_else_waiting(receiver: Receiver) -> None:
    async with simulated(Webhook(receiver.url, "key"), late_report=3600) as acs:
        await receiver.next()
        await acs.send("late@example.com")
        await settled(acs, receiver)


async def test_a_slow_call_is_accepted_before_it_is_answered(acs: Acs) -> None:
    call = asyncio.create_task(acs.send("slow@example.com"))
    while not await acs.calls():
        continue
    assert not call.done()
    assert (await call).status_code == 202


@pytest.mark.parametrize("address", ["bounced@example.com", "Bounced@example.com", "bounced+7@other.example.com"])
def test_the_local_part_before_a_plus_sign_decides(address: str) -> None:
    assert fate_of(address) is RECIPIENTS["bounced"]


def test_an_address_that_is_not_in_the_table_is_delivered() -> None:
    assert fate_of("notbounced@example.com").reports == ("Delivered",)


def test_the_special_addresses_are_written_as_the_service_stores_them() -> None:
    assert all(re.fullmatch(r"[a-z-]+", name) for name in RECIPIENTS)
