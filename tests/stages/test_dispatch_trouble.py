"""Dispatch in trouble: slots that are taken, calls that fail, and storage that is out of reach with results in hand."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.domain.advance import plan
from notifications.domain.ids import OrderKey, ShipmentId
from notifications.domain.order import ShipmentContent
from notifications.domain.outcomes import Accepted, Postponed
from notifications.domain.shipment import Change
from notifications.domain.statuses import Channel, Status
from notifications.stages import dispatch as dispatch_module
from tests.builders import (
    KEY,
    NOW,
    PACE,
    email_content,
    order_of,
    registered,
    sms_content,
)
from tests.stages.world import World, one_bucket, sms_report

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
EMAIL, SMS = Channel.EMAIL, Channel.SMS


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(dispatch_module, "_pauses", lambda _: iter((0.0, 0.0)))
    return World()


async def planned(world: World, *contents: ShipmentContent, **members: object) -> list[ShipmentId]:
    """Shipments that wait for hand-over, all in one bucket."""
    ids = []
    for number, content in enumerate(contents or (email_content(),)):
        start = registered(id=ShipmentId(OrderKey(KEY.value + number), 1), content=content, **members)
        shipment = plan(start, world.clock.now(), PACE)
        await world.store.accept(order_of(shipment), [shipment])
        ids.append(shipment.id)
    return ids


async def send(world: World, channel: Channel, *ids: ShipmentId, again: bool = False) -> None:
    await world.dispatch[channel](one_bucket(ids, again=again))
    await world.assert_consistent()


async def statuses(world: World, identity: ShipmentId) -> list[Status]:
    return [one.status for one in (await world.shipment(identity)).notifications]


async def test_with_all_slots_taken_a_message_is_put_off_for_two_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch_module, "_SLOT_PATIENCE", 0.01)
    world.start(slots=1)
    first, second = await planned(world, email_content(), email_content())
    busy, enough = asyncio.Event(), asyncio.Event()

    async def slow(_: UUID) -> None:
        busy.set()
        await enough.wait()

    world.email.during = slow
    holding = asyncio.create_task(world.dispatch[EMAIL](one_bucket([first])))
    await busy.wait()
    await send(world, EMAIL, second)
    shipment = await world.shipment(second)
    assert (shipment.due, shipment.wants, shipment.lanes[EMAIL].claim) == (NOW + 2 * SECOND, "e", None)
    assert len(world.email.calls) == 1
    enough.set()
    await holding
    world.clock.forward(2 * SECOND)
    await send(world, EMAIL, second)
    assert len(world.email.calls) == 2


async def test_a_slot_is_given_back_whatever_happened_in_it(world: World) -> None:
    world.start(slots=1)
    ids = await planned(world, *[email_content()] * 3)

    async def broken(_: UUID) -> None:
        raise RuntimeError("kari@example.com")

    world.email.during = broken
    await send(world, EMAIL, ids[0])
    world.email.during = None
    await send(world, EMAIL, *ids[1:])
    assert await statuses(world, ids[2]) == [Status.ACCEPTED]


async def test_an_unexpected_failure_of_a_call_is_uncertain_and_says_nothing_of_anybody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = await planned(world, email_content(), email_content())

    async def broken(identity: UUID) -> None:
        if identity == bad.notification(1):
            raise RuntimeError("kari@example.com")

    world.email.during = broken
    await send(world, EMAIL, bad, good)
    shipment = await world.shipment(bad)
    assert shipment.lanes[EMAIL].uncertain == {1}
    assert shipment.notifications[0].reason == "error_RuntimeError"
    assert await statuses(world, good) == [Status.ACCEPTED]
    assert "kari" not in caplog.text


async def test_one_shipment_that_cannot_be_read_leaves_the_others(world: World) -> None:
    bad, good = await planned(world, email_content(), email_content())
    row = await world.orders.get(KEY.bucket, f"o|{bad.key.hex}|01")
    assert row is not None
    world.orders._partitions[KEY.bucket].rows[row.key] = replace(row, properties={**row.properties, "n00": b"broken"})
    await world.dispatch[EMAIL](one_bucket([bad, good]))
    assert await statuses(world, good) == [Status.ACCEPTED]


async def test_results_are_recorded_although_storage_fails_for_a_while(world: World) -> None:
    (sms,) = await planned(world, sms_content())

    async def down(_: UUID) -> None:
        world.orders.fail("commit", 2)

    world.sms.during = down
    await send(world, SMS, sms)
    assert await statuses(world, sms) == [Status.ACCEPTED]
    assert len(world.sms.calls) == 1


async def test_results_are_recorded_although_the_shipment_changed_and_could_not_be_read_at_once(world: World) -> None:
    (sms,) = await planned(world, sms_content())

    async def changed(_: UUID) -> None:
        shipment = await world.shipment(sms)
        await world.store.commit([Change(shipment, replace(shipment, reason="changed"))])
        world.sms.during = None
        original = world.orders.commit

        async def then_down(partition: str, operations: object) -> list[str]:
            world.orders.commit = original  # type: ignore[method-assign]
            world.orders.fail("get", 2)
            return await original(partition, operations)  # type: ignore[arg-type]

        world.orders.commit = then_down  # type: ignore[method-assign]

    world.sms.during = changed
    await send(world, SMS, sms)
    assert await statuses(world, sms) == [Status.ACCEPTED]
    assert len(world.sms.calls) == 1


async def test_results_are_recorded_although_the_gate_cannot_be_closed(world: World) -> None:
    good, bad = await planned(world, sms_content(), sms_content())
    world.sms.answers.extend([Accepted("REF-1"), Postponed("http_429", MINUTE)])

    async def down(_: UUID) -> None:
        world.gate_rows.fail("commit", 5)
        world.gate_rows.fail("get", 5)

    world.sms.during = down
    await send(world, SMS, good, bad)
    assert await statuses(world, good) == [Status.ACCEPTED]
    assert (await world.shipment(bad)).lanes[SMS].claim is None


async def test_a_reference_that_could_not_be_kept_does_not_send_the_sms_again(world: World) -> None:
    (sms,) = await planned(world, sms_content())
    world.refs.fail("get", 9)
    world.refs.fail("commit", 9)
    await send(world, SMS, sms)
    assert await statuses(world, sms) == [Status.ACCEPTED]
    await world.run(300)
    assert len(world.sms.calls) == 1


async def test_a_reference_is_kept_before_the_hand_over_is_recorded(world: World) -> None:
    """A crash in between must still find the message that a report is about."""
    (sms,) = await planned(world, sms_content())

    async def down(_: UUID) -> None:
        world.orders.fail("commit", 99)

    world.sms.during = down
    await world.dispatch[SMS](one_bucket([sms]))
    world.orders.fail("commit", 0)
    await world.report.sms(sms_report(("REF-000001", "DELIVRD")))
    await world.run(200)
    assert await statuses(world, sms) == [Status.DELIVERED]
    assert len(world.sms.calls) == 1
