"""The adapters and parsers against the project's own simulators over real HTTP, reports included."""

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Literal
from uuid import UUID

import httpx
import pytest
from aiohttp import web

from local.simulators.acs.event_grid import Nowhere, Publisher, Webhook
from local.simulators.acs_email.service import Options as AcsOptions
from local.simulators.acs_email.service import acs_email
from local.simulators.pswin.service import Options as PswinOptions
from local.simulators.pswin.service import pswin
from local.simulators.serving import BuildApp, listening
from notifications.channels.acs_auth import AccessKey
from notifications.channels.acs_events import Handshake, parse_events
from notifications.channels.email.acs import AcsEmail
from notifications.channels.email.acs_events import EmailReport
from notifications.channels.protocol import AttachedFile, EmailMessage, SmsMessage
from notifications.channels.sms.pswin import PswinSms
from notifications.channels.sms.pswin_reports import SmsReport, answer, parse_reports
from notifications.domain.ids import KEY_BITS, OrderKey, ShipmentId
from notifications.domain.outcomes import Accepted, Outcome, Postponed, Refused, Uncertain
from notifications.domain.statuses import Status

from .servers import serving

KEY = base64.b64encode(b"only a test").decode()
GATEWAY = "Basic " + base64.b64encode(b"gateway:gateway-pw").decode()
PAUSE = timedelta(seconds=30)


def acs_simulator(publisher: Publisher, repeat_answer: Literal[202, 409] = 202) -> BuildApp:
    options = AcsOptions(access_key=base64.b64decode(KEY), repeat_answer=repeat_answer, report_delay=0.02)
    return acs_email(options, publisher)


def pswin_simulator(report_url: str) -> BuildApp:
    return pswin(
        PswinOptions(
            username="user",
            password="pw",
            report_url=report_url,
            report_username="gateway",
            report_password="gateway-pw",
            report_delay=0.02,
        )
    )


class Inbox:
    """Takes reports as the service's own endpoints do, and hands them out parsed."""

    def __init__(self) -> None:
        self._emails: asyncio.Queue[EmailReport] = asyncio.Queue()
        self._sms: asyncio.Queue[SmsReport] = asyncio.Queue()

    async def email(self) -> EmailReport:
        async with asyncio.timeout(20):
            return await self._emails.get()

    async def sms(self) -> SmsReport:
        async with asyncio.timeout(20):
            return await self._sms.get()

    async def take(self, request: web.Request) -> web.Response:
        if request.path == "/email":
            return self._take_email(request, await request.read())
        assert request.headers["Authorization"] == GATEWAY
        return self._take_sms(await request.read())

    def _take_email(self, request: web.Request, body: bytes) -> web.Response:
        assert request.headers["X-Report-Key"] == "key"
        for event in parse_events(body):
            if isinstance(event, Handshake):
                return web.json_response({"validationResponse": event.code})
            assert isinstance(event, EmailReport)
            self._emails.put_nowait(event)
        return web.Response()

    def _take_sms(self, body: bytes) -> web.Response:
        reports = parse_reports(body)
        for report in reports:
            assert isinstance(report, SmsReport)
            self._sms.put_nowait(report)
        return web.Response(body=answer([report.number or "1" for report in reports]))


class Bench:
    """Both providers over both simulators."""

    def __init__(self, client: httpx.AsyncClient, acs: str, pswin: str, inbox: Inbox) -> None:
        self.client, self.acs, self.pswin, self.inbox = client, acs, pswin, inbox
        self._email = AcsEmail(client, acs, AccessKey(KEY), "noreply@example.com")
        self._shipment = ShipmentId(OrderKey(secrets.randbits(KEY_BITS)), 1)
        self._sent = 0

    def next_id(self) -> UUID:
        self._sent += 1
        return self._shipment.notification(self._sent)

    async def email(
        self, local: str, notification: UUID, within: float = 5, files: tuple[AttachedFile, ...] = ()
    ) -> Outcome:
        return await self._email.send(
            EmailMessage(
                notification_id=notification,
                sender="noreply@example.com",
                recipient=f"{local}@example.com",
                subject="Æ subject",
                body="Ø body",
                attachments=files,
            ),
            timeout=within,
        )

    async def find(self, notification: UUID) -> Outcome | None:
        return await self._email.find(notification, timeout=5)

    async def sms(self, number: str, body: str = "Å body", within: float = 5, password: str = "pw") -> Outcome:
        provider = PswinSms(self.client, self.pswin, "user", password)
        return await provider.send(
            SmsMessage(
                notification_id=self.next_id(),
                sender="Altinn",
                recipient=number,
                body=body,
                time_to_live=timedelta(hours=1),
            ),
            timeout=within,
        )


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    inbox = Inbox()
    async with serving(inbox.take) as url, httpx.AsyncClient() as client:
        acs = listening(acs_simulator(Webhook(f"{url}/email", "key")), 0)
        async with acs as acs_url, listening(pswin_simulator(f"{url}/sms"), 0) as pswin_url:
            yield Bench(client, acs_url, pswin_url, inbox)


async def test_an_email_is_accepted_once_and_its_report_names_it(bench: Bench) -> None:
    notification = bench.next_id()
    assert await bench.email("someone", notification) == Accepted()
    assert await bench.email("someone", notification) == Accepted()
    assert await bench.find(notification) == Accepted()
    report = await bench.inbox.email()
    assert (report.notification_id, report.status, report.code) == (notification, Status.DELIVERED, "Delivered")
    assert report.at is not None
    calls = (await bench.client.get(f"{bench.acs}/_calls")).json()
    assert [call["accepted"] for call in calls if call["kind"] == "send"] == [True, False]


async def test_an_emails_attachments_arrive(bench: Bench) -> None:
    files = tuple(
        AttachedFile(name=f"{size}.pdf", mime_type="application/pdf", content=b"x" * size) for size in (0, 7_500_000)
    )
    assert await bench.email("someone", bench.next_id(), within=20, files=files) == Accepted()
    (call,) = (await bench.client.get(f"{bench.acs}/_calls")).json()
    assert [(each["name"], each["bytes"]) for each in call["attachments"]] == [("0.pdf", 0), ("7500000.pdf", 7_500_000)]


@pytest.mark.parametrize(
    ("local", "status"),
    [
        ("bounced", Status.BOUNCED),
        ("failed", Status.FAILED),
        ("suppressed", Status.SUPPRESSED_RECIPIENT),
        ("quarantined", Status.QUARANTINED),
        ("filteredspam", Status.FILTERED_SPAM),
        ("expanded", Status.FAILED),
        ("early", Status.DELIVERED),
    ],
)
async def test_an_emails_fate_comes_as_a_report(bench: Bench, local: str, status: Status) -> None:
    assert await bench.email(local, bench.next_id()) == Accepted()
    assert (await bench.inbox.email()).status is status


async def test_an_email_that_is_refused_says_why(bench: Bench) -> None:
    suppressed = Refused(Status.SUPPRESSED_RECIPIENT, "EmailDroppedAllRecipientsSuppressed")
    assert await bench.email("suppressed-now", bench.next_id()) == suppressed
    assert await bench.email("invalid-format", bench.next_id()) == Refused(Status.INVALID_EMAIL_FORMAT, "BadRequest")


async def test_a_throttled_or_unavailable_service_takes_the_email_later(bench: Bench) -> None:
    for local, wait in (
        ("throttled", Postponed("http_429", timedelta(seconds=1))),
        ("unavailable", Postponed("http_503", PAUSE, guess=True)),
    ):
        notification = bench.next_id()
        answers = [await bench.email(local, notification) for _ in range(3)]
        assert answers == [wait, wait, Accepted()]


@pytest.mark.parametrize(("local", "reason"), [("hang", "timeout_after_send"), ("reset", "connection_after_send")])
async def test_an_uncertain_email_is_found_and_never_accepted_twice(bench: Bench, local: str, reason: str) -> None:
    notification = bench.next_id()
    assert await bench.find(notification) is None
    assert await bench.email(local, notification, within=0.5) == Uncertain(reason, PAUSE)
    assert await bench.find(notification) == Accepted()
    assert await bench.email(local, notification) == Accepted()
    calls = (await bench.client.get(f"{bench.acs}/_calls")).json()
    assert sum(call.get("accepted", False) for call in calls) == 1


async def test_an_operation_that_fails_later_is_refused_when_asked_for(bench: Bench) -> None:
    notification = bench.next_id()
    assert await bench.email("dropped", notification) == Accepted()
    await asyncio.sleep(0.1)  # it runs for 20 ms
    assert await bench.find(notification) == Refused(Status.SUPPRESSED_RECIPIENT, "EmailDroppedAllRecipientsSuppressed")


async def test_a_repeated_operation_id_is_accepted_when_the_service_calls_it_a_conflict() -> None:
    simulator = listening(acs_simulator(Nowhere(), repeat_answer=409), 0)
    async with httpx.AsyncClient() as client, simulator as url:
        bench = Bench(client, url, "", Inbox())
        notification = bench.next_id()
        assert await bench.email("someone", notification) == Accepted()
        assert await bench.email("someone", notification) == Accepted()


async def test_a_wrong_access_key_makes_the_message_wait(bench: Bench) -> None:
    stranger = AcsEmail(
        bench.client, bench.acs, AccessKey(base64.b64encode(b"another").decode()), "noreply@example.com"
    )
    assert await stranger.find(bench.next_id(), timeout=5) == Uncertain("http_401", PAUSE)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        ("+4799990001", Status.DELIVERED),
        ("+4799990002", Status.EXPIRED),
        ("+4799990003", Status.DELETED),
        ("+4799990004", Status.UNDELIVERED),
        ("+4799990005", Status.REJECTED),
        ("+4799990006", Status.BARRED_RECEIVER),
        ("+4799990007", Status.FAILED),
        ("+4799990008", Status.FAILED),
        ("+4799990009", Status.FAILED),
        ("+4799990043", Status.DELIVERED),
    ],
)
async def test_an_sms_fate_comes_as_a_report_under_its_reference(bench: Bench, number: str, status: Status) -> None:
    outcome = await bench.sms(number)
    report = await bench.inbox.sms()
    assert outcome == Accepted(report.reference)
    assert report.status is status
    assert report.at is not None


async def test_an_sms_that_is_refused_says_why(bench: Bench) -> None:
    assert await bench.sms("+4799990020") == Refused(Status.INVALID_RECIPIENT, "invalid_rcv")
    assert await bench.sms("+4799990021") == Refused(Status.FAILED, "gateway_fail")


async def test_a_gateway_that_is_down_or_refuses_our_logon_sends_later(bench: Bench) -> None:
    assert await bench.sms("+4799990030") == Postponed("http_503", PAUSE, guess=True)
    assert await bench.sms("+4799990031") == Postponed("http_500", PAUSE, guess=True)
    assert await bench.sms("+4799990001", password="wrong") == Postponed("logon_failed", PAUSE)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("+4799990032", "timeout_after_send"),
        ("+4799990033", "connection_after_send"),
        ("+4799990035", "unreadable_answer"),
    ],
)
async def test_an_sms_without_a_legible_answer_is_uncertain(bench: Bench, number: str, reason: str) -> None:
    assert await bench.sms(number, within=0.5) == Uncertain(reason, PAUSE)


@pytest.mark.parametrize("body", ["👋" * 2145, "</TEXT></MSG><MSG>", "\x00\x0b", "x" * 2145])
async def test_any_text_is_one_message_to_the_gateway(bench: Bench, body: str) -> None:
    assert isinstance(await bench.sms("+4799990040", body=body), Accepted)
    calls = (await bench.client.get(f"{bench.pswin}/_calls")).json()
    assert json.dumps(calls).count("4799990040") == 1
