"""Asking whether a notification should still be sent (engine.md section 4, spec/README.md items 18 and 29)."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from notifications.conditions.silence import Silences, host_of
from notifications.outbound.guard import GuardedTransport, RefusedAddressError
from notifications.telemetry import event

MAX_ANSWER = 64 * 1024
_OUT_OF_TIME = "timeout"

_log = logging.getLogger(__name__)


class TokenUnavailableError(Exception):
    """No token could be had now; raised by the callable that fetches it."""


class _InconclusiveError(Exception):
    """Why there is no answer, as a short code."""


class ConditionClient:
    """Asks condition endpoints; `token` gives the bearer token, which travels over HTTPS or to allowed hosts alone."""

    def __init__(
        self,
        transport: GuardedTransport,
        *,
        token: Callable[[], Awaitable[str]] | None = None,
        time_limit: float = 10.0,
    ) -> None:
        self._transport = transport
        self._token = token
        self._time_limit = time_limit
        self._silences = Silences()
        # Proxies from the environment would resolve names themselves, past the guard.
        self._client = httpx.AsyncClient(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx.Timeout(None, connect=time_limit / 3),
        )

    async def ask(self, url: str) -> bool | None:
        """What the endpoint says: `sendNotification` of a 2xx JSON object. None, and a log entry, for all else.

        Raises `EndpointSilent` where it is not asked, since its host keeps others waiting already.
        """
        host = host_of(url)
        with self._silences.asking(host):
            answer = await self._answer(url)
        self._silences.note(host, silent=answer == _OUT_OF_TIME)
        if isinstance(answer, bool):
            return answer
        # The address is the caller's and may hold anything: the reason must do.
        event(_log, logging.INFO, "condition.inconclusive", reason=answer)
        return None

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _answer(self, url: str) -> bool | str:
        """The verdict, or why there is none, as a short code."""
        try:
            async with asyncio.timeout(self._time_limit):
                return _verdict(await self._get(url))
        except (_InconclusiveError, RefusedAddressError) as error:
            return str(error)
        except (TimeoutError, httpx.TimeoutException):
            return _OUT_OF_TIME
        except TokenUnavailableError:
            return "no_token"
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
            return "unreachable"

    async def _get(self, url: str) -> bytes:
        request = self._client.build_request(
            "GET",
            httpx.URL(url).copy_with(userinfo=b""),
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )
        if self._token is not None and (request.url.scheme == "https" or self._transport.allows(request.url)):
            request.headers["Authorization"] = f"Bearer {await self._token()}"
        response = await self._client.send(request, stream=True)
        try:
            return await _content(response)
        finally:
            await response.aclose()


async def _content(response: httpx.Response) -> bytes:
    """The body, read raw: a compressed one could grow without bound, and was not asked for."""
    if not response.is_success:
        raise _InconclusiveError(f"http_{response.status_code}")
    if response.headers.get("content-encoding", "identity") != "identity":
        raise _InconclusiveError("compressed")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_ANSWER:
            raise _InconclusiveError("too_large")
    return bytes(body)


def _verdict(body: bytes) -> bool:
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        raise _InconclusiveError("not_json") from None
    match answer:
        case {"sendNotification": bool(send)}:
            return send
    raise _InconclusiveError("no_verdict")
