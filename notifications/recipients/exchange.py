"""One question to a register over HTTP: bounded in time and size, repeated a little, and never raising what it met.

Identity numbers travel in request bodies alone, and no error quotes a request or an answer.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx
from pydantic import TypeAdapter, ValidationError

MAX_ANSWER = 32 * 1024 * 1024

# Whatever is asked next will be answered like this too: the key is wrong, or the register has had enough of us.
_REFUSES_ALL = frozenset({401, 403, 408, 429})


class NoAnswerError(Exception):
    """A register told nothing; the text is a short code.

    A `passing` trouble may be over in a moment; a `silent` register will not answer other questions either.
    """

    def __init__(self, reason: str, *, passing: bool = False, silent: bool = False) -> None:
        super().__init__(reason)
        self.passing = passing
        self.silent = silent


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long an answer is waited for, in seconds: at each attempt, in all, and between the attempts."""

    attempt: float = 4.0
    total: float = 6.0
    pauses: tuple[float, ...] = (0.2, 0.8)
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic


class RegisterExchange:
    """The interface of one register; the client is the caller's and stays open."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        endpoint: str,
        *,
        subscription_key: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._client = client
        self._endpoint = endpoint.rstrip("/")
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if subscription_key:
            self._headers["Ocp-Apim-Subscription-Key"] = subscription_key
        self._patience = patience or Patience()

    async def post[T](
        self, path: str, question: object, answer: TypeAdapter[T], headers: Mapping[str, str] | None = None
    ) -> T:
        """What the register answers to a question. Raises `NoAnswerError`."""
        content = json.dumps(question, ensure_ascii=False).encode()
        body = await self._patiently(f"{self._endpoint}/{path}", content, {**self._headers, **(headers or {})})
        try:
            return answer.validate_json(body)
        except ValidationError:
            # Its text would quote what was answered.
            raise NoAnswerError("unreadable") from None

    async def _patiently(self, url: str, content: bytes, headers: Mapping[str, str]) -> bytes:
        patience = self._patience
        end = patience.monotonic() + patience.total
        for pause in patience.pauses:
            try:
                return await self._attempt(url, content, headers, end)
            except NoAnswerError as error:
                if not error.passing or patience.monotonic() + pause >= end:
                    raise
            await patience.pause(pause)
        return await self._attempt(url, content, headers, end)

    async def _attempt(self, url: str, content: bytes, headers: Mapping[str, str], end: float) -> bytes:
        within = min(self._patience.attempt, end - self._patience.monotonic())
        try:
            async with asyncio.timeout(within):
                return await self._answer(url, content, headers)
        except (TimeoutError, httpx.TimeoutException):
            raise NoAnswerError("timeout", passing=True, silent=True) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise NoAnswerError(_reason(error), passing=True, silent=True) from None

    async def _answer(self, url: str, content: bytes, headers: Mapping[str, str]) -> bytes:
        request = self._client.build_request("POST", url, content=content, headers=headers, timeout=None)
        response = await self._client.send(request, stream=True, follow_redirects=False)
        try:
            return await _body(response)
        finally:
            await response.aclose()


async def _body(response: httpx.Response) -> bytes:
    if not response.is_success:
        raise _refusal(response.status_code)
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise NoAnswerError("too_large")
    return bytes(body)


def _refusal(status: int) -> NoAnswerError:
    fails = status >= 500
    return NoAnswerError(f"http_{status}", passing=fails, silent=fails or status in _REFUSES_ALL)


def _reason(error: Exception) -> str:
    return "connect" if isinstance(error, httpx.ConnectError) else "connection"
