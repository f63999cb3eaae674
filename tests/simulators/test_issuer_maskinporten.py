"""Maskinporten: an access token for a good assertion, and the right error for every bad one."""

import json
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import httpx
import jwt
import pytest

from local.simulators.issuer.keys import KeyRing, SigningKey
from local.simulators.issuer.maskinporten import ClientKeyError, ErrorCode, read_client
from local.simulators.issuer.service import issuer
from local.simulators.serving import listening
from tests.simulators.test_documentation import after, table

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "altinn:system/notifications.condition.check"


class Maskinporten:
    """A client with its key, and calls to the token endpoint."""

    def __init__(self, base: str, http: httpx.AsyncClient, key: SigningKey) -> None:
        self.base = base
        self.http = http
        self.key = key

    def assertion(self, key: SigningKey | None = None, algorithm: str = "RS256", **changes: Any) -> str:
        """Return a good assertion but for the changed claims; a claim of None is left out."""
        now = int(time.time())
        good = {"aud": f"{self.base}/", "iss": "client", "scope": SCOPE, "iat": now, "exp": now + 120}
        claims = {**good, "jti": str(uuid.uuid4()), **changes}
        present = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(present, (key or self.key).private, algorithm, headers={"kid": self.key.kid})

    async def ask(self, assertion: str, grant: str = GRANT) -> httpx.Response:
        return await self.http.post("/maskinporten/token", data={"grant_type": grant, "assertion": assertion})

    async def refusal(self, assertion: str) -> tuple[int, str]:
        answer = await self.ask(assertion)
        assert answer.json()["error_description"]
        return answer.status_code, answer.json()["error"]


@pytest.fixture
async def maskinporten(tmp_path: Path) -> AsyncIterator[Maskinporten]:
    key = SigningKey.new()
    public = tmp_path / "client.jwk.json"
    public.write_text(json.dumps(dict(key.jwk())))
    async with (
        listening(issuer(KeyRing(), client=read_client("client", public)), 0) as base,
        httpx.AsyncClient(base_url=base, timeout=20, trust_env=False) as http,
    ):
        yield Maskinporten(base, http, key)


async def test_an_assertion_is_exchanged_for_a_token_that_verifies_by_the_issuer_s_keys(
    maskinporten: Maskinporten,
) -> None:
    answer = await maskinporten.ask(maskinporten.assertion())
    body = answer.json()
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert {name: body[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer",
        "expires_in": 120,
        "scope": SCOPE,
    }
    (key,) = (await maskinporten.http.get("/jwks")).json()["keys"]
    claims = jwt.decode(body["access_token"], jwt.PyJWK(key), algorithms=["RS256"], issuer=f"{maskinporten.base}/")
    assert (claims["scope"], claims["client_id"], claims["exp"] - claims["iat"]) == (SCOPE, "client", 120)
    assert claims["consumer"]["ID"] == "0192:999999999"


async def test_the_private_key_as_a_json_web_key_signs_assertions(maskinporten: Maskinporten) -> None:
    private = jwt.PyJWK(dict(maskinporten.key.private_jwk()))
    claims = jwt.decode(maskinporten.assertion(), options={"verify_signature": False})
    assertion = jwt.encode(claims, private.key, "RS256", headers={"kid": private.key_id})
    assert (await maskinporten.ask(assertion)).status_code == 200


async def test_rs512_is_taken_too(maskinporten: Maskinporten) -> None:
    assert (await maskinporten.ask(maskinporten.assertion(algorithm="RS512"))).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://maskinporten.example.com/"},
        {"aud": None},
        {"iss": "another"},
        {"iss": None},
        {"iat": None},
        {"exp": None},
    ],
)
async def test_an_assertion_that_does_not_hold_is_an_invalid_grant(
    maskinporten: Maskinporten, changes: dict[str, Any]
) -> None:
    assert await maskinporten.refusal(maskinporten.assertion(**changes)) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "seconds", [{"iat": -600, "exp": -480}, {"iat": 300, "exp": 400}, {"exp": 3600}], ids=["past", "future", "long"]
)
async def test_an_assertion_of_another_time_is_an_invalid_grant(
    maskinporten: Maskinporten, seconds: dict[str, int]
) -> None:
    # Counted from now, not from when the test was collected: half an hour later an assertion of the future is good.
    now = int(time.time())
    changes: dict[str, Any] = {claim: now + offset for claim, offset in seconds.items()}
    assert await maskinporten.refusal(maskinporten.assertion(**changes)) == (400, "invalid_grant")


async def test_an_audience_must_be_a_single_value(maskinporten: Maskinporten) -> None:
    several = maskinporten.assertion(aud=[f"{maskinporten.base}/", "https://other.example.com/"])
    assert await maskinporten.refusal(several) == (400, "invalid_grant")


async def test_an_assertion_of_another_key_is_an_invalid_grant(maskinporten: Maskinporten) -> None:
    forged = maskinporten.assertion(SigningKey.new())
    assert await maskinporten.refusal(forged) == (400, "invalid_grant")


async def test_an_assertion_under_another_key_s_id_is_an_invalid_grant(maskinporten: Maskinporten) -> None:
    claims = jwt.decode(maskinporten.assertion(), options={"verify_signature": False})
    renamed = jwt.encode(claims, maskinporten.key.private, "RS256", headers={"kid": "another"})
    assert await maskinporten.refusal(renamed) == (400, "invalid_grant")


async def test_an_unsigned_assertion_is_an_invalid_grant(maskinporten: Maskinporten) -> None:
    claims = jwt.decode(maskinporten.assertion(), options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", "none", headers={"kid": maskinporten.key.kid})
    assert await maskinporten.refusal(unsigned) == (400, "invalid_grant")


async def test_an_assertion_that_is_no_token_is_an_invalid_grant(maskinporten: Maskinporten) -> None:
    assert await maskinporten.refusal("no.token.here") == (400, "invalid_grant")


async def test_an_assertion_is_taken_once(maskinporten: Maskinporten) -> None:
    assertion = maskinporten.assertion()
    assert (await maskinporten.ask(assertion)).status_code == 200
    assert await maskinporten.refusal(assertion) == (400, "invalid_grant")


@pytest.mark.parametrize("scope", [None, "", "altinn:other", f"{SCOPE} altinn:other", 7])
async def test_a_scope_that_the_client_does_not_have_is_invalid(maskinporten: Maskinporten, scope: object) -> None:
    assert await maskinporten.refusal(maskinporten.assertion(scope=scope)) == (400, "invalid_scope")


async def test_another_grant_type_is_not_supported(maskinporten: Maskinporten) -> None:
    answer = await maskinporten.ask(maskinporten.assertion(), "client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


@pytest.mark.parametrize(
    ("fields", "error"), [({}, "unsupported_grant_type"), ({"grant_type": GRANT}, "invalid_request")]
)
async def test_a_request_without_its_members_is_refused(
    maskinporten: Maskinporten, fields: dict[str, str], error: str
) -> None:
    answer = await maskinporten.http.post("/maskinporten/token", data=fields)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_without_a_registered_client_nobody_gets_a_token(maskinporten: Maskinporten) -> None:
    async with listening(issuer(KeyRing()), 0) as base, httpx.AsyncClient(base_url=base, trust_env=False) as http:
        stranger = Maskinporten(base, http, maskinporten.key)
        assert await stranger.refusal(stranger.assertion()) == (400, "invalid_client")


def test_the_documented_errors_are_those_of_the_code() -> None:
    assert set(table(after("<!-- maskinporten errors -->"))) == set(get_args(ErrorCode.__value__))


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"kty": "RSA"}', "no json"])
def test_a_file_without_a_public_key_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "client.jwk.json"
    file.write_text(content)
    with pytest.raises(ClientKeyError, match=r"client\.jwk\.json holds no public RSA key"):
        read_client("client", file)


def test_a_private_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "client.jwk.json"
    file.write_text(json.dumps(dict(SigningKey.new().private_jwk())))
    with pytest.raises(ClientKeyError):
        read_client("client", file)


async def test_the_journal_tells_of_tokens_and_refusals(maskinporten: Maskinporten) -> None:
    await maskinporten.ask(maskinporten.assertion())
    await maskinporten.ask("no.token.here")
    entries = (await maskinporten.http.get("/_calls")).json()
    assert [(entry["kind"], entry["recipient"], entry["answer"]) for entry in entries] == [
        ("maskinporten", SCOPE, 200),
        ("maskinporten", None, 400),
    ]
