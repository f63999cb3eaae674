"""The issuer's endpoints: discovery, keys, tokens of three kinds, rotation."""

import json

from aiohttp import web
from pydantic import ValidationError

from local.simulators.issuer.keys import KeyRing
from local.simulators.issuer.maskinporten import Client, OAuthError, grant
from local.simulators.issuer.platform import PlatformKeys, PlatformTokenRequest, platform_claims
from local.simulators.issuer.tokens import Claims, Forgery, TokenRequest, claims_of, signed
from local.simulators.journal import Journal, healthy
from local.simulators.serving import BuildApp

_NOT_STORED = {"Cache-Control": "no-store"}
"""Required of answers that hold tokens (RFC 6749, section 5.1)."""


def issuer(keys: KeyRing, *, platform: PlatformKeys | None = None, client: Client | None = None) -> BuildApp:
    """Return how the application is built; its own address is the issuer's name.

    `platform` holds the keys of platform tokens, in memory by default; `client` is Maskinporten's one client.
    """

    def build(base: str) -> web.Application:
        service = _Service(keys, platform or PlatformKeys(), client, base)
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", service.discovery),
                web.get("/jwks", service.jwks),
                web.post("/token", service.token),
                web.post("/rotate", service.rotate),
                web.get("/platform-keys/{issuer}/jwks.json", service.platform_keys),
                web.post("/platform-token", service.platform_token),
                web.post("/maskinporten/token", service.maskinporten_token),
                web.get("/_health", healthy),
                *service.calls.routes("/_calls"),
            ]
        )
        return app

    return build


class _Service:
    def __init__(self, keys: KeyRing, platform: PlatformKeys, client: Client | None, base: str) -> None:
        self._keys = keys
        self._platform = platform
        self._client = client
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
        return _issued(claims, wanted, self._keys)

    async def platform_keys(self, request: web.Request) -> web.Response:
        """`GET /platform-keys/{issuer}/jwks.json`: an issuer's published keys, or 404 for a name that nobody has."""
        issuer = request.match_info["issuer"]
        keys = self._platform.of(issuer)
        self.calls.add(kind="platform-keys", reference=None, recipient=issuer, answer=200 if keys else 404)
        return web.json_response(keys.jwks()) if keys else web.Response(status=404)

    async def platform_token(self, request: web.Request) -> web.Response:
        """`POST /platform-token`: a PlatformAccessToken as the JSON or form body asks, or 400."""
        try:
            wanted = PlatformTokenRequest.model_validate(await _fields(request))
        except ValueError as error:
            self.calls.add(kind="platform-token", reference=None, recipient=None, answer=400)
            return _invalid_request(error)
        claims = platform_claims(wanted)
        self.calls.add(kind="platform-token", reference=claims["jti"], recipient=wanted.org, answer=200)
        # Whoever has no keys signs all the same, so that there is a token that nobody can verify.
        return _issued(claims, wanted, self._platform.of(wanted.org) or self._keys)

    async def maskinporten_token(self, request: web.Request) -> web.Response:
        """`POST /maskinporten/token`: an access token for a signed assertion, or 400 (RFC 6749, section 5.2)."""
        try:
            granted = grant(dict(await request.post()), self._client, self._base, self._keys.newest)
        except OAuthError as error:
            self.calls.add(kind="maskinporten", reference=None, recipient=None, answer=400)
            return _refused(error.code, error.description)
        self.calls.add(kind="maskinporten", reference=None, recipient=granted["scope"], answer=200)
        return web.json_response(granted, headers=_NOT_STORED)

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
    return _refused("invalid_request", detail)


def _refused(code: str, description: str) -> web.Response:
    return web.json_response({"error": code, "error_description": description}, status=400, headers=_NOT_STORED)


def _issued(claims: Claims, wanted: Forgery, keys: KeyRing) -> web.Response:
    token = signed(claims, wanted, keys.newest)
    return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": wanted.lifetime})
