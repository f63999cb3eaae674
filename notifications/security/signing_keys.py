"""The public keys of an issuer: how they are found, kept and renewed (OpenID Connect Discovery 1.0, RFC 7517)."""

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import httpx

from notifications.security.key_sets import SigningKey, signing_keys

FRESH_SECONDS = 24 * 3600
ASK_AGAIN_SECONDS = 60
RETRY_SECONDS = 2
TIMEOUT_SECONDS = 5.0

# What an issuer that is down, or that answers nonsense, makes a download raise.
_FAILURES = (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, TypeError, KeyError, RecursionError)


class IssuerUnavailable(Exception):
    """The issuer does not answer and none of its keys are known: no token can be judged."""


class KeyCache(ABC):
    """An issuer's keys, fetched when first needed, daily, and (once a minute at most) for a token that none verifies.

    While the issuer is down, keys once fetched stay in use.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._keys: tuple[SigningKey, ...] = ()
        self._fetched = self._asked = -math.inf

    @property
    def holds_keys(self) -> bool:
        """Whether any key of the issuer is known."""
        return bool(self._keys)

    async def matching(self, kid: str | None) -> list[SigningKey]:
        """The keys with that id or without one, or all when a token names none; raises IssuerUnavailable."""
        if self._age(self._fetched) >= FRESH_SECONDS:
            await self._renew()
        return self._find(kid) or await self.asked_again(kid)

    async def asked_again(self, kid: str | None) -> list[SigningKey]:
        """The same after asking the issuer once more; nothing when it was asked within the last minute."""
        if self._age(self._asked) < ASK_AGAIN_SECONDS:
            return []
        await self._fetch()
        return self._find(kid)

    @abstractmethod
    async def _download(self, *, anew: bool) -> tuple[SigningKey, ...]:
        """The keys as they are published now; `anew` where nothing learned before may be taken for granted."""

    async def _renew(self) -> None:
        answered = math.isfinite(self._fetched)
        if self._age(self._asked) >= (ASK_AGAIN_SECONDS if answered else RETRY_SECONDS):
            await self._fetch(anew=True)
        if math.isinf(self._fetched):
            raise IssuerUnavailable("the issuer's keys could not be fetched")

    async def _fetch(self, *, anew: bool = False) -> None:
        asked = self._asked
        async with self._lock:
            if self._asked != asked:
                return  # someone else asked while this request waited
            try:
                self._keys = await self._download(anew=anew)
                self._fetched = self._monotonic()
            except _FAILURES:
                pass  # what was known before stays in use
            finally:
                self._asked = self._monotonic()

    def _find(self, kid: str | None) -> list[SigningKey]:
        return [key for key in self._keys if kid is None or key.kid in (kid, None)]

    def _age(self, moment: float) -> float:
        return self._monotonic() - moment


class SigningKeys(KeyCache):
    """The keys of an OpenID issuer, whose discovery document says where they are."""

    def __init__(
        self, client: httpx.AsyncClient, well_known: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(monotonic=monotonic)
        self._client = client
        self._well_known = well_known
        self._jwks_uri: str | None = None

    async def _download(self, *, anew: bool) -> tuple[SigningKey, ...]:
        # Where no keys are any more they may have moved: the address is kept only if it leads to some.
        address, self._jwks_uri = self._jwks_uri, None
        if anew or address is None:
            address = str(document(await self._get(self._well_known))["jwks_uri"])
        keys = some_keys(await self._get(address))
        self._jwks_uri = address
        return keys

    async def _get(self, url: str) -> httpx.Response:
        # The client's own limit begins anew with every part of an answer: one that trickles would hold up all tokens.
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await self._client.get(url, timeout=TIMEOUT_SECONDS)


def some_keys(response: httpx.Response) -> tuple[SigningKey, ...]:
    """The keys of an answer; raises what a failed download raises for one that holds none."""
    keys = signing_keys(document(response))
    if not keys:
        raise ValueError("the issuer publishes no key that can verify a token")
    return keys


def document(response: httpx.Response) -> dict[str, Any]:
    """The JSON object of a good answer; raises what a failed download raises for any other."""
    read = response.raise_for_status().json()
    if not isinstance(read, dict):
        raise TypeError("the issuer's answer is not an object")
    return read
