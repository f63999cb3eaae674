"""Reading a JSON Web Key set (RFC 7517): the keys of it that can verify a token, and what each may verify."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_der_x509_certificate
from jwt.algorithms import AllowedPublicKeys, ECAlgorithm, RSAAlgorithm

_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})

ALGORITHMS = _RSA | {"ES256", "ES384", "ES512", "EdDSA"}
"""The signature algorithms that are accepted: asymmetric ones only."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One published key and the algorithms it may verify."""

    kid: str | None
    algorithms: frozenset[str]
    public: AllowedPublicKeys


def signing_keys(document: Mapping[str, Any]) -> tuple[SigningKey, ...]:
    """The usable keys of a set; members that are no signing keys are passed over (RFC 7517 section 5).

    Raises KeyError or TypeError for what is no key set.
    """
    return tuple(_usable(document["keys"]))


def _usable(members: list[Any]) -> Iterator[SigningKey]:
    for member in members:
        if isinstance(member, dict) and member.get("use", "sig") == "sig":
            yield from _signing_key(member)


def _signing_key(member: dict[str, Any]) -> Iterator[SigningKey]:
    try:
        key = jwt.PyJWK(_with_parameters(member))
    except (jwt.PyJWTError, UnsupportedAlgorithm, ValueError, TypeError, LookupError):
        return
    # without `alg` PyJWK takes RS256 for granted; an RSA key by itself serves all of its algorithms
    named = _RSA if key.key_type == "RSA" and "alg" not in member else {key.algorithm_name}
    algorithms = ALGORITHMS & named
    # a private key that was published proves nothing
    if algorithms and not hasattr(key.key, "public_key"):
        yield SigningKey(key.key_id, algorithms, key.key)


def _with_parameters(member: dict[str, Any]) -> dict[str, Any]:
    """The member, with the key of its certificate where it gives nothing but that (`x5c`, RFC 7517 section 4.7).

    How long the certificate is valid is not looked at: who withdraws a key takes it out of the set.
    """
    if "x5c" not in member or {"n", "x"} & member.keys():
        return member
    public = load_der_x509_certificate(b64decode(member["x5c"][0], validate=True)).public_key()
    if isinstance(public, RSAPublicKey):
        return RSAAlgorithm.to_jwk(public, as_dict=True) | member
    if isinstance(public, EllipticCurvePublicKey):
        return ECAlgorithm.to_jwk(public, as_dict=True) | member
    raise ValueError("certificates of this kind of key are not read")
