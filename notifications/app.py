"""The composition root: builds clients and stages once per process and hands them to the triggers."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from azure.core.credentials_async import AsyncTokenCredential
from azure.data.tables.aio import TableServiceClient
from azure.identity.aio import DefaultAzureCredential, ManagedIdentityCredential
from azure.storage.queue.aio import QueueServiceClient

from notifications.channels.email.acs import AcsEmail
from notifications.channels.email.acs_auth import AccessKey, Authentication, BearerToken, entra_token
from notifications.channels.sms.pswin import PswinSms
from notifications.conditions.client import ConditionClient
from notifications.domain.clock import Clock, SystemClock
from notifications.domain.record import WorkQueue
from notifications.domain.statuses import Channel
from notifications.outbound.guard import GuardedTransport
from notifications.security.access import AccessControl
from notifications.security.signing_keys import SigningKeys
from notifications.security.tokens import TokenVerifier
from notifications.settings import Settings
from notifications.stages.accept import Accept
from notifications.stages.cancel import Cancel
from notifications.stages.carriers import EmailCarrier, SmsCarrier
from notifications.stages.dispatch import Carrier, Dispatch
from notifications.stages.health import Health
from notifications.stages.inquiries import Inquiries
from notifications.stages.process import Process
from notifications.stages.publish import Publish
from notifications.stages.release import Release
from notifications.stages.report import Report
from notifications.stages.rescue import Rescue
from notifications.stages.retain import Retain
from notifications.storage.azure_table import AzureTable
from notifications.storage.feed import Feed
from notifications.storage.gates import Gates
from notifications.storage.orders import OrderStore
from notifications.storage.queues import Queues, StorageQueues
from notifications.storage.references import References

TABLES = ("orders", "feed", "refs", "gates", "index")
DELIVERY_REPORTS = "delivery-reports"

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
    accept: Accept
    cancel: Cancel
    inquiries: Inquiries
    release: Release
    process: Process
    dispatch: Mapping[Channel, Dispatch]
    report: Report
    rescue: Rescue
    health: Health


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stores:
    orders: OrderStore
    feed: Feed
    references: References
    gates: Gates
    queues: Queues

    async def prepare(self) -> None:
        """Create what is missing, all at once."""
        await asyncio.gather(
            self.orders.prepare(),
            self.feed.prepare(),
            self.references.prepare(),
            self.gates.prepare(),
            self.queues.prepare(),
        )


class Composer:
    """Builds the app at the first invocation, on the loop that will use its clients, and then returns it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._app: App | None = None
        self._composing: asyncio.Task[App] | None = None
        self._stores: _Stores | None = None

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


def _stores(settings: Settings, clock: Clock) -> _Stores:
    tables, queues = _services(settings)
    orders, feed, refs, gates, *_ = (AzureTable(tables.get_table_client(name)) for name in TABLES)
    return _Stores(
        orders=OrderStore(orders),
        feed=Feed(feed),
        references=References(refs),
        gates=Gates(gates, clock),
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


def _app(settings: Settings, stores: _Stores, clock: Clock) -> App:
    pace = settings.pace
    http = _http_client(settings)
    publish = Publish(stores.orders, stores.feed, clock, pace)
    retain = Retain(stores.orders, stores.feed, stores.references)
    conditions = ConditionClient(GuardedTransport(settings.allowed_hosts))
    inquiries = Inquiries(stores.orders, stores.feed)
    return App(
        settings=settings,
        clock=clock,
        access=_access(settings, http, clock),
        accept=Accept(stores.orders, stores.queues, clock, pace),
        cancel=Cancel(stores.orders, inquiries, clock, pace),
        inquiries=inquiries,
        release=Release(stores.orders, stores.queues, clock),
        process=Process(stores.orders, stores.queues, conditions, publish, retain, clock, pace),
        dispatch={
            Channel.EMAIL: _dispatch(Channel.EMAIL, _email(settings, http), stores, settings, clock),
            Channel.SMS: _dispatch(Channel.SMS, _sms(settings, http, stores, clock), stores, settings, clock),
        },
        report=Report(stores.orders, stores.references, clock),
        rescue=Rescue(stores.orders, clock),
        health=Health(stores.orders, clock),
    )


def _http_client(settings: Settings) -> httpx.AsyncClient:
    """One pool for providers and issuer; time-outs are given with each call."""
    connections = settings.acs_slots + settings.sms_slots + 4
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
    return AccessControl(verifier, settings.jwt_cookie_name)


def _dispatch(channel: Channel, carrier: Carrier, stores: _Stores, settings: Settings, clock: Clock) -> Dispatch:
    slots = settings.acs_slots if channel is Channel.EMAIL else settings.sms_slots
    return Dispatch(channel, carrier, stores.orders, stores.gates, clock, settings.pace, slots)


def _email(settings: Settings, http: httpx.AsyncClient) -> EmailCarrier:
    authentication: Authentication
    if settings.acs_access_key:
        authentication = AccessKey(settings.acs_access_key.get_secret_value())
    else:
        authentication = BearerToken(entra_token(_credential(settings)))
    return EmailCarrier(AcsEmail(http, settings.acs_endpoint, authentication), settings.default_email_sender)


def _sms(settings: Settings, http: httpx.AsyncClient, stores: _Stores, clock: Clock) -> SmsCarrier:
    password = settings.sms_gateway_password.get_secret_value()
    provider = PswinSms(http, settings.sms_gateway_url, settings.sms_gateway_username, password)
    return SmsCarrier(provider, settings.default_sms_sender, stores.references, stores.orders, clock)
