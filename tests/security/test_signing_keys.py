"""How the issuer's keys are found, kept, and renewed."""

import asyncio
from typing import Any

import httpx
import pytest

from notifications.security import signing_keys
from notifications.security.signed_tokens import InvalidToken
from notifications.security.signing_keys import (
    ASK_AGAIN_SECONDS,
    FRESH_SECONDS,
    RETRY_SECONDS,
    IssuerUnavailable,
    SigningKeys,
)
from tests.security.conftest import World
from tests.security.issuer import jwk, rsa_key


async def kids(keys: SigningKeys, kid: str | None = None) -> list[str | None]:
    return [key.kid for key in await keys.matching(kid)]


async def test_keys_are_fetched_once_for_many_tokens(world: World) -> None:
    verifier = world.verifier()
    for _ in range(3):
        await verifier.verify(world.token())
    assert world.issuer.asked == {"discovery": 1, "jwks": 1}


async def test_many_first_requests_at_once_ask_the_issuer_once(world: World) -> None:
    verifier = world.verifier()
    await asyncio.gather(*(verifier.verify(world.token()) for _ in range(20)))
    assert world.issuer.asked == {"discovery": 1, "jwks": 1}


async def test_a_key_that_is_new_is_found_without_a_restart(world: World) -> None:
    keys = world.signing_keys()
    await keys.matching("main")
    world.issuer.keys.append(jwk(rsa_key(), "new"))
    world.seconds += ASK_AGAIN_SECONDS
    assert await kids(keys, "new") == ["new"]
    assert world.issuer.asked == {"discovery": 1, "jwks": 2}


async def test_unknown_key_ids_make_the_issuer_be_asked_once_a_minute_at_most(world: World) -> None:
    keys = world.signing_keys()
    await keys.matching("main")
    for second in range(ASK_AGAIN_SECONDS * 2):
        world.seconds += 1
        assert await kids(keys, f"unknown-{second}") == []
    assert world.issuer.asked["jwks"] == 3


async def test_many_unknown_key_ids_at_once_ask_the_issuer_once(world: World) -> None:
    keys = world.signing_keys()
    await keys.matching("main")
    world.seconds += ASK_AGAIN_SECONDS
    await asyncio.gather(*(keys.matching(f"unknown-{number}") for number in range(20)))
    assert world.issuer.asked["jwks"] == 2


async def test_keys_are_renewed_daily_so_that_a_withdrawn_one_is_forgotten(world: World) -> None:
    keys = world.signing_keys()
    assert await kids(keys, "main") == ["main"]
    world.issuer.keys = [jwk(rsa_key(), "new")]
    world.seconds += FRESH_SECONDS - 1
    assert await kids(keys, "main") == ["main"]
    world.seconds += 1
    assert await kids(keys, "main") == []
    assert await kids(keys) == ["new"]
    assert world.issuer.asked == {"discovery": 2, "jwks": 2}


async def test_known_keys_stay_in_use_while_the_issuer_is_down(world: World) -> None:
    verifier = world.verifier()
    await verifier.verify(world.token())
    world.issuer.status = 500
    world.seconds += FRESH_SECONDS * 3
    assert (await verifier.verify(world.token())).org == "ttd"
    with pytest.raises(InvalidToken):
        await verifier.verify(world.token(headers={"kid": "unknown"}))


async def test_keys_are_renewed_when_the_issuer_is_back(world: World) -> None:
    keys = world.signing_keys()
    await keys.matching("main")
    world.issuer.status = 500
    world.seconds += FRESH_SECONDS
    await keys.matching("main")
    world.issuer.status = 200
    world.issuer.keys = [jwk(rsa_key(), "new")]
    assert await kids(keys, "main") == ["main"]
    world.seconds += ASK_AGAIN_SECONDS
    assert await kids(keys, "new") == ["new"]


async def test_without_any_key_an_issuer_that_is_down_is_said_to_be(world: World) -> None:
    world.issuer.status = 503
    with pytest.raises(IssuerUnavailable):
        await world.verifier().verify(world.token())


async def test_an_issuer_that_was_down_is_asked_again_after_a_pause(world: World) -> None:
    world.issuer.status = 503
    keys = world.signing_keys()
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            await keys.matching("main")
    assert world.issuer.asked["discovery"] == 1
    world.issuer.status = 200
    world.seconds += RETRY_SECONDS
    assert await kids(keys, "main") == ["main"]


async def test_many_requests_at_once_do_not_each_wait_for_an_issuer_that_is_down(world: World) -> None:
    world.issuer.status = 503
    keys = world.signing_keys()
    results = await asyncio.gather(*(keys.matching("main") for _ in range(20)), return_exceptions=True)
    assert all(isinstance(result, IssuerUnavailable) for result in results)
    assert world.issuer.asked["discovery"] == 1


async def test_an_issuer_that_refuses_connections_is_said_to_be_unavailable(world: World, unused_tcp_port: int) -> None:
    for address in (f"http://127.0.0.1:{unused_tcp_port}/x", "http://[bad/", "nonsense"):
        with pytest.raises(IssuerUnavailable):
            await SigningKeys(world.client, address).matching("main")


@pytest.mark.parametrize("document", ["not json", [], {}, {"jwks_uri": None}, {"jwks_uri": "http://[bad/"}])
async def test_a_discovery_document_that_makes_no_sense_is_no_issuer(world: World, document: Any) -> None:
    world.issuer.discovery = document
    with pytest.raises(IssuerUnavailable):
        await world.signing_keys().matching("main")


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        [],
        {},
        {"keys": None},
        {"keys": []},
        {"keys": ["x", {}, {"kty": "RSA"}, {"kty": "RSA", "n": 5, "e": []}, {"kty": "XYZ"}, {"kty": ["RSA"]}]},
        {"keys": [{"kty": "oct", "k": "AAAA"}]},
    ],
)
async def test_a_key_set_without_a_usable_key_is_no_issuer(world: World, document: Any) -> None:
    world.issuer.jwks = document
    with pytest.raises(IssuerUnavailable):
        await world.signing_keys().matching("main")


async def test_one_damaged_key_does_not_hide_the_others(world: World) -> None:
    world.issuer.keys = [{"kty": "RSA", "kid": "bad"}, *world.issuer.keys]
    assert await kids(world.signing_keys()) == ["main"]


async def test_a_rotated_key_is_found_whether_its_id_is_new_or_not(world: World) -> None:
    for kid in ("new", "main", None):
        verifier, new = world.verifier(), rsa_key()
        await verifier.verify(world.token())
        before, world.issuer.keys = world.issuer.keys, [jwk(new, kid)]
        world.seconds += ASK_AGAIN_SECONDS
        assert (await verifier.verify(world.token(key=new, headers={} if kid is None else {"kid": kid}))).org == "ttd"
        world.issuer.keys = before


async def test_signatures_that_no_key_verifies_make_the_issuer_be_asked_once_a_minute_at_most(world: World) -> None:
    verifier, wrong = world.verifier(), world.token(key=rsa_key())
    await verifier.verify(world.token())
    for _ in range(ASK_AGAIN_SECONDS * 2):
        world.seconds += 1
        with pytest.raises(InvalidToken):
            await verifier.verify(wrong)
    assert world.issuer.asked["jwks"] == 3


async def test_when_the_keys_have_moved_they_are_discovered_again(world: World) -> None:
    keys = world.signing_keys()
    await keys.matching("main")
    world.issuer.jwks = "moved"
    world.seconds += ASK_AGAIN_SECONDS
    await keys.matching("new")
    world.issuer.jwks = {"keys": [jwk(rsa_key(), "new")]}
    world.seconds += ASK_AGAIN_SECONDS
    assert await kids(keys, "new") == ["new"]
    assert world.issuer.asked["discovery"] == 2


async def test_an_issuer_that_does_not_answer_in_time_is_unavailable() -> None:
    def never(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("too slow", request=request)

    async with httpx.AsyncClient(transport=httpx.MockTransport(never)) as client:
        with pytest.raises(IssuerUnavailable):
            await SigningKeys(client, "http://127.0.0.1/x").matching("main")


async def test_an_issuer_whose_answer_does_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    monkeypatch.setattr(signing_keys, "TIMEOUT_SECONDS", 0.05)
    async with httpx.AsyncClient(transport=httpx.MockTransport(hang)) as client, asyncio.timeout(10):
        with pytest.raises(IssuerUnavailable):
            await SigningKeys(client, "http://127.0.0.1/").matching("main")
