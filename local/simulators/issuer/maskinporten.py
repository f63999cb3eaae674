"""Maskinporten's token endpoint: a signed assertion in exchange for an access token (RFC 7523, section 2.1).

What an assertion must hold is documented at https://docs.digdir.no/docs/Maskinporten/maskinporten_protocol_jwtgrant.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from local.simulators.issuer.keys import SigningKey
from local.simulators.issuer.tokens import ORGANISATION_NUMBER, Claims

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CONDITION_SCOPE = "altinn:system/notifications.condition.check"
LIFETIME_SECONDS = 120
LONGEST_ASSERTION_SECONDS = 120
CLOCK_SKEW_SECONDS = 10
_REQUIRED = ["aud", "iss", "iat", "exp"]


class ClientKeyError(Exception):
    """The file holds no public key as a JSON Web Key."""


type ErrorCode = Literal[
    "unsupported_grant_type", "invalid_request", "invalid_client", "invalid_grant", "invalid_scope"
]


class OAuthError(Exception):
    """A refusal in the terms of RFC 6749, section 5.2."""

    def __init__(self, code: ErrorCode, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(frozen=True)
class Client:
    """The one registered client: its id, the public key that it registered, and the scopes that it may ask for."""

    id: str
    key_id: str | None
    key: RSAPublicKey
    scopes: frozenset[str] = frozenset({CONDITION_SCOPE})
    used: set[str] = field(default_factory=set)
    """Ids of assertions that were taken: none is taken twice."""


def read_client(client_id: str, key_file: Path) -> Client:
    """Read the client's public key; raises ClientKeyError for a file without one, OSError for none."""
    try:
        jwk = jwt.PyJWK.from_json(key_file.read_text("utf-8"))
    except (jwt.PyJWTError, ValueError, AttributeError):
        jwk = None
    if jwk is None or not isinstance(jwk.key, RSAPublicKey):
        raise ClientKeyError(f"{key_file} holds no public RSA key as a JSON Web Key")
    return Client(client_id, jwk.key_id, jwk.key)


def grant(fields: Mapping[str, object], client: Client | None, issuer: str, key: SigningKey) -> dict[str, object]:
    """Return the body of the answer to a token request; raises OAuthError for one that is refused."""
    if fields.get("grant_type") != GRANT_TYPE:
        raise OAuthError("unsupported_grant_type", f"The grant_type must be {GRANT_TYPE}.")
    assertion = fields.get("assertion")
    if not isinstance(assertion, str) or not assertion:
        raise OAuthError("invalid_request", "The assertion is missing.")
    if client is None:
        raise OAuthError("invalid_client", "No client is registered.")
    scope = _asserted_scope(assertion, client, issuer)
    return {
        "access_token": jwt.encode(_claims(client, scope, issuer), key.private, "RS256", headers={"kid": key.kid}),
        "token_type": "Bearer",
        "expires_in": LIFETIME_SECONDS,
        "scope": scope,
    }


def _asserted_scope(assertion: str, client: Client, issuer: str) -> str:
    claims = _verified(assertion, client, issuer)
    if claims["exp"] - claims["iat"] > LONGEST_ASSERTION_SECONDS:
        raise OAuthError("invalid_grant", f"The assertion is valid for more than {LONGEST_ASSERTION_SECONDS} s.")
    scope = claims.get("scope")
    wanted = set(scope.split()) if isinstance(scope, str) else set()
    if not wanted or not wanted <= client.scopes:
        raise OAuthError("invalid_scope", f"The scopes must be of {', '.join(sorted(client.scopes))}.")
    _take_once(claims.get("jti"), client)
    return " ".join(sorted(wanted))


def _verified(assertion: str, client: Client, issuer: str) -> dict[str, Any]:
    try:
        if jwt.get_unverified_header(assertion).get("kid") != client.key_id:
            raise OAuthError("invalid_grant", "The assertion names no registered key.")
        claims: dict[str, Any] = jwt.decode(
            assertion,
            client.key,
            algorithms=["RS256", "RS384", "RS512"],
            audience=f"{issuer}/",
            issuer=client.id,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except jwt.PyJWTError as error:
        raise OAuthError("invalid_grant", f"Invalid assertion: {error}") from None
    return claims


def _take_once(jti: object, client: Client) -> None:
    if isinstance(jti, str):
        if jti in client.used:
            raise OAuthError("invalid_grant", "The assertion was used before.")
        client.used.add(jti)


def _claims(client: Client, scope: str, issuer: str) -> Claims:
    now = int(time.time())
    return {
        "iss": f"{issuer}/",
        "client_id": client.id,
        "client_amr": "private_key_jwt",
        "consumer": {"authority": "iso6523-actorid-upis", "ID": f"0192:{ORGANISATION_NUMBER}"},
        "scope": scope,
        "token_type": "Bearer",
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
        "jti": str(uuid.uuid4()),
    }
