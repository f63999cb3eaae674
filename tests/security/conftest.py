from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from notifications.security.access import AccessControl
from notifications.security.platform_keys import PlatformKeys
from notifications.security.platform_tokens import PlatformTokenVerifier
from notifications.security.signing_keys import SigningKeys
from notifications.security.tokens import TokenVerifier
from tests.security.issuer import Issuer, PrivateKey, jwk, rsa_key
from tests.security.publisher import Publisher

NOW = datetime(2026, 8, 3, 9, tzinfo=UTC)


@dataclass
class StillClock:
    """A clock that a test moves by hand."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@dataclass
class World:
    """An issuer and an organisation, `skd`, with one key each, `key`, known as `main`, and verifiers that trust it."""

    issuer: Issuer
    publisher: Publisher
    client: httpx.AsyncClient
    key: rsa.RSAPrivateKey
    clock: StillClock = field(default_factory=StillClock)
    seconds: float = 1000.0

    def signing_keys(self) -> SigningKeys:
        return SigningKeys(self.client, self.issuer.well_known, monotonic=lambda: self.seconds)

    def platform_keys(self) -> PlatformKeys:
        return PlatformKeys(self.client, self.publisher.template, monotonic=lambda: self.seconds)

    def verifier(self, **configured: Any) -> TokenVerifier:
        return TokenVerifier(self.signing_keys(), self.clock, **configured)

    def platform_verifier(self) -> PlatformTokenVerifier:
        return PlatformTokenVerifier(self.platform_keys(), self.clock)

    def access(self) -> AccessControl:
        return AccessControl(self.verifier(), platform=self.platform_verifier())

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

    def platform_token(self, issuer: Any = "skd", **given: Any) -> str:
        """A token such as an organisation's application signs: no scope, no organisation but its issuer."""
        return self.token(**({"iss": issuer, "scope": None, "urn:altinn:org": None, "urn:altinn:app": "app"} | given))


@pytest.fixture(scope="session")
def main_key() -> rsa.RSAPrivateKey:
    return rsa_key()


@pytest.fixture
async def world(main_key: rsa.RSAPrivateKey) -> AsyncIterator[World]:
    key = jwk(main_key, "main")
    async with (
        Issuer(keys=[key]).serving() as issuer,
        Publisher(keys={"skd": [key]}).serving() as publisher,
        httpx.AsyncClient() as client,
    ):
        yield World(issuer, publisher, client, main_key)
