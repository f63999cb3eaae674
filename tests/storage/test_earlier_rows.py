"""Rows and messages of an earlier version are read, carried on, published and taken away by this one."""

import json
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.ids import ShipmentId, encode
from notifications.domain.order import ConditionPolicy, ContentType, OrderKind, SendingTimePolicy, ShipmentType
from notifications.domain.shipment import Change
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from notifications.storage.codec import joined, moment, pack, unpack
from notifications.storage.earlier import FORMAT, EarlierLanes, NewerFormat, as_today
from notifications.storage.number_sets import parse_ranges
from notifications.storage.orders import OrderStore
from notifications.storage.rows import shipment_key
from notifications.storage.table import Merge, Row, Table
from tests.builders import CREATOR, NOW, PACE
from tests.stages.world import World, email_report, sms_report
from tests.storage.earlier_rows import document, earlier_world, put_rows, shipments
from tests.storage.invariants import all_rows

DAY = timedelta(days=1)


@pytest.fixture
async def world() -> World:
    return await earlier_world()


async def row_of(world: World, shipment: ShipmentId) -> Row:
    row = await world.orders.get(shipment.key.bucket, shipment_key(shipment))
    assert row is not None
    return row


async def statuses(world: World, name: str) -> list[Status]:
    return [one.status for one in (await world.shipment(shipments(name)[0])).notifications]


async def test_every_shipment_is_read_in_its_state(table: Table) -> None:
    await put_rows("orders", table)
    store = OrderStore(table)
    await store.prepare()
    states = {}
    for name in document()["orders"]:
        found = [await store.shipment(each) for each in shipments(name)]
        states[name] = [each and each.state.value for each in found]
        assert [each for each in found if each] == await store.shipments(shipments(name)[0].key)
    assert states == {
        "gone": [None],
        "published": ["Done"],
        "late": ["Done"],
        "cancelled": ["Cancelled", "Cancelled"],
        "scheduled": ["Registered", "Registered"],
        "parts": ["Registered"],
        "asked": ["Registered"],
        "sent": ["Sending"],
        "postponed": ["Sending"],
        "reported": ["Sending"],
        "claimed": ["Sending"],
        "doubtful": ["Sending"],
        "ended": ["Done"],
        "queued": ["Registered"],
    }


async def test_what_a_caller_ordered_is_read_as_it_was_said(world: World) -> None:
    main, reminder = await world.store.shipments(shipments("scheduled")[0].key)
    content = main.content
    assert (content.senders_reference, content.condition_policy) == ("main æøå", ConditionPolicy.DO_NOT_SEND)
    assert content.condition_endpoint == "https://ttd.example.com/condition"
    assert content.email is not None
    assert (content.email.body, content.email.sender) == ("<p>Body</p>", "from@example.com")
    assert content.email.content_type is ContentType.HTML
    assert (content.email.attachments, content.resource_id, content.resource_action) == ((), None, None)
    assert (content.ignore_reservation, content.use_stale_contact_information) == (None, False)
    assert (reminder.content.type, main.send_at - NOW) == (ShipmentType.REMINDER, DAY)
    assert reminder.content.sms is not None
    assert reminder.content.sms.policy is SendingTimePolicy.DAYTIME
    assert (main.planned, main.notifications, dict(main.lanes)) == (0, (), {})


async def test_content_beside_the_shipments_row_is_read_whole(world: World) -> None:
    shipment = await world.shipment(shipments("parts")[0])
    assert shipment.content.email is not None
    assert len(shipment.content.email.body) == 4_000


async def test_orders_are_read_those_of_which_nothing_else_is_left_too(world: World) -> None:
    order = await world.store.order(shipments("scheduled")[0].key)
    assert order is not None
    assert (order.kind, order.live, order.references) == (OrderKind.NOTIFICATION, 2, ("main æøå", None))
    assert (order.dialog_id, order.transmission_id) == ("dialog-1", "transmission-1")
    gone = await world.store.order(shipments("gone")[0].key)
    assert gone is not None
    assert (gone.live, gone.references, gone.dialog_id) == (0, (None,), None)


async def test_claims_and_what_is_left_to_do_are_read_from_bitmaps(world: World) -> None:
    claimed = await world.shipment(shipments("claimed")[0])
    lane = claimed.lanes[Channel.EMAIL]
    assert lane.claim is not None
    assert lane.claim.rows <= lane.todo == frozenset(range(1, 101))
    assert (len(lane.claim.rows), lane.claim.until.tzinfo, lane.uncertain) == (10, UTC, frozenset())
    assert claimed.planned == len(claimed.content.recipients) == 100
    for one in claimed.notifications:
        assert claimed.recipient_of(one).email_address == one.address


async def test_the_first_change_writes_the_row_in_todays_format(table: Table) -> None:
    await put_rows("orders", table)
    store = OrderStore(table)
    for name in ("claimed", "scheduled", "parts"):
        (identity, *_) = shipments(name)
        before = await store.shipment(identity)
        assert before is not None
        assert isinstance(before.lanes, EarlierLanes)
        committed = await store.commit_one(Change(before, replace(before, attempts=7)))
        row = await table.get(identity.key.bucket, shipment_key(identity))
        assert row is not None
        assert (row.properties["v"], row.properties["lanes"], row.properties["attempts"]) == (FORMAT, "", 7)
        assert {"lanes00", "blocks", "planned"} <= row.properties.keys()
        after = await store.shipment(identity)
        assert after == replace(before, attempts=7) == committed
        assert not isinstance(after.lanes, EarlierLanes)
        again = await store.commit_one(Change(after, replace(after, attempts=8)))
        assert again == await store.shipment(identity)


async def test_a_process_of_the_earlier_version_cannot_read_what_this_one_wrote(world: World) -> None:
    """It read lanes by `json.loads(str(values["lanes"]))`, and so cannot go by lanes that nobody keeps any more."""
    (new,) = await world.order(idempotency_id="new")
    assert "lanes" not in (await row_of(world, new)).properties
    (claimed,) = shipments("claimed")
    await world.run(1)
    shipment = await world.shipment(claimed)
    await world.store.commit([Change(shipment, replace(shipment, attempts=1))])
    with pytest.raises(ValueError, match="Expecting value"):
        json.loads(str((await row_of(world, claimed)).properties["lanes"]))


async def test_a_shipment_of_a_newer_version_is_left_alone_until_that_version_comes(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (new,) = await world.order(idempotency_id="new")
    (beside,) = await world.order(idempotency_id="beside")
    await world.orders.commit(new.key.bucket, [Merge(shipment_key(new), {"v": FORMAT + 1})])
    stood = await row_of(world, new)
    await world.run(5)
    with pytest.raises(NewerFormat):
        await world.store.shipment(new)
    assert await row_of(world, new) == stood
    assert f"shipment.failed shipment={new.uuid} error=NewerFormat" in caplog.text
    assert (await world.shipment(beside)).state is ShipmentState.SENDING
    await world.orders.commit(new.key.bucket, [Merge(shipment_key(new), {"v": FORMAT})])
    await world.run(600)
    assert (await world.shipment(new)).state is ShipmentState.SENDING
    await world.assert_consistent()


async def test_feeds_totals_references_and_gates_are_read(world: World) -> None:
    (entry,) = await world.entries()
    (published,) = shipments("published")
    assert (entry.shipment, entry.sequence, entry.senders_reference) == (published, 2, "published")
    assert [(one.destination, one.status.value) for one in entry.recipients] == [("kari@example.com", "Delivered")]
    assert await world.feed.descending("other", None, 10) == await world.entries("other")
    assert await world.feed.totals("other", "2026-02") == {"shipments": 1, "email.Failed_Bounced": 1}
    assert await world.gates.closed_until("resting") == world.clock.now() + timedelta(minutes=5)
    late = await world.shipment(shipments("late")[0])
    assert (late.notifications[0].status, late.notifications[0].late) == (Status.BOUNCED, Status.DELIVERED)


async def finish(world: World) -> None:
    """Let the providers report on whatever they were given, and everything end."""
    told = [(message.notification_id, "Delivered") for message in world.email.calls]
    before = ("sent", "reported", "claimed")
    told += [(encode(shipments(name)[0].key, 1, 1), "Delivered") for name in before]
    await world.report.email(email_report(*told, at=world.clock.now()))
    references = [*world.sms.references.values(), *(row.key for row in world.refs.rows())]
    await world.report.sms(sms_report(*((reference, "DELIVRD") for reference in references)))
    await world.run(5)


async def test_everything_is_carried_to_its_end_and_told_once(world: World) -> None:
    """The worker that died had ten emails and one SMS in its hands; everything else goes on from where it was."""
    waiting = ("asked", "sent", "postponed", "reported", "claimed", "doubtful", "queued")
    await world.run(600)
    await finish(world)
    for name in waiting:
        shipment = await world.shipment(shipments(name)[0])
        assert (name, shipment.state, shipment.ending) == (name, ShipmentState.DONE, Ending.COMPLETED)
        assert {one.status for one in shipment.notifications} == {Status.DELIVERED}
    ids = [message.notification_id for message in world.email.calls]
    assert len(ids) == len(set(ids)) == 102
    assert len(world.sms.calls) - document()["sent"] == 2
    told = [entry for creator in (CREATOR, "other", "third", "fourth") for entry in await world.entries(creator)]
    expected = {"published", "late", "ended", *waiting}
    assert sorted(entry.shipment for entry in told) == sorted(shipments(name)[0] for name in expected)
    for creator in (CREATOR, "other", "third", "fourth"):
        sequences = [entry.sequence for entry in await world.entries(creator)]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    await world.assert_consistent()


async def test_what_is_scheduled_is_sent_on_its_day(world: World) -> None:
    await world.run_to(NOW + DAY + timedelta(hours=1))
    await finish(world)
    for name in ("scheduled", "parts"):
        assert await statuses(world, name) == [Status.DELIVERED]
    assert (await world.shipment(shipments("scheduled")[1])).state is ShipmentState.DONE


async def test_creators_of_earlier_feeds_are_listed_once_something_more_is_told(world: World) -> None:
    assert await world.feed.creators() == []
    await world.run(60)
    await finish(world)
    assert await world.feed.creators() == sorted(["fourth", "third", CREATOR])
    totals = await world.feed.totals(CREATOR, "2026-02")
    assert totals["shipments"] == 1


async def test_everything_goes_when_its_retention_ends(world: World) -> None:
    await world.run_to(NOW + DAY + timedelta(hours=1))
    await finish(world)
    await world.run_to(NOW + PACE.retention + 4 * DAY)
    await world.stages.sweep()
    assert {row.key.count("|") for bucket in range(16) for row in await all_rows(world.orders, f"{bucket:02x}")} == {1}
    feeds = [row.key for name in (CREATOR, "other", "third", "fourth") for row in await all_rows(world.feeds, name)]
    assert {key[:2] for key in feeds} == {"he", "t|"}
    assert [row.key for row in world.refs.rows()] == ["REF-EARLY-1"]
    assert world.index_rows.rows() == []


@given(todo=st.frozensets(st.integers(1, 100)))
def test_any_set_of_rows_is_read_from_its_bitmap(todo: frozenset[int]) -> None:
    bitmap = f"{sum(1 << number for number in todo):x}"
    lane = {"todo": bitmap, "after": moment(NOW), "attempts": 0, "uncertain": "", "claim": None}
    today = as_today({"n00": pack([]), "lanes": json.dumps({"sms": lane})})
    (read,) = unpack(joined("lanes", today)).values()
    assert (parse_ranges(read["todo"]), parse_ranges(read["uncertain"])) == (todo, frozenset())
