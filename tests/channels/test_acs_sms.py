"""SMS through Azure Communication Services, against real HTTP servers."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.channels.acs_auth import AccessKey, BearerToken, CredentialUnavailableError
from notifications.channels.protocol import SmsMessage, SmsProvider
from notifications.channels.sms.acs import MOST_CHARACTERS, AcsSms, sender_id, submission
from notifications.channels.sms.acs_first_sent import STEP, first_sent
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status

from .servers import FixedClock, Handler, answering, closed_port, raw_serving, serving

KEY = base64.b64encode(b"not a secret, only a test").decode()
ID = UUID("0197c2f0-0000-8000-8000-000001000001")
NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
PAUSE = timedelta(seconds=30)
MESSAGE_ID = "Outgoing_20260701120000bfd4ba70-70bf-4f77-925d-c0bdb5161bb3_noam"


def message(**changes: object) -> SmsMessage:
    values: dict[str, object] = {
        "notification_id": ID,
        "sender": "Altinn",
        "recipient": "+4799999999",
        "body": "A body",
        "time_to_live": timedelta(hours=48),
    }
    return SmsMessage(**(values | changes))  # type: ignore[arg-type]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


def provider(client: httpx.AsyncClient, url: str) -> AcsSms:
    clock = FixedClock(NOW)
    return AcsSms(client, url, AccessKey(KEY, clock), "Altinn", clock)


async def send(client: httpx.AsyncClient, handler: Handler, within: float = 5, **changes: object) -> Outcome:
    async with serving(handler) as url:
        return await provider(client, url).send(message(**changes), timeout=within)


def item(status: int = 202, **members: object) -> Handler:
    """A 202 with one item."""
    told = {"to": "+4799999999", "httpStatusCode": status, "successful": status == 202, **members}
    return answering(202, json.dumps({"value": [told]}))


def failing(status: int, code: str = "", text: str = "", headers: dict[str, str] | None = None) -> Handler:
    return answering(status, json.dumps({"error": {"code": code, "message": text}}), headers)


async def test_it_is_an_sms_provider(client: httpx.AsyncClient) -> None:
    it: SmsProvider = provider(client, "http://127.0.0.1:1")
    assert it.name == "acs-sms"


async def test_an_sms_is_sent_as_documented_under_the_notifications_id(client: httpx.AsyncClient) -> None:
    seen: list[tuple[str, str, object]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, str(request.rel_url), await request.json()))
        return web.json_response({"value": [{"httpStatusCode": 202, "successful": True, "messageId": MESSAGE_ID}]})

    async with serving(handler) as url:
        outcome = await provider(client, url + "/").send(
            message(recipient="0047 999 99 999", body="Hei 👋 «Æ»\n\ud800"), timeout=5
        )
    assert outcome == Accepted(MESSAGE_ID)
    body = {
        "from": "Altinn",
        "smsRecipients": [
            {
                "to": "+4799999999",
                "repeatabilityRequestId": str(ID),
                "repeatabilityFirstSent": "Wed, 01 Jul 2026 12:00:00 GMT",
            }
        ],
        "message": "Hei 👋 «Æ»\n",
        "smsSendOptions": {"enableDeliveryReport": True, "tag": str(ID)},
    }
    assert seen == [("POST", "/sms?api-version=2021-03-07", body)]


@pytest.mark.parametrize(
    ("sender", "sent"),
    [
        ("Altinn", "Altinn"),
        ("Etat 1", "Etat 1"),
        ("+4799999998", "+4799999998"),
        ("+47 999 99 998", "+4799999998"),
        ("004799999998", "+4799999998"),
        (" 0047 99999998", "+4799999998"),
        ("2097", "2097"),
    ],
)
def test_a_sender_is_a_name_or_a_number_in_e164(sender: str, sent: str) -> None:
    assert sender_id(sender) == sent
    assert submission(message(sender=sender), NOW)["from"] == sent


@pytest.mark.parametrize("message_id", [None, 7, "", "a b", "a/b", "x" * 129])
async def test_an_sms_that_was_taken_is_taken_whatever_its_message_id(
    client: httpx.AsyncClient, message_id: object
) -> None:
    assert await send(client, item(messageId=message_id, repeatabilityResult="accepted")) == Accepted(None)


async def test_an_invalid_number_is_refused_for_being_one(client: httpx.AsyncClient) -> None:
    text = "Invalid To phone number format."
    assert await send(client, item(400, errorMessage=text)) == Refused(Status.INVALID_RECIPIENT, "http_400")
    whole = failing(400, "BadRequest", text)
    assert await send(client, whole) == Refused(Status.INVALID_RECIPIENT, "BadRequest")


@pytest.mark.parametrize("status", [400, 404, 410, 422])
async def test_any_other_4xx_of_an_item_is_refused_without_quoting_it(client: httpx.AsyncClient, status: int) -> None:
    refusing = item(status, errorMessage="Not to +4799999999", repeatabilityResult="accepted")
    assert await send(client, refusing) == Refused(Status.FAILED, f"http_{status}")


@pytest.mark.parametrize(
    ("code", "reason"), [("BadRequest", "BadRequest"), ("+4799999999", "http_400"), ("", "http_400")]
)
async def test_a_whole_call_that_is_refused_says_why_by_its_code_alone(
    client: httpx.AsyncClient, code: str, reason: str
) -> None:
    assert await send(client, failing(400, code, "about +4799999999")) == Refused(Status.FAILED, reason)


@pytest.mark.parametrize("status", [401, 403])
async def test_our_own_credentials_fail_nobodys_message_and_pause_the_provider(
    client: httpx.AsyncClient, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert await send(client, failing(status)) == Postponed("unauthorized", PAUSE)
    assert await send(client, item(status)) == Postponed("unauthorized", PAUSE)
    told = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert told == [("ERROR", "provider.misconfigured provider=acs-sms reason=unauthorized")] * 2


async def test_a_sender_that_one_order_chose_does_not_stop_the_others(client: httpx.AsyncClient) -> None:
    not_owned = failing(401, "Unauthorized")
    assert await send(client, not_owned, sender="+4799999998") == Postponed("unauthorized_sender")
    assert await send(client, item(401), sender="Etaten") == Postponed("unauthorized_sender")
    for certain in (failing(401, "Denied", "Denied by the resource provider."), failing(403)):
        assert await send(client, certain, sender="Etaten") == Postponed("unauthorized", PAUSE)


async def test_an_invalid_sender_fails_the_order_that_chose_it_and_nobody_if_it_is_our_own(
    client: httpx.AsyncClient,
) -> None:
    invalid = failing(400, "BadRequest", "Invalid From phone number format.")
    assert await send(client, invalid, sender="Ærlig") == Refused(Status.FAILED, "BadRequest")
    assert await send(client, invalid) == Postponed("invalid_sender", PAUSE)


@pytest.mark.parametrize("status", [404, 405, 415])
async def test_an_address_that_is_not_the_services_pauses_the_provider(client: httpx.AsyncClient, status: int) -> None:
    assert await send(client, answering(status)) == Postponed(f"http_{status}", PAUSE)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [({"Retry-After": "120"}, 120), ({"Retry-After": "86400"}, 600), ({}, 30)],
)
async def test_a_throttled_call_or_item_pauses_for_as_long_as_it_asks(
    client: httpx.AsyncClient, header: dict[str, str], seconds: int
) -> None:
    waits = Postponed("http_429", timedelta(seconds=seconds))
    assert await send(client, failing(429, "TooManyRequests", headers=header)) == waits
    throttled = {"value": [{"httpStatusCode": 429, "successful": False}]}
    assert await send(client, answering(202, json.dumps(throttled), header)) == waits


@pytest.mark.parametrize("status", [408, 500, 503])
async def test_a_service_in_trouble_gets_the_message_later(client: httpx.AsyncClient, status: int) -> None:
    assert await send(client, answering(status, "<html>")) == Postponed(f"http_{status}", PAUSE, guess=True)
    assert await send(client, item(status)) == Postponed(f"http_{status}", PAUSE, guess=True)


@pytest.mark.parametrize("status", [502, 504])
async def test_a_proxy_that_waited_in_vain_for_the_service_does_not_know_whether_it_took_the_sms(
    client: httpx.AsyncClient, status: int
) -> None:
    for handler in (answering(status, "<html>"), item(status)):
        assert await send(client, handler) == Uncertain(f"http_{status}", PAUSE)


async def test_a_redirect_is_not_followed(client: httpx.AsyncClient) -> None:
    assert await send(client, answering(307, headers={"Location": "/elsewhere"})) == Postponed("http_307", PAUSE)


@pytest.mark.parametrize(
    "known",
    [
        item(400, repeatabilityResult="rejected", errorMessage="The request does not match an earlier one."),
        item(400, repeatabilityResult="Rejected"),
        item(409),
        failing(409, "Conflict"),
    ],
)
async def test_an_id_that_is_known_was_taken_earlier(client: httpx.AsyncClient, known: Handler) -> None:
    assert await send(client, known) == Accepted()


@pytest.mark.parametrize(
    "refusal",
    [
        item(412, repeatabilityResult="rejected", errorMessage="Not in the tracked duration."),
        item(412),
        failing(412),
        item(
            400,
            repeatabilityResult="rejected",
            errorMessage="Request sent with Invalid DateTime value for repeatability-first-sent.",
        ),
        item(400, repeatabilityResult="rejected", errorMessage="Invalid repeatability-request-id."),
    ],
)
async def test_a_rejection_of_our_clock_or_form_is_no_sign_that_an_sms_was_taken(
    client: httpx.AsyncClient, refusal: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    assert await send(client, refusal) == Postponed("first_sent", PAUSE)
    assert "provider.misconfigured provider=acs-sms reason=first_sent" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"value": []}',
        '{"value": [7]}',
        '{"value": [{}]}',
        '{"value": [{"httpStatusCode": "202", "successful": true}]}',
        '{"value": [{"httpStatusCode": 202}]}',
        '{"value": [{"httpStatusCode": 202, "successful": false}]}',
        '{"value": [{"httpStatusCode": 400, "successful": true}]}',
        '{"value": [{"httpStatusCode": 202, "successful": true}, {"httpStatusCode": 202, "successful": true}]}',
    ],
)
async def test_an_answer_that_says_nothing_clear_is_uncertain(client: httpx.AsyncClient, body: str) -> None:
    assert await send(client, answering(202, body)) == Uncertain("unreadable_answer", PAUSE)


async def test_a_call_that_is_not_answered_is_uncertain(client: httpx.AsyncClient) -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    assert await send(client, hang, within=0.3) == Uncertain("timeout_after_send", PAUSE)
    async with raw_serving(None) as url:
        outcome = await provider(client, url).send(message(), timeout=5)
    assert outcome == Uncertain("connection_after_send", PAUSE)


async def test_a_service_that_cannot_be_reached_gets_the_message_later(client: httpx.AsyncClient) -> None:
    outcome = await provider(client, f"http://127.0.0.1:{closed_port()}").send(message(), timeout=5)
    assert outcome == Postponed("connect", PAUSE, guess=True)


async def test_without_a_credential_nothing_is_sent(client: httpx.AsyncClient) -> None:
    async def unavailable() -> str:
        raise CredentialUnavailableError

    it = AcsSms(client, "http://127.0.0.1:1", BearerToken(unavailable), "Altinn")
    outcome = await it.send(message(), timeout=5)
    assert (outcome, outcome.here) == (Postponed("no_credential", PAUSE), True)


ANYTHING = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.none(), max_size=2)
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "httpStatusCode": ANYTHING | st.integers(100, 599),
        "successful": ANYTHING,
        "messageId": ANYTHING,
        "repeatabilityResult": ANYTHING | st.sampled_from(["accepted", "rejected"]),
        "errorMessage": ANYTHING,
    },
)
CONTENT = ANYTHING | st.fixed_dictionaries({"value": ANYTHING | st.lists(ANYTHING | ITEM, max_size=2)})


@settings(max_examples=10, deadline=None)
@given(st.lists(CONTENT, min_size=20, max_size=40))
async def test_no_answer_raises(contents: list[object]) -> None:
    left = list(contents)

    async def handler(_: web.Request) -> web.Response:
        return web.json_response(left.pop(), status=202)

    async with httpx.AsyncClient() as client, serving(handler) as url:
        outcomes = [await provider(client, url).send(message(), timeout=5) for _ in contents]
    assert all(isinstance(outcome, Accepted | Refused | Postponed | Uncertain) for outcome in outcomes)


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SECONDS = st.floats(0, 200_000, allow_nan=False).map(lambda seconds: timedelta(seconds=seconds))


@given(MOMENTS, SECONDS)
def test_a_first_moment_is_recent_past_and_in_whole_seconds(now: datetime, left: timedelta) -> None:
    moment = first_sent(now + left, now)
    assert timedelta(0) <= now - moment < STEP
    assert moment.microsecond == 0


@given(MOMENTS, SECONDS)
def test_attempts_of_one_step_name_the_same_moment_and_of_the_next_another(now: datetime, left: timedelta) -> None:
    expires = now + left
    begins = first_sent(expires, now)
    for later in (timedelta(0), timedelta(seconds=10), STEP - timedelta(microseconds=1)):
        assert first_sent(expires, begins + later) == begins
    assert first_sent(expires, begins + STEP) == begins + STEP


@given(MOMENTS, st.integers(0, 160))
def test_an_sms_that_leaves_when_it_is_due_is_repeated_under_the_same_moment(due: datetime, later: int) -> None:
    expires, first = due + timedelta(hours=48), due + timedelta(seconds=5)
    assert first_sent(expires, first) == first_sent(expires, first + timedelta(seconds=later))


@given(st.integers(0, 999_999))
def test_an_expiry_that_was_computed_a_moment_ago_is_the_same_expiry(microseconds: int) -> None:
    expires = NOW + timedelta(hours=48)
    assert first_sent(expires + timedelta(microseconds=microseconds), NOW) == first_sent(expires, NOW)


def test_the_moment_is_sent_as_an_http_date_that_follows_from_the_time_left() -> None:
    expires = NOW + timedelta(hours=48)
    for seconds in (0, 30, 200):
        now = NOW + timedelta(seconds=seconds)
        sent: Any = submission(message(time_to_live=expires - now), now)
        assert parsedate_to_datetime(sent["smsRecipients"][0]["repeatabilityFirstSent"]) == NOW


async def test_a_text_that_the_service_does_not_take_is_another_providers_and_makes_no_call(
    client: httpx.AsyncClient,
) -> None:
    called: list[web.Request] = []

    async def note(request: web.Request) -> web.Response:
        called.append(request)
        return web.Response(status=500)

    outcome = await send(client, note, body="x" * (MOST_CHARACTERS + 1))
    assert (outcome, called) == (Refused(Status.FAILED, "text_too_long", elsewhere=True), [])
    assert outcome.here
