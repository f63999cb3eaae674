"""SMS through Communication Services against the project's own simulator over real HTTP, reports included."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from aiohttp import web

from local.simulators.acs.event_grid import Webhook
from local.simulators.acs_sms.recipients import number
from local.simulators.acs_sms.service import Options, acs_sms
from local.simulators.serving import listening
from notifications.channels.acs_auth import AccessKey
from notifications.channels.acs_events import AcsEvent, Handshake, parse_events
from notifications.channels.protocol import SmsMessage
from notifications.channels.reports import MalformedReport
from notifications.channels.sms.acs import AcsSms
from notifications.channels.sms.acs_events import AcsSmsReport
from notifications.domain.ids import KEY_BITS, OrderKey, ShipmentId
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Channel, Status

from .servers import serving

KEY = base64.b64encode(b"only a test").decode()
PAUSE = timedelta(seconds=30)
# Far enough from a step's beginning that the minutes of a test stay within it.
DUE = datetime(2026, 3, 2, 9, tzinfo=UTC)


class MovingClock:
    """A clock that a test moves; provider and simulator go by it."""

    def __init__(self) -> None:
        self.moment = DUE

    def now(self) -> datetime:
        return self.moment


class Bench:
    """The provider over the simulator, and what is reported."""

    def __init__(self, client: httpx.AsyncClient, clock: MovingClock) -> None:
        self.client, self.clock, self.url = client, clock, ""
        self.events: asyncio.Queue[AcsEvent] = asyncio.Queue()
        self._shipment = ShipmentId(OrderKey(secrets.randbits(KEY_BITS)), 1)
        self._sent = 0

    def next_id(self) -> UUID:
        self._sent += 1
        return self._shipment.notification(self._sent)

    async def send(
        self,
        recipient: str,
        notification: UUID | None = None,
        *,
        within: float = 5,
        key: str = KEY,
        sender: str = "Altinn",
    ) -> Outcome:
        # Signatures are judged by the real time.
        provider = AcsSms(self.client, self.url, AccessKey(key), "Altinn", self.clock)
        message = SmsMessage(
            notification_id=notification or self.next_id(),
            sender=sender,
            recipient=recipient,
            body="Å body",
            time_to_live=DUE + timedelta(hours=48) - self.clock.now(),
        )
        return await provider.send(message, timeout=within)

    async def report(self) -> AcsEvent:
        async with asyncio.timeout(20):
            return await self.events.get()

    async def calls(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = (await self.client.get(f"{self.url}/_calls")).json()
        return entries

    async def take(self, request: web.Request) -> web.Response:
        assert request.headers["X-Report-Key"] == "key"
        for event in parse_events(await request.read()):
            if isinstance(event, Handshake):
                return web.json_response({"validationResponse": event.code})
            self.events.put_nowait(event)
        return web.Response()


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    clock = MovingClock()
    options = Options(access_key=base64.b64decode(KEY), report_delay=0.02, senders=frozenset({"Altinn", "+4799999998"}))
    async with httpx.AsyncClient() as client:
        it = Bench(client, clock)
        async with serving(it.take) as url, listening(acs_sms(options, Webhook(url, "key"), clock.now), 0) as it.url:
            yield it


async def test_an_sms_is_accepted_once_and_its_report_names_it(bench: Bench) -> None:
    notification = bench.next_id()
    first = await bench.send("+4799999999", notification)
    bench.clock.moment += timedelta(seconds=150)
    assert await bench.send("+4799999999", notification) == first
    assert isinstance(first, Accepted)
    calls = await bench.calls()
    assert [call["accepted"] for call in calls] == [True, False]
    assert (calls[0]["reference"], calls[0]["text"], calls[0]["sender"]) == (first.reference, "Å body", "Altinn")
    report = await bench.report()
    assert isinstance(report, AcsSmsReport)
    assert (report.notification_id, report.status) == (notification, Status.DELIVERED)
    assert report.at is not None


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("01", Status.DELIVERED),
        ("02", Status.EXPIRED),
        ("03", Status.INVALID_RECIPIENT),
        ("04", Status.UNDELIVERED),
        ("05", Status.REJECTED),
        ("06", Status.BARRED_RECEIVER),
        ("07", Status.FAILED),
        ("08", Status.FAILED),
        ("09", Status.FAILED),
        ("11", Status.INVALID_RECIPIENT),
        ("12", Status.UNDELIVERED),
        ("13", Status.BARRED_RECEIVER),
        ("43", Status.DELIVERED),
    ],
)
async def test_an_sms_fate_comes_as_a_report_under_our_own_id(bench: Bench, code: str, status: Status) -> None:
    notification = bench.next_id()
    assert isinstance(await bench.send(number(code), notification), Accepted)
    report = await bench.report()
    assert isinstance(report, AcsSmsReport)
    assert (report.notification_id, report.status) == (notification, status)


async def test_a_status_that_is_not_documented_is_told_with_our_id(bench: Bench) -> None:
    notification = bench.next_id()
    await bench.send(number("10"), notification)
    expected = MalformedReport("unknown_status:Queued", str(notification), channel=Channel.SMS)
    assert await bench.report() == expected


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("20", Refused(Status.INVALID_RECIPIENT, "http_400")),
        ("21", Refused(Status.FAILED, "http_400")),
        ("22", Refused(Status.FAILED, "BadRequest")),
        ("23", Postponed("unauthorized", PAUSE)),
        ("31", Postponed("http_500", PAUSE, guess=True)),
    ],
)
async def test_an_sms_that_is_not_taken_says_why(bench: Bench, code: str, outcome: Outcome) -> None:
    assert await bench.send(number(code)) == outcome


@pytest.mark.parametrize(
    ("code", "wait"),
    [
        ("28", Postponed("http_429", timedelta(seconds=1))),
        ("29", Postponed("http_429", PAUSE)),
        ("30", Postponed("http_503", PAUSE, guess=True)),
    ],
)
async def test_a_throttled_or_unavailable_service_takes_the_sms_later(bench: Bench, code: str, wait: Outcome) -> None:
    notification = bench.next_id()
    answers = [await bench.send(number(code), notification) for _ in range(3)]
    assert answers[:2] == [wait, wait]
    assert isinstance(answers[2], Accepted)


@pytest.mark.parametrize(
    ("code", "reason"), [("32", "timeout_after_send"), ("33", "connection_after_send"), ("35", "unreadable_answer")]
)
async def test_an_uncertain_sms_is_repeated_within_minutes_and_never_sent_twice(
    bench: Bench, code: str, reason: str
) -> None:
    notification = bench.next_id()
    assert await bench.send(number(code), notification, within=0.5) == Uncertain(reason, PAUSE)
    bench.clock.moment += timedelta(seconds=120)
    assert isinstance(await bench.send(number(code), notification), Accepted)
    assert [call["accepted"] for call in await bench.calls()] == [True, False]


async def test_a_repeat_in_the_next_step_is_known_for_one_and_not_sent_again(bench: Bench) -> None:
    notification = bench.next_id()
    bench.clock.moment += timedelta(seconds=235)
    assert await bench.send(number("32"), notification, within=0.5) == Uncertain("timeout_after_send", PAUSE)
    bench.clock.moment += timedelta(seconds=20)
    assert await bench.send(number("32"), notification) == Accepted()
    assert [call["accepted"] for call in await bench.calls()] == [True, False]


async def test_a_repeat_after_the_service_forgot_sends_a_second_time(bench: Bench) -> None:
    notification = bench.next_id()
    assert await bench.send(number("32"), notification, within=0.5) == Uncertain("timeout_after_send", PAUSE)
    bench.clock.moment += timedelta(seconds=301)
    assert await bench.send(number("40"), notification) != Accepted()
    assert [call["accepted"] for call in await bench.calls()] == [True, True]


async def test_a_wrong_key_and_a_sender_that_is_not_owned_make_the_sms_wait(bench: Bench) -> None:
    wrong = base64.b64encode(b"another").decode()
    assert await bench.send("+4799999999", key=wrong, sender="+4799999998") == Postponed("unauthorized", PAUSE)
    assert await bench.send("+4799999999", sender="Etaten") == Postponed("unauthorized_sender")
    assert isinstance(await bench.send("+4799999999", sender="0047 999 99 998"), Accepted)
