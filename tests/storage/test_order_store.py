"""The order store: what is accepted stays, what changes changes whole, and every shipment has its one wake-up."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from notifications.domain.advance import advance, cancel, mark_published, put_off
from notifications.domain.hand_over import claim
from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import ConditionPolicy, EmailTemplate, SmsTemplate
from notifications.domain.planning import plan
from notifications.domain.settle import complete, fold
from notifications.domain.shipment import BLOCK, HEAVY, Change, Claim, Fact, Lane, Shipment
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from notifications.storage.changes import FOLDED_AT_ONCE
from notifications.storage.orders import OrderStore, WrongBucketCount
from notifications.storage.rows import wake_up_key
from notifications.storage.table import Delete, Insert, Merge, Rejected, Row, Table, Value
from tests.builders import (
    KEY,
    NOW,
    PACE,
    both_channels,
    email_content,
    fact,
    many,
    notification,
    order_of,
    registered,
    sending,
    sms_content,
)
from tests.storage.failing import RecordingTable
from tests.storage.invariants import all_rows, astray

SECOND = timedelta(seconds=1)
BUCKET = KEY.bucket


@pytest.fixture
def store(table: Table) -> OrderStore:
    return OrderStore(table)


async def accepted(store: OrderStore, *shipments: Shipment) -> list[Shipment]:
    await store.accept(order_of(*shipments), shipments)
    found = [await store.shipment(shipment.id) for shipment in shipments]
    assert all(found)
    return [each for each in found if each]


async def committed(store: OrderStore, before: Shipment, after: Shipment) -> Shipment:
    outcome = await store.commit_one(Change(before, after))
    assert outcome is not None
    return outcome


def siblings(count: int) -> list[Shipment]:
    return [registered(id=ShipmentId(KEY, number)) for number in range(1, count + 1)]


async def test_an_order_is_accepted_once_with_its_shipments_and_their_wake_ups(table: Table, store: OrderStore) -> None:
    shipments = siblings(3)
    order = order_of(*shipments)
    assert await store.accept(order, shipments) == order
    assert await store.order(KEY) == order
    assert await store.shipments(KEY) == shipments
    rows = await all_rows(table, BUCKET)
    assert not astray(rows)
    assert len(rows) == 7


async def test_a_second_request_gets_the_first_order_and_changes_nothing(table: Table, store: OrderStore) -> None:
    await accepted(store, registered())
    before = await all_rows(table, BUCKET)
    other = registered(content=sms_content())
    there = await store.accept(order_of(other, request="request-2", fingerprint="another"), [other])
    assert (there.request, there.fingerprint) == ("request-1", "fingerprint")
    assert await all_rows(table, BUCKET) == before


async def test_what_was_never_accepted_is_not_there(store: OrderStore) -> None:
    assert await store.order(KEY) is None
    assert await store.shipment(ShipmentId(KEY, 1)) is None
    assert await store.shipments(KEY) == []
    assert await store.facts(ShipmentId(KEY, 1)) == []


async def test_a_shipment_is_read_as_it_was_written(store: OrderStore) -> None:
    full = registered(
        content=email_content(
            sms=SmsTemplate(body="Hei 🫐", sender="Etaten"),
            senders_reference="ref / ? # %",
            condition_endpoint="https://condition.example.com/?a=b",
            condition_policy=ConditionPolicy.DO_NOT_SEND,
        ),
        created=NOW - timedelta(microseconds=1),
        attempts=3,
        condition_asked=1,
        reason="http_503",
        state=ShipmentState.SENDING,
        notifications=(
            notification(1, status=Status.ACCEPTED, handed_over=NOW, reference="r-1"),
            notification(2, status=Status.BOUNCED, reason="hard", late=Status.DELIVERED),
            notification(3, Channel.SMS, address=""),
        ),
        lanes={
            Channel.EMAIL: Lane(todo=frozenset(), after=NOW),
            Channel.SMS: Lane(
                todo=frozenset({3}),
                after=NOW + SECOND,
                attempts=2,
                uncertain=frozenset({3}),
                tried=frozenset({2, 3}),
                claim=Claim(token="t", until=NOW + SECOND, rows=frozenset({3})),
            ),
        },
        wants="s",
    )
    assert await accepted(store, full) == [full]
    (there,) = await accepted(store, full)
    ended = replace(there, ending=Ending.COMPLETED, lanes={}, reason=None, published=True, notifications=())
    await committed(store, there, ended)
    assert await store.shipment(full.id) == ended


@pytest.mark.parametrize("text", ["", " ", "\ud800", "\x00", "{}", "a" * 40_000])
async def test_any_text_that_a_caller_sent_survives(store: OrderStore, text: str) -> None:
    shipment = registered(content=email_content(email=EmailTemplate(subject=text, body=text)))
    assert await accepted(store, shipment) == [shipment]


def quotes(random: Random) -> str:
    return '"' * 1024


def rare_letters(random: Random) -> str:
    return "".join(chr(random.randrange(0x10000, 0x110000)) for _ in range(1024))


@pytest.mark.parametrize("letters", [quotes, rare_letters])
async def test_the_references_of_the_largest_order_survive(store: OrderStore, letters: Callable[[Random], str]) -> None:
    """Thirty-one shipments, each with a reference of 1,024 characters that are long in JSON, or do not compress."""
    random = Random(1)
    shipments = [
        registered(id=ShipmentId(KEY, number), content=email_content(senders_reference=letters(random)))
        for number in range(1, 32)
    ]
    await accepted(store, *shipments)
    order = await store.order(KEY)
    assert order is not None
    assert order.references == tuple(shipment.content.senders_reference for shipment in shipments)


async def test_of_several_changes_only_the_one_that_came_too_late_is_refused(table: Table, store: OrderStore) -> None:
    first, second, third = await accepted(store, *siblings(3))
    await committed(store, second, plan(second, NOW, PACE))
    changes = [Change(each, cancel(each, NOW, PACE)) for each in (first, second, third)]
    outcomes = await store.commit(changes)
    assert [outcome is not None for outcome in outcomes] == [True, False, True]
    states = [shipment.state for shipment in await store.shipments(KEY)]
    assert states == [ShipmentState.CANCELLED, ShipmentState.SENDING, ShipmentState.CANCELLED]
    assert [outcome.etag for outcome in outcomes if isinstance(outcome, Shipment)] == [
        shipment.etag for shipment in await store.shipments(KEY) if shipment.state is ShipmentState.CANCELLED
    ]
    assert not astray(await all_rows(table, BUCKET))


async def test_a_change_may_follow_upon_what_a_commit_returned(store: OrderStore) -> None:
    (shipment,) = await accepted(store, registered())
    planned = await committed(store, shipment, plan(shipment, NOW, PACE))
    claimed = await committed(store, planned, claim(planned, Channel.EMAIL, NOW, PACE, token="t", limit=1))
    assert await store.shipment(shipment.id) == claimed


async def test_two_changes_of_one_shipment_are_not_both_taken(table: Table, store: OrderStore) -> None:
    (shipment,) = await accepted(store, registered())
    change = Change(shipment, plan(shipment, NOW, PACE))
    outcomes = await store.commit([change, change])
    assert [outcome is not None for outcome in outcomes] == [True, False]
    assert not astray(await all_rows(table, BUCKET))


async def test_more_changes_than_one_transaction_takes_are_all_committed(table: Table, store: OrderStore) -> None:
    shipments = siblings(31)
    await accepted(store, *shipments)
    more = [replace(each, id=ShipmentId(OrderKey(KEY.value + 1), each.id.number)) for each in shipments]
    await store.accept(order_of(*more), more)
    found = [*await store.shipments(KEY), *await store.shipments(OrderKey(KEY.value + 1))]
    outcomes = await store.commit([Change(each, cancel(each, NOW, PACE)) for each in found])
    assert len(outcomes) == 62
    assert all(outcomes)
    assert not astray(await all_rows(table, BUCKET))


async def test_every_step_of_a_road_leaves_exactly_one_wake_up(table: Table, store: OrderStore) -> None:
    (shipment,) = await accepted(store, registered())
    await store.add_fact(fact())
    planned = plan(shipment, NOW, PACE)
    road = [shipment, put_off(shipment, NOW, "x", 0.5), planned]
    road.append(claim(planned, Channel.EMAIL, NOW, PACE, token="t", limit=1))
    road.append(replace(road[-1], wants="p"))
    road.append(fold(road[-1], [fact()]))
    road.append(complete(road[-1], NOW, PACE))
    road.append(mark_published(road[-1], PACE))
    current = shipment
    for _, after in pairwise(road):
        current = await committed(store, current, after)
        assert not astray(await all_rows(table, BUCKET))
        assert await store.shipment(shipment.id) == after


async def test_a_change_writes_the_shipment_first_and_only_what_changed(memory: Table) -> None:
    recorder = RecordingTable(memory)
    store = OrderStore(recorder)  # type: ignore[arg-type]
    (shipment,) = await accepted(store, registered())
    await committed(store, shipment, replace(shipment, reason="x"))
    (operation,) = recorder.commits[-1]
    assert isinstance(operation, Merge)
    assert (operation.properties, operation.etag) == ({"reason": "x"}, shipment.etag)


async def test_a_wake_up_that_does_not_move_is_not_touched_or_only_told_what_else_is_wanted(memory: Table) -> None:
    recorder = RecordingTable(memory)
    store = OrderStore(recorder)  # type: ignore[arg-type]
    (shipment,) = await accepted(store, sending())
    other = await committed(store, shipment, replace(shipment, wants="p"))
    assert [type(operation) for operation in recorder.commits[-1]] == [Merge, Merge]
    await committed(store, other, replace(other, due=other.due + SECOND))
    assert [type(operation).__name__ for operation in recorder.commits[-1]] == ["Merge", "Delete", "Insert"]


async def test_a_fact_is_kept_until_it_is_folded_and_the_same_fact_twice_is_one(store: OrderStore) -> None:
    (shipment,) = await accepted(store, sending())
    for report in (fact(), fact(), fact(Status.FAILED), fact(Status.DELIVERED, number=2, code=None)):
        await store.add_fact(report)
    facts = await store.facts(shipment.id)
    assert facts == [fact(), fact(Status.FAILED), fact(number=2, code=None)]
    assert await store.facts(ShipmentId(KEY, 2)) == []


async def test_a_folded_fact_leaves_the_inbox_with_the_change_it_caused(table: Table, store: OrderStore) -> None:
    (shipment,) = await accepted(store, sending())
    await store.add_fact(fact())
    step = advance(shipment, await store.facts(shipment.id), NOW, PACE)
    assert step.change is not None
    await committed(store, shipment, replace(shipment, attempts=1))
    assert await store.commit([step.change]) == [None]
    assert await store.facts(shipment.id) == [fact()]
    again = await store.shipment(shipment.id)
    assert again is not None
    step = advance(again, await store.facts(shipment.id), NOW, PACE)
    assert step.change is not None
    assert await store.commit([step.change]) != [None]
    assert await store.facts(shipment.id) == []
    assert not astray(await all_rows(table, BUCKET))


async def test_a_fact_that_another_folded_meanwhile_refuses_the_change(store: OrderStore) -> None:
    (shipment,) = await accepted(store, sending())
    assert await store.commit([Change(shipment, fold(shipment, [fact()]), (fact(),))]) == [None]
    there = await store.shipment(shipment.id)
    assert there == shipment


@pytest.mark.parametrize("numbers", [range(1, 70), range(1, 70 * BLOCK, BLOCK), [1] * 70])
async def test_facts_are_read_as_many_as_one_change_can_fold(
    table: Table, store: OrderStore, numbers: Sequence[int]
) -> None:
    """Facts about one block, about a block each, and about one notification."""
    (shipment,) = await accepted(store, sending(content=email_content(recipients=many(50))))
    told = [fact(list(Status)[place % 20], number) for place, number in enumerate(numbers)]
    for report in told:
        await store.add_fact(report)
    left = len({(each.number, each.status) for each in told})
    while facts := await store.facts(shipment.id):
        blocks = {(each.number - 1) // BLOCK for each in facts}
        assert len(facts) + len(blocks) <= FOLDED_AT_ONCE
        assert len(facts) == left or len(facts) + len(blocks) >= FOLDED_AT_ONCE - 1
        left -= len(facts)
        shipment = await folded(store, shipment, facts)
    assert left == 0
    assert not astray(await all_rows(table, BUCKET))


async def folded(store: OrderStore, shipment: Shipment, facts: Sequence[Fact]) -> Shipment:
    after = replace(fold(shipment, facts), due=shipment.due + SECOND)
    outcome = await store.commit_one(Change(shipment, after, tuple(facts)))
    assert outcome is not None
    return outcome


async def test_facts_of_nobody_are_dropped_however_often_that_is_asked(store: OrderStore) -> None:
    await store.add_fact(fact())
    await store.drop_facts([fact(), fact(number=2)])
    await store.drop_facts([fact()])
    assert await store.facts(fact().shipment) == []


async def test_removal_leaves_a_tombstone_that_says_nothing_of_anybody(table: Table, store: OrderStore) -> None:
    shipments = [
        registered(id=ShipmentId(KEY, number), content=email_content(senders_reference="secret")) for number in (1, 2)
    ]
    order = order_of(*shipments, dialog_id="secret", transmission_id="secret")
    await store.accept(order, shipments)
    first, second = await store.shipments(KEY)
    await store.add_fact(fact())
    await store.remove(first)
    kept = await store.order(KEY)
    assert kept is not None
    assert (kept.live, kept.references) == (1, ("secret", "secret"))
    assert not astray(await all_rows(table, BUCKET))
    await store.remove(second)
    (row,) = await all_rows(table, BUCKET)
    assert b"secret" not in _everything(row)
    tombstone = await store.order(KEY)
    assert tombstone == replace(
        order, live=0, references=(None, None), fingerprint="", dialog_id=None, transmission_id=None
    )


def _everything(row: Row) -> bytes:
    return b" ".join(value if isinstance(value, bytes) else str(value).encode() for value in row.properties.values())


async def test_removal_of_another_version_changes_nothing(table: Table, store: OrderStore) -> None:
    (shipment,) = await accepted(store, registered())
    await committed(store, shipment, plan(shipment, NOW, PACE))
    before = await all_rows(table, BUCKET)
    with pytest.raises(Rejected):
        await store.remove(shipment)
    assert await all_rows(table, BUCKET) == before


async def test_a_bucket_tells_what_is_due_and_nothing_before_its_time(store: OrderStore) -> None:
    due = [NOW, NOW + timedelta(milliseconds=1), NOW - SECOND]
    await accepted(store, *(replace(each, due=when) for each, when in zip(siblings(3), due, strict=True)))
    page = await store.due(BUCKET, NOW)
    assert [(wake_up.shipment.number, wake_up.due) for wake_up in page.wake_ups] == [(3, NOW - SECOND), (1, NOW)]
    assert {(wake_up.creator, wake_up.wants) for wake_up in page.wake_ups} == {("ttd", "p")}
    assert (page.facts, page.cursor) == ({}, None)
    assert len((await store.due(BUCKET, NOW + timedelta(microseconds=999))).wake_ups) == 2
    assert len((await store.due(BUCKET, NOW - timedelta(microseconds=1))).wake_ups) == 1
    assert [each.shipment.number for each in (await store.due(BUCKET, NOW, since=NOW)).wake_ups] == [1]


async def test_a_bucket_tells_which_shipments_have_facts(store: OrderStore) -> None:
    first, _ = await accepted(store, *siblings(2))
    await store.add_fact(fact())
    await store.add_fact(fact(Status.FAILED))
    page = await store.due(BUCKET, NOW)
    assert page.facts == {first.id: False}
    assert len(page.wake_ups) == 2


async def test_facts_of_late_places_betray_that_their_shipment_is_heavy(store: OrderStore) -> None:
    first, second = await accepted(store, *siblings(2))
    await store.add_fact(fact(number=BLOCK + 1))
    await store.add_fact(fact(number=BLOCK))
    await store.add_fact(fact(shipment=second.id, number=BLOCK))
    assert (await store.due(BUCKET, NOW)).facts == {first.id: True, second.id: False}


async def test_a_wake_up_says_whether_its_shipment_is_heavy_wherever_it_moves(store: OrderStore) -> None:
    text = "a" * (HEAVY + 1)
    content = email_content(email=EmailTemplate(subject="s", body=text))
    large, small = siblings(2)
    await accepted(store, replace(large, content=content), small)
    for moved in (timedelta(0), SECOND):
        found = (await store.due(BUCKET, NOW + moved)).wake_ups
        assert [(each.shipment.number, each.heavy) for each in found] == [(1, True), (2, False)]
        for shipment in await store.shipments(KEY):
            await committed(store, shipment, replace(shipment, due=NOW + SECOND, wants="pe"))


async def test_a_wake_up_that_an_earlier_version_wrote_is_not_heavy(table: Table, store: OrderStore) -> None:
    (shipment,) = await accepted(store, registered())
    bare: dict[str, Value] = {"creator": shipment.creator, "wants": shipment.wants}
    await table.commit(BUCKET, [Delete(wake_up_key(shipment))])
    await table.commit(BUCKET, [Insert(wake_up_key(shipment), bare)])
    assert [each.heavy for each in (await store.due(BUCKET, NOW)).wake_ups] == [False]


async def test_a_bucket_is_read_on_from_a_cursor_until_everything_was_seen(memory: Table) -> None:
    store = OrderStore(memory)
    keys = [OrderKey(KEY.value + place) for place in range(2500)]
    for key in keys:
        shipment = registered(id=ShipmentId(key, 1))
        await store.accept(order_of(shipment), [shipment])
    seen: list[OrderKey] = []
    cursor = None
    for _ in range(3):
        page = await store.due(BUCKET, NOW, cursor)
        assert len(page.wake_ups) <= 1000
        seen.extend(wake_up.shipment.key for wake_up in page.wake_ups)
        cursor = page.cursor
    assert cursor is None
    assert seen == keys


async def test_the_oldest_wake_up_of_all_buckets_tells_how_far_behind_the_service_is(store: OrderStore) -> None:
    assert await store.oldest_due(NOW) is None
    early = registered(due=NOW - SECOND)
    late = registered(id=ShipmentId(OrderKey(1), 1), due=NOW - 5 * SECOND)
    await store.accept(order_of(early), [early])
    await store.accept(order_of(late), [late])
    assert await store.oldest_due(NOW) == NOW - 5 * SECOND
    assert await store.oldest_due(NOW - 6 * SECOND) is None


async def test_data_of_another_number_of_buckets_is_refused(table: Table, store: OrderStore) -> None:
    assert not await store.reachable()
    await store.prepare()
    await store.prepare()
    assert await store.reachable()
    await table.commit("meta", [Merge("buckets", {"count": 32})])
    with pytest.raises(WrongBucketCount, match="16"):
        await store.prepare()


async def test_a_shipment_of_two_channels_travels_in_two_lanes_of_one_row(table: Table, store: OrderStore) -> None:
    (shipment,) = await accepted(store, both_channels())
    mine = await committed(store, shipment, claim(shipment, Channel.EMAIL, NOW, PACE, token="e", limit=2))
    assert await store.commit([Change(shipment, claim(shipment, Channel.SMS, NOW, PACE, token="s", limit=1))]) == [None]
    both = await committed(store, mine, claim(mine, Channel.SMS, NOW, PACE, token="s", limit=1))
    assert await store.shipment(shipment.id) == both
    assert not astray(await all_rows(table, BUCKET))
