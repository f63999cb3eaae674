"""Which platform access tokens are believed, and which are not."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifications.security.signed_tokens import LONGEST_TOKEN, InvalidToken
from notifications.security.signing_keys import IssuerUnavailable
from notifications.security.tokens import Caller
from tests.security.conftest import World
from tests.security.issuer import jwk, rsa_key


def segment(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def now(world: World) -> int:
    return int(world.clock.now().timestamp())


async def refused(world: World, token: str) -> str:
    """Why the token is refused."""
    with pytest.raises(InvalidToken) as raised:
        await world.platform_verifier().verify(token)
    return str(raised.value)


async def believed(world: World, **given: Any) -> Caller:
    return await world.platform_verifier().verify(world.platform_token(**given))


async def test_the_issuer_of_a_good_token_is_the_organisation(world: World) -> None:
    assert await believed(world) == Caller("skd", frozenset(), platform=True)


async def test_what_else_the_token_claims_gives_neither_scopes_nor_another_organisation(world: World) -> None:
    claims = {"scope": "altinn:serviceowner/notifications.create", "urn:altinn:org": "ttd", "aud": "somebody"}
    assert await believed(world, **claims) == Caller("skd", platform=True)


@pytest.mark.parametrize("issuer", ["a", "0-9", "x" * 50])
async def test_every_organisation_has_keys_of_its_own(world: World, issuer: str) -> None:
    own = rsa_key()
    world.publisher.keys[issuer] = [jwk(own, "main")]
    assert (await believed(world, issuer=issuer, key=own)).org == issuer
    assert "not signed by a key" in await refused(world, world.platform_token(issuer=issuer))


@pytest.mark.parametrize(
    "issuer",
    ["../skd", "a/b", "..", ".", "", "SKD", "skd ", "skd\n", "skd?", "skd#", "skd%2f", "skå", "x" * 51, "http://skd"],
)
async def test_an_issuer_that_is_no_short_name_is_refused_and_nobody_is_asked(world: World, issuer: str) -> None:
    assert "not the short name" in await refused(world, world.platform_token(issuer=issuer))
    assert not world.publisher.asked


@pytest.mark.parametrize("issuer", [None, 5, ["skd"], {"a": 1}, True])
async def test_a_token_without_an_issuer_is_refused(world: World, issuer: object) -> None:
    claims = world.claims(iss=issuer)
    token = jwt.PyJWS().encode(json.dumps(claims).encode(), world.key, algorithm="RS256", headers={"kid": "main"})
    assert "who issued it" in await refused(world, token)
    assert not world.publisher.asked


async def test_an_issuer_that_publishes_nothing_is_refused(world: World) -> None:
    assert "not signed by a key" in await refused(world, world.platform_token(issuer="nobody"))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, 5, ["RS256"]])
async def test_an_unsigned_token_is_refused(world: World, algorithm: object) -> None:
    header = segment({"alg": algorithm, "typ": "JWT", "kid": "main"})
    assert "accepted algorithm" in await refused(world, f"{header}.{segment(world.claims(iss='skd'))}.")


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
async def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(world: World, algorithm: str) -> None:
    public = world.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    head = f"{segment({'alg': algorithm, 'kid': 'main'})}.{segment(world.claims(iss='skd'))}"
    # PyJWT's own encoder refuses a public key as secret
    signature = jwt.get_algorithm_by_name(algorithm).sign(head.encode(), public)
    token = f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert "accepted algorithm" in await refused(world, token)


async def test_a_token_signed_by_another_key_is_refused(world: World) -> None:
    assert "not signed by a key" in await refused(world, world.platform_token(key=rsa_key()))


async def test_a_token_whose_issuer_was_changed_is_refused(world: World) -> None:
    world.publisher.keys["ttd"] = world.publisher.keys["skd"]
    header, _, signature = world.platform_token().split(".")
    changed = f"{header}.{segment(world.claims(iss='ttd'))}.{signature}"
    assert "not signed by a key" in await refused(world, changed)


async def test_a_token_without_key_id_is_tried_against_every_key(world: World) -> None:
    world.publisher.keys["skd"].insert(0, jwk(rsa_key(), "other"))
    assert (await believed(world, headers={})).org == "skd"


async def test_clocks_may_differ_by_less_than_ten_seconds(world: World) -> None:
    assert (await believed(world, exp=now(world) - 9)).org == "skd"
    assert "expired" in await refused(world, world.platform_token(exp=now(world) - 10))
    assert (await believed(world, nbf=now(world) + 10)).org == "skd"
    assert "not valid yet" in await refused(world, world.platform_token(nbf=now(world) + 11))


@pytest.mark.parametrize("exp", [None, 1])
async def test_a_token_that_expired_or_never_does_is_refused(world: World, exp: int | None) -> None:
    assert "expired" in await refused(world, world.platform_token(exp=exp))


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b.c",
        "....",
        "é.é.é",
        "\ud800",
        f"{segment([])}.{segment({})}.x",
        f"{segment({'alg': 'RS256'})}.{segment([])}.AAAA",
        f"{segment({'alg': 'RS256'})}.AAAA.AAAA",
        f"{segment({'alg': 'RS256', 'crit': ['x']})}.{segment({'iss': 'skd'})}.AAAA",
        f"{segment({'alg': 'RS256', 'b64': False, 'crit': ['b64']})}..AAAA",
        f"{'W1tb' * 4000}.{segment({'iss': 'skd'})}.AAAA",
        f"{segment({'alg': 'RS256'})}.{'W1tb' * 4000}.AAAA",
        "x" * (LONGEST_TOKEN + 1),
    ],
)
async def test_a_malformed_token_is_refused(world: World, token: str) -> None:
    await refused(world, token)
    assert not world.publisher.asked


async def test_a_good_token_may_be_so_long_and_no_longer(world: World) -> None:
    token = world.platform_token(padding="x" * 10_000)
    assert (await world.platform_verifier().verify(token)).org == "skd"
    assert "malformed" in await refused(world, world.platform_token(padding="x" * 12_500))


async def test_a_publisher_that_is_down_is_not_the_tokens_fault(world: World) -> None:
    world.publisher.status = 503
    with pytest.raises(IssuerUnavailable):
        await believed(world)


async def test_why_a_token_is_refused_does_not_quote_it(world: World) -> None:
    for token in (world.platform_token(exp=1), world.platform_token(issuer="secret-name")):
        told = await refused(world, token)
        assert token.split(".")[1] not in told
        assert "secret-name" not in told
