"""A small OpenID issuer over real HTTP whose keys, answers and availability a test decides."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

type PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def rsa_key(size: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=size)


def jwk(key: PrivateKey, kid: str | None, **members: Any) -> dict[str, Any]:
    """The public key as the issuer publishes it."""
    named = {} if kid is None else {"kid": kid}
    return _public(key) | named | members


def _public(key: PrivateKey) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPrivateKey):
        return RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)


@dataclass
class Issuer:
    """What is published, and how often it was asked for; `status` and the raw documents can be made wrong."""

    keys: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    discovery: Any = None
    jwks: Any = None
    asked: dict[str, int] = field(default_factory=lambda: {"discovery": 0, "jwks": 0})
    base: str = ""

    @property
    def well_known(self) -> str:
        return f"{self.base}/.well-known/openid-configuration"

    async def _discovery(self, _: web.Request) -> web.Response:
        self.asked["discovery"] += 1
        return self._answer({"issuer": self.base, "jwks_uri": f"{self.base}/jwks"}, self.discovery)

    async def _jwks(self, _: web.Request) -> web.Response:
        self.asked["jwks"] += 1
        return self._answer({"keys": self.keys}, self.jwks)

    def _answer(self, document: Mapping[str, Any], instead: Any) -> web.Response:
        if isinstance(instead, str):
            return web.Response(text=instead, status=self.status)
        return web.json_response(document if instead is None else instead, status=self.status)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Issuer"]:
        """Answer on a free port of this machine until the block ends."""
        app = web.Application()
        app.add_routes([web.get("/.well-known/openid-configuration", self._discovery), web.get("/jwks", self._jwks)])
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            self.base = f"http://{host}:{port}"
            yield self
        finally:
            await runner.cleanup()
