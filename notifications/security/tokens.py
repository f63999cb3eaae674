"""Altinn's bearer tokens: JSON Web Tokens of an OpenID issuer (http-contract.md section 1.2, RFC 7519)."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from jwt.algorithms import AllowedPublicKeys

from notifications.domain.clock import Clock
from notifications.security.signing_keys import ALGORITHMS, SigningKeys

LONGEST_TOKEN = 16 * 1024


class InvalidToken(Exception):
    """A token proves nothing; the text says why without quoting it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a verified token speaks for; `org` is the organisation's short name, where there is one."""

    org: str | None
    scopes: frozenset[str]


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
        header = _header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise InvalidToken("The token is not signed by an accepted algorithm.")
        candidates = await self._keys.matching(kid if isinstance(kid, str) else None)
        for key in candidates:
            if algorithm in key.algorithms:
                claims = _verified(token, key.public, algorithm)
                if claims is not None:
                    self._check(claims, self._clock.now())
                    return _caller(claims)
        raise InvalidToken("The token is not signed by a key of the issuer.")

    def _check(self, claims: dict[str, Any], now: datetime) -> None:
        if not _number(claims.get("exp")) > now.timestamp():
            raise InvalidToken("The token has expired, or does not say when it does.")
        if not _number(claims.get("nbf", 0)) <= now.timestamp():
            raise InvalidToken("The token is not valid yet.")
        if self._issuer is not None and claims.get("iss") != self._issuer:
            raise InvalidToken("The token is from another issuer.")
        if self._audience is not None and self._audience not in _audiences(claims):
            raise InvalidToken("The token is for another audience.")


_JWS = jwt.PyJWS(algorithms=sorted(ALGORITHMS), options={"enforce_minimum_key_length": True})


def _header(token: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise InvalidToken("The token is malformed.")
    try:
        return _JWS.get_unverified_header(token)
    except jwt.PyJWTError:
        raise InvalidToken("The token is malformed.") from None


def _verified(token: str, key: AllowedPublicKeys, algorithm: str) -> dict[str, Any] | None:
    """The claims, None when the signature is not this key's or there are no claims."""
    try:
        claims = json.loads(_JWS.decode(token, key, algorithms=[algorithm]))
    except (jwt.PyJWTError, ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def _number(claim: object) -> float:
    # NaN: no comparison with it holds, so an absent or odd time fails every check
    return claim if isinstance(claim, int | float) and not isinstance(claim, bool) else float("nan")


def _audiences(claims: dict[str, Any]) -> list[object]:
    audience = claims.get("aud")
    return audience if isinstance(audience, list) else [audience]


def _caller(claims: dict[str, Any]) -> Caller:
    org = claims.get("urn:altinn:org")
    scope = claims.get("urn:altinn:scope", claims.get("scope"))
    scopes = scope.split(" ") if isinstance(scope, str) else []
    return Caller(org if isinstance(org, str) and org.strip() else None, frozenset(filter(None, scopes)))
