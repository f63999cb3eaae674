"""The issuer's endpoints: discovery, keys, tokens, rotation."""

import json

from aiohttp import web
from pydantic import ValidationError

from local.simulators.issuer.keys import KeyRing
from local.simulators.issuer.tokens import TokenRequest, claims_of, signed
from local.simulators.journal import Journal, healthy
from local.simulators.serving import BuildApp


def issuer(keys: KeyRing) -> BuildApp:
    """Return how the application is built; its own address is the issuer's name."""

    def build(base: str) -> web.Application:
        service = _Service(keys, base)
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", service.discovery),
                web.get("/jwks", service.jwks),
                web.post("/token", service.token),
                web.post("/rotate", service.rotate),
                web.get("/_health", healthy),
                *service.calls.routes("/_calls"),
            ]
        )
        return app

    return build


class _Service:
    def __init__(self, keys: KeyRing, base: str) -> None:
        self._keys = keys
        self._base = base
        self.calls = Journal()

    async def discovery(self, _: web.Request) -> web.Response:
        """`GET /.well-known/openid-configuration`: OpenID Connect Discovery 1.0, section 3."""
        self.calls.add(kind="discovery", reference=None, recipient=None, answer=200)
        return web.json_response(
            {
                "issuer": self._base,
                "jwks_uri": f"{self._base}/jwks",
                "token_endpoint": f"{self._base}/token",
                "grant_types_supported": ["client_credentials"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["token"],
                "subject_types_supported": ["public"],
            }
        )

    async def jwks(self, _: web.Request) -> web.Response:
        """`GET /jwks`: the published keys."""
        self.calls.add(kind="jwks", reference=None, recipient=None, answer=200)
        return web.json_response(self._keys.jwks())

    async def token(self, request: web.Request) -> web.Response:
        """`POST /token`: a token as the JSON or form body asks, or 400 (RFC 6749, section 5.2)."""
        try:
            wanted = TokenRequest.model_validate(await _fields(request))
        except ValueError as error:
            self.calls.add(kind="token", reference=None, recipient=None, answer=400)
            return _invalid_request(error)
        claims = claims_of(wanted, self._base)
        self.calls.add(kind="token", reference=claims["jti"], recipient=wanted.org, answer=200)
        return web.json_response(
            {
                "access_token": signed(claims, wanted, self._keys.newest),
                "token_type": "Bearer",
                "expires_in": wanted.lifetime,
            }
        )

    async def rotate(self, request: web.Request) -> web.Response:
        """`POST /rotate`: sign with a new key; `{"drop_old": true}` takes the old ones out of the published set."""
        try:
            fields = await _fields(request)
        except ValueError as error:
            return _invalid_request(error)
        self._keys.rotate(drop_old=str(fields.get("drop_old")).lower() == "true")
        self.calls.add(kind="rotate", reference=self._keys.newest.kid, recipient=None, answer=200)
        return web.json_response({"kid": self._keys.newest.kid})


async def _fields(request: web.Request) -> dict[str, object]:
    if request.content_type != "application/json":
        return dict(await request.post())
    fields = json.loads(await request.read() or b"{}")
    if not isinstance(fields, dict):
        raise ValueError("The body must be a JSON object.")
    return fields


def _invalid_request(error: ValueError) -> web.Response:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        detail = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    else:
        detail = "The body is not valid JSON."
    return web.json_response({"error": "invalid_request", "error_description": detail}, status=400)
