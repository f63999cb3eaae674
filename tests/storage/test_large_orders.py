"""Content up to what one transaction can hold; beyond that a refusal, and nothing stored."""

from base64 import b64encode
from datetime import timedelta
from random import Random

import pytest

from notifications.domain.advance import cancel
from notifications.domain.ids import ShipmentId
from notifications.domain.order import EmailTemplate
from notifications.domain.planning import plan
from notifications.domain.shipment import Change, Shipment
from notifications.storage.codec import CHUNK, CONTENT_CHUNKS, MAX_PACKED, ROW_CHUNKS, ContentTooLarge
from notifications.storage.contents import packed_content
from notifications.storage.orders import OrderStore
from notifications.storage.rows import shipment_key
from notifications.storage.table import Table
from tests.builders import KEY, NOW, PACE, email_content, order_of, registered
from tests.storage.failing import DyingTable
from tests.storage.invariants import all_rows, astray

# aiohttp warns of the time that a body of more than a megabyte takes; it is what these tests are about.
pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")


def heavy(packed: int, number: int = 1) -> Shipment:
    """A shipment whose body takes about so many bytes after compression."""
    body = b64encode(Random(number).randbytes(packed)).decode()
    return registered(id=ShipmentId(KEY, number), content=email_content(email=EmailTemplate(subject="s", body=body)))


@pytest.mark.parametrize("packed", [60_000, 1_000_000, 2_000_000, MAX_PACKED * 98 // 100])
async def test_large_content_survives_and_leaves_nothing_behind(table: Table, packed: int) -> None:
    store = OrderStore(table)
    shipment = heavy(packed)
    assert packed * 0.98 < len(packed_content(shipment.content)) < MAX_PACKED
    await store.accept(order_of(shipment), [shipment])
    there = await store.shipment(shipment.id)
    assert there == shipment
    planned = await store.commit_one(Change(there, plan(there, NOW, PACE)))
    assert planned is not None
    assert await store.shipments(KEY) == [planned]
    await store.remove(planned)
    assert len(await all_rows(table, KEY.bucket)) == 1


async def test_an_order_with_a_large_reminder_keeps_both_contents_apart(table: Table) -> None:
    store = OrderStore(table)
    shipments = [heavy(1_200_000, 1), heavy(1_200_000, 2)]
    await store.accept(order_of(*shipments), shipments)
    assert await store.shipments(KEY) == shipments
    assert not astray(await all_rows(table, KEY.bucket))


@pytest.mark.parametrize("sizes", [[MAX_PACKED + 1], [1_400_000, 1_400_000]])
async def test_content_that_fits_in_no_transaction_is_refused_and_nothing_stored(
    table: Table, sizes: list[int]
) -> None:
    shipments = [heavy(size, number) for number, size in enumerate(sizes, 1)]
    with pytest.raises(ContentTooLarge):
        await OrderStore(table).accept(order_of(*shipments), shipments)
    assert await all_rows(table, KEY.bucket) == []


async def test_no_row_comes_near_the_size_at_which_emulator_and_service_differ(table: Table) -> None:
    shipment = heavy(2_000_000)
    await OrderStore(table).accept(order_of(shipment), [shipment])
    sizes = [
        sum(len(value) for value in row.properties.values() if isinstance(value, bytes | str))
        for row in await all_rows(table, KEY.bucket)
        if row.key.startswith(shipment_key(shipment.id))
    ]
    assert len(sizes) == 4
    assert sizes[0] <= CHUNK * CONTENT_CHUNKS + 10_000
    assert max(sizes) <= CHUNK * ROW_CHUNKS < 900 * 1024


@pytest.mark.parametrize("commits", range(8))
async def test_a_removal_that_was_killed_anywhere_can_be_done_again(memory: Table, commits: int) -> None:
    shipment = heavy(2_000_000)
    store = OrderStore(memory)
    await store.accept(order_of(shipment), [shipment])
    there = await store.shipment(shipment.id)
    assert there is not None
    (ended,) = await store.commit([Change(there, cancel(there, NOW - timedelta(days=90), PACE))])
    assert ended is not None
    try:
        await OrderStore(DyingTable(memory, commits)).remove(ended)  # type: ignore[arg-type]
    except KeyboardInterrupt:
        again = await store.shipment(shipment.id)
        assert again == ended
        await store.remove(again)
    assert len(await all_rows(memory, KEY.bucket)) == 1
