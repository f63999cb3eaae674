"""Tokens from Maskinporten over real HTTP: the assertion, how long a token is used, and what happens without one."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from local.simulators.issuer.keys import KeyRing
from local.simulators.issuer.maskinporten import read_client
from local.simulators.issuer.service import issuer as simulated_issuer
from local.simulators.serving import listening
from notifications.conditions import maskinporten
from notifications.conditions.client import ConditionClient
from notifications.conditions.maskinporten import SCOPE, Maskinporten, MaskinportenUnavailable
from notifications.domain.clock import SystemClock
from notifications.outbound.guard import GuardedTransport
from tests.builders import FakeClock
from tests.channels.servers import Handler, answering, closed_port, raw_serving, serving

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
JWK = {**RSAAlgorithm.to_jwk(KEY, as_dict=True), "kid": "a-kid", "alg": "RS256"}
CLIENT = "a-client-id"
PATH = "/maskinporten/token"


class Issuer:
    """Grants a new token each time, and remembers the forms that it was sent."""

    def __init__(self, expires_in: int = 120) -> None:
        self.forms: list[dict[str, Any]] = []
        self._expires_in = expires_in

    async def grant(self, request: web.Request) -> web.Response:
        assert (request.method, request.path) == ("POST", PATH)
        self.forms.append(dict(await request.post()))
        token = f"token-{len(self.forms)}"
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": self._expires_in})

    @property
    def assertions(self) -> list[str]:
        return [form["assertion"] for form in self.forms]


@asynccontextmanager
async def asking(handler: Handler, clock: FakeClock | None = None, **members: Any) -> AsyncIterator[Maskinporten]:
    async with serving(handler) as url, httpx.AsyncClient() as http:
        given: dict[str, Any] = {"client_id": CLIENT, "private_jwk": json.dumps(JWK), **members}
        yield Maskinporten(http, f"{url}{PATH}", clock=clock or FakeClock(), **given)


def verified(assertion: str, now: datetime, audience: str) -> dict[str, Any]:
    """The claims of an assertion that is valid at a moment."""
    claims: dict[str, Any] = jwt.decode(
        assertion, KEY.public_key(), ["RS256"], {"verify_exp": False, "verify_iat": False}, audience=audience
    )
    assert claims["iat"] == int(now.timestamp())
    return claims


async def test_the_assertion_is_what_maskinporten_asks_for() -> None:
    issuer, clock = Issuer(), FakeClock()
    async with serving(issuer.grant) as url, httpx.AsyncClient() as http:
        assert await Maskinporten(http, f"{url}{PATH}", CLIENT, json.dumps(JWK), clock).token() == "token-1"
    [form] = issuer.forms
    assert form.keys() == {"grant_type", "assertion"}
    assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert jwt.get_unverified_header(form["assertion"]) == {"alg": "RS256", "typ": "JWT", "kid": "a-kid"}
    claims = verified(form["assertion"], clock.now(), f"{url}/")
    assert claims.keys() == {"aud", "iss", "scope", "iat", "exp", "jti"}
    assert (claims["iss"], claims["scope"]) == (CLIENT, "altinn:system/notifications.condition.check")
    assert claims["aud"] == f"{url}/"
    assert 0 < claims["exp"] - claims["iat"] <= 120


async def test_the_audience_is_the_issuer_of_the_real_maskinporten() -> None:
    assert maskinporten._issuer("https://maskinporten.no/token?a=b#c") == "https://maskinporten.no/"
    assert maskinporten._issuer("https://test.maskinporten.no/token") == "https://test.maskinporten.no/"


async def test_the_scope_is_a_choice_and_the_key_may_have_no_id() -> None:
    issuer = Issuer()
    jwk = json.dumps({key: value for key, value in JWK.items() if key not in {"kid", "alg"}})
    async with asking(issuer.grant, scope="a:scope", private_jwk=jwk) as source:
        await source.token()
    assert "kid" not in jwt.get_unverified_header(issuer.assertions[0])
    assert jwt.decode(issuer.assertions[0], options={"verify_signature": False})["scope"] == "a:scope"


@pytest.mark.parametrize(("expires_in", "used"), [(120, 110), (599, 589), (10, 5), (1, 0.5), (10**9, 3590)])
async def test_a_token_is_used_until_shortly_before_it_ends(expires_in: int, used: float) -> None:
    issuer, clock = Issuer(expires_in), FakeClock()
    async with asking(issuer.grant, clock) as source:
        assert await source.token() == "token-1"
        clock.forward(seconds=used - 0.1)
        assert await source.token() == "token-1"
        clock.forward(seconds=0.1)
        assert await source.token() == "token-2"


async def test_every_assertion_has_an_id_of_its_own() -> None:
    issuer = Issuer(expires_in=0)
    async with asking(issuer.grant) as source:
        for _ in range(3):
            await source.token()
    ids = {jwt.decode(each, options={"verify_signature": False})["jti"] for each in issuer.assertions}
    assert len(ids) == 3


async def test_many_who_ask_at_once_share_one_request() -> None:
    issuer = Issuer()
    async with asking(issuer.grant) as source:
        assert set(await asyncio.gather(*(source.token() for _ in range(20)))) == {"token-1"}
    assert len(issuer.forms) == 1


async def test_one_who_gives_up_does_not_take_the_token_from_the_others() -> None:
    issuer, called, go = Issuer(), asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        called.set()
        await go.wait()
        return await issuer.grant(request)

    async with asking(slow) as source:
        first, second = asyncio.create_task(source.token()), asyncio.create_task(source.token())
        await called.wait()
        first.cancel()
        go.set()
        assert await second == "token-1"
    assert first.cancelled()
    assert len(issuer.forms) == 1


@pytest.mark.parametrize("status", [301, 400, 401, 429, 500, 503])
async def test_a_refusal_is_told_by_its_status_and_the_next_call_asks_again(status: int) -> None:
    issuer, answers = Issuer(), iter([status])

    async def handler(request: web.Request) -> web.Response:
        refused = next(answers, None)
        return web.json_response({"error": "invalid_grant"}, status=refused) if refused else await issuer.grant(request)

    async with asking(handler) as source:
        with pytest.raises(MaskinportenUnavailable, match=f"^http_{status}$"):
            await source.token()
        assert await source.token() == "token-1"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"access_token": "t"}',
        b'{"expires_in": 120}',
        b'{"access_token": null, "expires_in": 120}',
        b'{"access_token": "", "expires_in": 120}',
        b'{"access_token": "t", "expires_in": "120"}',
        b'{"access_token": "two words", "expires_in": 120}',
        b'{"access_token": "t\\r\\nX-Evil: 1", "expires_in": 120}',
        b'{"access_token": "\\u00e6", "expires_in": 120}',
        b'{"access_token": "\xff", "expires_in": 120}',
        b"[" * 50_000,
    ],
)
async def test_an_answer_without_a_token_is_none(body: bytes) -> None:
    async with asking(answering(200, body)) as source:
        with pytest.raises(MaskinportenUnavailable, match=r"^unreadable$"):
            await source.token()


async def test_an_issuer_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(maskinporten, "_TIMEOUT_SECONDS", 0.1)
    async with asking(hang) as source:
        with pytest.raises(MaskinportenUnavailable, match=r"^timeout$"):
            await source.token()


async def test_an_issuer_that_cannot_be_reached_gives_no_token() -> None:
    async with httpx.AsyncClient() as http, raw_serving(b"nonsense\r\n\r\n") as broken:
        for url in (broken, f"http://127.0.0.1:{closed_port()}", "http://nowhere.invalid"):
            source = Maskinporten(http, f"{url}/token", CLIENT, json.dumps(JWK), FakeClock())
            with pytest.raises(MaskinportenUnavailable, match=r"^unreachable$"):
                await source.token()


@pytest.mark.parametrize(
    "jwk",
    [
        "",
        "secret",
        "[]",
        "{}",
        "null",
        '{"kty": "RSA", "n": "secret"}',
        json.dumps({"kty": "oct", "k": "c2VjcmV0"}),
        json.dumps(RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)),
        json.dumps(ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()), as_dict=True)),
    ],
)
async def test_a_key_that_is_none_is_refused_without_being_quoted(jwk: str) -> None:
    async with httpx.AsyncClient() as http:
        with pytest.raises(ValueError, match="no private RSA key in JWK form") as raised:
            Maskinporten(http, "https://maskinporten.no/token", CLIENT, jwk, FakeClock())
    assert raised.value.__context__ is None
    assert "secret" not in str(raised.value)


async def test_neither_assertion_nor_token_is_logged_or_raised(caplog: pytest.LogCaptureFixture) -> None:
    issuer, seen = Issuer(), list[str]()

    async def refusing(request: web.Request) -> web.Response:
        seen.append(str((await request.post())["assertion"]))
        return web.Response(status=400, text=seen[-1])

    with caplog.at_level(logging.DEBUG, logger="notifications"), caplog.at_level(logging.INFO):
        async with asking(refusing) as source:
            with pytest.raises(MaskinportenUnavailable) as raised:
                await source.token()
        async with asking(issuer.grant) as source:
            await source.token()
    told = "".join(traceback.format_exception(raised.value)) + "".join(map(str, (r.__dict__ for r in caplog.records)))
    assert not [secret for secret in (*seen, *issuer.assertions, "token-1") if secret in told]
    assert "maskinporten.unavailable reason=http_400" in caplog.messages


async def condition_with(issuer: Handler, times: int = 1) -> tuple[list[bool | None], list[str | None]]:
    """What a condition that always says yes says to somebody with tokens from this issuer, and what it was shown."""
    shown: list[str | None] = []

    async def condition(request: web.Request) -> web.Response:
        shown.append(request.headers.get("Authorization"))
        return web.json_response({"sendNotification": True})

    async with asking(issuer) as source, serving(condition) as url:
        client = ConditionClient(GuardedTransport(frozenset({"127.0.0.1"})), token=source.token)
        answers = [await client.ask(f"{url}/condition") for _ in range(times)]
        await client.aclose()
    return answers, shown


async def test_a_condition_is_asked_with_the_token_which_serves_more_than_once() -> None:
    issuer = Issuer()
    assert await condition_with(issuer.grant, times=2) == ([True, True], ["Bearer token-1"] * 2)
    assert len(issuer.forms) == 1


async def test_without_a_token_the_condition_is_not_asked_and_inconclusive(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="notifications"):
        assert await condition_with(answering(503)) == ([None], [])
    assert [each for each in caplog.messages if each.startswith("condition")] == [
        "condition.inconclusive reason=no_token"
    ]


async def test_the_simulated_maskinporten_takes_every_assertion(tmp_path: Path) -> None:
    registered = tmp_path / "client.jwk.json"
    registered.write_text(json.dumps({**RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": "a-kid"}))
    client = read_client(CLIENT, registered)
    async with listening(simulated_issuer(KeyRing(), client=client), 0) as url, httpx.AsyncClient() as http:
        sources = [Maskinporten(http, f"{url}{PATH}", CLIENT, json.dumps(JWK), SystemClock()) for _ in range(3)]
        tokens = [await source.token() for source in sources]
    assert len(set(tokens)) == 3
    assert jwt.decode(tokens[0], options={"verify_signature": False})["scope"] == SCOPE


async def test_time_is_told_in_utc() -> None:
    issuer = Issuer()
    clock = FakeClock(datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
    async with asking(issuer.grant, clock) as source:
        await source.token()
    assert jwt.decode(issuer.assertions[0], options={"verify_signature": False})["iat"] == 1782907200
