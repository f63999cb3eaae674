"""The one endpoint: submit messages. Nothing here is idempotent: every accepted call sends again."""

import asyncio
import re
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from local.simulators.fates import Lost, Turns, When, withhold
from local.simulators.journal import Journal, healthy
from local.simulators.pswin.documents import (
    Message,
    Result,
    Submission,
    UnreadableError,
    delivery_report,
    read_submission,
    submit_response,
)
from local.simulators.pswin.recipients import INVALID_RECEIVER, HttpFailure, NotAccepted, SmsRefusal, fate_of
from local.simulators.reporting import Attempt, Reporter, post, taken
from local.simulators.serving import BuildApp

EARLY_REPORT_SECONDS = 1.0
"""How long an answer waits for an early report to be taken; callers give up after seconds, too."""

_INTERNATIONAL = re.compile(r"[1-9]\d{7,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the program was started; times in seconds; without a report URL nothing is reported."""

    username: str
    password: str
    report_url: str | None = None
    report_username: str = ""
    report_password: str = ""
    latency: float = 0
    report_delay: float = 0.3
    late_report: float = 30


@dataclass(frozen=True, slots=True)
class _Sent:
    """One message's result, and what still happens to it."""

    message: Message
    result: Result
    reports: asyncio.Task[None] | None = None


def pswin(options: Options) -> BuildApp:
    """Return how the application is built."""

    def build(_: str) -> web.Application:
        service = _Service(options)
        app = web.Application()
        app.cleanup_ctx.append(service.lifespan)
        app.add_routes(
            [
                web.post("/", service.submit),
                web.get("/_health", healthy),
                *service.calls.routes("/_calls"),
                *service.reports.routes("/_reports"),
            ]
        )
        return app

    return build


class _Service:
    def __init__(self, options: Options) -> None:
        self._options = options
        self._turns = Turns()
        self._reporter = Reporter()
        self._last_reference = 0
        self.calls = Journal()
        self.reports = Journal()

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Keep the connections to the report receiver open while the application runs."""
        self._session = aiohttp.ClientSession()
        yield
        await self._reporter.close()
        await self._session.close()

    async def submit(self, request: web.Request) -> web.Response:
        """`POST /`: answer what became of each message; HTTP 200 also for a failed logon or message."""
        try:
            submission = read_submission(await request.read())
        except UnreadableError:
            self.calls.add(kind="send", reference=None, recipient=None, answer="UNREADABLE", accepted=False)
            return _xml(submit_response(reason="Unable to parse XML"))
        if not self._knows(submission):
            for message in submission.messages:
                self._note(message, None, "LOGON FAIL")
            return _xml(submit_response(reason="Invalid username or password"))
        return await self._send(request, submission.messages)

    async def _send(self, request: web.Request, messages: tuple[Message, ...]) -> web.Response:
        faults = [self._turns.fault_of(message.receiver, fate_of(message.receiver)) for message in messages]
        failure = next((fault for fault in faults if isinstance(fault, HttpFailure)), None)
        if failure:
            for message in messages:
                self._note(message, None, failure.status)
            await asyncio.sleep(self._options.latency)
            return web.Response(status=failure.status)
        lost = next((fault for fault in faults if isinstance(fault, Lost)), None)
        sent = [self._deliver(message, fault) for message, fault in zip(messages, faults, strict=True)]
        for one in sent:
            self._note(one.message, one.result.reference, "none" if lost else one.result.status)
        return await self._answer(request, sent, lost)

    async def _answer(self, request: web.Request, sent: list[_Sent], lost: Lost | None) -> web.Response:
        if lost in {Lost.HANG, Lost.RESET}:
            await withhold(request, lost)
        early = {one.reports for one in sent if one.reports and fate_of(one.message.receiver).when is When.EARLY}
        if early:
            await asyncio.wait(early, timeout=EARLY_REPORT_SECONDS)
        slowest = max(fate_of(one.message.receiver).answer_seconds for one in sent)
        await asyncio.sleep(self._options.latency + slowest)
        if lost is Lost.GARBLED:
            return web.Response(text="<html>Bad gateway")
        return _xml(submit_response(results=tuple(one.result for one in sent)))

    def _deliver(self, message: Message, fault: SmsRefusal | Lost | None) -> _Sent:
        if not _INTERNATIONAL.fullmatch(message.receiver):
            fault = INVALID_RECEIVER
        if isinstance(fault, NotAccepted):
            return _Sent(message, Result(message.id, None, fault.info))
        reference = self._next_reference()
        reports = self._report(message, reference) if message.wants_report else None
        return _Sent(message, Result(message.id, reference), reports)

    def _next_reference(self) -> str:
        # Rising with the clock, so that a restarted gateway does not name two messages alike.
        self._last_reference = max(self._last_reference + 1, time.time_ns() // 1_000_000)
        return str(self._last_reference)

    def _report(self, message: Message, reference: str) -> asyncio.Task[None] | None:
        if self._options.report_url is None:
            return None
        fate = fate_of(message.receiver)
        after = {When.EARLY: 0, When.LATE: self._options.late_report, When.SOON: self._options.report_delay}
        answered = 0 if fate.when is When.EARLY else self._options.latency + fate.answer_seconds
        attempts = [self._attempt(message, reference, state) for state in fate.reports]
        return self._reporter.start(attempts, answered + after[fate.when])

    def _attempt(self, message: Message, reference: str, state: str) -> Attempt:
        document = delivery_report(reference, message.receiver, state)

        async def attempt() -> int | None:
            status = await self._post(document)
            if taken(status):
                self.reports.add(kind="report", reference=reference, status=state, answer=status)
            return status

        return attempt

    async def _post(self, document: bytes) -> int | None:
        options = self._options
        credentials = b64encode(f"{options.report_username}:{options.report_password}".encode()).decode()
        headers = {"Content-Type": "application/xml", "Authorization": f"Basic {credentials}"}
        status, _ = await post(self._session, options.report_url or "", document, headers)
        return status

    def _knows(self, submission: Submission) -> bool:
        return (submission.client, submission.password) == (self._options.username, self._options.password)

    def _note(self, message: Message, reference: str | None, answer: str | int) -> None:
        self.calls.add(
            kind="send",
            reference=reference,
            recipient=message.receiver,
            answer=answer,
            accepted=reference is not None,
            sender=message.sender,
            text=message.text,
            ttl=message.ttl,
            report=message.wants_report,
        )


def _xml(document: bytes) -> web.Response:
    return web.Response(body=document, content_type="application/xml")
