"""What of a published key set can verify a token."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from notifications.security.key_sets import signing_keys
from tests.security.conftest import World
from tests.security.issuer import jwk, rsa_key


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | dsa.DSAPrivateKey) -> str:
    """A self-signed certificate as `x5c` holds it: DER in Base64."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "synthetic")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = builder.not_valid_before(start).not_valid_after(start + timedelta(days=1)).sign(key, SHA256())
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()


def test_a_certificate_alone_is_a_key_of_its_algorithms() -> None:
    (of_rsa,) = signing_keys({"keys": [{"kty": "RSA", "x5c": [certificate(rsa_key())], "kid": "a"}]})
    assert (of_rsa.kid, "RS256" in of_rsa.algorithms, "ES256" in of_rsa.algorithms) == ("a", True, False)
    (of_curve,) = signing_keys({"keys": [{"x5c": [certificate(ec.generate_private_key(ec.SECP256R1()))]}]})
    assert of_curve.kid is None
    assert of_curve.algorithms == {"ES256"}


async def test_a_token_is_proven_by_a_certificate_even_an_old_one_that_is_still_published(world: World) -> None:
    world.publisher.keys["skd"] = [{"kty": "RSA", "x5c": [certificate(world.key)]}]
    assert (await world.platform_verifier().verify(world.platform_token())).org == "skd"


async def test_where_there_is_a_key_its_certificate_is_not_looked_at(world: World) -> None:
    world.publisher.keys["skd"] = [jwk(world.key, "main", x5c=["damaged"])]
    assert (await world.platform_verifier().verify(world.platform_token())).org == "skd"


@pytest.mark.parametrize(
    "chain",
    [
        None,
        [],
        {},
        5,
        [5],
        [None],
        ["damaged!"],
        ["AAAA"],
        [""],
        [["x"]],
        [certificate(dsa.generate_private_key(2048))],
    ],
)
def test_a_damaged_or_unusable_certificate_does_not_hide_the_other_keys(chain: Any) -> None:
    good = jwk(rsa_key(), "main")
    assert [key.kid for key in signing_keys({"keys": [{"kty": "RSA", "x5c": chain}, good]})] == ["main"]


def test_a_certificate_of_another_kind_than_is_said_is_no_key() -> None:
    assert signing_keys({"keys": [{"kty": "EC", "x5c": [certificate(rsa_key())]}]}) == ()


async def test_a_key_without_an_id_may_be_meant_by_any(world: World) -> None:
    world.publisher.keys["skd"] = [jwk(rsa_key(), "other"), jwk(world.key, None)]
    assert (await world.platform_verifier().verify(world.platform_token())).org == "skd"
