"""JSON Web Tokens whoever issues them: decoded, proven by a key, and within their time (RFC 7515, RFC 7519)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from jwt.algorithms import AllowedPublicKeys

from notifications.security.key_sets import ALGORITHMS, SigningKey
from notifications.security.signing_keys import KeyCache

LONGEST_TOKEN = 16 * 1024

type Claims = dict[str, Any]

_JWS = jwt.PyJWS(algorithms=sorted(ALGORITHMS), options={"enforce_minimum_key_length": True})
_MALFORMED = (jwt.PyJWTError, ValueError, RecursionError)


class InvalidToken(Exception):
    """A token proves nothing; the text says why without quoting it."""


@dataclass(frozen=True, slots=True, repr=False)
class Unproven:
    """A token that can be decoded and may be anybody's."""

    token: str
    algorithm: str
    kid: str | None

    def claimed_issuer(self) -> str:
        """Who is said to have signed it, to know by whose keys to judge that; raises InvalidToken if nobody is."""
        issuer = (_unverified(self.token) or {}).get("iss")
        if not isinstance(issuer, str):
            raise InvalidToken("The token does not say who issued it.")
        return issuer

    async def proven(self, keys: KeyCache) -> Claims:
        """What the token says, if one of these keys signed it; raises InvalidToken or IssuerUnavailable.

        When none did, the issuer may have a new key, also under an id that is known or where the token names none.
        """
        claims = self._signed_by(await keys.matching(self.kid))
        if claims is None:
            claims = self._signed_by(await keys.asked_again(self.kid))
        if claims is None:
            raise InvalidToken("The token is not signed by a key of the issuer.")
        return claims

    def _signed_by(self, keys: Iterable[SigningKey]) -> Claims | None:
        candidates = (key.public for key in keys if self.algorithm in key.algorithms)
        found = (_verified(self.token, key, self.algorithm) for key in candidates)
        return next((claims for claims in found if claims is not None), None)


def decode(token: str) -> Unproven:
    """A token whose signature can be looked at; raises InvalidToken for any other."""
    if len(token) > LONGEST_TOKEN or not token.isascii():
        raise InvalidToken("The token is malformed.")
    try:
        header = _JWS.get_unverified_header(token)
    except _MALFORMED:
        raise InvalidToken("The token is malformed.") from None
    algorithm, kid = header.get("alg"), header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise InvalidToken("The token is not signed by an accepted algorithm.")
    return Unproven(token, algorithm, kid if isinstance(kid, str) else None)


def check_times(claims: Claims, now: datetime, skew: timedelta = timedelta()) -> None:
    """Raise InvalidToken unless the token says when it expires and is valid now, by clocks that may differ so much."""
    if not _number(claims.get("exp")) > (now - skew).timestamp():
        raise InvalidToken("The token has expired, or does not say when it does.")
    if not _number(claims.get("nbf", 0)) <= (now + skew).timestamp():
        raise InvalidToken("The token is not valid yet.")


def _verified(token: str, key: AllowedPublicKeys, algorithm: str) -> Claims | None:
    """The claims, None when the signature is not this key's or there are no claims."""
    try:
        return _object(json.loads(_JWS.decode(token, key, algorithms=[algorithm])))
    except _MALFORMED:
        return None


def _unverified(token: str) -> Claims | None:
    try:
        return _object(json.loads(_JWS.decode(token, options={"verify_signature": False})))
    except _MALFORMED:
        return None


def _object(value: Any) -> Claims | None:
    return value if isinstance(value, dict) else None


def _number(claim: object) -> float:
    # NaN: no comparison with it holds, so an absent or odd time fails every check
    return claim if isinstance(claim, int | float) and not isinstance(claim, bool) else float("nan")
