from collections.abc import AsyncIterator

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from tests.security.issuer import Issuer, jwk, rsa_key
from tests.stages.world import World
from tests.triggers.edge import Edge


@pytest.fixture(scope="session")
def issuer_key() -> RSAPrivateKey:
    """The issuer's signing key."""
    return rsa_key()


@pytest.fixture
async def edge(issuer_key: RSAPrivateKey) -> AsyncIterator[Edge]:
    """The functions over an empty world, with an issuer that answers over HTTP."""
    world = World()
    await world.store.prepare()
    # Nothing here speaks TLS: without verification no certificates are loaded for each client.
    async with (
        Issuer(keys=[jwk(issuer_key, "main")]).serving() as issuer,
        httpx.AsyncClient(verify=False) as client,
    ):
        yield Edge(world, issuer, issuer_key, client)
