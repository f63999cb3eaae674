"""How a request to Azure Communication Services proves who sends it: an access key, or a Microsoft Entra token.

The signature is the one of learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Callable
from email.utils import format_datetime
from typing import Protocol

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError

from notifications.domain.clock import Clock, SystemClock

SCOPE = "https://communication.azure.com/.default"


class CredentialUnavailableError(Exception):
    """No credential could be had now; the message must wait."""


class Authentication(Protocol):
    """Whatever puts a proof of identity on a request."""

    async def sign(self, request: httpx.Request) -> None:
        """Add the headers to a request that is complete; CredentialUnavailableError when there is nothing to add."""


class AccessKey:
    """HMAC-SHA256 with the resource's access key (Base64); a key that is not Base64 is a ValueError."""

    def __init__(self, key: str, clock: Clock | None = None) -> None:
        try:
            self._key = base64.b64decode(key, validate=True)
        except binascii.Error:
            raise ValueError("the access key is not Base64") from None
        self._clock = clock or SystemClock()

    async def sign(self, request: httpx.Request) -> None:
        """Sign method, path, date, host and body."""
        date = format_datetime(self._clock.now(), usegmt=True)
        digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
        target = request.url.raw_path.decode("ascii")
        text = f"{request.method}\n{target}\n{date};{request.headers['host']};{digest}"
        signature = base64.b64encode(hmac.digest(self._key, text.encode(), "sha256")).decode()
        request.headers["x-ms-date"] = date
        request.headers["x-ms-content-sha256"] = digest
        request.headers["Authorization"] = (
            f"HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"
        )


class BearerToken:
    """A token from a callable, asked for at each request; the callable caches."""

    def __init__(self, fetch: Callable[[], Awaitable[str]]) -> None:
        self._fetch = fetch

    async def sign(self, request: httpx.Request) -> None:
        """Add the token."""
        request.headers["Authorization"] = f"Bearer {await self._fetch()}"


def entra_token(credential: AsyncTokenCredential) -> Callable[[], Awaitable[str]]:
    """A callable for `BearerToken` around an azure-identity credential, which caches its tokens itself."""

    async def fetch() -> str:
        try:
            return (await credential.get_token(SCOPE)).token
        except AzureError:
            # The text of the error may name the identity and its tenant.
            raise CredentialUnavailableError from None

    return fetch
