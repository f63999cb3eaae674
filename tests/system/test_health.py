"""Health: for anyone one word, for the operator figures."""

import httpx
import pytest

from tests.system.running import System

pytestmark = pytest.mark.system


@pytest.fixture
def anyone(system: System) -> httpx.AsyncClient:
    """A client without any credential."""
    return httpx.AsyncClient(base_url=system.url, trust_env=False)


@pytest.mark.parametrize("key", [None, "", "wrong", "ærlig"])
async def test_anyone_is_told_healthy_and_nothing_more(anyone: httpx.AsyncClient, key: str | None) -> None:
    async with anyone as http:
        answer = await http.get("/health", headers={b"X-API-Key": (key or "").encode()})
    assert (answer.status_code, answer.text) == (200, "Healthy")
    assert answer.headers["content-type"].partition(";")[0] == "text/plain"
    assert answer.headers["cache-control"] == "no-store, no-cache"


async def test_the_operator_is_told_how_far_behind_the_service_is(system: System, anyone: httpx.AsyncClient) -> None:
    async with anyone as http:
        answer = await http.get("/health", headers={"X-API-Key": system.secret("HEALTH_KEY")})
    figures = answer.json()
    assert (answer.status_code, figures["status"]) == (200, "Healthy")
    assert isinstance(figures["secondsBehind"], int)
    assert answer.headers["cache-control"] == "no-store, no-cache"
