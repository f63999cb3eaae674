"""Platform tokens: keys by issuer, good tokens, bad tokens, keys that outlive a restart."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest

from local.simulators.issuer.keys import KeyRing
from local.simulators.issuer.platform import PlatformKeys
from local.simulators.issuer.service import issuer
from local.simulators.serving import listening


class Platform:
    """Calls to the issuer of platform tokens."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def token(self, **members: Any) -> str:
        answer = await self.http.post("/platform-token", json=members)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    async def keys(self, name: str) -> list[jwt.PyJWK]:
        answer = await self.http.get(f"/platform-keys/{name}/jwks.json")
        assert answer.status_code == 200
        return [jwt.PyJWK(key) for key in answer.json()["keys"]]

    async def claims(self, token: str) -> dict[str, Any]:
        """Return the claims, verified by the one key that is published for the token's issuer."""
        (key,) = await self.keys(jwt.decode(token, options={"verify_signature": False})["iss"])
        assert jwt.get_unverified_header(token)["kid"] == key.key_id
        return jwt.decode(token, key, algorithms=["RS256"], options={"require": ["exp", "iss", "iat", "nbf", "jti"]})


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    async with (
        listening(issuer(KeyRing()), 0) as base,
        httpx.AsyncClient(base_url=base, timeout=20, trust_env=False) as http,
    ):
        yield Platform(http)


async def test_a_platform_token_names_its_issuer_and_app_and_verifies_by_the_issuer_s_key(platform: Platform) -> None:
    claims = await platform.claims(await platform.token(org="ttd", app="my-app", lifetime=60))
    assert (claims["iss"], claims["urn:altinn:app"], claims["exp"] - claims["iat"]) == ("ttd", "my-app", 60)
    assert "scope" not in claims
    assert "urn:altinn:org" not in claims


async def test_a_form_is_as_good_as_json(platform: Platform) -> None:
    answer = await platform.http.post("/platform-token", data={"org": "digdir"})
    assert (await platform.claims(answer.json()["access_token"]))["iss"] == "digdir"


async def test_every_issuer_has_a_key_of_its_own_and_keeps_it(platform: Platform) -> None:
    first, again, other = [(await platform.keys(name))[0].key_id for name in ("ttd", "ttd", "digdir")]
    bearer = (await platform.http.get("/jwks")).json()["keys"][0]["kid"]
    assert first == again
    assert len({first, other, bearer}) == 3


@pytest.mark.parametrize("name", ["a", "with-hyphen", "Capital", "a" * 21, "..%2F..%2Fjwks", "%C3%A6%C3%B8"])
async def test_a_name_that_nobody_has_has_no_keys(platform: Platform, name: str) -> None:
    assert (await platform.http.get(f"/platform-keys/{name}/jwks.json")).status_code == 404


async def test_a_token_of_an_issuer_without_keys_is_signed_with_a_key_that_is_not_published_for_it(
    platform: Platform,
) -> None:
    token = await platform.token(org="nobody-knows")
    assert jwt.decode(token, options={"verify_signature": False})["iss"] == "nobody-knows"


@pytest.mark.parametrize(
    ("members", "refusal"),
    [
        ({"expired": True}, jwt.ExpiredSignatureError),
        ({"not_before": 300}, jwt.ImmatureSignatureError),
        ({"without_exp": True}, jwt.MissingRequiredClaimError),
        ({"foreign_key": True}, jwt.InvalidSignatureError),
        ({"algorithm": "none"}, jwt.InvalidAlgorithmError),
        ({"algorithm": "HS256"}, jwt.InvalidAlgorithmError),
    ],
)
async def test_a_bad_token_is_bad_in_the_way_that_was_asked_for(
    platform: Platform, members: dict[str, Any], refusal: type[Exception]
) -> None:
    token = await platform.token(org="ttd", **members)
    with pytest.raises(refusal):
        await platform.claims(token)


@pytest.mark.parametrize(("body", "names"), [("{", "JSON"), ('{"scope": "x"}', "scope")])
async def test_a_malformed_request_is_answered_400_and_names_the_member(
    platform: Platform, body: str, names: str
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await platform.http.post("/platform-token", content=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert names in answer.json()["error_description"]


async def test_the_keys_of_a_directory_outlive_a_restart_and_may_be_put_there_by_others(tmp_path: Path) -> None:
    given = KeyRing(tmp_path / "platform.pem").newest.kid
    kids = []
    for _ in range(2):
        async with (
            listening(issuer(KeyRing(), platform=PlatformKeys(tmp_path)), 0) as base,
            httpx.AsyncClient(base_url=base, trust_env=False) as http,
        ):
            kids.append([(await Platform(http).keys(name))[0].key_id for name in ("platform", "ttd")])
    assert kids[0] == kids[1]
    assert kids[0][0] == given


async def test_the_journal_tells_who_asked_for_what(platform: Platform) -> None:
    await platform.claims(await platform.token(org="ttd"))
    entries = (await platform.http.get("/_calls")).json()
    assert [(entry["kind"], entry["recipient"], entry["answer"]) for entry in entries] == [
        ("platform-token", "ttd", 200),
        ("platform-keys", "ttd", 200),
    ]
