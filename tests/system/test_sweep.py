"""The host is killed at every single storage request of an email and an SMS order, before it and after it.

A first pair of orders shows which requests there are; what later pairs show besides is added. Two sweeps run side by
side, each on a system of its own whose storage is behind a proxy that notices requests and kills. Storage, providers
and issuer live through a whole sweep; the host that recovered from one kill runs into the next.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.data.tables.aio import TableServiceClient

from local.azurite import PROJECT
from local.child import start_child
from local.data_directory import DataDirectory, tail
from local.errors import CommandError
from local.orders import Orders
from local.supervisor import ProcessSpec, Supervisor
from local.system import SECRETS, Addresses, Choices, backing, choose_addresses, host
from local.tokens import fetch_token
from local.waiting import until
from notifications.domain.ids import OrderKey, ShipmentId, idempotency_hash, key_from_hash
from notifications.domain.order import OrderKind
from notifications.domain.statuses import Status
from notifications.storage.azure_table import AzureTable
from notifications.storage.orders import OrderStore
from tests.system.hand_overs import Lives, email_faults, ending, feed_faults, first_notification, sms_faults
from tests.system.orders import email_recipient, order, sms_recipient
from tests.system.proxy import Moment, StorageProxy, Strike, Target
from tests.system.running import is_final

pytestmark = pytest.mark.system

# The shortest that the service allows: what a dead host holds is waited for in every step.
CLAIM_SECONDS = 2
START_SECONDS = 90
PATIENCE_SECONDS = 60
# Longer than patience, so that no order owes its end to a dead host's message that comes back; shorter than a sweep,
# so that such messages do come back, when nobody needs them any more.
LEASE_SECONDS = 90
# Nothing of an order waits for as long as that while the host lives.
QUIET_SECONDS = 2 * CLAIM_SECONDS
# An email takes about 20 requests to its end, an SMS about 23; far fewer would be no sweep of the whole road.
LEAST_KILLS = 35


class Host:
    """The service in its Functions host, killed and started by hand: a supervisor would give up on it."""

    def __init__(self, spec: ProcessSpec, data: DataDirectory) -> None:
        self._spec = spec
        self._data = data
        self.began = datetime.now(UTC)

    async def start(self) -> None:
        """Start it and wait until it is healthy."""
        self.began = datetime.now(UTC)
        self._process = await start_child(
            self._spec.command,
            directory=PROJECT,
            environment=os.environ | self._spec.environment,
            log=self._data.log(self._spec.name),
        )
        async with asyncio.timeout(START_SECONDS), _client(self._spec.address) as http:
            await until(lambda: self._is_healthy(http), every=0.05)

    async def _is_healthy(self, http: httpx.AsyncClient) -> bool:
        log = self._data.log(self._spec.name)
        assert self._process.returncode is None, f"the host died by itself at its start: {tail(log)}"
        try:
            return (await http.get("/health")).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """End it without warning."""
        self._process.kill()

    async def ended(self) -> None:
        """Wait until it is gone."""
        await self._process.wait()

    def doubted(self, shipment: str) -> bool:
        """Whether its log tells that a hand-over of the shipment's first notification had no answer in time."""
        told = rf"notification\.uncertain .*?notification={first_notification(shipment)}"
        return re.search(told, self._data.log(self._spec.name).read_text()) is not None


@dataclass
class Pair:
    """An email and an SMS order of one organisation, with nobody else's recipients."""

    org: str
    number: int
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        """Who gets the email."""
        return f"{self.org}@example.com"

    @property
    def phone(self) -> str:
        """Who gets the SMS, digits only."""
        return f"479999{self.number:04}"

    @property
    def email_key(self) -> OrderKey:
        """Where the email order is stored, known before the service said so."""
        return key_from_hash(idempotency_hash(self.org, OrderKind.NOTIFICATION, self.email))

    @property
    def sms_key(self) -> OrderKey:
        """Where the SMS order is stored."""
        return key_from_hash(idempotency_hash(self.org, OrderKind.NOTIFICATION, self.phone))

    async def place(self, orders: Orders) -> None:
        """Place both at once, each again until there is an answer."""
        email = order(email_recipient(self.email), idempotencyId=self.email)
        sms = order(sms_recipient(f"+{self.phone}"), idempotencyId=self.phone)
        answers = await asyncio.gather(orders.place(email), orders.place(sms))
        shipments = (answer["notification"]["shipmentId"] for answer in answers)
        self.ids = dict(zip((self.email, self.phone), shipments, strict=True))


@dataclass
class Blow:
    """One step of a sweep: a pair of orders, where the host was killed, and when the next one began, if it was.

    `recorded` says whether storage knew of the SMS's hand-over when the host was dead, `doubted` whether a host had no
    answer of the gateway's in time, and said so.
    """

    strike: Strike
    pair: Pair
    recorded: bool = False
    doubted: bool = False
    began: datetime | None = None
    faults: list[str] = field(default_factory=list)

    def sms_excuse(self, first: datetime, second: datetime) -> str | None:
        """Why a second SMS was wrong: it is right only if the kill, or a doubt, lay between hand-over and record."""
        if self.doubted and second - first >= timedelta(seconds=CLAIM_SECONDS):
            return None
        if self.began is None:
            return "nothing had crashed"
        if self.recorded:
            return "it was recorded"
        return Lives(timedelta(seconds=CLAIM_SECONDS), [self.began]).fault(first, second)

    def __str__(self) -> str:
        at = (
            f"killed {self.strike.moment} {self.strike.target}" if self.began else f"not killed at {self.strike.target}"
        )
        return f"{self.pair.org}, {at}"


class Sweep:
    """Kills one host at each storage request that two orders lead to, until there is none left that was seen."""

    def __init__(self, moment: Moment, addresses: Addresses, proxy: StorageProxy, service: Host) -> None:
        self._moment = moment
        self._addresses = addresses
        self._proxy = proxy
        self._host = service
        self._tables = TableServiceClient.from_connection_string(addresses.storage)
        self.blows: list[Blow] = []

    async def run(self) -> list[str]:
        """Everything that was wrong, in words."""
        async with self._tables:
            await self._host.start()
            # A dictionary, since it keeps the order in which the requests were seen.
            targets = dict.fromkeys(await self._strike(None))
            while left := [target for target in targets if self._is_left(target)]:
                targets |= dict.fromkeys(await self._strike(left[0]))
        return [f"{blow}: {fault}" for blow in self.blows for fault in (*blow.faults, *await self._seen(blow))]

    def _is_left(self, target: Target) -> bool:
        """Whether to aim at a request: until it was met, and twice at one that does not come every time."""
        aimed = [blow for blow in self.blows if blow.strike.target == target]
        return len(aimed) < 2 and not any(blow.began for blow in aimed)

    @property
    def kills(self) -> int:
        """How many requests the host did not survive."""
        return sum(blow.began is not None for blow in self.blows)

    async def repeated_sms(self) -> list[str]:
        """The kills that cost a second SMS."""
        texts = await _calls(self._addresses.pswin)
        return [str(blow) for blow in self.blows if len(_to(texts, blow.pair.phone)) > 1]

    async def _strike(self, target: Target | None) -> list[Target]:
        """One pair of orders, and a kill at a request, if it comes; the requests until then."""
        pair = Pair(f"{self._moment}{len(self.blows)}", 1000 + len(self.blows))
        names = {pair.email_key.hex: "email", pair.sms_key.hex: "sms", f"'{pair.org}'": "feed"}
        blow = Blow(Strike(target, self._moment, self._host.kill, names), pair)
        self.blows.append(blow)
        async with self._client(pair.org) as http:
            self._proxy.arm(blow.strike)
            placing = asyncio.create_task(pair.place(Orders(http)))
            struck = await blow.strike.fell(QUIET_SECONDS)
            self._proxy.disarm()
            if struck:
                await self._revive(blow)
            await placing
            await self._follow(blow, Orders(http))
        return blow.strike.seen

    async def _revive(self, blow: Blow) -> None:
        await self._host.ended()
        store = OrderStore(AzureTable(self._tables.get_table_client("orders")))
        there = await store.shipment(ShipmentId(blow.pair.sms_key, 1))
        sms = there.notification(1) if there else None
        blow.recorded = sms is not None and sms.status is not Status.NEW
        await self._host.start()
        blow.began = self._host.began

    async def _follow(self, blow: Blow, orders: Orders) -> None:
        """Wait until both are final and in the feed; what is not by then is told by whoever compares."""

        async def ended() -> bool:
            manifests = [await orders.shipment(shipment) for shipment in blow.pair.ids.values()]
            return all(map(is_final, manifests)) and len(await orders.feed_after(0)) >= len(manifests)

        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await until(ended, every=0.1)
        except TimeoutError:
            blow.faults.append(f"not at its end after {PATIENCE_SECONDS} s")

    async def _seen(self, blow: Blow) -> list[str]:
        """What is wrong with a pair as it is now, long after its end: nothing may have happened since."""
        pair, wanted = blow.pair, {}
        blow.doubted = self._host.doubted(pair.ids[pair.phone])
        for recipient, shipment in pair.ids.items():
            wanted[shipment] = "Email_Delivered" if recipient == pair.email else "SMS_Delivered"
        try:
            async with self._client(pair.org) as http:
                manifests = [await Orders(http).shipment(shipment) for shipment in wanted]
                feed = await Orders(http).feed_after(0)
        except CommandError as gone:
            return [str(gone)]
        emails, texts = await _calls(self._addresses.acs_email), await _calls(self._addresses.pswin)
        return [
            *(fault for manifest in manifests if (fault := ending(manifest, wanted[manifest["shipmentId"]]))),
            *feed_faults(feed, wanted),
            *email_faults(_to(emails, pair.email), {pair.email: pair.ids[pair.email]}),
            *sms_faults(_to(texts, pair.phone), {pair.phone: pair.ids[pair.phone]}, blow.sms_excuse),
        ]

    @asynccontextmanager
    async def _client(self, org: str) -> AsyncIterator[httpx.AsyncClient]:
        token = await fetch_token(self._addresses.issuer, org)
        async with _client(self._addresses.service, {"Authorization": f"Bearer {token}"}) as http:
            yield http


@asynccontextmanager
async def _swept(directory: Path, moment: Moment) -> AsyncIterator[Sweep]:
    """A system whose storage is behind a proxy; its host is not started yet, and is dead at the end."""
    data = DataDirectory(directory)
    with data.held():
        addresses, secrets = choose_addresses(0), data.new_secrets(SECRETS)
        choices = Choices(port=0, data=directory, claim_seconds=CLAIM_SECONDS, storage_in_memory=True)
        async with (
            StorageProxy(addresses.queue, addresses.table) as proxy,
            Supervisor(data, directory=PROJECT, about={}, say=lambda _: None) as supervisor,
        ):
            await supervisor.start(backing(choices, data, addresses, secrets), within=START_SECONDS)
            through_proxy = replace(choices, settings={"DataStorage": proxy.connection})
            spec = host(through_proxy, addresses, secrets)
            service = Host(replace(spec, command=(*spec.command, "--lease", str(LEASE_SECONDS))), data)
            try:
                yield Sweep(moment, addresses, proxy, service)
            finally:
                service.kill()
                await service.ended()


@pytest.fixture
async def sweeps(tmp_path: Path) -> AsyncIterator[dict[Moment, Sweep]]:
    """One sweep that kills before the request, one that kills after it."""
    async with (
        _swept(tmp_path / "before", Moment.BEFORE) as before,
        _swept(tmp_path / "after", Moment.AFTER) as after,
    ):
        yield {Moment.BEFORE: before, Moment.AFTER: after}


async def test_an_order_ends_the_same_wherever_its_host_is_killed(sweeps: dict[Moment, Sweep]) -> None:
    faults = await asyncio.gather(*(sweep.run() for sweep in sweeps.values()))
    told = [fault for of_sweep in faults for fault in of_sweep]
    assert not told, "\n".join(told)
    for moment, sweep in sweeps.items():
        repeated = await sweep.repeated_sms()
        print(f"{sweep.kills} kills {moment} a request; a second SMS: {repeated}")  # noqa: T201 - shown with -s
        assert sweep.kills >= LEAST_KILLS, f"{sweep.kills} kills {moment} a request are no sweep of the whole road"
    # Once storage has the gateway's reference, the report finds its SMS before the claim lapses: none is sent again.
    assert await sweeps[Moment.BEFORE].repeated_sms(), "no kill lay between hand-over and record of the SMS"


async def _calls(simulator: str) -> list[dict[str, Any]]:
    async with _client(simulator) as http:
        calls: list[dict[str, Any]] = (await http.get("/_calls")).json()
    return calls


def _to(calls: list[dict[str, Any]], recipient: str) -> list[dict[str, Any]]:
    return [call for call in calls if call["recipient"] == recipient]


def _client(address: str, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    # Nothing here speaks TLS: without verification no certificates are loaded for each client.
    return httpx.AsyncClient(base_url=address, headers=headers, timeout=10, trust_env=False, verify=False)
