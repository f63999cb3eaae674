from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from notifications.security.signing_keys import SigningKeys
from notifications.security.tokens import TokenVerifier
from tests.security.issuer import Issuer, PrivateKey, jwk, rsa_key

NOW = datetime(2026, 8, 3, 9, tzinfo=UTC)


@dataclass
class StillClock:
    """A clock that a test moves by hand."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass
class World:
    """An issuer with one key, `key`, known as `main`, and a verifier that trusts it."""

    issuer: Issuer
    client: httpx.AsyncClient
    key: rsa.RSAPrivateKey
    clock: StillClock = field(default_factory=StillClock)
    seconds: float = 1000.0

    def signing_keys(self) -> SigningKeys:
        return SigningKeys(self.client, self.issuer.well_known, monotonic=lambda: self.seconds)

    def verifier(self, **configured: Any) -> TokenVerifier:
        return TokenVerifier(self.signing_keys(), self.clock, **configured)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": self.issuer.base,
            "exp": now + 60,
            "nbf": now,
            "scope": "altinn:serviceowner/notifications.create other",
            "urn:altinn:org": "ttd",
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def token(
        self,
        *,
        key: PrivateKey | str | None = None,
        algorithm: str = "RS256",
        headers: dict[str, Any] | None = None,
        **changes: Any,
    ) -> str:
        named = {"kid": "main"} if headers is None else headers
        return jwt.encode(self.claims(**changes), key or self.key, algorithm=algorithm, headers=named)


@pytest.fixture(scope="session")
def main_key() -> rsa.RSAPrivateKey:
    return rsa_key()


@pytest.fixture
async def world(main_key: rsa.RSAPrivateKey) -> AsyncIterator[World]:
    async with Issuer(keys=[jwk(main_key, "main")]).serving() as issuer, httpx.AsyncClient() as client:
        yield World(issuer, client, main_key)
