"""The one endpoint: send an SMS to each of some recipients, once for each repeatability id."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import uuid4

from aiohttp import web

from local.simulators.acs.authentication import authenticate
from local.simulators.acs.errors import AcsError
from local.simulators.acs.event_grid import Event, Publisher
from local.simulators.acs_sms.events import delivery_report
from local.simulators.acs_sms.messages import Message, check_api_version, is_number, item, read_messages
from local.simulators.acs_sms.recipients import INVALID_NUMBER, REPORTS, NotTaken, SmsFate, fate_of
from local.simulators.acs_sms.repeats import Rejected, Repeats
from local.simulators.fates import Lost, Turns, When, withhold
from local.simulators.journal import Journal, healthy
from local.simulators.reporting import Attempt, Reporter, taken
from local.simulators.serving import BuildApp

EARLY_REPORT_SECONDS = 1.0
"""How long an answer waits for an early report to be taken; callers give up after seconds, too."""

_LARGEST_REQUEST = 1024 * 1024
_NOT_OWNED = AcsError(401, "Unauthorized", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How the program was started; times in seconds. `senders` are those that the resource owns, none means any."""

    access_key: bytes
    allow_bearer: bool = False
    senders: frozenset[str] = frozenset()
    repeat_seconds: float = 300
    stale: Literal["412", "send"] = "412"
    latency: float = 0
    report_delay: float = 0.3
    late_report: float = 30


@dataclass(frozen=True, slots=True)
class _Result:
    """What one message is answered; `reports` are those of a message that was sent by this very call."""

    message: Message
    item: dict[str, object]
    lost: Lost | None = None
    reports: asyncio.Task[None] | None = None


def _utc_now() -> datetime:
    return datetime.now(UTC)


def acs_sms(options: Options, publisher: Publisher, now: Callable[[], datetime] = _utc_now) -> BuildApp:
    """Return how the application is built; `now` is the clock by which repeats are judged."""

    def build(_: str) -> web.Application:
        service = _Service(options, publisher, now)
        app = web.Application(client_max_size=_LARGEST_REQUEST)
        app.cleanup_ctx.append(service.lifespan)
        app.add_routes(
            [
                web.post("/sms", service.send),
                web.get("/_health", healthy),
                *service.calls.routes("/_calls"),
                *service.reports.routes("/_reports"),
            ]
        )
        return app

    return build


class _Service:
    def __init__(self, options: Options, publisher: Publisher, now: Callable[[], datetime]) -> None:
        self._options = options
        self._publisher = publisher
        self._now = now
        self._repeats = Repeats(timedelta(seconds=options.repeat_seconds), options.stale)
        self._turns = Turns()
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
        """`POST /sms`: answer 202 with an item for each recipient, or an error for the whole call."""
        messages: list[Message] = []
        try:
            messages = await self._read(request)
            results = self._results(messages)
        except AcsError as error:
            self._note_failure(messages, error.status)
            await asyncio.sleep(self._options.latency)
            return error.response()
        lost = next((result.lost for result in results if result.lost), None)
        for result in results:
            answer = "none" if lost else result.item["httpStatusCode"]
            self._note(result.message, result.item.get("messageId"), answer, accepted=result.reports is not None)
        return await self._answer(request, results, lost)

    async def _read(self, request: web.Request) -> list[Message]:
        body = await request.read()
        authenticate(request, body, self._options.access_key, allow_bearer=self._options.allow_bearer)
        check_api_version(request)
        messages = read_messages(body)
        if self._options.senders and messages[0].sender not in self._options.senders:
            raise _NOT_OWNED
        return messages

    def _results(self, messages: list[Message]) -> list[_Result]:
        """What becomes of each message; nothing is sent when one of them fails the whole call."""
        known = [self._known(message) for message in messages]
        faults = [None if repeat else self._fault(message) for message, repeat in zip(messages, known, strict=True)]
        whole = next((fault for fault in faults if isinstance(fault, AcsError)), None)
        if whole:
            raise whole
        return [self._result(*each) for each in zip(messages, known, faults, strict=True)]

    def _known(self, message: Message) -> str | Rejected | None:
        return self._repeats.known(message.repeatability, self._now()) if message.repeatability else None

    def _fault(self, message: Message) -> AcsError | NotTaken | Lost | None:
        if not is_number(message.recipient):
            return INVALID_NUMBER
        key = str(message.repeatability.id) if message.repeatability else message.recipient
        return self._turns.fault_of(key, fate_of(message.recipient))

    def _result(
        self, message: Message, known: str | Rejected | None, fault: AcsError | NotTaken | Lost | None
    ) -> _Result:
        accepted = "accepted" if message.repeatability else None
        if isinstance(known, Rejected):
            return _Result(message, item(message.recipient, known.status, repeat="rejected", error=known.text))
        if known is not None:
            return _Result(message, item(message.recipient, 202, message_id=known, repeat=accepted))
        if isinstance(fault, NotTaken):
            return _Result(message, item(message.recipient, fault.status, repeat=accepted, error=fault.text))
        message_id = f"Outgoing_{self._now():%Y%m%d%H%M%S}{uuid4()}"
        if message.repeatability:
            self._repeats.take(message.repeatability, message_id, self._now())
        answered = item(message.recipient, 202, message_id=message_id, repeat=accepted)
        lost = fault if isinstance(fault, Lost) else None
        return _Result(message, answered, lost, self._report(message, message_id))

    async def _answer(self, request: web.Request, results: list[_Result], lost: Lost | None) -> web.Response:
        if lost in {Lost.HANG, Lost.RESET}:
            await withhold(request, lost)
        sent = [(fate_of(result.message.recipient), result.reports) for result in results if result.reports]
        early = {reports for fate, reports in sent if fate.when is When.EARLY}
        if early:
            await asyncio.wait(early, timeout=EARLY_REPORT_SECONDS)
        slowest = max((fate.answer_seconds for fate, _ in sent), default=0)
        await asyncio.sleep(self._options.latency + slowest)
        if lost is Lost.GARBLED:
            return web.Response(status=202, text="<html>Bad gateway")
        return web.json_response({"value": [result.item for result in results]}, status=202)

    def _report(self, message: Message, message_id: str) -> asyncio.Task[None]:
        fate = fate_of(message.recipient)
        events: dict[str, Event] = {}
        for key in fate.reports if message.wants_report else ():
            # Event Grid repeats an event under the same id.
            events.setdefault(key, delivery_report(message_id, message, REPORTS[key]))
        attempts = [self._attempt(events[key], message_id, key) for key in fate.reports if key in events]
        return self._reporter.start(attempts, self._delay(fate))

    def _delay(self, fate: SmsFate) -> float:
        after = {When.EARLY: 0, When.LATE: self._options.late_report, When.SOON: self._options.report_delay}
        answered = 0 if fate.when is When.EARLY else self._options.latency + fate.answer_seconds
        return answered + after[fate.when]

    def _attempt(self, event: Event, message_id: str, key: str) -> Attempt:
        async def attempt() -> int | None:
            answer = await self._publisher.publish(event)
            if taken(answer):
                self.reports.add(kind="report", reference=message_id, status=key, answer=answer)
            return answer

        return attempt

    def _note_failure(self, messages: list[Message], status: int) -> None:
        if not messages:
            self.calls.add(kind="send", reference=None, recipient=None, answer=status, accepted=False)
        for message in messages:
            self._note(message, None, status, accepted=False)

    def _note(self, message: Message, reference: object, answer: object, *, accepted: bool) -> None:
        repeat = message.repeatability
        self.calls.add(
            kind="send",
            reference=reference,
            recipient=message.recipient,
            answer=answer,
            accepted=accepted,
            sender=message.sender,
            text=message.text,
            tag=message.tag,
            report=message.wants_report,
            repeatabilityId=str(repeat.id) if repeat and repeat.id else None,
            firstSent=repeat.first_sent.isoformat() if repeat and repeat.first_sent else None,
        )
