"""The keys of the platform tokens' issuers, each issuer's at an address with its name in it."""

import asyncio
import time
from collections.abc import Callable
from http import HTTPStatus

import httpx

from notifications.security.key_sets import SigningKey
from notifications.security.signing_keys import TIMEOUT_SECONDS, KeyCache, some_keys

MOST_ISSUERS = 256
PLACEHOLDER = "{issuer}"

# Names come from tokens that nothing has verified yet: whoever invents them must not take the connections to providers.
_AT_ONCE = 4


class PlatformKeys:
    """Every issuer's keys by its name, of which so many are remembered as there are organisations, and no more."""

    def __init__(
        self, client: httpx.AsyncClient, template: str, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._template = template
        self._monotonic = monotonic
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._issuers: dict[str, KeyCache] = {}

    def of(self, issuer: str) -> KeyCache:
        """The keys of an issuer, whose name must be fit for a path; unknown ones have none for a minute each time."""
        keys = self._issuers.pop(issuer, None) or self._published(issuer)
        if len(self._issuers) >= MOST_ISSUERS:
            del self._issuers[self._least_missed()]
        self._issuers[issuer] = keys
        return keys

    def _published(self, issuer: str) -> KeyCache:
        address = self._template.replace(PLACEHOLDER, issuer)
        return _PublishedKeys(self._client, address, self._turns, self._monotonic)

    def _least_missed(self) -> str:
        """Invented names go before real ones, and of each the one that was asked for longest ago."""
        without_keys = (name for name, keys in self._issuers.items() if not keys.holds_keys)
        return next(without_keys, next(iter(self._issuers)))


class _PublishedKeys(KeyCache):
    """The key set at one address; where there is none, nobody can have signed anything."""

    def __init__(
        self, client: httpx.AsyncClient, address: str, turns: asyncio.Semaphore, monotonic: Callable[[], float]
    ) -> None:
        super().__init__(monotonic=monotonic)
        self._client = client
        self._address = address
        self._turns = turns

    async def _download(self, *, anew: bool) -> tuple[SigningKey, ...]:  # noqa: ARG002 - the address is all there is
        async with asyncio.timeout(TIMEOUT_SECONDS), self._turns:
            response = await self._client.get(self._address, timeout=TIMEOUT_SECONDS)
        return () if response.status_code == HTTPStatus.NOT_FOUND else some_keys(response)
