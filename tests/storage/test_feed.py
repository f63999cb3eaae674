"""A creator's feed: contiguous, each shipment once, and totals that say the same as the entries."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import batched
from random import Random

import pytest

from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import ShipmentType
from notifications.domain.record import FeedEntry, FeedRecipient
from notifications.domain.statuses import Channel, OrderStatus, Status
from notifications.storage.feed import ENTRIES_AT_ONCE, Feed
from notifications.storage.table import Insert, Table
from tests.builders import ADDRESS, CREATOR, NOW
from tests.storage.failing import AnswerLost, CountingTable, LossyTable, RecordingTable

MONTH = f"{NOW:%Y-%m}"
# aiohttp warns of the time that a body of more than a megabyte takes.
pytestmark = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")

RECIPIENT = FeedRecipient(channel=Channel.EMAIL, destination=ADDRESS, status=Status.DELIVERED, changed=NOW)


def entry(number: int, **members: object) -> FeedEntry:
    made = FeedEntry(
        shipment=ShipmentId(OrderKey(number), 1),
        type=ShipmentType.NOTIFICATION,
        status=OrderStatus.COMPLETED,
        changed=NOW,
        senders_reference=f"ref-{number}",
        recipients=(RECIPIENT,),
    )
    return replace(made, **members)  # type: ignore[arg-type]


def entries(first: int, last: int) -> list[FeedEntry]:
    return [entry(number) for number in range(first, last + 1)]


@pytest.fixture
def feed(table: Table) -> Feed:
    return Feed(table)


async def everything(feed: Feed, creator: str = CREATOR) -> list[FeedEntry]:
    found: list[FeedEntry] = []
    while page := await feed.ascending(creator, found[-1].sequence if found else 0, 1000):
        found.extend(page)
    return found


async def contiguous(feed: Feed) -> list[OrderKey]:
    """The orders in the feed, which was found without a gap and without a repetition."""
    found = await everything(feed)
    assert [each.sequence for each in found] == list(range(1, len(found) + 1))
    shipments = [each.shipment for each in found]
    assert len(set(shipments)) == len(shipments)
    assert await summed(feed) == dict(await feed.totals(CREATOR, MONTH))
    return [shipment.key for shipment in shipments]


async def summed(feed: Feed) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for each in await everything(feed):
        sums["shipments"] += 1
        sums.update(f"{one.channel}.{one.status}" for one in each.recipients)
    return dict(sums)


async def test_an_empty_feed_has_nothing_either_way(feed: Feed) -> None:
    assert await everything(feed) == []
    assert await feed.descending(CREATOR, None, 10) == []
    assert await feed.totals(CREATOR, MONTH) == {}


async def test_an_entry_is_read_as_it_was_published(feed: Feed) -> None:
    told = [
        entry(1, senders_reference=None, recipients=()),
        entry(2, senders_reference="", status=OrderStatus.CONDITION_NOT_MET, type=ShipmentType.REMINDER),
        entry(3, recipients=(RECIPIENT, replace(RECIPIENT, channel=Channel.SMS, destination="+4799999999"))),
    ]
    await feed.publish(CREATOR, told)
    assert await everything(feed) == [replace(each, sequence=place) for place, each in enumerate(told, 1)]


async def test_entries_are_numbered_from_one_without_gaps(feed: Feed) -> None:
    await feed.publish(CREATOR, entries(1, 3))
    await feed.publish(CREATOR, entries(4, 4))
    await feed.publish(CREATOR, [])
    assert await contiguous(feed) == [OrderKey(number) for number in range(1, 5)]


async def test_more_than_one_transaction_takes_is_published_in_several(feed: Feed) -> None:
    await feed.publish(CREATOR, entries(1, 2 * ENTRIES_AT_ONCE + 3))
    assert len(await contiguous(feed)) == 2 * ENTRIES_AT_ONCE + 3


async def test_a_shipment_that_is_there_already_stays_the_only_one(feed: Feed) -> None:
    await feed.publish(CREATOR, entries(1, 3))
    await feed.publish(CREATOR, entries(1, 3))
    await feed.publish(CREATOR, [entry(4), entry(2, senders_reference="another"), entry(5), entry(5)])
    assert await contiguous(feed) == [OrderKey(number) for number in range(1, 6)]
    assert [each.senders_reference for each in await feed.ascending(CREATOR, 1, 1)] == ["ref-2"]


async def test_another_process_may_publish_in_between(table: Table) -> None:
    one, other = Feed(table), Feed(table)
    for first in range(1, 9, 2):
        await one.publish(CREATOR, [entry(first)])
        await other.publish(CREATOR, [entry(first), entry(first + 1)])
    assert await contiguous(one) == [OrderKey(number) for number in range(1, 9)]


async def test_publishers_at_once_in_separate_processes_leave_no_gap_and_no_double(table: Table) -> None:
    feeds = [Feed(table) for _ in range(3)]
    shuffled = entries(1, 30) * 2
    Random(7).shuffle(shuffled)
    parts = [list(part) for part in batched(shuffled, 5, strict=True)]
    await asyncio.gather(*(feeds[place % 3].publish(CREATOR, part) for place, part in enumerate(parts)))
    assert set(await contiguous(feeds[0])) == {OrderKey(number) for number in range(1, 31)}


async def test_publication_whose_answer_was_lost_is_repeated_without_a_trace() -> None:
    table = LossyTable()
    feed = Feed(table)
    await feed.publish(CREATOR, [entry(1)])
    table.lost = 1
    with pytest.raises(AnswerLost):
        await feed.publish(CREATOR, entries(2, 3))
    await feed.publish(CREATOR, entries(2, 4))
    assert len(await contiguous(feed)) == 4


@pytest.mark.parametrize("before", [0, 1])
async def test_a_publication_that_meets_its_own_success_is_content(before: int) -> None:
    table = LossyTable()
    feed = Feed(table)
    await feed.publish(CREATOR, entries(1, before))
    table.repeated = 1
    await feed.publish(CREATOR, entries(1, 3))
    await feed.publish(CREATOR, entries(3, 4))
    assert len(await contiguous(feed)) == 4


async def test_a_month_counts_what_ended_in_it(feed: Feed) -> None:
    last = entry(1, changed=NOW - timedelta(days=2))
    failed = replace(RECIPIENT, status=Status.BOUNCED)
    await feed.publish(CREATOR, [last, entry(2), entry(3, recipients=(RECIPIENT, failed))])
    await feed.publish(CREATOR, [entry(4, recipients=())])
    assert await feed.totals(CREATOR, "2026-02") == {"shipments": 1, "email.Delivered": 1}
    assert await feed.totals(CREATOR, "2026-03") == {"shipments": 3, "email.Delivered": 2, "email.Failed_Bounced": 1}
    assert [each.sequence for each in await everything(feed)] == [1, 2, 3, 4]


async def test_a_month_also_counts_what_an_entry_adds_to_it(feed: Feed) -> None:
    await feed.publish(CREATOR, [entry(1, extra={"segments": 2}), entry(2, extra={"segments": 3, "due": 1}), entry(3)])
    totals = await feed.totals(CREATOR, MONTH)
    assert (totals["shipments"], totals["segments"], totals["due"]) == (3, 5, 1)


def told(count: int, seed: int = 1, letters: int = 40) -> tuple[FeedRecipient, ...]:
    """Recipients whose addresses compress badly."""
    random = Random(seed)
    return tuple(
        replace(RECIPIENT, destination=f"{random.randbytes(letters // 2).hex()}@example.com") for _ in range(count)
    )


@pytest.mark.parametrize("count", [1_900, 50_000])
async def test_an_entry_of_too_many_recipients_says_that_they_are_elsewhere(feed: Feed, count: int) -> None:
    """Too many bytes, and so many that nobody packs them to find out."""
    await feed.publish(CREATOR, [entry(1, recipients=told(count)), entry(2)])
    first, second = await everything(feed)
    assert (first.recipients, first.by_reference) == ((), True)
    assert (second.recipients, second.by_reference) == ((RECIPIENT,), False)
    assert (await feed.totals(CREATOR, MONTH))["email.Delivered"] == count + 1


async def test_as_many_entries_as_large_as_they_may_be_are_one_transaction(table: Table) -> None:
    recording = RecordingTable(table)
    feed = Feed(recording)  # type: ignore[arg-type]
    large = [entry(number, recipients=told(1_240, number)) for number in range(1, ENTRIES_AT_ONCE + 1)]
    await feed.publish(CREATOR, large)
    assert [len(commit) for commit in recording.commits] == [1, 2 + 2 * ENTRIES_AT_ONCE]
    packed = [
        each.properties["r00"]
        for each in recording.commits[1]
        if isinstance(each, Insert) and each.key.startswith("e|")
    ]
    sizes = [len(each) for each in packed if isinstance(each, bytes)]
    assert len(sizes) == ENTRIES_AT_ONCE
    assert min(sizes) > 31_000
    assert await everything(feed) == [replace(each, sequence=place) for place, each in enumerate(large, 1)]


async def test_everybody_who_has_a_feed_is_known(feed: Feed) -> None:
    assert await feed.creators() == []
    names = ["ttd", "a/b", "creators", "creators|", "head", "Ærlig & Sønn", "="]
    for name in names:
        await feed.publish(name, [entry(1)])
        await feed.publish(name, [entry(2)])
    assert sorted(await feed.creators()) == sorted(names)
    for name in names:
        assert [each.sequence for each in await everything(feed, name)] == [1, 2]


async def test_one_creators_feed_is_not_anothers(feed: Feed) -> None:
    await feed.publish("a/b", [entry(1)])
    await feed.publish("a#b", [entry(2), entry(3)])
    assert [each.shipment.key for each in await everything(feed, "a/b")] == [OrderKey(1)]
    assert [each.sequence for each in await everything(feed, "a#b")] == [1, 2]


@pytest.mark.parametrize("limit", [1, 3, 10, 100])
async def test_pages_forwards_and_backwards_show_everything_once(feed: Feed, limit: int) -> None:
    await feed.publish(CREATOR, entries(1, 25))
    upwards: list[int] = []
    while page := await feed.ascending(CREATOR, upwards[-1] if upwards else 0, limit):
        assert len(page) <= limit
        upwards.extend(each.sequence for each in page)
    downwards: list[int] = []
    while page := await feed.descending(CREATOR, downwards[-1] if downwards else None, limit):
        assert len(page) <= limit
        downwards.extend(each.sequence for each in page)
    assert upwards == list(range(1, 26))
    assert downwards == list(range(25, 0, -1))


async def test_a_page_ends_with_the_entry_that_tells_of_too_many_either_way(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.storage.feed.MOST_TOLD", 3)
    await feed.publish(CREATOR, [entry(number, recipients=(RECIPIENT,) * 2) for number in range(1, 6)])
    assert [each.sequence for each in await feed.ascending(CREATOR, 0, 10)] == [1, 2]
    assert [each.sequence for each in await feed.ascending(CREATOR, 2, 10)] == [3, 4]
    assert [each.sequence for each in await feed.descending(CREATOR, None, 10)] == [5, 4]
    assert [each.sequence for each in await feed.descending(CREATOR, 4, 10)] == [3, 2]


async def test_a_position_beyond_the_end_is_the_end(feed: Feed) -> None:
    await feed.publish(CREATOR, entries(1, 3))
    assert await feed.ascending(CREATOR, 3, 10) == []
    assert [each.sequence for each in await feed.descending(CREATOR, 99, 2)] == [3, 2]
    assert await feed.descending(CREATOR, 1, 10) == []


async def test_a_shipment_leaves_the_feed_with_its_marker_and_the_others_keep_their_numbers(feed: Feed) -> None:
    await feed.publish(CREATOR, entries(1, 4))
    for number in (2, 2, 1, 9):
        await feed.remove(CREATOR, entry(number).shipment)
    assert [each.sequence for each in await everything(feed)] == [3, 4]
    assert [each.sequence for each in await feed.descending(CREATOR, None, 10)] == [4, 3]
    await feed.publish(CREATOR, [entry(5)])
    assert [each.sequence for each in await everything(feed)] == [3, 4, 5]
    assert (await feed.totals(CREATOR, MONTH))["shipments"] == 5


async def test_what_was_removed_out_of_order_hides_nothing_older(feed: Feed) -> None:
    await feed.publish(CREATOR, entries(1, 6))
    for number in (6, 5, 4):
        await feed.remove(CREATOR, entry(number).shipment)
    assert [each.sequence for each in await feed.descending(CREATOR, None, 2)] == [3, 2]


async def test_a_publisher_that_knows_the_head_asks_for_it_no_more(memory: Table) -> None:
    counting = CountingTable(memory)
    feed = Feed(counting)  # type: ignore[arg-type]
    await feed.publish(CREATOR, [entry(1)])
    counting.calls = 0
    await feed.publish(CREATOR, entries(2, 10))
    assert counting.calls == 1
