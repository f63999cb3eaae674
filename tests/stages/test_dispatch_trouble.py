"""Dispatch in trouble: slots that are taken, calls that fail, and storage that is out of reach with results in hand."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from notifications.domain.outcomes import Accepted, Postponed
from notifications.domain.shipment import Change
from notifications.domain.statuses import Status
from notifications.stages import provider_calls, recording
from tests.builders import (
    KEY,
    NOW,
    PACE,
    email_content,
    sms_content,
)
from tests.stages.dispatching import EMAIL, MINUTE, SECOND, SMS, planned, refuse, send, statuses
from tests.stages.world import World, one_bucket, sms_report


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(recording, "_pauses", lambda _: iter((0.0, 0.0)))
    return World()


async def test_with_all_slots_taken_a_message_is_put_off_for_two_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_calls, "_SLOT_PATIENCE", 0.01)
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


async def test_a_claim_that_was_stored_without_an_answer_is_used_and_leaves_no_doubt(world: World) -> None:
    (identity,) = await planned(world, sms_content())
    world.orders.silence(stored=True)
    await send(world, SMS, identity)
    assert await statuses(world, identity) == [Status.ACCEPTED]
    assert len(world.sms.calls) == 1


async def test_a_claim_that_storage_did_not_take_is_made_anew(world: World) -> None:
    (identity,) = await planned(world, sms_content())
    world.orders.silence(stored=False)
    await send(world, SMS, identity)
    assert world.sms.calls == []
    await world.run(60)
    assert await statuses(world, identity) == [Status.ACCEPTED]
    assert len(world.sms.calls) == 1


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


def in_fake_time(world: World, monkeypatch: pytest.MonkeyPatch, ends: timedelta | None = None) -> list[float]:
    """Storage is away from the hand-over on, for so long if at all; how long the recorder paused, each time."""
    pauses: list[float] = []

    async def away(_: UUID) -> None:
        world.orders.fail("commit", 10_000)

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        world.clock.forward(seconds=seconds)
        if ends and sum(pauses) >= ends.total_seconds():
            world.orders.fail("commit", 0)

    # The fixture's pauses are too short to tell anything here.
    monkeypatch.undo()
    monkeypatch.setattr(asyncio, "sleep", sleep)
    world.sms.during = away
    return pauses


async def test_results_are_kept_although_storage_is_away_for_nearly_as_long_as_a_claim(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sms,) = await planned(world, sms_content())
    in_fake_time(world, monkeypatch, ends=PACE.claim - 10 * SECOND)
    await world.dispatch[SMS](one_bucket([sms]))
    assert await statuses(world, sms) == [Status.ACCEPTED]
    assert len(world.sms.calls) == 1


async def test_results_that_storage_did_not_take_for_a_whole_claim_are_said_to_be_lost(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (sms,) = await planned(world, sms_content())
    pauses = in_fake_time(world, monkeypatch)
    await world.dispatch[SMS](one_bucket([sms]))
    claim = PACE.claim.total_seconds()
    assert claim - max(pauses) <= sum(pauses) <= claim
    assert f"result.not_recorded shipment={sms.uuid}" in caplog.text


async def test_one_shipment_whose_record_is_refused_leaves_its_neighbours_results_recorded(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    bad, *good = await planned(world, *[sms_content()] * 3)

    async def refusing(_: UUID) -> None:
        world.sms.during = None
        refuse(world, bad, times=1000)

    world.sms.during = refusing
    await send(world, SMS, bad, *good)
    assert [await statuses(world, each) for each in good] == [[Status.ACCEPTED]] * 2
    assert f"result.not_recorded shipment={bad.uuid}" in caplog.text


async def test_a_result_that_met_another_version_is_merged_although_its_neighbours_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "_pauses", lambda _: iter(()))
    bad, good = await planned(world, *[sms_content()] * 2)

    async def refusing_and_changing(_: UUID) -> None:
        world.sms.during = None
        held = await world.shipment(good)
        assert await world.store.commit_one(Change(held, replace(held, attempts=1)))
        refuse(world, bad, times=1000)

    world.sms.during = refusing_and_changing
    await send(world, SMS, bad, good)
    assert await statuses(world, good) == [Status.ACCEPTED]


async def test_one_shipment_whose_claim_is_refused_backs_off_and_the_others_are_sent(world: World) -> None:
    bad, *good = await planned(world, *[sms_content()] * 3)
    # With the others, alone, and then it is let go: the third is its being put off.
    refuse(world, bad, times=2)
    await send(world, SMS, bad, *good)
    assert [await statuses(world, each) for each in good] == [[Status.ACCEPTED]] * 2
    shipment = await world.shipment(bad)
    assert (shipment.attempts, shipment.reason, shipment.wants) == (1, "error_ValueError", "s")
    assert shipment.due >= NOW + 8 * SECOND
    assert len(world.sms.calls) == 2


async def test_work_that_came_again_is_handed_over_one_by_one_for_a_minute(world: World) -> None:
    ids = await planned(world, *[sms_content()] * 5)
    at_once = most = 0

    async def slow(_: UUID) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        world.clock.forward(25 * SECOND)
        at_once -= 1

    world.sms.during = slow
    await send(world, SMS, *ids, again=True)
    assert most == 1
    assert [(await statuses(world, each))[0] for each in ids] == [Status.ACCEPTED] * 3 + [Status.NEW] * 2
    assert (await world.shipment(ids[4])).due <= world.clock.now()


async def test_claims_that_found_no_slot_do_not_grow_the_back_off(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_calls, "_SLOT_PATIENCE", 0.001)
    world.start(slots=1)
    (sms,) = await planned(world, sms_content())
    async with world.dispatch[SMS]._calls._slots:
        for _ in range(10):
            await send(world, SMS, sms)
            world.clock.forward(3 * SECOND)
    assert world.sms.calls == []
    world.sms.answers.append(Postponed("connect"))
    await send(world, SMS, sms)
    assert len(world.sms.calls) == 1
    assert (await world.shipment(sms)).lanes[SMS].after <= world.clock.now() + 12 * SECOND
