"""The composition root: builds clients once per process, and the stages over them, and hands both to the triggers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.data.tables.aio import TableServiceClient
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.queue.aio import QueueServiceClient
from pydantic import SecretStr

from notifications.assembly import Outside, Stages, Stores, assemble
from notifications.channels.acs_auth import AccessKey, Authentication, BearerToken, entra_token
from notifications.channels.email.acs import AcsEmail
from notifications.channels.email.attachments import BlobAttachments
from notifications.channels.email.smtp import SmtpEmail
from notifications.channels.email.smtp_session import Server
from notifications.channels.protocol import SmsProvider
from notifications.channels.sms.acs import AcsSms
from notifications.channels.sms.pswin import PswinSms
from notifications.conditions.client import ConditionClient
from notifications.conditions.maskinporten import Maskinporten
from notifications.domain.clock import Clock, SystemClock
from notifications.domain.record import WorkQueue
from notifications.domain.sms_routes import ACS, PSWIN
from notifications.domain.statuses import Channel
from notifications.outbound.guard import GuardedTransport
from notifications.recipients.composition import build_directory
from notifications.recipients.unconfigured import NoDirectory
from notifications.security.access import AccessControl
from notifications.security.identity_hash import IdentityHasher
from notifications.security.platform_keys import PlatformKeys
from notifications.security.platform_tokens import PlatformTokenVerifier
from notifications.security.signing_keys import SigningKeys
from notifications.security.tokens import TokenVerifier
from notifications.settings import Settings
from notifications.stages.allow_list import AllowListCarrier
from notifications.stages.carriers import EmailCarrier, SmsCarrier
from notifications.stages.lookup import Directory
from notifications.stages.measured import MeasuredCarrier
from notifications.stages.provider_calls import Carrier
from notifications.stages.routing import RoutingCarrier
from notifications.storage.azure_table import AzureTable
from notifications.storage.dead_reports import DeadReportStore
from notifications.storage.feed import Feed
from notifications.storage.gates import Gates
from notifications.storage.index import Index
from notifications.storage.orders import OrderStore
from notifications.storage.queues import StorageQueues
from notifications.storage.references import References
from notifications.telemetry import export
from notifications.telemetry.register_calls import CountedTransport

TABLES = ("orders", "feed", "refs", "gates", "index", "reports")
DELIVERY_REPORTS = "delivery-reports"

logger = logging.getLogger(__name__)

# The clients' own default gives one dead connection five minutes: more than a claim, and as long as a function may run.
# And they look for proxies and a .netrc file at each call, on a thread, unless told that the environment has none.
_CLIENT: dict[str, Any] = {
    "connection_timeout": 3,
    "read_timeout": 5,
    "retry_total": 2,
    "use_env_settings": False,
}

# What these say at INFO quotes addresses of requests, which may hold what nobody should read in a log.
_CHATTY = ("azure", "httpx", "httpcore", "aiohttp")


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """Everything that a trigger may call."""

    settings: Settings
    clock: Clock
    access: AccessControl
    stages: Stages


class Composer:
    """Builds the app at the first invocation, on the loop that will use its clients, and then returns it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: App | None = None
        self._composing: asyncio.Task[App] | None = None
        self._stores: Stores | None = None
        # At the start, and so once: an app that cannot be built is tried again.
        export.start(
            insights=settings.insights,
            otlp=settings.otlp,
            share=settings.traced_share,
            environment=settings.environment_name,
        )

    @property
    def settings(self) -> Settings:
        """What the app is built with."""
        return self._settings

    async def __call__(self) -> App:
        """The app. Calls that come while it is built share the attempt, and its failure; the next one tries again."""
        if self._app is None:
            if self._composing is None or self._composing.done():
                self._composing = asyncio.create_task(self._compose())
            self._app = await asyncio.shield(self._composing)
        return self._app

    async def _compose(self) -> App:
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        clock = SystemClock()
        self._stores = self._stores or _stores(self._settings, clock)
        await self._stores.prepare()
        return _app(self._settings, self._stores, clock)


def _credential(settings: Settings) -> AsyncTokenCredential:
    if settings.data_client_id:
        return ManagedIdentityCredential(client_id=settings.data_client_id)
    return DefaultAzureCredential()


def _stores(settings: Settings, clock: Clock) -> Stores:
    tables, queues = _services(settings)
    orders, feed, refs, gates, index, reports = (AzureTable(tables.get_table_client(name)) for name in TABLES)
    return Stores(
        orders=OrderStore(orders),
        feed=Feed(feed),
        references=References(refs),
        gates=Gates(gates, clock),
        index=Index(index),
        dead_reports=DeadReportStore(reports),
        queues=StorageQueues({queue: queues.get_queue_client(queue.value) for queue in WorkQueue}),
    )


def _services(settings: Settings) -> tuple[TableServiceClient, QueueServiceClient]:
    if settings.data_connection:
        connection = settings.data_connection.get_secret_value()
        return (
            TableServiceClient.from_connection_string(connection, **_CLIENT),
            QueueServiceClient.from_connection_string(connection, **_CLIENT),
        )
    credential = _credential(settings)
    return (
        TableServiceClient(settings.data_tables or "", credential=credential, **_CLIENT),
        QueueServiceClient(settings.data_queues or "", credential=credential, **_CLIENT),
    )


def _app(settings: Settings, stores: Stores, clock: Clock) -> App:
    http = _http_client(settings)
    outside = Outside(
        carriers={
            Channel.EMAIL: _sheltered(_email(settings, http), Channel.EMAIL, settings.email_allow_list),
            Channel.SMS: _sheltered(_sms(settings, http, stores, clock), Channel.SMS, settings.sms_allow_list),
        },
        rates={Channel.EMAIL: settings.email_rate, Channel.SMS: settings.sms_rate},
        slots={Channel.EMAIL: settings.email_slots, Channel.SMS: settings.sms_slots},
        directory=_directory(settings, clock),
        conditions=_conditions(settings, http, clock),
    )
    hashed = IdentityHasher(settings.identity_hash_key.get_secret_value())
    tells = settings.feed_includes_cancelled
    return App(
        settings=settings,
        clock=clock,
        access=_access(settings, http, clock),
        stages=assemble(stores, outside, hashed, clock, settings.pace, tells_cancelled=tells),
    )


def _sheltered(carrier: Carrier, channel: Channel, allowed: Collection[str]) -> Carrier:
    """In a test environment with an allow-list, nobody else is told anything."""
    return AllowListCarrier(carrier, channel, allowed) if allowed else carrier


def _conditions(settings: Settings, http: httpx.AsyncClient, clock: Clock) -> ConditionClient:
    transport = GuardedTransport(settings.allowed_hosts)
    return ConditionClient(transport, token=_condition_token(settings, http, clock))


def _condition_token(settings: Settings, http: httpx.AsyncClient, clock: Clock) -> Callable[[], Awaitable[str]] | None:
    endpoint, key = settings.maskinporten_token_endpoint, settings.maskinporten_private_jwk
    if not endpoint or not key:
        return None
    return Maskinporten(http, endpoint, settings.maskinporten_client_id or "", key.get_secret_value(), clock).token


def _directory(settings: Settings, clock: Clock) -> Directory:
    """The registers have connections of their own: a slow one takes none from the providers."""
    if not (settings.profile_endpoint and settings.register_endpoint and settings.authorization_endpoint):
        return NoDirectory()
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=8)
    named = {
        settings.profile_endpoint: "profile",
        settings.register_endpoint: "register",
        settings.authorization_endpoint: "authorization",
    }
    counted = CountedTransport(httpx.AsyncHTTPTransport(limits=limits), named)
    return build_directory(
        httpx.AsyncClient(transport=counted, follow_redirects=False),
        profile=settings.profile_endpoint,
        register=settings.register_endpoint,
        authorization=settings.authorization_endpoint,
        subscription_key=_secret(settings.register_subscription_key),
        platform_key=_secret(settings.platform_token_private_key),
        clock=clock,
        remembered_seconds=settings.register_answer_seconds,
    )


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value else None


def _http_client(settings: Settings) -> httpx.AsyncClient:
    """One pool for providers and issuer; time-outs are given with each call."""
    connections = settings.email_slots + settings.sms_slots + 4
    # Each request looks at every idle connection, so few are kept.
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=16)
    return httpx.AsyncClient(limits=limits, timeout=10.0, follow_redirects=False)


def _access(settings: Settings, http: httpx.AsyncClient, clock: Clock) -> AccessControl:
    verifier = TokenVerifier(
        SigningKeys(http, settings.oidc_well_known),
        clock,
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
    )
    keys = settings.platform_token_keys_url
    platform = PlatformTokenVerifier(PlatformKeys(http, keys), clock) if keys else None
    return AccessControl(verifier, settings.jwt_cookie_name, platform)


def _email(settings: Settings, http: httpx.AsyncClient) -> Carrier:
    files = BlobAttachments(GuardedTransport(settings.attachment_hosts), limit=settings.attachment_bytes)
    provider = _smtp(settings) if settings.email_provider == "smtp" else _acs_email(settings, http)
    return MeasuredCarrier(EmailCarrier(provider, settings.default_email_sender, files, settings.email_unsubscribe))


def _smtp(settings: Settings) -> SmtpEmail:
    server = Server(
        host=settings.smtp_host or "",
        port=settings.smtp_port,
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=_secret(settings.smtp_password),
    )
    return SmtpEmail(server, connections=settings.email_slots)


def _acs_email(settings: Settings, http: httpx.AsyncClient) -> AcsEmail:
    return AcsEmail(http, settings.acs_endpoint or "", _acs_authentication(settings), settings.default_email_sender)


def _acs_authentication(settings: Settings) -> Authentication:
    if settings.acs_access_key:
        return AccessKey(settings.acs_access_key.get_secret_value())
    return BearerToken(entra_token(_credential(settings)))


def _sms(settings: Settings, http: httpx.AsyncClient, stores: Stores, clock: Clock) -> Carrier:
    """The one provider that all numbers go to, or the routes between several."""
    names = {name for route in settings.sms_routes for name in route.weights}
    builders = {PSWIN: _pswin, ACS: _acs_sms}
    carriers = {name: MeasuredCarrier(builders[name](settings, http, stores, clock)) for name in sorted(names)}
    if len(carriers) == 1:
        return next(iter(carriers.values()))
    return RoutingCarrier(carriers, settings.sms_routes, stores.gates, clock)


def _pswin(settings: Settings, http: httpx.AsyncClient, stores: Stores, clock: Clock) -> Carrier:
    password = _secret(settings.sms_gateway_password) or ""
    provider = PswinSms(http, settings.sms_gateway_url or "", settings.sms_gateway_username or "", password)
    return _sms_carrier(provider, settings.default_sms_sender, settings, stores, clock)


def _acs_sms(settings: Settings, http: httpx.AsyncClient, stores: Stores, clock: Clock) -> Carrier:
    sender = settings.acs_sms_sender
    provider = AcsSms(http, settings.acs_endpoint or "", _acs_authentication(settings), sender)
    return _sms_carrier(provider, sender, settings, stores, clock)


def _sms_carrier(provider: SmsProvider, sender: str, settings: Settings, stores: Stores, clock: Clock) -> SmsCarrier:
    return SmsCarrier(provider, sender, stores.references, stores.orders, clock, settings.sender_countries)
