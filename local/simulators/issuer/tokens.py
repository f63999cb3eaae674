"""Tokens with the claims of Altinn's, signed well or, on request, badly."""

import base64
import hmac
import json
import time
import uuid
from typing import Literal

import jwt
from pydantic import BaseModel, ConfigDict

from local.simulators.issuer.keys import SigningKey

DEFAULT_SCOPE = "altinn:serviceowner/notifications.create"
ORGANISATION_NUMBER = "999999999"
"""A synthetic organisation number, the same for every organisation."""

type Claims = dict[str, object]


class Forgery(BaseModel):
    """What can be right or wrong with every kind of token; lifetime and not_before are seconds from now."""

    model_config = ConfigDict(extra="forbid")

    lifetime: int = 3600
    expired: bool = False
    not_before: int = 0
    without_exp: bool = False
    foreign_key: bool = False
    algorithm: Literal["RS256", "HS256", "none"] = "RS256"

    def times(self, now: int) -> tuple[int, int]:
        """Return when the token was issued and when it expires."""
        issued = now - self.lifetime - 60 if self.expired else now
        return issued, issued + self.lifetime


class TokenRequest(Forgery):
    """What the caller of `POST /token` asks for."""

    org: str = "ttd"
    scope: str = DEFAULT_SCOPE
    altinn_scope: str | None = None
    issuer: str | None = None
    audience: str | None = None
    without_org: bool = False


def claims_of(request: TokenRequest, issuer: str) -> Claims:
    """Return the claims of the token asked for."""
    issued, expires = request.times(int(time.time()))
    claims: Claims = {
        "iss": request.issuer or issuer,
        "scope": request.scope,
        "urn:altinn:org": request.org,
        "urn:altinn:orgNumber": ORGANISATION_NUMBER,
        "consumer": {"authority": "iso6523-actorid-upis", "ID": f"0192:{ORGANISATION_NUMBER}"},
        "iat": issued,
        "nbf": issued + request.not_before,
        "exp": expires,
        "jti": str(uuid.uuid4()),
    }
    if request.altinn_scope is not None:
        claims["urn:altinn:scope"] = request.altinn_scope
    if request.audience is not None:
        claims["aud"] = request.audience
    if request.without_org:
        del claims["urn:altinn:org"]
    if request.without_exp:
        del claims["exp"]
    return claims


def signed(claims: Claims, request: Forgery, key: SigningKey) -> str:
    """Return the token, with the id of the published key whatever it is really signed with."""
    headers = {"kid": key.kid}
    if request.algorithm == "none":
        return jwt.encode(claims, "", algorithm="none", headers=headers)
    if request.algorithm == "HS256":
        return _signed_with_public_key(claims, headers, key)
    signer = SigningKey.new() if request.foreign_key else key
    return jwt.encode(claims, signer.private, algorithm="RS256", headers=headers)


def _signed_with_public_key(claims: Claims, headers: dict[str, str], key: SigningKey) -> str:
    # The classic forgery: the public key, which anyone has, taken as an HMAC secret. PyJWT rightly refuses to make it.
    text = f"{_segment({'alg': 'HS256', 'typ': 'JWT', **headers})}.{_segment(claims)}"
    return f"{text}.{_base64url(hmac.digest(key.public_pem(), text.encode(), 'sha256'))}"


def _segment(value: object) -> str:
    return _base64url(json.dumps(value, separators=(",", ":")).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
