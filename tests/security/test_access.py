import pytest

from notifications.security.access import CREATE, CREATE_SCOPE, AccessControl, Forbidden, Unauthenticated, require_org
from notifications.security.signing_keys import IssuerUnavailable
from notifications.security.tokens import Caller
from tests.security.conftest import World


def access(world: World) -> AccessControl:
    return AccessControl(world.verifier())


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
async def test_a_platform_token_is_refused_whatever_the_bearer_says(world: World, name: str) -> None:
    headers = {"Authorization": f"Bearer {world.token()}", name: world.token(iss="skd")}
    with pytest.raises(Unauthenticated, match="PlatformAccessToken"):
        await access(world).authorize(headers, CREATE)


async def test_an_empty_platform_token_is_none(world: World) -> None:
    headers = {"Authorization": f"Bearer {world.token()}", "PlatformAccessToken": " "}
    assert (await access(world).authorize(headers, CREATE)).org == "ttd"


async def test_an_issuer_that_is_down_is_not_the_callers_fault(world: World) -> None:
    world.issuer.status = 500
    with pytest.raises(IssuerUnavailable):
        await access(world).authorize({"Authorization": f"Bearer {world.token()}"}, CREATE)


def test_a_caller_without_an_organisation_is_forbidden_what_needs_one() -> None:
    with pytest.raises(Forbidden, match="organisation"):
        require_org(Caller(None, frozenset({CREATE_SCOPE})))
