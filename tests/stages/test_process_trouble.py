"""Process in trouble: endpoints that are slow, queues and storage out of reach, and messages that come back."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

import pytest

from local.waiting import until
from notifications.domain.contacts import ContactPoints, Inquiry
from notifications.domain.faults import EndpointSilent
from notifications.domain.order import ConditionPolicy, Recipient, SendingTimePolicy
from notifications.domain.record import WorkQueue
from notifications.domain.statuses import Ending, ShipmentState
from tests.builders import NOW, PACE, email_content, fact, registered, sending, sms_content
from tests.stages.dispatching import MINUTE, SECOND, refuse
from tests.stages.fakes import StorageDown
from tests.stages.processing import asks, handle, stored
from tests.stages.world import World, one_bucket


@pytest.fixture
def world() -> World:
    return World()


async def test_one_shipment_whose_plan_is_refused_backs_off_and_the_others_are_planned(world: World) -> None:
    ids = await stored(world, *[registered()] * 3)
    # With the others, alone, and then it is let go: the third is its being put off.
    refuse(world, ids[0], times=2)
    bad, *good = await handle(world, *ids)
    assert [shipment.state for shipment in good] == [ShipmentState.SENDING] * 2
    assert (bad.state, bad.attempts, bad.reason) == (ShipmentState.REGISTERED, 1, "error_ValueError")
    assert NOW + 8 * SECOND <= bad.due <= NOW + 12 * SECOND


async def test_one_shipment_whose_reports_cannot_be_folded_leaves_the_others_completed(world: World) -> None:
    ids = await stored(world, *[sending()] * 3)
    for each in ids:
        await world.store.add_fact(fact(shipment=each))
    refuse(world, ids[0], times=1000)
    bad, *good = await handle(world, *ids, told=True)
    assert (bad.state, [shipment.state for shipment in good]) == (ShipmentState.SENDING, [ShipmentState.DONE] * 2)
    assert [shipment for shipment, _, _ in await world.told()] == ids[1:]


async def test_work_that_came_again_is_done_for_a_minute_and_the_rest_left_to_its_wake_ups(world: World) -> None:
    ids = await stored(world, *[registered(content=asks())] * 5)

    async def slow(_: str) -> bool:
        world.clock.forward(25 * SECOND)
        return True

    world.conditions.ask = slow  # type: ignore[method-assign, assignment]
    shipments = await handle(world, *ids, again=True)
    assert [shipment.state.value for shipment in shipments] == ["Sending"] * 3 + ["Registered"] * 2
    assert [(shipment.due, shipment.attempts) for shipment in shipments[3:]] == [(NOW, 0)] * 2


async def test_a_slow_condition_endpoint_delays_nobody_else_in_its_pack(world: World) -> None:
    slow, neighbour = await stored(world, registered(content=asks()), registered())
    asked, enough = asyncio.Event(), asyncio.Event()

    async def hang(_: str) -> bool:
        asked.set()
        await enough.wait()
        return True

    world.conditions.ask = hang  # type: ignore[method-assign, assignment]
    work = asyncio.create_task(world.process(one_bucket([slow, neighbour])))
    await asked.wait()
    for _ in range(50):
        await asyncio.sleep(0)
    states = [(await world.shipment(each)).state for each in (slow, neighbour)]
    queued = [message.shipments for message in world.queues.messages[WorkQueue.EMAIL]]
    enough.set()
    await work
    assert states == [ShipmentState.REGISTERED, ShipmentState.SENDING]
    assert queued == [(neighbour,)]


async def test_a_slow_condition_endpoint_delays_no_other_that_is_answered(world: World) -> None:
    slow, *quick = await stored(world, *[registered(content=asks())] * 4)
    silent, enough = asyncio.Event(), asyncio.Event()
    world.conditions.answers.extend([True, None, False])
    in_turn = world.conditions.ask

    async def answer(url: str) -> bool | None:
        if silent.is_set():
            return await in_turn(url)
        silent.set()
        await enough.wait()
        return True

    world.conditions.ask = answer  # type: ignore[method-assign]
    work = asyncio.create_task(world.process(one_bucket([slow, *quick])))
    await silent.wait()

    async def is_stopped() -> bool:
        return (await world.shipment(quick[-1])).state is ShipmentState.DONE

    async with asyncio.timeout(30):
        await until(is_stopped, every=0.01)
    states = [(await world.shipment(each)).state for each in (slow, *quick)]
    again = (await world.shipment(quick[1])).due
    enough.set()
    await work
    assert states == [ShipmentState.REGISTERED, ShipmentState.SENDING, ShipmentState.REGISTERED, ShipmentState.DONE]
    assert again == NOW + MINUTE
    assert (await world.shipment(slow)).state is ShipmentState.SENDING


async def test_a_condition_that_was_better_not_asked_is_put_off_and_asked_as_often_as_any(world: World) -> None:
    (one,) = await stored(world, registered(content=asks(ConditionPolicy.DO_NOT_SEND)))
    world.conditions.answers.extend([EndpointSilent(), None, EndpointSilent(), None])
    (later,) = await handle(world, one)
    assert (later.state, later.attempts, later.condition_asked) == (ShipmentState.REGISTERED, 1, 0)
    assert NOW + 8 * SECOND <= later.due <= NOW + 12 * SECOND
    for asked in (1, 1):
        world.clock.moment = later.due
        (later,) = await handle(world, one)
        assert (later.state, later.condition_asked) == (ShipmentState.REGISTERED, asked)
    world.clock.moment = later.due
    assert [each.ending for each in await handle(world, one)] == [Ending.CONDITION_NOT_MET]


@pytest.mark.parametrize(
    ("policy", "ending"), [(ConditionPolicy.SEND, None), (ConditionPolicy.DO_NOT_SEND, Ending.CONDITION_NOT_MET)]
)
async def test_a_condition_that_is_better_not_asked_for_an_hour_counts_as_unclear(
    world: World, policy: ConditionPolicy, ending: Ending | None
) -> None:
    (one,) = await stored(world, registered(content=asks(policy)))
    world.conditions.answers.extend([EndpointSilent()] * 3)
    world.clock.moment = NOW + 60 * MINUTE - SECOND
    (waiting,) = await handle(world, one)
    assert (waiting.condition_asked, waiting.reason) == (0, "condition_endpoint_silent")
    assert waiting.due == NOW + 60 * MINUTE
    world.clock.moment = waiting.due
    (unclear,) = await handle(world, one)
    assert (unclear.condition_asked, unclear.due) == (1, waiting.due + MINUTE)
    world.clock.moment = unclear.due
    (ended,) = await handle(world, one)
    assert (ended.ending, ended.condition_asked) == (ending, 1)
    assert ended.state is (ShipmentState.DONE if ending else ShipmentState.SENDING)


async def test_a_silent_register_delays_nobody_whom_it_is_not_asked_about(world: World) -> None:
    person = Recipient(national_identity_number="01818030009")
    of_a_person = replace(email_content(), recipients=(person,))
    looked_up, known = await stored(world, registered(content=of_a_person), registered())
    asked, enough = asyncio.Event(), asyncio.Event()

    async def hang(inquiries: Collection[Inquiry]) -> Mapping[Inquiry, ContactPoints]:
        asked.set()
        await enough.wait()
        return {each: ContactPoints(emails=("found@example.com",)) for each in inquiries}

    world.directory.contact_points = hang  # type: ignore[method-assign]
    work = asyncio.create_task(world.process(one_bucket([looked_up, known])))
    await asked.wait()
    states = [(await world.shipment(each)).state for each in (looked_up, known)]
    enough.set()
    await work
    assert states == [ShipmentState.REGISTERED, ShipmentState.SENDING]
    assert (await world.shipment(looked_up)).state is ShipmentState.SENDING


@pytest.mark.parametrize("again", [False, True])
async def test_a_message_that_comes_back_does_not_ask_a_condition_again_before_its_moment(
    world: World, again: bool
) -> None:
    (one,) = await stored(world, registered(content=asks()))
    world.conditions.answers.append(None)
    (first,) = await handle(world, one)
    world.clock.forward(MINUTE - SECOND)
    assert await handle(world, one, again=again) == [first]
    assert len(world.conditions.asked) == 1
    world.clock.forward(SECOND)
    (planned,) = await handle(world, one, again=again)
    assert (planned.state, len(world.conditions.asked)) == (ShipmentState.SENDING, 2)


async def test_a_lane_whose_window_is_closed_at_planning_wakes_at_the_opening(world: World) -> None:
    opens = NOW.replace(hour=8)
    world.clock.moment = opens - PACE.claim / 2
    content = sms_content(SendingTimePolicy.DAYTIME)
    (one,) = await stored(world, registered(content=content, send_at=world.clock.now(), due=world.clock.now()))
    (shipment,) = await handle(world, one)
    assert (shipment.state, shipment.due, shipment.wants) == (ShipmentState.SENDING, opens, "s")
    assert world.queues.messages[WorkQueue.SMS] == []


async def test_a_planned_shipment_whose_message_cannot_be_put_is_due_at_once(world: World) -> None:
    ids = await stored(world, registered(), registered(content=sms_content()))
    world.queues.down = True
    email, sms = await handle(world, *ids)
    assert (email.state, email.due, email.wants) == (ShipmentState.SENDING, NOW, "e")
    assert (sms.state, sms.due, sms.wants) == (ShipmentState.SENDING, NOW, "s")


async def test_a_queue_that_cannot_be_counted_is_not_put_to_directly(world: World) -> None:
    async def uncountable(_: WorkQueue) -> int:
        raise StorageDown

    world.queues.depth = uncountable  # type: ignore[method-assign, assignment]
    (one,) = await stored(world, registered())
    (shipment,) = await handle(world, one)
    assert (shipment.state, shipment.due, shipment.wants) == (ShipmentState.SENDING, NOW, "e")
    assert world.queues.put_at_all == []


async def test_a_cancellation_is_no_setback_and_ends_the_work(world: World) -> None:
    (one,) = await stored(world, registered(content=asks()))

    async def cancelled(_: str) -> bool:
        raise asyncio.CancelledError

    world.conditions.ask = cancelled  # type: ignore[method-assign, assignment]
    with pytest.raises(asyncio.CancelledError):
        await world.process(one_bucket([one]))
    assert (await world.shipment(one)).attempts == 0
