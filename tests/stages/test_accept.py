"""Accept: once, whatever is repeated; at once to the workers, within a fair allowance."""

import asyncio
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from notifications.domain.clock import round_up
from notifications.domain.ids import ShipmentId, idempotency_hash, key_from_hash
from notifications.domain.order import EmailTemplate, ShipmentContent, ShipmentDraft
from notifications.domain.pace import Pace
from notifications.domain.record import WorkQueue
from notifications.stages.acceptance import IdCollision, OrderTooLarge
from notifications.storage.orders import OrderStore
from notifications.storage.table import Operation
from tests.builders import CREATOR, NOW, draft, email_content, many, order_of, registered, sms_content
from tests.stages.fakes import FlakyTable, StorageDown
from tests.stages.world import World

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


def waiting(world: World) -> list[int]:
    return [len(messages) for messages in world.queues.messages.values()]


async def test_an_order_due_now_is_queued_and_has_its_wake_up_a_little_later(world: World) -> None:
    first, second = await world.order(email_content(), sms_content())
    (message,) = world.queues.messages[WorkQueue.PROCESS]
    assert message.shipments == (first, second)
    assert {(await world.shipment(each)).due for each in (first, second)} == {NOW + 10 * SECOND}
    await world.assert_consistent()


async def test_an_order_due_now_is_queued_although_its_send_time_was_rounded_up(world: World) -> None:
    world.clock.moment = NOW + timedelta(microseconds=300)
    (mail,) = await world.order(email_content(), send_at=round_up(world.clock.now()))
    assert waiting(world) == [1, 0, 0]
    assert (await world.shipment(mail)).due == NOW + timedelta(milliseconds=1) + 10 * SECOND


async def test_only_what_is_due_of_an_order_is_queued(world: World) -> None:
    shipments = (
        ShipmentDraft(content=email_content(), send_at=NOW),
        ShipmentDraft(content=email_content(), send_at=NOW + HOUR),
    )
    order = (await world.accept(draft(shipments=shipments))).order
    (message,) = world.queues.messages[WorkQueue.PROCESS]
    assert message.shipments == order.shipment_ids[:1]
    assert (await world.shipment(order.shipment_ids[1])).due == NOW + HOUR


async def test_a_scheduled_order_is_stored_and_queued_by_nobody(world: World) -> None:
    (shipment,) = await world.order(email_content(), send_at=NOW + timedelta(microseconds=1))
    assert waiting(world) == [0, 0, 0]
    assert (await world.shipment(shipment)).due == NOW + timedelta(milliseconds=1)


async def test_the_same_request_again_is_a_replay_with_the_same_ids(world: World) -> None:
    first = await world.accept(draft())
    again = await world.accept(draft())
    assert (first.replayed, again.replayed, again.mismatch) == (False, True, False)
    assert again.order.shipment_ids == first.order.shipment_ids
    assert waiting(world) == [1, 0, 0]
    assert len(world.orders.rows()) == 3


async def test_a_replay_with_another_content_gets_the_first_order_and_is_told(world: World) -> None:
    await world.accept(draft(email_content(senders_reference="first")))
    again = await world.accept(draft(email_content(senders_reference="second"), fingerprint="another"))
    assert (again.replayed, again.mismatch, again.order.references) == (True, True, ("first",))


async def test_a_replay_gets_the_first_orders_warnings(world: World) -> None:
    await world.accept(draft(warnings=("the first",)))
    again = await world.accept(draft(warnings=("another",)))
    found = await world.accept.find(draft(warnings=()))
    assert found is not None
    assert again.order.warnings == found.order.warnings == ("the first",)


NAMED: dict[str, Any] = {"dialog_id": "dialog", "transmission_id": "transmission"}


@pytest.mark.parametrize("named", [NAMED, NAMED | {"dialog_id": "other"}, NAMED | {"transmission_id": "other"}, {}])
@pytest.mark.parametrize("reference", ["mine", "other", None])
async def test_whatever_a_replay_is_called_the_first_order_is_found_by_its_own_names_alone(
    world: World, reference: str | None, named: dict[str, Any]
) -> None:
    await world.accept(draft(email_content(senders_reference="mine"), **NAMED))
    noted = [row.key for row in world.index_rows.rows()]
    assert len(noted) == 3
    again = draft(email_content(senders_reference=reference), email_content(senders_reference="mine"), **named)
    assert (await world.accept(again)).replayed
    assert [row.key for row in world.index_rows.rows()] == noted


async def test_a_replay_after_retention_can_be_found_by_no_name() -> None:
    world = World(Pace(retention=DAY))
    content = email_content(senders_reference="mine")
    await world.accept(draft(content, **NAMED))
    await world.run_to(NOW + 5 * DAY)
    left = [row.key for row in world.index_rows.rows()]
    again = await world.accept(draft(content, **NAMED))
    assert (again.replayed, again.mismatch, again.order.live) == (True, False, 0)
    assert [row.key for row in world.index_rows.rows()] == left


async def test_the_same_idempotency_id_of_another_creator_is_another_order(world: World) -> None:
    first = await world.accept(draft())
    other = await world.accept(draft(creator="other"))
    assert not other.replayed
    assert other.order.key != first.order.key


async def test_the_same_request_many_times_at_once_is_accepted_once(world: World) -> None:
    outcomes = await asyncio.gather(*(world.accept(draft()) for _ in range(8)))
    assert sorted(outcome.replayed for outcome in outcomes) == [False, *[True] * 7]
    assert len({outcome.order.key for outcome in outcomes}) == 1


async def test_another_order_under_the_same_key_is_a_collision_and_nobody_sees_the_other(world: World) -> None:
    key = key_from_hash(idempotency_hash(CREATOR, "Notification", "first"))
    shipment = registered(id=ShipmentId(key, 1), creator="other")
    await world.store.accept(order_of(shipment, creator="other"), [shipment])
    with pytest.raises(IdCollision) as refusal:
        await world.accept(draft())
    assert str(refusal.value) == key.hex
    with pytest.raises(IdCollision):
        await world.accept.find(draft())


async def test_a_first_order_is_found_by_its_idempotency_id_without_placing_another(world: World) -> None:
    assert await world.accept.find(draft()) is None
    placed = await world.accept(draft())
    found = await world.accept.find(draft())
    assert found is not None
    assert (found.replayed, found.order.shipment_ids) == (True, placed.order.shipment_ids)


async def test_with_the_queues_down_the_order_is_accepted_and_goes_by_the_timer(world: World) -> None:
    world.queues.down = True
    await world.order(email_content())
    world.queues.down = False
    await world.run(9)
    assert world.email.calls == []
    await world.run(2)
    assert len(world.email.calls) == 1


async def test_with_the_table_down_nothing_is_accepted_and_nothing_queued(world: World) -> None:
    world.orders.fail("commit")
    with pytest.raises(StorageDown):
        await world.accept(draft())
    assert world.orders.rows() == []
    assert waiting(world) == [0, 0, 0]


class RepeatingTable(FlakyTable):
    """Repeats each first insert, as the client library does after a 5xx whose request was applied."""

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        await super().commit(partition, operations)
        return await super().commit(partition, operations)


async def test_an_acceptance_that_meets_its_own_success_is_the_first_and_not_a_replay(world: World) -> None:
    world.store = OrderStore(RepeatingTable())
    world.accept._store = world.store
    outcome = await world.accept(draft())
    assert not outcome.replayed
    assert waiting(world) == [1, 0, 0]


async def test_a_creator_goes_straight_to_the_workers_twenty_times_and_then_ten_times_a_second(world: World) -> None:
    async def placed(count: int, start: int) -> int:
        before = len(world.queues.put_at_all)
        for number in range(start, start + count):
            await world.order(email_content(), idempotency_id=str(number))
        return len(world.queues.put_at_all) - before

    assert await placed(30, 0) == 20
    world.clock.forward(SECOND)
    assert await placed(30, 100) == 10
    world.clock.forward(HOUR)
    assert await placed(30, 200) == 20


async def test_scheduled_orders_cost_nothing_of_the_allowance(world: World) -> None:
    for number in range(50):
        await world.order(email_content(), idempotency_id=str(number), send_at=NOW + HOUR)
    await world.order(email_content())
    assert waiting(world) == [1, 0, 0]


async def test_one_creators_burst_costs_another_nothing(world: World) -> None:
    for number in range(50):
        await world.order(email_content(), idempotency_id=str(number))
    await world.order(email_content(), creator="other")
    assert waiting(world) == [21, 0, 0]


async def test_what_is_beyond_the_allowance_is_released_by_the_timer(world: World) -> None:
    for number in range(50):
        await world.order(email_content(), idempotency_id=str(number))
    await world.run(3)
    assert len(world.email.calls) == 50


async def test_what_was_asked_for_a_moment_ago_keeps_its_time_and_is_due_like_what_came_now(world: World) -> None:
    for number in range(50):
        (mail,) = await world.order(email_content(), idempotency_id=str(number), send_at=NOW - HOUR)
    assert waiting(world) == [20, 0, 0]
    last = await world.shipment(mail)
    assert (last.send_at, last.due) == (NOW - HOUR, NOW)


async def test_content_that_fits_in_no_transaction_is_refused_before_anything_is_stored(world: World) -> None:
    with pytest.raises(OrderTooLarge):
        await world.accept(draft(too_large(senders_reference="mine"), **NAMED))
    assert world.orders.rows() == world.index_rows.rows() == []
    assert waiting(world) == [0, 0, 0]


async def test_a_replay_whose_content_fits_nowhere_leaves_the_first_order_its_names(world: World) -> None:
    await world.accept(draft(email_content(senders_reference="mine"), **NAMED))
    noted = [row.key for row in world.index_rows.rows()]
    with pytest.raises(OrderTooLarge):
        await world.accept(draft(too_large(senders_reference="mine"), too_large(senders_reference="other"), **NAMED))
    assert [row.key for row in world.index_rows.rows()] == noted


def too_large(**members: Any) -> ShipmentContent:
    body = b64encode(Random(1).randbytes(2_700_000)).decode()
    return email_content(email=EmailTemplate(subject="s", body=body), **members)


async def test_an_order_row_names_nobody_but_its_creator(world: World) -> None:
    await world.order(email_content(), sms_content())
    key = key_from_hash(idempotency_hash(CREATOR, "Notification", "first"))
    (row,) = [row for row in world.orders.rows() if row.key == f"o|{key.hex}"]
    assert b"example.com" not in repr(dict(row.properties)).encode()


async def test_a_heavy_order_that_is_due_at_once_counts_as_many_where_it_waits(world: World) -> None:
    for recipients in (many(1), many(10_000)):
        await world.order(email_content(recipients=recipients), idempotency_id=str(len(recipients)))
    assert [message.heavy for message in world.queues.messages[WorkQueue.PROCESS]] == [False, True]
