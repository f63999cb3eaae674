"""The token issuer: discovery, good tokens, every kind of bad token, rotation, keys that outlive a restart."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.simulators.issuer.keys import KeyFileError, KeyRing
from local.simulators.issuer.service import issuer
from local.simulators.serving import listening


class Issuer:
    """Calls to one issuer, and a verifier that trusts what its discovery document says."""

    def __init__(self, base: str, http: httpx.AsyncClient) -> None:
        self.base = base
        self.http = http

    async def token(self, **request: object) -> str:
        answer = await self.http.post(f"{self.base}/token", json=request)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    async def key(self, token: str) -> jwt.PyJWK | None:
        """Return the published key that the token names."""
        discovery = (await self.http.get(f"{self.base}/.well-known/openid-configuration")).json()
        assert discovery["issuer"] == self.base
        keys = (await self.http.get(discovery["jwks_uri"])).json()["keys"]
        kid = jwt.get_unverified_header(token)["kid"]
        return next((jwt.PyJWK(key) for key in keys if key["kid"] == kid), None)

    async def claims(self, token: str) -> dict[str, Any]:
        """Return the verified claims; raises as PyJWT does."""
        key = await self.key(token)
        assert key is not None
        options: Any = {"require": ["exp", "iss", "nbf", "iat", "jti"], "verify_aud": False}
        return jwt.decode(token, key, algorithms=["RS256"], issuer=self.base, options=options)


@pytest.fixture
async def altinn() -> AsyncIterator[Issuer]:
    async with listening(issuer(KeyRing()), 0) as base, httpx.AsyncClient(timeout=20) as http:
        yield Issuer(base, http)


async def test_a_token_verifies_and_carries_altinn_s_claims(altinn: Issuer) -> None:
    claims = await altinn.claims(await altinn.token(org="ttd", scope="one two", lifetime=60))
    assert claims["urn:altinn:org"] == "ttd"
    assert claims["scope"] == "one two"
    assert claims["iss"] == altinn.base
    assert claims["exp"] - claims["iat"] == 60
    assert claims["nbf"] == claims["iat"] <= time.time()
    assert claims["consumer"] == {"authority": "iso6523-actorid-upis", "ID": "0192:999999999"}
    assert "urn:altinn:scope" not in claims


async def test_a_token_has_the_create_scope_and_an_hour_unless_told_otherwise(altinn: Issuer) -> None:
    answer = (await altinn.http.post(f"{altinn.base}/token", json={"org": "ttd"})).json()
    claims = await altinn.claims(answer["access_token"])
    assert claims["scope"] == "altinn:serviceowner/notifications.create"
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3600)
    assert claims["exp"] - claims["iat"] == 3600


async def test_a_form_is_as_good_as_json(altinn: Issuer) -> None:
    answer = await altinn.http.post(
        f"{altinn.base}/token", data={"org": "digdir", "lifetime": "30", "expired": "false"}
    )
    claims = await altinn.claims(answer.json()["access_token"])
    assert (claims["urn:altinn:org"], claims["exp"] - claims["iat"]) == ("digdir", 30)


async def test_every_token_has_its_own_id(altinn: Issuer) -> None:
    tokens = [await altinn.token(org="ttd") for _ in range(2)]
    assert len({(await altinn.claims(token))["jti"] for token in tokens}) == 2


async def test_further_claims_are_set_on_request(altinn: Issuer) -> None:
    claims = await altinn.claims(await altinn.token(org="ttd", altinn_scope="a:b", audience="notifications"))
    assert (claims["urn:altinn:scope"], claims["aud"]) == ("a:b", "notifications")


async def test_an_expired_token_is_expired_and_nothing_else(altinn: Issuer) -> None:
    with pytest.raises(jwt.ExpiredSignatureError):
        await altinn.claims(await altinn.token(org="ttd", expired=True))


async def test_a_token_of_the_future_is_not_valid_yet(altinn: Issuer) -> None:
    with pytest.raises(jwt.ImmatureSignatureError):
        await altinn.claims(await altinn.token(org="ttd", not_before=300))


async def test_a_token_of_another_issuer_says_so(altinn: Issuer) -> None:
    with pytest.raises(jwt.InvalidIssuerError):
        await altinn.claims(await altinn.token(org="ttd", issuer="https://issuer.example.com"))


async def test_a_token_without_exp_has_none(altinn: Issuer) -> None:
    with pytest.raises(jwt.MissingRequiredClaimError):
        await altinn.claims(await altinn.token(org="ttd", without_exp=True))


async def test_a_token_without_org_is_otherwise_good(altinn: Issuer) -> None:
    claims = await altinn.claims(await altinn.token(org="ttd", without_org=True))
    assert "urn:altinn:org" not in claims


async def test_a_foreign_key_signs_under_the_published_key_s_id(altinn: Issuer) -> None:
    token = await altinn.token(org="ttd", foreign_key=True)
    assert await altinn.key(token) is not None
    with pytest.raises(jwt.InvalidSignatureError):
        await altinn.claims(token)


async def test_a_token_of_algorithm_none_is_unsigned(altinn: Issuer) -> None:
    token = await altinn.token(org="ttd", algorithm="none")
    assert token.endswith(".")
    assert jwt.get_unverified_header(token)["alg"] == "none"
    assert jwt.decode(token, options={"verify_signature": False})["urn:altinn:org"] == "ttd"


async def test_a_token_of_algorithm_hs256_is_signed_with_the_public_key(altinn: Issuer) -> None:
    token = await altinn.token(org="ttd", algorithm="HS256")
    key = await altinn.key(token)
    assert key is not None
    secret = key.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text, _, signature = token.rpartition(".")
    expected = base64.urlsafe_b64encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())
    assert signature == expected.rstrip(b"=").decode()
    assert jwt.decode(token, options={"verify_signature": False})["urn:altinn:org"] == "ttd"


@pytest.mark.parametrize(
    ("body", "names"),
    [("{", "JSON"), ("[]", "JSON"), ('{"lifetime": "long"}', "lifetime"), ('{"orgg": "ttd"}', "orgg")],
)
async def test_a_malformed_request_is_answered_400_and_names_the_member(altinn: Issuer, body: str, names: str) -> None:
    answer = await altinn.http.post(f"{altinn.base}/token", content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert names in answer.json()["error_description"]


async def test_after_a_rotation_old_and_new_tokens_verify(altinn: Issuer) -> None:
    old = await altinn.token(org="ttd")
    kid = (await altinn.http.post(f"{altinn.base}/rotate")).json()["kid"]
    new = await altinn.token(org="ttd")
    assert jwt.get_unverified_header(new)["kid"] == kid != jwt.get_unverified_header(old)["kid"]
    assert (await altinn.claims(old))["urn:altinn:org"] == (await altinn.claims(new))["urn:altinn:org"] == "ttd"


async def test_a_rotation_that_drops_the_old_key_orphans_its_tokens(altinn: Issuer) -> None:
    old = await altinn.token(org="ttd")
    await altinn.http.post(f"{altinn.base}/rotate", json={"drop_old": True})
    assert await altinn.key(old) is None
    assert await altinn.claims(await altinn.token(org="ttd"))


async def test_a_malformed_rotation_changes_nothing(altinn: Issuer) -> None:
    old = await altinn.token(org="ttd")
    answer = await altinn.http.post(f"{altinn.base}/rotate", content="{", headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    kid = jwt.get_unverified_header(await altinn.token(org="ttd"))["kid"]
    assert kid == jwt.get_unverified_header(old)["kid"]


async def test_a_key_file_keeps_all_keys_over_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "new" / "issuer.pem"
    async with httpx.AsyncClient(timeout=20) as http:
        async with listening(issuer(KeyRing(file)), 0) as base:
            first = Issuer(base, http)
            tokens = [await first.token(org="ttd")]
            await http.post(f"{base}/rotate")
            tokens.append(await first.token(org="ttd"))
        async with listening(issuer(KeyRing(file)), 0) as base:
            restarted = Issuer(base, http)
            published = [await restarted.key(token) for token in tokens]
            latest = jwt.get_unverified_header(await restarted.token(org="ttd"))["kid"]
    assert None not in published
    assert latest == jwt.get_unverified_header(tokens[1])["kid"]
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_file_without_a_key_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / "issuer.pem"
    file.write_text(content)
    with pytest.raises(KeyFileError, match=r"issuer\.pem"):
        KeyRing(file)
    assert file.read_text() == content


async def test_the_journal_tells_who_asked_for_what(altinn: Issuer) -> None:
    await altinn.key(await altinn.token(org="ttd"))
    entries = (await altinn.http.get(f"{altinn.base}/_calls")).json()
    assert [(entry["kind"], entry["recipient"], entry["answer"]) for entry in entries] == [
        ("token", "ttd", 200),
        ("discovery", None, 200),
        ("jwks", None, 200),
    ]
    await altinn.http.delete(f"{altinn.base}/_calls")
    assert json.loads((await altinn.http.get(f"{altinn.base}/_calls")).text) == []


async def test_the_health_page_answers_200(altinn: Issuer) -> None:
    assert (await altinn.http.get(f"{altinn.base}/_health")).status_code == 200
