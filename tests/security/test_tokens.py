"""Which tokens are believed, and which are not."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifications.security.signed_tokens import InvalidToken
from notifications.security.tokens import Caller
from tests.security.conftest import World
from tests.security.issuer import jwk, rsa_key

CREATE = "altinn:serviceowner/notifications.create"


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def refused(world: World, token: str, **configured: Any) -> str:
    """Why the token is refused."""
    with pytest.raises(InvalidToken) as raised:
        await world.verifier(**configured).verify(token)
    return str(raised.value)


async def test_a_good_token_tells_organisation_and_scopes(world: World) -> None:
    assert await world.verifier().verify(world.token()) == Caller("ttd", frozenset({CREATE, "other"}))


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
async def test_an_rsa_key_verifies_every_rsa_algorithm(world: World, algorithm: str) -> None:
    assert (await world.verifier().verify(world.token(algorithm=algorithm))).org == "ttd"


async def test_a_key_that_states_its_algorithm_verifies_that_one_only(world: World) -> None:
    world.issuer.keys = [jwk(world.key, "main", alg="RS512")]
    assert (await world.verifier().verify(world.token(algorithm="RS512"))).org == "ttd"
    assert "not signed by a key" in await refused(world, world.token(algorithm="RS256"))


@pytest.mark.parametrize(
    ("curve", "algorithm"), [(ec.SECP256R1(), "ES256"), (ec.SECP384R1(), "ES384"), (ec.SECP521R1(), "ES512")]
)
async def test_elliptic_curve_keys_verify(world: World, curve: ec.EllipticCurve, algorithm: str) -> None:
    key = ec.generate_private_key(curve)
    world.issuer.keys = [jwk(key, "ec")]
    token = world.token(key=key, algorithm=algorithm, headers={"kid": "ec"})
    assert (await world.verifier().verify(token)).org == "ttd"


async def test_edwards_curve_keys_verify(world: World) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    world.issuer.keys = [jwk(key, "ed")]
    token = world.token(key=key, algorithm="EdDSA", headers={"kid": "ed"})
    assert (await world.verifier().verify(token)).org == "ttd"


async def test_a_token_of_another_kind_of_key_under_a_known_id_is_refused(world: World) -> None:
    token = world.token(key=ec.generate_private_key(ec.SECP256R1()), algorithm="ES256")
    assert "not signed by a key" in await refused(world, token)


async def test_a_token_without_key_id_is_tried_against_every_key(world: World) -> None:
    world.issuer.keys = [jwk(rsa_key(), "other"), jwk(world.key, "main")]
    assert (await world.verifier().verify(world.token(headers={}))).org == "ttd"


async def test_a_token_signed_by_another_key_is_refused(world: World) -> None:
    assert "not signed by a key" in await refused(world, world.token(key=rsa_key()))


async def test_a_token_whose_claims_were_changed_is_refused(world: World) -> None:
    header, _, signature = world.token().split(".")
    changed = f"{header}.{segment(world.claims(**{'urn:altinn:org': 'skd'}))}.{signature}"
    assert "not signed by a key" in await refused(world, changed)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 5, ["RS256"]])
async def test_an_unsigned_token_is_refused(world: World, algorithm: object) -> None:
    header = segment({"alg": algorithm, "typ": "JWT", "kid": "main"})
    await refused(world, f"{header}.{segment(world.claims())}.")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(world: World, algorithm: str) -> None:
    public = world.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signer = jwt.get_algorithm_by_name(algorithm)
    head = f"{segment({'alg': algorithm, 'kid': 'main'})}.{segment(world.claims())}"
    # PyJWT's own encoder refuses a public key as secret
    signature = base64.urlsafe_b64encode(signer.sign(head.encode(), public)).rstrip(b"=").decode()
    assert "accepted algorithm" in await refused(world, f"{head}.{signature}")


async def test_a_published_shared_secret_verifies_nothing(world: World) -> None:
    secret = "s" * 64
    encoded = base64.urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()
    world.issuer.keys.append({"kty": "oct", "kid": "shared", "k": encoded})
    token = world.token(key=secret, algorithm="HS256", headers={"kid": "shared"})
    assert "accepted algorithm" in await refused(world, token)


async def test_a_key_for_encryption_verifies_nothing(world: World) -> None:
    world.issuer.keys.append(jwk(world.key, "enc", use="enc"))
    assert "not signed by a key" in await refused(world, world.token(headers={"kid": "enc"}))


async def test_a_key_whose_private_half_was_published_verifies_nothing(world: World) -> None:
    leaked = rsa_key()
    private = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(leaked)) | {"kid": "leaked"}
    world.issuer.keys.append(private)
    assert "not signed by a key" in await refused(world, world.token(key=leaked, headers={"kid": "leaked"}))


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_a_key_that_is_too_short_verifies_nothing(world: World) -> None:
    short = rsa_key(1024)
    world.issuer.keys.append(jwk(short, "short"))
    assert "not signed by a key" in await refused(world, world.token(key=short, headers={"kid": "short"}))


@pytest.mark.parametrize("exp", [0, -1, -3600])
async def test_an_expired_token_is_refused_without_leeway(world: World, exp: int) -> None:
    token = world.token(exp=int(world.clock.now().timestamp()) + exp)
    assert "expired" in await refused(world, token)


async def test_a_token_is_good_to_its_last_second(world: World) -> None:
    token = world.token(exp=int(world.clock.now().timestamp()) + 1)
    assert (await world.verifier().verify(token)).org == "ttd"


@pytest.mark.parametrize("exp", [None, "tomorrow", True, "9999999999", [9999999999]])
async def test_a_token_that_does_not_say_when_it_expires_is_refused(world: World, exp: object) -> None:
    token = signed(world, exp)
    assert "expired" in await refused(world, token)


def signed(world: World, exp: object) -> str:
    """A token with any value as expiry, which PyJWT's own encoder would not write."""
    claims = world.claims(exp=exp)
    return jwt.PyJWS().encode(json.dumps(claims).encode(), world.key, algorithm="RS256", headers={"kid": "main"})


async def test_a_token_that_expires_at_no_number_is_refused(world: World) -> None:
    assert "expired" in await refused(world, signed(world, float("nan")))


@pytest.mark.parametrize("nbf", [1, 3600])
async def test_a_token_that_is_not_valid_yet_is_refused(world: World, nbf: int) -> None:
    token = world.token(nbf=int(world.clock.now().timestamp()) + nbf)
    assert "not valid yet" in await refused(world, token)


async def test_a_token_needs_no_time_from_which_it_is_valid(world: World) -> None:
    assert (await world.verifier().verify(world.token(nbf=None))).org == "ttd"


async def test_the_issuer_is_compared_when_it_is_configured(world: World) -> None:
    verifier = world.verifier(issuer=world.issuer.base)
    assert (await verifier.verify(world.token())).org == "ttd"
    assert "another issuer" in await refused(world, world.token(iss="https://other"), issuer=world.issuer.base)
    assert "another issuer" in await refused(world, world.token(iss=None), issuer=world.issuer.base)
    assert (await world.verifier().verify(world.token(iss="https://other"))).org == "ttd"


@pytest.mark.parametrize("audience", ["us", ["them", "us"]])
async def test_the_audience_is_compared_when_it_is_configured(world: World, audience: object) -> None:
    assert (await world.verifier(audience="us").verify(world.token(aud=audience))).org == "ttd"


@pytest.mark.parametrize("audience", [None, "them", ["them"], [], "usa"])
async def test_a_token_for_another_audience_is_refused(world: World, audience: object) -> None:
    assert "another audience" in await refused(world, world.token(aud=audience), audience="us")


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "a b"}, {"a", "b"}),
        ({"scope": " a  b "}, {"a", "b"}),
        ({"scope": "a\tb"}, {"a\tb"}),
        ({"scope": None}, set()),
        ({"scope": ["a"]}, set()),
        ({"urn:altinn:scope": "c", "scope": "a b"}, {"c"}),
        ({"urn:altinn:scope": "", "scope": "a"}, set()),
    ],
)
async def test_scopes_are_split_on_spaces_and_altinns_claim_comes_first(
    world: World, claims: dict[str, Any], scopes: set[str]
) -> None:
    assert (await world.verifier().verify(world.token(**claims))).scopes == scopes


@pytest.mark.parametrize("org", [None, "", "  ", 5, ["ttd"]])
async def test_a_token_may_name_no_organisation(world: World, org: Any) -> None:
    assert (await world.verifier().verify(world.token(**{"urn:altinn:org": org}))).org is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        "a.b.c",
        "....",
        "é.é.é",
        "\ud800",
        f"{segment([])}.{segment({})}.x",
        f"{segment({'alg': 'RS256', 'kid': 5})}.{segment({})}.x",
        f"{segment({'alg': 'RS256', 'kid': 'main', 'crit': ['x']})}.{segment({})}.x",
        f"{segment({'alg': 'RS256', 'kid': 'main'})}.{segment({})}.",
        f"{'W1tb' * 4000}.{segment({})}.AAAA",
        f"{segment({'alg': 'RS256', 'kid': 'main', 'b64': False})}.{segment({})}.AAAA",
        "x" * 20_000,
    ],
)
async def test_a_malformed_token_is_refused(world: World, token: str) -> None:
    await refused(world, token)


@pytest.mark.parametrize("payload", [b"not json", b"[]", b"\xff", b"[" * 100_000])
async def test_a_signed_token_without_claims_is_refused(world: World, payload: bytes) -> None:
    token = jwt.PyJWS().encode(payload[:8000], world.key, algorithm="RS256", headers={"kid": "main"})
    await refused(world, token)


async def test_why_a_token_is_refused_does_not_quote_it(world: World) -> None:
    token = world.token(exp=1)
    assert token.split(".")[1] not in await refused(world, token)
