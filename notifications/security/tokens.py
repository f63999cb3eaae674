"""Altinn's bearer tokens: JSON Web Tokens of an OpenID issuer (http-contract.md section 1.2)."""

from dataclasses import dataclass

from notifications.domain.clock import Clock
from notifications.security.signed_tokens import Claims, InvalidToken, check_times, decode
from notifications.security.signing_keys import SigningKeys


@dataclass(frozen=True, slots=True)
class Caller:
    """Who verified tokens speak for; `org` is the organisation's short name, where there is one.

    `platform` tells that a platform access token named it.
    """

    org: str | None
    scopes: frozenset[str] = frozenset()
    platform: bool = False


class TokenVerifier:
    """Verifies tokens by the issuer's keys; issuer and audience are compared when they are configured."""

    def __init__(
        self, keys: SigningKeys, clock: Clock, *, issuer: str | None = None, audience: str | None = None
    ) -> None:
        self._keys = keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience

    async def verify(self, token: str) -> Caller:
        """Who the token speaks for; raises InvalidToken, or IssuerUnavailable when that cannot be known."""
        claims = await decode(token).proven(self._keys)
        check_times(claims, self._clock.now())
        if self._issuer is not None and claims.get("iss") != self._issuer:
            raise InvalidToken("The token is from another issuer.")
        if self._audience is not None and self._audience not in _audiences(claims):
            raise InvalidToken("The token is for another audience.")
        return _caller(claims)


def _audiences(claims: Claims) -> list[object]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _caller(claims: Claims) -> Caller:
    org = claims.get("urn:altinn:org")
    scope = claims.get("urn:altinn:scope", claims.get("scope"))
    scopes = scope.split(" ") if isinstance(scope, str) else []
    return Caller(org if isinstance(org, str) and org.strip() else None, frozenset(filter(None, scopes)))
