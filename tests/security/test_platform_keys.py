"""How the keys of the platform tokens' issuers are found, kept and renewed, whatever names tokens invent."""

import asyncio

import httpx
import pytest

from notifications.security import platform_keys
from notifications.security.platform_keys import MOST_ISSUERS, PlatformKeys
from notifications.security.signed_tokens import InvalidToken
from notifications.security.signing_keys import ASK_AGAIN_SECONDS, FRESH_SECONDS, RETRY_SECONDS, IssuerUnavailable
from tests.security.conftest import World
from tests.security.issuer import jwk, rsa_key


async def kids(keys: PlatformKeys, issuer: str = "skd", kid: str | None = None) -> list[str | None]:
    return [key.kid for key in await keys.of(issuer).matching(kid)]


async def test_an_issuers_keys_are_fetched_once_for_many_tokens(world: World) -> None:
    verifier = world.platform_verifier()
    await asyncio.gather(*(verifier.verify(world.platform_token()) for _ in range(20)))
    assert world.publisher.asked_for("skd") == 1


async def test_each_issuer_is_asked_for_at_its_own_address(world: World) -> None:
    world.publisher.keys["ttd"] = [jwk(rsa_key(), "theirs")]
    keys = world.platform_keys()
    assert (await kids(keys, "skd"), await kids(keys, "ttd")) == (["main"], ["theirs"])
    assert set(world.publisher.asked) == {"/platform-keys/skd/jwks.json", "/platform-keys/ttd/jwks.json"}


async def test_a_rotated_key_is_found_whether_its_id_is_new_or_not(world: World) -> None:
    for kid in ("new", "main", None):
        verifier, new = world.platform_verifier(), rsa_key()
        await verifier.verify(world.platform_token())
        before, world.publisher.keys["skd"] = world.publisher.keys["skd"], [jwk(new, kid)]
        world.seconds += ASK_AGAIN_SECONDS
        named = {} if kid is None else {"kid": kid}
        assert (await verifier.verify(world.platform_token(key=new, headers=named))).org == "skd"
        with pytest.raises(InvalidToken):
            await verifier.verify(world.platform_token())
        world.publisher.keys["skd"] = before


async def test_tokens_that_no_key_verifies_make_the_publisher_be_asked_once_a_minute_at_most(world: World) -> None:
    verifier, wrong = world.platform_verifier(), rsa_key()
    await verifier.verify(world.platform_token())
    for second in range(ASK_AGAIN_SECONDS * 2):
        world.seconds += 1
        for kid in ({"kid": f"unknown-{second}"}, {"kid": "main"}, {}):
            with pytest.raises(InvalidToken):
                await verifier.verify(world.platform_token(key=wrong, headers=kid))
    assert world.publisher.asked_for("skd") == 3


async def test_an_unknown_issuer_is_remembered_as_one_for_a_minute(world: World) -> None:
    keys = world.platform_keys()
    for _ in range(ASK_AGAIN_SECONDS):
        assert await kids(keys, "new", "main") == []
        world.seconds += 1
    assert world.publisher.asked_for("new") == 1
    world.publisher.keys["new"] = world.publisher.keys["skd"]
    assert await kids(keys, "new", "main") == ["main"]


async def test_an_issuer_that_is_taken_away_has_no_keys_any_more(world: World) -> None:
    keys = world.platform_keys()
    assert await kids(keys) == ["main"]
    del world.publisher.keys["skd"]
    world.seconds += FRESH_SECONDS
    assert await kids(keys) == []


async def test_known_keys_stay_in_use_while_the_publisher_is_down(world: World) -> None:
    keys = world.platform_keys()
    await kids(keys)
    world.publisher.status = 500
    world.seconds += FRESH_SECONDS * 2
    assert await kids(keys) == ["main"]


async def test_an_unknown_issuer_stays_one_while_the_publisher_is_down(world: World) -> None:
    keys = world.platform_keys()
    assert await kids(keys, "nobody") == []
    world.publisher.status = 500
    world.seconds += ASK_AGAIN_SECONDS
    assert await kids(keys, "nobody") == []


async def test_a_publisher_that_was_down_is_asked_again_after_a_pause(world: World) -> None:
    world.publisher.status = 500
    keys = world.platform_keys()
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            await kids(keys)
    assert world.publisher.asked_for("skd") == 1
    world.publisher.status = None
    world.seconds += RETRY_SECONDS
    assert await kids(keys) == ["main"]


@pytest.mark.parametrize("document", ["not json", "[]", "{}", '{"keys": []}', '{"keys": 5}', "[" * 100_000])
async def test_an_answer_that_makes_no_sense_is_no_answer(world: World, document: str) -> None:
    world.publisher.document = document
    with pytest.raises(IssuerUnavailable):
        await kids(world.platform_keys())


async def test_a_publisher_that_moved_is_not_followed(world: World) -> None:
    world.publisher.status = 302
    with pytest.raises(IssuerUnavailable):
        await kids(world.platform_keys())


async def test_a_publisher_that_refuses_connections_is_unavailable(world: World, unused_tcp_port: int) -> None:
    keys = PlatformKeys(world.client, f"http://127.0.0.1:{unused_tcp_port}/{{issuer}}")
    with pytest.raises(IssuerUnavailable):
        await kids(keys)


async def test_invented_names_do_not_push_out_the_issuers_that_are_known(world: World) -> None:
    keys = world.platform_keys()
    await kids(keys)
    for number in range(MOST_ISSUERS + 10):
        assert await kids(keys, f"invented-{number}") == []
    assert await kids(keys) == ["main"]
    assert world.publisher.asked_for("skd") == 1
    assert world.publisher.asked_for("invented-0") == 1
    await kids(keys, "invented-0")
    assert world.publisher.asked_for("invented-0") == 2


async def test_of_more_issuers_than_are_remembered_the_one_longest_unheard_of_goes(world: World) -> None:
    names = [f"known-{number}" for number in range(MOST_ISSUERS)]
    world.publisher.keys = dict.fromkeys([*names, "one-more"], world.publisher.keys["skd"])
    keys = world.platform_keys()
    for name in (*names, names[5], names[0], "one-more", *names[2:], names[0]):
        await kids(keys, name)
    assert {world.publisher.asked_for(name) for name in (*names, "one-more")} == {1}
    await kids(keys, names[1])
    assert world.publisher.asked_for(names[1]) == 2


async def test_a_few_invented_names_at_a_time_are_asked_for_and_a_known_issuer_waits_for_none(world: World) -> None:
    asking, most, known = 0, 0, world.publisher.keys["skd"]

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal asking, most
        asking += 1
        most = max(most, asking)
        await asyncio.sleep(0.001)
        asking -= 1
        return httpx.Response(200, json={"keys": known}) if "skd" in request.url.path else httpx.Response(404)

    async with httpx.AsyncClient(transport=httpx.MockTransport(slow)) as client:
        keys = PlatformKeys(client, "http://127.0.0.1/{issuer}")
        assert await kids(keys) == ["main"]
        invented = [asyncio.create_task(kids(keys, f"invented-{number}")) for number in range(50)]
        await asyncio.sleep(0)
        assert await kids(keys) == ["main"]
        assert not any(task.done() for task in invented)
        assert await asyncio.gather(*invented) == [[]] * 50
    assert 1 < most <= 4


async def test_a_publisher_that_hangs_holds_up_nobody_for_longer_than_one_answer_may_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def hang(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    monkeypatch.setattr(platform_keys, "TIMEOUT_SECONDS", 0.05)
    async with httpx.AsyncClient(transport=httpx.MockTransport(hang)) as client:
        keys = PlatformKeys(client, "http://127.0.0.1/{issuer}")
        asked = await asyncio.gather(*(kids(keys, f"invented-{each}") for each in range(50)), return_exceptions=True)
    assert all(isinstance(each, IssuerUnavailable) for each in asked)
