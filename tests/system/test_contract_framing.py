"""How a request's body is framed (RFC 9112): the host hands on what has a length, and nothing of what is in chunks."""

from collections.abc import AsyncIterator

import pytest

from tests.system.expect import API, ORDERS
from tests.system.running import System

pytestmark = pytest.mark.system


async def in_chunks() -> AsyncIterator[bytes]:
    yield b"{"
    yield b"}"


@pytest.mark.parametrize("path", [ORDERS, f"{API}/orders/email", f"{ORDERS}/instant/sms"])
async def test_a_body_in_chunks_is_answered_411_and_what_to_do(system: System, path: str) -> None:
    async with system.client("careless") as http:
        answer = await http.post(path, content=in_chunks(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 411
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["title"], problem["status"]) == ("Length Required", 411)
    assert "Content-Length" in problem["detail"]
