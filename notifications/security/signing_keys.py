"""The public keys of an OpenID issuer, found by discovery and cached (OpenID Connect Discovery 1.0, RFC 7517)."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
from jwt.algorithms import AllowedPublicKeys

FRESH_SECONDS = 24 * 3600
ASK_AGAIN_SECONDS = 60
RETRY_SECONDS = 2

_TIMEOUT_SECONDS = 5.0
_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})

ALGORITHMS = _RSA | {"ES256", "ES384", "ES512", "EdDSA"}
"""The signature algorithms that are accepted: asymmetric ones only."""


class IssuerUnavailable(Exception):
    """The issuer does not answer and none of its keys are known: no token can be judged."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One published key and the algorithms it may verify."""

    kid: str | None
    algorithms: frozenset[str]
    public: AllowedPublicKeys


class SigningKeys:
    """The issuer's keys, fetched when first needed, daily, and (once a minute at most) for a key id not seen before.

    While the issuer is down, keys once fetched stay in use.
    """

    def __init__(
        self, client: httpx.AsyncClient, well_known: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._well_known = well_known
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._keys: tuple[SigningKey, ...] = ()
        self._jwks_uri: str | None = None
        self._fetched = self._asked = -math.inf

    async def matching(self, kid: str | None) -> list[SigningKey]:
        """The keys with that id, or all when a token names none; raises IssuerUnavailable."""
        if self._age(self._fetched) >= FRESH_SECONDS:
            await self._renew()
        found = self._find(kid)
        if not found and self._age(self._asked) >= ASK_AGAIN_SECONDS:
            await self._fetch()
            found = self._find(kid)
        return found

    async def _renew(self) -> None:
        pause = ASK_AGAIN_SECONDS if self._keys else RETRY_SECONDS
        if self._age(self._asked) >= pause:
            await self._fetch(discover=True)
        if not self._keys:
            raise IssuerUnavailable("the issuer's keys could not be fetched")

    async def _fetch(self, *, discover: bool = False) -> None:
        asked = self._asked
        async with self._lock:
            if self._asked != asked:
                return  # someone else asked while this request waited
            try:
                self._keys = await self._download(discover=discover)
                self._fetched = self._monotonic()
            except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError):
                self._jwks_uri = None  # it may have moved
            finally:
                self._asked = self._monotonic()

    async def _download(self, *, discover: bool) -> tuple[SigningKey, ...]:
        if discover or self._jwks_uri is None:
            self._jwks_uri = str((await self._get(self._well_known))["jwks_uri"])
        keys = tuple(_signing_keys(await self._get(self._jwks_uri)))
        if not keys:
            raise ValueError("the issuer publishes no key that can verify a token")
        return keys

    async def _get(self, url: str) -> dict[str, Any]:
        response = await self._client.get(url, timeout=_TIMEOUT_SECONDS)
        document = response.raise_for_status().json()
        if not isinstance(document, dict):
            raise TypeError("the issuer's answer is not an object")
        return document

    def _find(self, kid: str | None) -> list[SigningKey]:
        return [key for key in self._keys if kid is None or key.kid == kid]

    def _age(self, moment: float) -> float:
        return self._monotonic() - moment


def _signing_keys(document: dict[str, Any]) -> Iterator[SigningKey]:
    """The usable keys of a JWK set; members that are no signing keys are passed over (RFC 7517 section 5)."""
    for member in document["keys"]:
        if isinstance(member, dict) and member.get("use", "sig") == "sig":
            yield from _signing_key(member)


def _signing_key(member: dict[str, Any]) -> Iterator[SigningKey]:
    try:
        key = jwt.PyJWK(member)
    except jwt.PyJWTError:
        return
    # without `alg` PyJWK takes RS256 for granted; an RSA key by itself serves all of its algorithms
    named = _RSA if key.key_type == "RSA" and "alg" not in member else {key.algorithm_name}
    algorithms = ALGORITHMS & named
    # a private key that was published proves nothing
    if algorithms and not hasattr(key.key, "public_key"):
        yield SigningKey(key.key_id, algorithms, key.key)
