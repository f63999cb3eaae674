"""The two endpoints: send an email, and ask what became of an operation."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from local.simulators.acs.authentication import authenticate
from local.simulators.acs.errors import THROTTLED, AcsError
from local.simulators.acs.event_grid import Event, Publisher
from local.simulators.acs_email.events import delivery_report
from local.simulators.acs_email.messages import Message, check_api_version, operation_id_of, read_message
from local.simulators.acs_email.recipients import OPERATION_ERRORS, EmailFate, fate_of, name_of
from local.simulators.fates import Lost, Turns, When, withhold
from local.simulators.journal import Entry, Journal, healthy
from local.simulators.reporting import Attempt, Reporter, taken
from local.simulators.serving import BuildApp

LARGEST_REQUEST = 10 * 1024 * 1024
"""Bytes; the API specification limits the whole request, attachments included, to 10 MB."""

EARLY_REPORT_SECONDS = 1.0
"""How long an answer waits for an early report to be taken; callers give up after seconds, too."""

_POLL_SECONDS = 1
_TOO_LARGE = AcsError(413, "RequestEntityTooLarge", "The request exceeds 10 MB.")
_UNKNOWN = AcsError(404, "NotFound", "The operation does not exist.")
_REPEATED = AcsError(409, "Conflict", "The Operation-Id was already used.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the program was started; times in seconds."""

    access_key: bytes
    allow_bearer: bool = False
    repeat_answer: Literal[202, 409] = 202
    rate: int = 0
    latency: float = 0
    report_delay: float = 0.3
    late_report: float = 30


@dataclass(frozen=True, slots=True)
class Operation:
    """One accepted email."""

    id: str
    message: Message
    fate: EmailFate
    accepted: float
    reports: asyncio.Task[None]


def acs_email(options: Options, publisher: Publisher) -> BuildApp:
    """Return how the application is built."""

    def build(base: str) -> web.Application:
        service = _Service(options, publisher, base)
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.cleanup_ctx.append(service.lifespan)
        app.add_routes(
            [
                web.post("/emails:send", service.send),
                web.get("/emails/operations/{id}", service.status),
                web.get("/_health", healthy),
                *service.calls.routes("/_calls"),
                *service.reports.routes("/_reports"),
            ]
        )
        return app

    return build


class _Service:
    def __init__(self, options: Options, publisher: Publisher, base: str) -> None:
        self._options = options
        self._publisher = publisher
        self._base = base
        self._operations: dict[str, Operation] = {}
        self._turns = Turns()
        self._rate = _Rate(options.rate)
        self._reporter = Reporter()
        self.calls = Journal()
        self.reports = Journal()

    async def lifespan(self, _: web.Application) -> AsyncIterator[None]:
        """Keep the publisher open while the application runs."""
        await self._publisher.open()
        yield
        await self._reporter.close()
        await self._publisher.close()

    async def send(self, request: web.Request) -> web.Response:
        """`POST /emails:send`: accept an email once per Operation-Id, and answer 202 or an error."""
        entry: Entry = {"kind": "send", "operationId": request.headers.get("Operation-Id"), "recipient": None}
        try:
            operation, fault = await self._take(request, entry)
        except AcsError as error:
            self.calls.add(**entry, answer=error.status, accepted=False)
            await asyncio.sleep(self._options.latency)
            return error.response()
        self.calls.add(**entry, answer="none" if fault else 202)
        if fault:
            await withhold(request, fault)
        if operation.fate.when is When.EARLY:
            await asyncio.wait({operation.reports}, timeout=EARLY_REPORT_SECONDS)
        await asyncio.sleep(self._options.latency + operation.fate.answer_seconds)
        return self._answer(request, operation)

    async def status(self, request: web.Request) -> web.Response:
        """`GET /emails/operations/{id}`: answer Running, then Succeeded or Failed; 404 for an unknown id."""
        entry: Entry = {"kind": "operation", "operationId": request.match_info["id"].lower()}
        operation = self._operations.get(str(entry["operationId"]))
        entry["recipient"] = operation.message.recipient if operation else None
        try:
            await self._admit(request)
            if operation is None:
                raise _UNKNOWN
        except AcsError as error:
            self.calls.add(**entry, answer=error.status)
            return error.response()
        self.calls.add(**entry, answer=200)
        return self._state(operation)

    async def _admit(self, request: web.Request) -> bytes:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            raise _TOO_LARGE from None
        options = self._options
        authenticate(request, body, options.access_key, allow_bearer=options.allow_bearer)
        check_api_version(request)
        return body

    async def _take(self, request: web.Request, entry: Entry) -> tuple[Operation, Lost | None]:
        body = await self._admit(request)
        self._rate.check()
        operation_id = operation_id_of(request)
        message = read_message(body)
        entry.update(
            operationId=operation_id,
            recipient=message.recipient,
            sender=message.sender,
            subject=message.subject,
            contentType=message.content_type,
            text=message.text,
            attachments=[each.entry() for each in message.attachments],
        )
        if known := self._operations.get(operation_id):
            return self._repeated(known, entry)
        fault = self._fault(request, operation_id, message)
        entry["accepted"] = True
        return self._accept(operation_id, message), fault

    def _repeated(self, operation: Operation, entry: Entry) -> tuple[Operation, None]:
        if self._options.repeat_answer == _REPEATED.status:
            raise _REPEATED
        entry["accepted"] = False
        return operation, None

    def _fault(self, request: web.Request, operation_id: str, message: Message) -> Lost | None:
        key = operation_id if "Operation-Id" in request.headers else message.recipient
        fault = self._turns.fault_of(key, fate_of(message.recipient))
        if isinstance(fault, AcsError):
            raise fault
        return fault

    def _accept(self, operation_id: str, message: Message) -> Operation:
        fate = fate_of(message.recipient)
        events: dict[str, Event] = {}
        for status in fate.reports:
            # Event Grid repeats an event under the same id.
            events.setdefault(status, delivery_report(operation_id, message, status))
        attempts = [self._attempt(events[status], operation_id, status) for status in fate.reports]
        reports = self._reporter.start(attempts, self._delay(fate))
        operation = Operation(operation_id, message, fate, time.monotonic(), reports)
        self._operations[operation_id] = operation
        return operation

    def _delay(self, fate: EmailFate) -> float:
        after = {When.EARLY: 0, When.LATE: self._options.late_report, When.SOON: self._options.report_delay}
        answered = 0 if fate.when is When.EARLY else self._options.latency + fate.answer_seconds
        return answered + after[fate.when]

    def _attempt(self, event: Event, operation_id: str, status: str) -> Attempt:
        async def attempt() -> int | None:
            answer = await self._publisher.publish(event)
            if taken(answer):
                self.reports.add(kind="report", operationId=operation_id, status=status, answer=answer)
            return answer

        return attempt

    def _answer(self, request: web.Request, operation: Operation) -> web.Response:
        version = request.query["api-version"]
        headers = {
            "Operation-Location": f"{self._base}/emails/operations/{operation.id}?api-version={version}",
            "retry-after": str(_POLL_SECONDS),
        }
        return web.json_response({"id": operation.id, "status": "Running"}, status=202, headers=headers)

    def _state(self, operation: Operation) -> web.Response:
        if time.monotonic() < operation.accepted + self._options.report_delay:
            running = {"id": operation.id, "status": "Running"}
            return web.json_response(running, headers={"retry-after": str(_POLL_SECONDS)})
        if error := OPERATION_ERRORS.get(name_of(operation.message.recipient)):
            return web.json_response({"id": operation.id, "status": "Failed", "error": error.body()})
        return web.json_response({"id": operation.id, "status": "Succeeded"})


class _Rate:
    """At most n calls in each second of the clock; 0 allows all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._second = 0
        self._calls = 0

    def check(self) -> None:
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._calls = second, 0
        self._calls += 1
        if self._limit and self._calls > self._limit:
            raise THROTTLED
