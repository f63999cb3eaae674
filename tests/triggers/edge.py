"""The service's functions over memory, called as the Functions worker would call them."""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import azure.functions as func
import httpx
import jwt
from azure.functions.queue import QueueMessage
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from notifications.app import App, Composer
from notifications.security.access import COMPOSED_SCOPE, CREATE_SCOPE, SUPPORT_SCOPE, AccessControl
from notifications.security.platform_keys import PlatformKeys
from notifications.security.platform_tokens import PlatformTokenVerifier
from notifications.security.signing_keys import SigningKeys
from notifications.security.tokens import TokenVerifier
from notifications.settings import read_settings
from notifications.triggers import register
from tests.builders import CREATOR
from tests.security.issuer import Issuer
from tests.security.publisher import Publisher
from tests.stages.world import World

HEALTH_KEY = "synthetic-health-key"
METRICS_KEY = "synthetic-metrics-key"
REPORT_KEY = "synthetic-report-key"
REPORT_USER, REPORT_PASSWORD = "gateway", "synthetic-password"
SETTINGS = {
    "DataStorage": "UseDevelopmentStorage=true",
    "OIDC_WELL_KNOWN_ENDPOINT": "http://127.0.0.1/",
    "ACS_ENDPOINT": "http://127.0.0.1/",
    "SMS_GATEWAY_URL": "http://127.0.0.1/",
    "SMS_GATEWAY_USERNAME": "us",
    "SMS_GATEWAY_PASSWORD": "synthetic-gateway-password",
    "SMS_REPORT_USERNAME": REPORT_USER,
    "SMS_REPORT_PASSWORD": REPORT_PASSWORD,
    "EMAIL_REPORT_KEY": REPORT_KEY,
    "HEALTH_KEY": HEALTH_KEY,
    "METRICS_API_KEY": METRICS_KEY,
    "IDENTITY_HASH_KEY": "synthetic-key-of-at-least-32-characters",
    "MAX_BODY_BYTES": "4096",
    "CONCURRENT_ORDERS": "1",
}


EVERY_SCOPE = f"{CREATE_SCOPE} {COMPOSED_SCOPE} {SUPPORT_SCOPE}"


class Request(func.HttpRequest):
    """A request that knows whether anybody looked at its body."""

    body_was_read = False

    def get_body(self) -> bytes:
        self.body_was_read = True
        return super().get_body()


class Composed(Composer):
    """Gives the app that a test composed, or fails as a test says; once, what a test wants happens meanwhile."""

    def __init__(self, app: App) -> None:
        super().__init__(app.settings)
        self.app = app
        self.failure: Exception | None = None
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def __call__(self) -> App:
        if self.failure:
            raise self.failure
        if self.meanwhile:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        return self.app


class Edge:
    """Every function of the service by its name, the world behind them, and tokens that pass.

    With a publisher, its organisations' platform tokens pass as well.
    """

    def __init__(
        self,
        world: World,
        issuer: Issuer,
        key: RSAPrivateKey,
        client: httpx.AsyncClient,
        publisher: Publisher | None = None,
        **settings: str,
    ) -> None:
        self.world = world
        self.issuer = issuer
        self._key = key
        self._tokens: dict[str, str] = {}
        self.compose = Composed(self._app(client, publisher, SETTINGS | settings))
        functions = func.FunctionApp()
        register(functions, self.compose)
        self.functions = {each.get_function_name(): each.get_user_function() for each in functions.get_functions()}

    def _app(self, client: httpx.AsyncClient, publisher: Publisher | None, settings: Mapping[str, str]) -> App:
        world = self.world
        verifier = TokenVerifier(SigningKeys(client, self.issuer.well_known), world.clock)
        platform = PlatformTokenVerifier(PlatformKeys(client, publisher.template), world.clock) if publisher else None
        return App(
            settings=read_settings(settings),
            clock=world.clock,
            access=AccessControl(verifier, platform=platform),
            stages=world.stages,
        )

    def bearer(self, org: str | None = CREATOR, scope: str = EVERY_SCOPE) -> dict[str, str]:
        """The headers of a caller who may do everything for an organisation, or what the scope says."""
        claims = {"scope": scope} | ({} if org is None else {"urn:altinn:org": org})
        return {"Authorization": f"Bearer {self.signed(**claims)}"}

    def signed(self, **claims: str) -> str:
        """A token with these claims, valid for an hour."""
        expires = self.world.clock.now() + timedelta(hours=1)
        whole = {"exp": int(expires.timestamp()), **claims}
        # Signing takes a millisecond, and tests ask for the same token again and again.
        wanted = json.dumps(whole)
        if wanted not in self._tokens:
            self._tokens[wanted] = jwt.encode(whole, self._key, "RS256", {"kid": "main"})
        return self._tokens[wanted]

    async def call(
        self,
        function: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        route: Mapping[str, str] | None = None,
    ) -> func.HttpResponse:
        """Call an HTTP function."""
        return await self.send(function, Request("GET", "/", headers=headers, route_params=route, body=body))

    async def send(self, function: str, request: Request) -> func.HttpResponse:
        """Call an HTTP function with a request of the test's own."""
        response = await self.functions[function](request)
        assert isinstance(response, func.HttpResponse)
        return response

    async def deliver(self, function: str, body: str | bytes, *, dequeued: int = 1) -> None:
        """Call a queue function."""
        message = QueueMessage(id="message-1", body=body, dequeue_count=dequeued)  # type: ignore[no-untyped-call]
        await self.functions[function](message)


def problem(response: func.HttpResponse) -> dict[str, Any]:
    """The problem details of an answer."""
    assert response.headers["Content-Type"] == "application/problem+json"
    told = json.loads(response.get_body())
    assert told["status"] == response.status_code
    return dict(told)
