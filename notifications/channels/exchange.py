"""One HTTP call to a provider, told apart by what matters afterwards: was the message handed over or not?"""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from notifications.domain.outcomes import Postponed, Uncertain

MAX_ANSWER = 256 * 1024
SHORT_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)

_DELTA_SECONDS = re.compile(r"[0-9]{1,9}")
_REQUEST_TIMEOUT = 408
_TOO_MANY_REQUESTS = 429
_BY_A_PROXY = frozenset({502, 504})


@dataclass(frozen=True, slots=True)
class Answer:
    """The provider answered; `body` is empty when it broke off, and at most `MAX_ANSWER` bytes long."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """The provider did not answer; `begun` says whether any of the request may have reached it."""

    reason: str
    begun: bool

    def outcome(self, pause: timedelta | None = None) -> Postponed | Uncertain:
        """Nobody knows, or not sent for certain; `pause` is what the provider should rest, if others fare no better."""
        if self.begun:
            return Uncertain(f"{self.reason}_after_send", pause)
        return Postponed(self.reason, pause, guess=pause is not None)


async def exchange(client: httpx.AsyncClient, request: httpx.Request, *, within: float) -> Answer | NoAnswer:
    """Send a request, follow no redirect, take at most `within` seconds in all, and never raise for the network."""
    watch = _Watch()
    request.extensions = {**request.extensions, "trace": watch.trace, "timeout": {}}
    try:
        async with asyncio.timeout(within):
            response = await client.send(request, stream=True, follow_redirects=False)
            try:
                return Answer(response.status_code, response.headers, await _body(response))
            finally:
                await response.aclose()
    except (TimeoutError, httpx.TimeoutException):
        return watch.answered or NoAnswer("timeout", watch.begun)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        return watch.answered or NoAnswer(_reason(error), watch.begun)


class _Watch:
    """Follows one request through httpcore's trace events, to know how far it came."""

    def __init__(self) -> None:
        self.begun = False
        self.answered: Answer | None = None

    async def trace(self, event: str, info: dict[str, object]) -> None:
        if event.endswith(".send_request_headers.started"):
            self.begun = True
        elif event == "http11.receive_response_headers.complete":
            # Kept for answers whose body never comes.
            match info.get("return_value"):
                case (bytes(), int(status), _, list(headers), *_):
                    self.answered = Answer(status, httpx.Headers(headers), b"")


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            return b""
    return bytes(body)


def _reason(error: Exception) -> str:
    return "connect" if isinstance(error, httpx.ConnectError) else "connection"


def undecided_by_status(answer: Answer, now: datetime) -> Postponed | Uncertain | None:
    """The answers that say the same at every provider: not now (429, 5xx), or not with these settings (401, 403, 3xx).

    A wrong setting is ours to mend and must not fail anybody's message, so it pauses the provider. A proxy that got no
    answer from the provider (504), or whose connection to it broke (502), knows no more than we do when we get none
    (RFC 9110 sections 15.6.3 and 15.6.5).
    """
    status = answer.status
    if status in _BY_A_PROXY:
        return Uncertain(f"http_{status}", asked_pause(answer, now))
    if status in {401, 403}:
        return Postponed("unauthorized", SHORT_PAUSE)
    if status >= 500 or status == _REQUEST_TIMEOUT:
        return Postponed(f"http_{status}", asked_pause(answer, now), guess="retry-after" not in answer.headers)
    if status == _TOO_MANY_REQUESTS or status < 200 or 300 <= status < 400:
        return Postponed(f"http_{status}", asked_pause(answer, now))
    return None


def asked_pause(answer: Answer, now: datetime) -> timedelta:
    """The pause that Retry-After asks for (RFC 9110 section 10.2.3), 30 s when it says nothing, within 1 s … 10 min."""
    asked = _asked(answer.headers.get("retry-after"), now)
    return min(max(asked or SHORT_PAUSE, timedelta(seconds=1)), LONGEST_PAUSE)


def _asked(value: str | None, now: datetime) -> timedelta | None:
    text = (value or "").strip()
    if _DELTA_SECONDS.fullmatch(text):
        return timedelta(seconds=int(text)) or timedelta(seconds=1)
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC) - now
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
