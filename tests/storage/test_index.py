"""The index: what was noted is found by exactly its name, once however often it was noted, until it is forgotten."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.record import DeliveryRecord
from notifications.domain.statuses import Channel, Status
from notifications.storage.codec import CHUNK
from notifications.storage.delivery_records import MAX_PIECE, pieces, read_piece
from notifications.storage.index import Index
from notifications.storage.memory import MemoryTable
from notifications.storage.table import Table
from tests.builders import CREATOR, KEY, NOW
from tests.storage.failing import DyingTable, RecordingTable
from tests.storage.invariants import all_rows

DAY = date(2026, 3, 2)
SECOND = timedelta(seconds=1)
SHIPMENT = ShipmentId(KEY, 1)

# aiohttp warns of the time that a body of more than a megabyte takes.
pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")


@pytest.fixture
def index(table: Table) -> Index:
    return Index(table)


def shipments(count: int) -> list[ShipmentId]:
    return [ShipmentId(OrderKey(number), 1) for number in range(1, count + 1)]


def hashed(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


NAMES = [
    "ref",
    "REF",
    "ref|",
    "re",
    "",
    " ",
    "a/b?c#d\\e",
    "Ærlig %20",
    "~",
    "!",
    "\ud800",
    "x" * 400,
    "å" * 1024,
    "å" * 1023,
]


async def test_shipments_are_found_by_exactly_their_reference(index: Index) -> None:
    for number, name in enumerate(NAMES, 1):
        await index.note_reference(CREATOR, name, [ShipmentId(OrderKey(number), 1), ShipmentId(OrderKey(number), 2)])
        await index.note_reference(CREATOR, name, [ShipmentId(OrderKey(number), 2)])
    for number, name in enumerate(NAMES, 1):
        found = await index.by_reference(CREATOR, name)
        assert sorted(found) == [ShipmentId(OrderKey(number), 1), ShipmentId(OrderKey(number), 2)]
    assert await index.by_reference(CREATOR, "r") == []


async def test_one_creators_references_are_not_anothers(index: Index) -> None:
    for number, creator in enumerate(["a/b", "a#b", "å" * 400, "å" * 401], 1):
        await index.note_reference(creator, "ref", [ShipmentId(OrderKey(number), 1)])
        await index.note_dialog(creator, "dialog", None, OrderKey(number))
    for number, creator in enumerate(["a/b", "a#b", "å" * 400, "å" * 401], 1):
        assert await index.by_reference(creator, "ref") == [ShipmentId(OrderKey(number), 1)]
        assert await index.by_dialog(creator, "dialog", None) == [OrderKey(number)]


async def test_a_reference_that_thousands_share_finds_them_all(memory: Table) -> None:
    index = Index(memory)
    await index.note_reference(CREATOR, "ref", shipments(2_345))
    assert await index.by_reference(CREATOR, "ref") == shipments(2_345)


async def test_a_reference_is_forgotten_however_often_that_is_asked(table: Table, index: Index) -> None:
    await index.note_reference(CREATOR, "ref", shipments(3))
    await index.forget_reference(CREATOR, "ref", shipments(1))
    assert await index.by_reference(CREATOR, "ref") == shipments(3)[1:]
    for _ in range(2):
        await index.forget_reference(CREATOR, "ref", shipments(4))
        assert await index.by_reference(CREATOR, "ref") == []
    assert await all_rows(table, f"s|{CREATOR}") == []


async def test_orders_are_found_by_dialog_by_transmission_and_by_both(index: Index) -> None:
    first, second, third, fourth = (OrderKey(number) for number in range(1, 5))
    await index.note_dialog(CREATOR, "d", "t", first)
    await index.note_dialog(CREATOR, "d", "u", second)
    await index.note_dialog(CREATOR, "d", None, third)
    await index.note_dialog(CREATOR, None, "t", fourth)
    await index.note_dialog(CREATOR, None, None, OrderKey(5))
    assert await index.by_dialog(CREATOR, "d", None) == [first, second, third]
    assert await index.by_dialog(CREATOR, None, "t") == [first, fourth]
    assert await index.by_dialog(CREATOR, "d", "t") == [first]
    assert await index.by_dialog(CREATOR, "D", None) == await index.by_dialog(CREATOR, "d", "x") == []
    assert await index.by_dialog(CREATOR, None, None) == await index.by_dialog(CREATOR, "t", "d") == []
    for _ in range(2):
        await index.forget_dialog(CREATOR, "d", "t", first)
    assert await index.by_dialog(CREATOR, "d", None) == [second, third]
    assert await index.by_dialog(CREATOR, None, "t") == [fourth]


async def test_what_somebody_was_told_is_found_newest_first_from_the_first_moment_to_before_the_last(
    index: Index,
) -> None:
    one, other = hashed(1), hashed(1)[:-1] + "x"
    times = [NOW + timedelta(milliseconds=number) for number in range(5)]
    rows = [(one, when, ShipmentId(OrderKey(number), 1)) for number, when in enumerate(times)]
    await index.note_recipients([*rows, (other, NOW, SHIPMENT)])
    newest_first = [(when, shipment) for _, when, shipment in reversed(rows)]
    assert await index.by_recipient(one, NOW, times[-1] + SECOND, 10) == newest_first
    assert await index.by_recipient(one, times[1], times[4], 10) == newest_first[1:4]
    assert await index.by_recipient(one, NOW, times[-1] + SECOND, 2) == newest_first[:2]
    assert await index.by_recipient(one, times[4], times[4], 10) == []
    assert await index.by_recipient(one, times[4], times[1], 10) == []
    assert await index.by_recipient(hashed(2), NOW, times[-1], 10) == []


@given(st.lists(st.integers(0, 2**33), max_size=8), st.integers(0, 2**33), st.integers(0, 2**33))
async def test_the_time_of_a_row_decides_alone_whether_it_is_found(sent: list[int], since: int, until: int) -> None:
    index = Index(MemoryTable())
    times = [NOW + timedelta(milliseconds=each) for each in sent]
    await index.note_recipients((hashed(1), when, SHIPMENT) for when in times)
    low, high = NOW + timedelta(milliseconds=since), NOW + timedelta(milliseconds=until)
    found = await index.by_recipient(hashed(1), low, high, 100)
    assert [when for when, _ in found] == sorted({when for when in times if low <= when < high}, reverse=True)


async def test_many_recipients_are_noted_in_full_transactions_and_forgotten_again(memory: MemoryTable) -> None:
    recording = RecordingTable(memory)
    index = Index(recording)  # type: ignore[arg-type]
    told = [(hashed(number), NOW, SHIPMENT) for number in range(20_000)]
    await index.note_recipients([*told, *told[:500]])
    assert len(recording.commits) <= 64 * 4
    assert sum(map(len, recording.commits)) == 20_000
    for number in (0, 63, 19_999):
        assert await index.by_recipient(hashed(number), NOW, NOW + SECOND, 10) == [(NOW, SHIPMENT)]
    assert len({partition for partition in memory._partitions if partition.startswith("r|")}) == 64
    await index.forget_recipients(told[:10_000])
    await index.forget_recipients(told)
    assert not any([await all_rows(memory, partition) for partition in list(memory._partitions)])


async def test_recipients_are_noted_in_storage_as_in_memory(index: Index) -> None:
    told = [(hashed(number), NOW + number * SECOND, SHIPMENT) for number in range(500)]
    await index.note_recipients(told)
    await index.note_recipients(told)
    for recipient, when, shipment in told[::50]:
        assert await index.by_recipient(recipient, NOW, NOW + timedelta(hours=1), 10) == [(when, shipment)]
    await index.forget_recipients(told[:250])
    await index.forget_recipients(told)
    for recipient, _, _ in told[::50]:
        assert await index.by_recipient(recipient, NOW, NOW + timedelta(hours=1), 10) == []


async def test_a_failure_in_one_partition_is_told(memory: Table) -> None:
    index = Index(DyingTable(memory, 3, OSError))  # type: ignore[arg-type]
    with pytest.raises(OSError, match="killed"):
        await index.note_recipients((hashed(number), NOW, SHIPMENT) for number in range(100))


def record(number: int = 1, **members: object) -> DeliveryRecord:
    made = DeliveryRecord(
        shipment=SHIPMENT,
        number=number,
        channel=Channel.SMS,
        creator=CREATOR,
        senders_reference="ref",
        requested_send_time=NOW,
        resource_id="urn:altinn:resource:r",
        status=Status.DELIVERED,
        reference=f"reference-{number}",
        number_prefix="+479",
        rate="innland",
        segments=2,
        body_length=200,
        custom_body_length=210,
        attachment_bytes=None,
        handed_over=NOW + SECOND,
        due=NOW,
    )
    return replace(made, **members)  # type: ignore[arg-type]


EMAIL = record(
    2,
    channel=Channel.EMAIL,
    reference=None,
    number_prefix="",
    rate="n/a",
    segments=0,
    attachment_bytes=7_500_000,
    handed_over=None,
    status=Status.TTL,
)


def about(shipment: ShipmentId, records: Iterable[DeliveryRecord]) -> list[DeliveryRecord]:
    return [replace(each, shipment=shipment) for each in records]


async def day_of(index: Index, day: date = DAY) -> list[DeliveryRecord]:
    return [each async for each in index.read_day(day)]


async def test_a_day_tells_what_was_logged_on_it_once(index: Index) -> None:
    first, second, third = shipments(3)
    bare = record(senders_reference=None, resource_id=None)
    for _ in range(2):
        await index.log(DAY, first, about(first, [record(), EMAIL]))
        await index.log_all(DAY, {second: about(second, [bare]), third: []})
    await index.log(DAY + timedelta(days=1), third, about(third, [record()]))
    assert await day_of(index) == [*about(first, [record(), EMAIL]), *about(second, [bare])]
    assert len(await day_of(index, DAY + timedelta(days=1))) == 1
    assert await day_of(index, DAY - timedelta(days=1)) == []


async def test_a_day_is_forgotten_whole_and_no_other_day_with_it(table: Table, index: Index) -> None:
    logged = {each: about(each, [record()]) for each in shipments(250)}
    await index.log_all(DAY, logged)
    await index.log(DAY + timedelta(days=1), SHIPMENT, [record()])
    assert len(await day_of(index)) == 250
    assert [await index.forget_some(DAY) for _ in range(2)] == [250, 0]
    assert await all_rows(table, "l|2026-03-02") == []
    assert len(await day_of(index, DAY + timedelta(days=1))) == 1


async def test_days_before_another_are_found_oldest_first(index: Index) -> None:
    """Whatever gap there is between them, and whatever else is in the table."""
    first, second = DAY - timedelta(days=200), DAY - timedelta(days=1)
    for day in (DAY, first, second):
        await index.log(day, SHIPMENT, [record()])
    await index.note_reference("ttd", "mine", [SHIPMENT])
    for expected in (first, second):
        assert await index.oldest_day(before=DAY) == expected
        await index.forget_some(expected)
    assert await index.oldest_day(before=DAY) is None
    assert await index.oldest_day(before=DAY + timedelta(days=1)) == DAY


async def test_a_day_longer_than_a_page_is_read_to_its_end_and_forgotten_by_the_page(memory: Table) -> None:
    index = Index(memory)
    await index.log_all(DAY, {each: about(each, [record()]) for each in shipments(1_300)})
    assert [each.shipment for each in await day_of(index)] == shipments(1_300)
    assert [await index.forget_some(DAY) for _ in range(3)] == [1_000, 300, 0]


async def test_a_large_shipment_is_logged_in_rows_that_fit(table: Table, index: Index) -> None:
    random = Random(1)
    records = [record(number, reference=random.randbytes(100).hex()) for number in range(1, 6_001)]
    await index.log(DAY, SHIPMENT, records)
    rows = await all_rows(table, "l|2026-03-02")
    assert len(rows) > 3
    for row in rows:
        values = [value for value in row.properties.values() if isinstance(value, bytes)]
        assert all(len(value) <= CHUNK for value in values)
        assert sum(map(len, values)) <= MAX_PIECE
    assert await day_of(index) == records


def test_the_same_records_are_the_same_rows() -> None:
    records = [record(number) for number in range(1, 5_000)]
    assert list(pieces(records)) == list(pieces(records))
    assert [each for piece in pieces(records) for each in read_piece(piece)] == records


def test_a_single_record_is_a_row_whatever_it_holds() -> None:
    large = record(reference=Random(1).randbytes(MAX_PIECE).hex())
    (piece,) = pieces([large])
    assert list(read_piece(piece)) == [large]


async def test_the_tables_keys_stay_within_what_a_key_may_be(memory: MemoryTable) -> None:
    """A key holds 1 KiB, which is 512 characters of UTF-16."""
    index = Index(memory)
    long = "å" * 10_000
    await index.note_reference(long, long, shipments(1))
    await index.note_dialog(long, long, long, KEY)
    await index.note_reference("x" * 400, "x" * 400, shipments(1))
    for partition in list(memory._partitions):
        assert len(partition) <= 512
        assert all(len(row.key) <= 512 for row in await all_rows(memory, partition))
