"""The SMS service's REST API: authentication, validation, an answer for each recipient, and repeats."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from local.simulators.acs.event_grid import Nowhere, Publisher
from local.simulators.acs_sms.recipients import number
from local.simulators.acs_sms.service import Options, acs_sms
from local.simulators.serving import listening
from tests.simulators.acs import KEY, signed_headers

VERSION = "2021-03-07"
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORDINARY = "+4799999999"


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def message(*recipients: object, **changes: object) -> dict[str, Any]:
    """A valid request to some numbers, or to recipients as they stand."""
    listed = [{"to": each} if isinstance(each, str) else each for each in recipients or (ORDINARY,)]
    options = {"enableDeliveryReport": True, "tag": "a tag"}
    return {"from": "Altinn", "smsRecipients": listed, "message": "Hello", "smsSendOptions": options} | changes


def repeatable(
    recipient: str = ORDINARY, identity: object = None, first_sent: object = http_date(START)
) -> dict[str, object]:
    identity = identity or str(uuid.uuid4())
    return {"to": recipient, "repeatabilityRequestId": identity, "repeatabilityFirstSent": first_sent}


class Acs:
    """Signed calls to one simulator, and the clock that it judges repeats by."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.base = ""
        self.now = START

    async def send(self, body: object, *, version: str = VERSION) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        url = httpx.URL(f"{self.base}/sms?api-version={version}")
        return await self.http.post(url, content=content, headers=signed_headers("POST", url, content))

    async def items(self, body: object) -> list[dict[str, Any]]:
        """What a call that is answered 202 says of each recipient."""
        answer = await self.send(body)
        assert answer.status_code == 202
        items: list[dict[str, Any]] = answer.json()["value"]
        return items

    async def item(self, *recipients: object) -> dict[str, Any]:
        (only,) = await self.items(message(*recipients))
        return only

    async def calls(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = (await self.http.get(f"{self.base}/_calls")).json()
        return entries


@asynccontextmanager
async def simulated(publisher: Publisher | None = None, **options: Any) -> AsyncIterator[Acs]:
    """Run the simulator with these options while the context lasts; reports come at once unless told otherwise."""
    settings = Options(**{"access_key": KEY, "report_delay": 0, **options})
    async with httpx.AsyncClient(timeout=20) as http:
        acs = Acs(http)
        async with listening(acs_sms(settings, publisher or Nowhere(), lambda: acs.now), 0) as acs.base:
            yield acs


async def test_an_accepted_sms_is_answered_202_with_a_message_id_of_its_own() -> None:
    async with simulated() as acs:
        first, second = await acs.item(), await acs.item()
    for each in (first, second):
        assert each.pop("messageId").startswith("Outgoing_20260302090000")
        assert each == {"to": ORDINARY, "httpStatusCode": 202, "successful": True}


async def test_each_recipient_has_an_item_of_its_own() -> None:
    async with simulated() as acs:
        items = await acs.items(message(ORDINARY, "4799999999", repeatable()))
        entries = await acs.calls()
    assert [(each["httpStatusCode"], each["successful"]) for each in items] == [(202, True), (400, False), (202, True)]
    assert items[1]["errorMessage"] == "Invalid To phone number format."
    assert [each.get("repeatabilityResult") for each in items] == [None, None, "accepted"]
    assert [entry["accepted"] for entry in entries] == [True, False, True]


@pytest.mark.parametrize("key", [b"another key", b""])
async def test_a_call_that_is_not_signed_with_the_access_key_is_answered_401(key: bytes) -> None:
    content = json.dumps(message()).encode()
    async with simulated() as acs:
        url = httpx.URL(f"{acs.base}/sms?api-version={VERSION}")
        answer = await acs.http.post(url, content=content, headers=signed_headers("POST", url, content, key))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Denied")
        assert [entry["accepted"] for entry in await acs.calls()] == [False]


async def test_a_bearer_token_counts_only_where_that_is_allowed() -> None:
    for allowed, status in ((True, 202), (False, 401)):
        async with simulated(allow_bearer=allowed) as acs:
            url = f"{acs.base}/sms?api-version={VERSION}"
            headers = {"Authorization": "Bearer token"}
            assert (await acs.http.post(url, json=message(), headers=headers)).status_code == status


async def test_a_sender_that_the_resource_does_not_own_is_answered_401() -> None:
    async with simulated(senders=frozenset({"Altinn", "+4799999998"})) as acs:
        answers = [await acs.send(message(**{"from": sender})) for sender in ("Altinn", "+4799999998", "Etaten")]
    assert [answer.status_code for answer in answers] == [202, 202, 401]
    assert answers[2].json()["error"]["code"] == "Unauthorized"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        [],
        message() | {"smsRecipients": []},
        message(*["+4799999999"] * 101),
        message(7),
        message({"number": ORDINARY}),
        message(**{"from": None}),
        message(message=None),
        message(message="x" * 2049),
        message(smsSendOptions={"tag": "a tag"}),
        message(smsSendOptions=[]) | {"smsSendOptions": ["x"]},
    ],
)
async def test_a_malformed_request_is_answered_400_in_the_api_s_error_shape(body: object) -> None:
    async with simulated() as acs:
        answer = await acs.send(body)
        assert answer.status_code == 400
        assert set(answer.json()["error"]) == {"code", "message"}
        assert all(not entry["accepted"] for entry in await acs.calls())


@pytest.mark.parametrize("sender", ["", "4799999999999999", "Etaten og vi", "Ærlig", "+47 99999999", "004799999998"])
async def test_a_sender_that_is_neither_a_number_nor_a_name_is_answered_400(sender: str) -> None:
    async with simulated() as acs:
        answer = await acs.send(message(**{"from": sender}))
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "Invalid From phone number format.")


@pytest.mark.parametrize("version", ["", "2023-03-31"])
async def test_a_version_that_the_service_does_not_know_is_answered_400(version: str) -> None:
    async with simulated() as acs:
        assert (await acs.send(message(), version=version)).status_code == 400


async def test_without_a_repeatability_id_every_call_sends() -> None:
    async with simulated() as acs:
        first, second = await acs.item(), await acs.item()
        assert first["messageId"] != second["messageId"]
        assert [entry["accepted"] for entry in await acs.calls()] == [True, True]


async def test_a_repeat_is_answered_as_the_first_call_was_and_sends_nothing() -> None:
    recipient = repeatable()
    async with simulated() as acs:
        first = await acs.item(recipient)
        acs.now += timedelta(seconds=299)
        assert await acs.item(recipient) == first
        assert first["repeatabilityResult"] == "accepted"
        assert [entry["accepted"] for entry in await acs.calls()] == [True, False]


async def test_a_repeat_that_names_another_first_moment_is_rejected_as_no_match() -> None:
    recipient = repeatable()
    async with simulated() as acs:
        await acs.item(recipient)
        other = await acs.item(recipient | {"repeatabilityFirstSent": http_date(START - timedelta(seconds=1))})
        assert [entry["accepted"] for entry in await acs.calls()] == [True, False]
    assert (other["httpStatusCode"], other["repeatabilityResult"], other["successful"]) == (400, "rejected", False)


async def test_a_first_moment_longer_ago_than_ids_are_remembered_is_answered_412() -> None:
    recipient = repeatable()
    async with simulated() as acs:
        await acs.item(recipient)
        acs.now += timedelta(seconds=301)
        late = await acs.item(recipient)
        assert [entry["accepted"] for entry in await acs.calls()] == [True, False]
    assert (late["httpStatusCode"], late["repeatabilityResult"]) == (412, "rejected")


async def test_an_id_that_was_forgotten_sends_again_under_a_new_moment_or_where_that_is_chosen() -> None:
    recipient = repeatable()
    async with simulated() as acs:
        first = await acs.item(recipient)
        acs.now += timedelta(seconds=301)
        again = await acs.item(recipient | {"repeatabilityFirstSent": http_date(acs.now)})
        assert again["messageId"] != first["messageId"]
    async with simulated(stale="send", repeat_seconds=10) as acs:
        await acs.item(recipient)
        acs.now += timedelta(seconds=11)
        assert (await acs.item(recipient))["httpStatusCode"] == 202
        assert [entry["accepted"] for entry in await acs.calls()] == [True, True]


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"repeatabilityRequestId": "7"}, "repeatability-request-id"),
        ({"repeatabilityRequestId": None}, "repeatability-request-id"),
        ({"repeatabilityFirstSent": START.isoformat()}, "repeatability-first-sent"),
        ({"repeatabilityFirstSent": "soon GMT"}, "repeatability-first-sent"),
        ({"repeatabilityFirstSent": None}, "repeatability-first-sent"),
    ],
)
async def test_a_malformed_id_or_moment_is_rejected(change: dict[str, object], names: str) -> None:
    async with simulated() as acs:
        told = await acs.item(repeatable() | change)
        assert [entry["accepted"] for entry in await acs.calls()] == [False]
    assert (told["httpStatusCode"], told["repeatabilityResult"]) == (400, "rejected")
    assert names in told["errorMessage"]


async def test_a_call_that_fails_as_a_whole_sends_to_nobody() -> None:
    async with simulated() as acs:
        assert (await acs.send(message(ORDINARY, number("31")))).status_code == 500
        entries = await acs.calls()
    assert [(entry["recipient"], entry["answer"], entry["accepted"]) for entry in entries] == [
        (ORDINARY, 500, False),
        (number("31"), 500, False),
    ]


async def test_the_journal_tells_each_message_and_can_be_emptied() -> None:
    identity = str(uuid.uuid4())
    async with simulated() as acs:
        told = await acs.item(repeatable(identity=identity.upper()))
        (entry,) = await acs.calls()
        assert datetime.fromisoformat(entry.pop("time")).utcoffset() == timedelta(0)
        assert entry == {
            "kind": "send",
            "reference": told["messageId"],
            "recipient": ORDINARY,
            "answer": 202,
            "accepted": True,
            "sender": "Altinn",
            "text": "Hello",
            "tag": "a tag",
            "report": True,
            "repeatabilityId": identity,
            "firstSent": START.isoformat(),
        }
        assert (await acs.http.delete(f"{acs.base}/_calls")).status_code == 204
        assert await acs.calls() == []
