"""Whatever a caller sends, the answer is one of three: unauthenticated, forbidden, or come again."""

import base64
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.security.access import COMPOSED, CREATE, SUPPORT, Forbidden, Policy, Unauthenticated
from notifications.security.signing_keys import IssuerUnavailable
from tests.security.conftest import World

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ALGORITHMS = st.sampled_from(["RS256", "PS512", "ES256", "EdDSA", "HS256", "none"]) | JSON
HEADERS = st.fixed_dictionaries(
    {"alg": ALGORITHMS}, optional={"kid": st.just("main") | JSON, "crit": JSON, "b64": JSON}
)
CLAIMS = st.fixed_dictionaries({}, optional={"iss": st.sampled_from(["skd", "ttd", "../x"]) | JSON, "exp": JSON})


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def segments(values: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return values.map(lambda value: encoded(json.dumps(value).encode())) | st.binary(max_size=40).map(encoded)


TOKENS = st.text() | st.builds(
    "{}.{}.{}".format, segments(HEADERS | JSON), segments(CLAIMS | JSON), st.binary(max_size=300).map(encoded)
)
SENT = st.dictionaries(
    st.sampled_from(["PlatformAccessToken", "platformaccesstoken", "Authorization", "Cookie"]) | st.text(),
    TOKENS | TOKENS.map("Bearer {}".format) | TOKENS.map("AltinnStudioRuntime={}".format),
    max_size=4,
)


@given(sent=SENT, policy=st.sampled_from([CREATE, COMPOSED, SUPPORT]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_random_headers_are_refused_and_nothing_else_happens(
    world: World, sent: dict[str, str], policy: Policy
) -> None:
    try:
        caller = await world.access().authorize(sent, policy)
    except (Unauthenticated, Forbidden, IssuerUnavailable):
        return
    raise AssertionError(f"let in: {caller}")


@given(place=st.integers(0, 2), position=st.floats(0, 1, exclude_max=True), character=st.characters(codec="ascii"))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_token_with_one_character_changed_is_refused(
    world: World, place: int, position: float, character: str
) -> None:
    parts = world.platform_token().split(".")
    index = int(position * len(parts[place]))
    changed = parts[place][:index] + character + parts[place][index + 1 :]
    if changed == parts[place]:
        return
    parts[place] = changed
    try:
        await world.access().authorize({"PlatformAccessToken": ".".join(parts)}, CREATE)
    except Unauthenticated:
        return
    raise AssertionError("let in")
