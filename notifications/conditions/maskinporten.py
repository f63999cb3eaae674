"""Access tokens from Maskinporten for asking send conditions (RFC 7523; docs.digdir.no, "JWT grant" and "/token")."""

import asyncio
import json
import logging
import re
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from notifications.conditions.client import TokenUnavailableError
from notifications.domain.clock import Clock
from notifications.telemetry import event

SCOPE = "altinn:system/notifications.condition.check"

_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Maskinporten allows 120 s at most.
_ASSERTION_LIFE = timedelta(seconds=110)
_TIMEOUT_SECONDS = 5.0
_MARGIN = timedelta(seconds=10)
# RFC 6750 section 2.1; anything else could not stand in a header.
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")

_log = logging.getLogger(__name__)


class MaskinportenUnavailable(TokenUnavailableError):
    """Maskinporten gave no token; the text is a short code."""


class Maskinporten:
    """Gets tokens for one scope by assertions that it signs; the client is the caller's and stays open.

    `private_jwk` is the client's private RSA key (RFC 7517), whose `kid` Maskinporten knows. Raises `ValueError`, which
    says nothing of the key, when it is not one.
    """

    def __init__(
        self,
        http: httpx.AsyncClient,
        token_endpoint: str,
        client_id: str,
        private_jwk: str,
        clock: Clock,
        scope: str = SCOPE,
    ) -> None:
        self._http = http
        self._endpoint = token_endpoint
        self._claims = {"aud": _issuer(token_endpoint), "iss": client_id, "scope": scope}
        self._key = _rsa_key(private_jwk)
        self._clock = clock
        self._token: tuple[str, datetime] | None = None
        self._asking: asyncio.Task[str] | None = None

    async def token(self) -> str:
        """A token that is still valid for a moment. Raises `MaskinportenUnavailable`; the next call asks again."""
        if self._token is not None and self._clock.now() < self._token[1]:
            return self._token[0]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
            # Whoever asked may have given up meanwhile, and a failure that nobody hears of would be complained about.
            self._asking.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(self._asking)

    async def _ask(self) -> str:
        asked = self._clock.now()
        try:
            token, life = _granted(await self._answer(asked))
        except MaskinportenUnavailable as error:
            event(_log, logging.WARNING, "maskinporten.unavailable", reason=str(error))
            raise
        # A short-lived token is used for half its life.
        self._token = token, asked + max(life - _MARGIN, life / 2)
        return token

    async def _answer(self, now: datetime) -> httpx.Response:
        form = {"grant_type": _GRANT, "assertion": self._assertion(now)}
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                return await self._http.post(self._endpoint, data=form, follow_redirects=False, timeout=None)
        except (TimeoutError, httpx.TimeoutException):
            raise MaskinportenUnavailable("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError):
            # The request, which the error keeps, holds the assertion.
            raise MaskinportenUnavailable("unreachable") from None

    def _assertion(self, now: datetime) -> str:
        claims = {**self._claims, "iat": now, "exp": now + _ASSERTION_LIFE, "jti": str(uuid4())}
        headers = {"kid": self._key.key_id} if self._key.key_id else None
        return jwt.encode(claims, self._key.key, algorithm=self._key.algorithm_name, headers=headers)


def _issuer(token_endpoint: str) -> str:
    """Maskinporten's identifier: its token endpoint is `https://maskinporten.no/token` for `https://maskinporten.no/`."""
    return str(httpx.URL(token_endpoint).copy_with(path="/", query=None, fragment=None))


def _rsa_key(text: str) -> jwt.PyJWK:
    try:
        key = jwt.PyJWK.from_json(text)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        key = None
    if key is None or not isinstance(key.key, RSAPrivateKey):
        # Raised outside the handler: what went wrong there might quote the key.
        raise ValueError("the Maskinporten key is no private RSA key in JWK form")
    return key


def _granted(response: httpx.Response) -> tuple[str, timedelta]:
    """The token and how long it is valid (RFC 6749 section 5.1)."""
    if not response.is_success:
        raise MaskinportenUnavailable(f"http_{response.status_code}")
    try:
        answer: object = json.loads(response.content)
    except (ValueError, RecursionError):
        answer = None
    match answer:
        case {"access_token": str(token), "expires_in": int(seconds)} if _TOKEN.fullmatch(token):
            return token, timedelta(seconds=min(max(seconds, 0), 3600))
    raise MaskinportenUnavailable("unreadable")
