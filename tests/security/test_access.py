from typing import Any

import pytest

from notifications.security.access import (
    COMPOSED,
    COMPOSED_SCOPE,
    CREATE,
    CREATE_SCOPE,
    SUPPORT,
    SUPPORT_SCOPE,
    AccessControl,
    Forbidden,
    Policy,
    Unauthenticated,
    require_org,
)
from notifications.security.signing_keys import IssuerUnavailable
from notifications.security.tokens import Caller
from tests.security.conftest import World
from tests.security.issuer import jwk, rsa_key


def access(world: World) -> AccessControl:
    return world.access()


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
async def test_a_bearer_token_with_the_scope_is_let_in(world: World, name: str, scheme: str) -> None:
    caller = await access(world).authorize({name: f"{scheme} {world.token()}"}, CREATE)
    assert require_org(caller) == "ttd"


async def test_the_cookie_may_hold_the_token(world: World) -> None:
    cookies = {"Cookie": f"a=b; AltinnStudioRuntime={world.token()}; c=d"}
    assert (await access(world).authorize(cookies, CREATE)).org == "ttd"


async def test_the_cookies_name_is_configured(world: World) -> None:
    control = AccessControl(world.verifier(), cookie_name="Other")
    assert (await control.authorize({"cookie": f"Other={world.token()}"}, CREATE)).org == "ttd"
    with pytest.raises(Unauthenticated):
        await control.authorize({"cookie": f"AltinnStudioRuntime={world.token()}"}, CREATE)


async def test_a_bad_bearer_is_not_saved_by_a_good_cookie(world: World) -> None:
    headers = {"Authorization": "Bearer x.y.z", "Cookie": f"AltinnStudioRuntime={world.token()}"}
    with pytest.raises(Unauthenticated):
        await access(world).authorize(headers, CREATE)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer  "},
        {"Authorization": "Basic dTpw"},
        {"Cookie": "AltinnStudioRuntime="},
        {"Cookie": "AltinnStudioRuntime"},
        {"Cookie": ";;="},
    ],
)
async def test_without_a_token_nobody_is_let_in(world: World, headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated, match="bearer token is required"):
        await access(world).authorize(headers, CREATE)


async def test_a_token_that_does_not_verify_is_no_credential(world: World) -> None:
    with pytest.raises(Unauthenticated, match="expired") as raised:
        await access(world).authorize({"Authorization": f"Bearer {world.token(exp=1)}"}, CREATE)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("scope", ["altinn:serviceowner/notifications", CREATE_SCOPE.upper(), CREATE_SCOPE + ".x"])
async def test_another_scope_is_forbidden(world: World, scope: str) -> None:
    with pytest.raises(Forbidden, match=CREATE_SCOPE):
        await access(world).authorize({"Authorization": f"Bearer {world.token(scope=scope)}"}, CREATE)


@pytest.mark.parametrize("name", ["PlatformAccessToken", "platformaccesstoken"])
async def test_where_no_keys_are_configured_a_platform_token_is_refused_whatever_the_bearer_says(
    world: World, name: str
) -> None:
    headers = {"Authorization": f"Bearer {world.token()}", name: world.platform_token()}
    with pytest.raises(Unauthenticated, match="PlatformAccessToken"):
        await AccessControl(world.verifier()).authorize(headers, CREATE)


async def test_an_empty_platform_token_is_none(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token()}", "PlatformAccessToken": " "}
    assert (await access(world).authorize(headers, CREATE)).org == "ttd"


@pytest.mark.parametrize("name", ["PlatformAccessToken", "platformaccesstoken"])
async def test_a_platform_token_creates_without_a_bearer(world: World, name: str) -> None:
    caller = await access(world).authorize({name: world.platform_token()}, CREATE)
    assert (require_org(caller), caller.platform) == ("skd", True)


@pytest.mark.parametrize("bearer", [{}, {"scope": "other"}, {"exp": 1}])
async def test_with_a_platform_token_the_bearer_need_not_be_good_and_does_not_name_the_organisation(
    world: World, bearer: dict[str, Any]
) -> None:
    headers = {"Authorization": f"Bearer {world.token(**bearer)}", "PlatformAccessToken": world.platform_token()}
    assert (await access(world).authorize(headers, CREATE)).org == "skd"


@pytest.mark.parametrize("policy", [CREATE, COMPOSED, SUPPORT])
@pytest.mark.parametrize("token", ["garbage", "a.b.c", "é", "x" * 20_000])
async def test_a_platform_token_that_does_not_verify_is_refused_whatever_the_bearer_says(
    world: World, policy: Policy, token: str
) -> None:
    headers = {"Authorization": f"Bearer {world.token(scope=policy.scope)}", "PlatformAccessToken": token}
    with pytest.raises(Unauthenticated, match="The PlatformAccessToken is refused") as raised:
        await access(world).authorize(headers, policy)
    assert raised.value.__cause__ is None


async def test_two_platform_tokens_are_refused(world: World) -> None:
    good = world.platform_token()
    for headers in (
        {"PlatformAccessToken": f"{good},{good}"},
        {"PlatformAccessToken": f"{good}, {good}"},
        {"PlatformAccessToken": good, "platformaccesstoken": good},
    ):
        with pytest.raises(Unauthenticated, match="one PlatformAccessToken"):
            await access(world).authorize(headers, CREATE)


@pytest.mark.parametrize("policy", [COMPOSED, SUPPORT])
async def test_a_platform_token_does_not_stand_for_other_scopes_than_that_of_creating(
    world: World, policy: Policy
) -> None:
    platform = {"PlatformAccessToken": world.platform_token(scope=policy.scope)}
    with pytest.raises(Unauthenticated, match="bearer token is required"):
        await access(world).authorize(platform, policy)
    with pytest.raises(Forbidden, match=policy.scope):
        await access(world).authorize(platform | {"Authorization": f"Bearer {world.token()}"}, policy)


async def test_of_two_good_credentials_the_platform_token_names_the_organisation(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token(scope=COMPOSED_SCOPE)}"}
    assert await access(world).authorize(headers, COMPOSED) == Caller("ttd", frozenset({COMPOSED_SCOPE}))
    headers["PlatformAccessToken"] = world.platform_token()
    caller = await access(world).authorize(headers, COMPOSED)
    assert caller == Caller("skd", frozenset({COMPOSED_SCOPE}), platform=True)


async def test_each_policy_asks_for_its_own_scope(world: World) -> None:
    for held in (CREATE, COMPOSED, SUPPORT):
        headers = {"Authorization": f"Bearer {world.token(scope=held.scope)}"}
        for asked in (CREATE, COMPOSED, SUPPORT):
            if asked is held:
                assert (await access(world).authorize(headers, asked)).scopes == {held.scope}
            else:
                with pytest.raises(Forbidden, match=asked.scope):
                    await access(world).authorize(headers, asked)


async def test_support_needs_no_organisation(world: World) -> None:
    without: dict[str, Any] = {"urn:altinn:org": None}
    token = world.token(scope=SUPPORT_SCOPE, **without)
    assert (await access(world).authorize({"Authorization": f"Bearer {token}"}, SUPPORT)).org is None


async def test_a_bearer_token_is_no_platform_token_and_the_other_way_round(world: World) -> None:
    world.issuer.keys = [jwk(rsa_key(), "main")]
    with pytest.raises(Unauthenticated):
        await access(world).authorize({"Authorization": f"Bearer {world.platform_token(scope=CREATE_SCOPE)}"}, CREATE)
    with pytest.raises(Unauthenticated):
        await access(world).authorize({"PlatformAccessToken": world.token()}, CREATE)


async def test_a_publisher_of_keys_that_is_down_is_not_the_callers_fault(world: World) -> None:
    world.publisher.status = 500
    headers = {"Authorization": f"Bearer {world.token()}", "PlatformAccessToken": world.platform_token()}
    with pytest.raises(IssuerUnavailable):
        await access(world).authorize(headers, CREATE)


async def test_an_issuer_that_is_down_is_not_the_callers_fault(world: World) -> None:
    world.issuer.status = 500
    with pytest.raises(IssuerUnavailable):
        await access(world).authorize({"Authorization": f"Bearer {world.token()}"}, CREATE)


def test_a_caller_without_an_organisation_is_forbidden_what_needs_one() -> None:
    with pytest.raises(Forbidden, match="organisation"):
        require_org(Caller(None, frozenset({CREATE_SCOPE})))
