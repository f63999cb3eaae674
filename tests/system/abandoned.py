"""What the service gives up on purpose: a notification that was in hand at two deaths is left to its expiry.

That is so with every provider whose memory does not last (`claim` in `notifications/domain/hand_over.py`). A slow
machine has the host die so often with the same one in hand; then its shipment would end in two days.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from azure.data.tables.aio import TableClient

from local.waiting import until
from notifications.domain.ids import decode
from notifications.domain.shipment import Notification, Shipment
from notifications.domain.statuses import ShipmentState, Status
from notifications.storage.azure_table import AzureTable
from notifications.storage.orders import OrderStore
from tests.system.hand_overs import Lives
from tests.system.running import System
from tests.system.time_passing import let_time_pass

type Abandoned = Mapping[str, Sequence[Notification]]
"""The notifications that were given up and ended for that, by shipment; only of shipments that have any."""


async def until_ended(system: System, shipments: Collection[str], org: str, *, within: float) -> Abandoned:
    """Wait until shipments are final, letting time pass for those of which only what was given up is left.

    A report may still come for what was given up; then it was not abandoned. Fails after `within` seconds.
    """
    given_up = await _given_up(system, shipments, within)
    await let_time_pass(system, *given_up)
    await system.until_final(shipments, org, within=within)
    ended = {each: await _ended(system, each, numbers) for each, numbers in given_up.items()}
    return {each: notifications for each, notifications in ended.items() if notifications}


def unjustified(abandoned: Abandoned, lives: Lives) -> Iterator[str]:
    """Whoever was given up without having been there at two deaths, by address."""
    for one in (each for notifications in abandoned.values() for each in notifications):
        deaths = sum(one.history[0].at < began for began in lives.began)
        if deaths < 2:
            yield f"{one.address} was given up after {deaths} deaths"


def addresses(abandoned: Abandoned, shipment: str) -> set[str]:
    """Whom of a shipment the service gave up."""
    return {each.address for each in abandoned.get(shipment, ())}


async def _given_up(system: System, shipments: Collection[str], within: float) -> dict[str, set[int]]:
    """Wait until nothing else is left of these shipments; the numbers of what was given up, by shipment."""
    left = {each: set[int]() for each in shipments}

    async def nothing_else_is_left() -> bool:
        async with _store(system) as store:
            found = {each: await _read(store, each) for each in left}
        left.clear()
        left.update((each, _forgotten(one)) for each, one in found.items() if one.state is not ShipmentState.DONE)
        return all(left.values())

    try:
        async with asyncio.timeout(within):
            await until(nothing_else_is_left, every=0.5)
    except TimeoutError:
        late = [each for each, numbers in left.items() if not numbers]
        raise AssertionError(f"{len(late)} neither ended nor given up after {within:g} s: {late[:10]}") from None
    return left


def _forgotten(shipment: Shipment) -> set[int]:
    """The numbers of all that is open, if none of it will ever be handed over and nobody will report of it."""
    now = datetime.now(UTC)
    waits = any(lane.todo or lane.claimed(now) for lane in shipment.lanes.values())
    if shipment.state is not ShipmentState.SENDING or waits:
        return set()
    return {one.number for one in shipment.open} if all(one.status is Status.NEW for one in shipment.open) else set()


async def _ended(system: System, shipment: str, numbers: Collection[int]) -> list[Notification]:
    """Those of a shipment's given-up notifications whose time ran out."""
    async with _store(system) as store:
        now = await _read(store, shipment)
    return [one for one in now.notifications if one.number in numbers and one.status is Status.TTL]


@asynccontextmanager
async def _store(system: System) -> AsyncIterator[OrderStore]:
    async with TableClient.from_connection_string(system.storage, "orders") as client:
        yield OrderStore(AzureTable(client))


async def _read(store: OrderStore, shipment: str) -> Shipment:
    address = decode(UUID(shipment))
    assert address is not None, f"{shipment} is not an id of the service's"
    found = await store.shipment(address.shipment_id)
    assert found is not None, f"{shipment} is not stored"
    return found
