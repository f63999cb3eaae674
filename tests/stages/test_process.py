"""Process: condition, plan, folding, ending and publishing; one shipment's trouble is its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import batched

import pytest

from notifications.domain.hand_over import claim
from notifications.domain.ids import ShipmentId
from notifications.domain.order import ConditionPolicy, EmailTemplate
from notifications.domain.planning import plan
from notifications.domain.record import PACK, Message, WorkQueue
from notifications.domain.shipment import Change, Shipment
from notifications.domain.statuses import Channel, Ending, ShipmentState, Status
from notifications.stages.flow import LEAST, SHORT
from notifications.storage.orders import Committed
from tests.builders import CREATOR, KEY, NOW, PACE, email_content, fact, many, registered, sending, sms_content
from tests.stages.fakes import Killed, StorageDown
from tests.stages.processing import URL, asks, handle, stored
from tests.stages.world import World, one_bucket

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


# Of each creator, so many of a moment pass the timer by although the queue is long.
FIRST = 5


def plan_all(shipment: Shipment) -> Shipment:
    """A shipment all of whose recipients are planned."""
    while shipment.planned < len(shipment.content.recipients):
        shipment = plan(shipment, NOW, PACE)
    return shipment


@pytest.fixture
def world() -> World:
    return World()


async def test_a_due_shipment_is_planned_and_its_message_put_at_once(world: World) -> None:
    ids = await stored(world, registered(), registered(content=sms_content()), registered())
    shipments = await handle(world, *ids)
    assert {shipment.state for shipment in shipments} == {ShipmentState.SENDING}
    (email,), (sms,) = (world.queues.messages[queue] for queue in (WorkQueue.EMAIL, WorkQueue.SMS))
    assert (email.shipments, sms.shipments) == ((ids[0], ids[2]), (ids[1],))
    assert {shipment.due for shipment in shipments} == {NOW + PACE.claim}


async def test_what_is_heavy_once_it_is_planned_gets_a_message_of_its_own_that_says_so(world: World) -> None:
    """Each of these travelled in a pack: only with its notifications is it heavy."""
    crowd = registered(
        content=email_content(recipients=many(1000), email=EmailTemplate(subject="A subject", body="x" * 150_000))
    )
    assert not crowd.is_heavy
    ids = await stored(world, registered(), crowd, registered(), crowd)
    shipments = await handle(world, *ids)
    assert [shipment.is_heavy for shipment in shipments] == [False, True, False, True]
    assert [(each.shipments, each.heavy) for each in world.queues.messages[WorkQueue.EMAIL]] == [
        ((ids[0], ids[2]), False),
        ((ids[1],), True),
        ((ids[3],), True),
    ]


async def test_planned_heavy_shipments_fill_the_queue_as_packs_do(world: World) -> None:
    crowd = registered(content=email_content(email=EmailTemplate(subject="A subject", body="x" * 250_000)))
    ids = await stored(world, *[crowd] * 4)
    for one in ids:
        await world.process(Message(shipments=(one,), heavy=True))
    put = [each.shipments for each in world.queues.messages[WorkQueue.EMAIL]]
    assert put == [(one,) for one in ids[: SHORT // PACK]]


async def test_a_message_that_comes_early_changes_nothing(world: World) -> None:
    (one,) = await stored(world, registered(send_at=NOW + SECOND, due=NOW + SECOND))
    before = sorted(row.etag for row in world.orders.rows())
    await handle(world, one)
    assert sorted(row.etag for row in world.orders.rows()) == before
    assert world.conditions.asked == []


async def long_queue(world: World) -> Message:
    """Fill the queue of emails as far as it has room for what passes the timer by."""
    others = Message(shipments=tuple(ShipmentId(KEY, number + 1) for number in range(SHORT)))
    await world.queues.put(WorkQueue.EMAIL, others)
    return others


async def test_with_a_long_queue_a_creators_first_of_a_moment_go_there_and_the_others_wait_for_the_timer(
    world: World,
) -> None:
    others = await long_queue(world)
    ids = await stored(world, *[registered()] * (FIRST + 2))
    shipments = [each for one in ids for each in await handle(world, one)]
    assert [each.due > NOW for each in shipments] == [True] * FIRST + [False] * 2
    assert shipments[-1].wants == "e"
    assert [each.shipments for each in world.queues.messages[WorkQueue.EMAIL]] == [
        others.shipments,
        *((one,) for one in ids[:FIRST]),
    ]
    world.clock.forward(SECOND)
    (one,) = await stored(world, registered())
    (shipment,) = await handle(world, one)
    assert shipment.due > NOW + SECOND


async def test_with_a_long_queue_another_creators_first_go_there_too(world: World) -> None:
    await long_queue(world)
    for one in await stored(world, *[registered()] * (FIRST + 2)):
        await handle(world, one)
    (one,) = await stored(world, registered(creator="another"))
    (shipment,) = await handle(world, one)
    assert shipment.due > NOW


async def test_with_a_long_queue_what_is_heavy_waits_for_the_timer(world: World) -> None:
    await long_queue(world)
    crowd = registered(content=email_content(email=EmailTemplate(subject="A subject", body="x" * 250_000)))
    (one,) = await stored(world, crowd)
    (shipment,) = await handle(world, one)
    assert (shipment.due, shipment.wants) == (NOW, "e")


async def test_messages_that_were_just_put_count_before_the_queue_is_asked_again(world: World) -> None:
    ids = await stored(world, *[registered()] * (SHORT + 8))
    for one in ids:
        await world.process(one_bucket([one]))
    assert len(world.queues.messages[WorkQueue.EMAIL]) == SHORT + FIRST


async def test_planned_shipments_leave_room_on_the_queue_for_those_that_the_timer_releases(world: World) -> None:
    ids = await stored(world, *[registered()] * 2 * LEAST)
    for some in batched(ids, PACK, strict=True):
        await world.process(Message(shipments=some))
    put = [each for message in world.queues.messages[WorkQueue.EMAIL] for each in message.shipments]
    assert len(put) == SHORT + FIRST
    late = [shipment for each in ids if (shipment := await world.shipment(each)).due == NOW]
    assert len(late) == len(ids) - len(put), "the others wait for the timer to be fair"


async def test_a_message_that_could_not_be_put_is_replaced_by_the_timer(world: World) -> None:
    ids = await stored(world, registered(), replace(sending(), due=NOW))
    await world.store.add_fact(fact(shipment=ids[1]))
    world.queues.down = True
    try:
        await handle(world, *ids, told=True)
    except StorageDown:
        world.queues.down = False
        await world.process(one_bucket(ids, facts=frozenset(ids)))
    world.queues.down = False
    assert await world.told() == [(ids[1], "Completed", ["Delivered"])]
    await world.run(PACE.claim.total_seconds() + 2)
    assert len(world.email.calls) == 1


async def test_a_condition_that_says_yes_sends(world: World) -> None:
    (one,) = await stored(world, registered(content=asks()))
    (shipment,) = await handle(world, one)
    assert world.conditions.asked == [URL]
    assert shipment.state is ShipmentState.SENDING


async def test_a_condition_that_says_no_ends_the_shipment_and_is_told(world: World) -> None:
    (one,) = await stored(world, registered(content=asks()))
    world.conditions.answers.append(False)
    (shipment,) = await handle(world, one)
    assert (shipment.state, shipment.ending, shipment.published) == (
        ShipmentState.DONE,
        Ending.CONDITION_NOT_MET,
        True,
    )
    assert await world.told() == [(one, "SendConditionNotMet", [])]


@pytest.mark.parametrize(
    ("policy", "state"),
    [(ConditionPolicy.SEND, ShipmentState.SENDING), (ConditionPolicy.DO_NOT_SEND, ShipmentState.DONE)],
)
async def test_a_condition_that_gives_no_answer_is_asked_again_once_and_then_the_order_decides(
    world: World, policy: ConditionPolicy, state: ShipmentState
) -> None:
    (one,) = await stored(world, registered(content=asks(policy)))
    world.conditions.answers.extend([None, None])
    (shipment,) = await handle(world, one)
    assert (shipment.state, shipment.due) == (ShipmentState.REGISTERED, NOW + MINUTE)
    world.clock.forward(MINUTE)
    (shipment,) = await handle(world, one)
    assert (shipment.state, len(world.conditions.asked)) == (state, 2)


async def test_a_condition_that_answers_the_second_time_decides(world: World) -> None:
    (one,) = await stored(world, registered(content=asks(ConditionPolicy.DO_NOT_SEND)))
    world.conditions.answers.extend([None, True])
    await world.run(61)
    assert (await world.shipment(one)).state is ShipmentState.SENDING


async def test_an_exception_in_one_shipment_puts_it_off_and_leaves_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad, other = await stored(world, registered(), registered(content=asks()), registered())
    world.conditions.answers.append(RuntimeError("kari@example.com"))
    shipments = await handle(world, good, bad, other)
    assert [shipment.state.value for shipment in shipments] == ["Sending", "Registered", "Sending"]
    assert (shipments[1].attempts, shipments[1].reason) == (1, "error_RuntimeError")
    assert NOW + 8 * SECOND <= shipments[1].due <= NOW + 12 * SECOND
    assert "kari" not in caplog.text
    world.clock.moment = shipments[1].due
    assert (await handle(world, bad))[0].state is ShipmentState.SENDING


async def test_a_shipment_that_always_goes_wrong_fails_at_its_expiry(world: World) -> None:
    world.conditions.answers.extend([RuntimeError()] * 1000)
    (one,) = await stored(world, registered(content=asks()))
    await world.run_to(registered().expires + MINUTE)
    assert await world.told() == [(one, "Completed", ["Failed_TTL"])]
    assert (await world.shipment(one)).notifications[0].reason == "error_RuntimeError"
    assert 80 < len(world.conditions.asked) < 200


async def test_a_shipment_that_cannot_be_read_or_put_off_keeps_its_wake_up(world: World) -> None:
    bad, good = await stored(world, registered(), registered())
    row = await world.orders.get(KEY.bucket, f"o|{bad.key.hex}|01")
    assert row is not None
    world.orders._partitions[KEY.bucket].rows[row.key] = replace(row, properties={**row.properties, "n00": b"broken"})
    await world.process(one_bucket([bad, good]))
    assert (await world.shipment(good)).state is ShipmentState.SENDING
    await world.assert_consistent()


async def test_facts_of_nobody_are_dropped(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await world.store.add_fact(fact())
    await world.process(one_bucket([fact().shipment], facts=frozenset({fact().shipment})))
    assert await world.store.facts(fact().shipment) == []
    assert "report.orphan" in caplog.text


async def test_more_facts_of_nobody_than_a_page_are_dropped_in_the_end(world: World) -> None:
    for number in range(200):
        await world.store.add_fact(fact(number=number + 1))
    await world.run(90)
    assert await world.store.facts(fact().shipment) == []


async def test_the_reports_of_a_large_shipment_are_all_folded_by_one_message(world: World) -> None:
    (one,) = await stored(world, sending(content=email_content(recipients=many(500))))
    for number in range(1, 501):
        await world.store.add_fact(fact(shipment=one, number=number))
    (shipment,) = await handle(world, one, told=True)
    assert await world.store.facts(one) == []
    assert {each.status for each in shipment.notifications} == {Status.DELIVERED}
    assert [len(statuses) for _, _, statuses in await world.told()] == [500]


async def test_a_large_shipment_that_nobody_reported_on_ends_for_everybody(world: World) -> None:
    people = many(20_000)
    (one,) = await stored(world, plan_all(registered(content=email_content(recipients=people))))
    shipment = await world.shipment(one)
    world.clock.moment = shipment.expires
    for _ in range(5):
        await world.step()
        world.clock.forward(seconds=1)
    (entry,) = await world.inquiries.feed(CREATOR, 0, 10, newest_first=False)
    assert [each.status for each in entry.recipients] == [Status.TTL] * len(people)


async def test_facts_are_folded_only_when_somebody_told_of_them_or_the_end_has_come(world: World) -> None:
    (one,) = await stored(world, sending())
    await world.store.add_fact(fact(shipment=one))
    (shipment,) = await handle(world, one)
    assert shipment.notifications[0].status is Status.NEW
    world.clock.moment = shipment.expires
    (shipment,) = await handle(world, one)
    assert shipment.notifications[0].status is Status.DELIVERED


async def test_a_shipment_that_somebody_changes_meanwhile_is_decided_again(world: World) -> None:
    (one,) = await stored(world, sending())
    await world.store.add_fact(fact(shipment=one))
    original = world.store.facts
    changes = 0

    async def change_meanwhile(identity: ShipmentId) -> list[object]:
        nonlocal changes
        found = await original(identity)
        if changes < 2:
            changes += 1
            shipment = await world.shipment(identity)
            await world.store.commit([Change(shipment, replace(shipment, attempts=changes))])
        return list(found)

    world.store.facts = change_meanwhile  # type: ignore[method-assign, assignment]
    (shipment,) = await handle(world, one, told=True)
    assert (shipment.state, shipment.notifications[0].status) == (ShipmentState.DONE, Status.DELIVERED)
    assert changes == 2


async def test_without_end_contention_the_message_gives_up_and_the_wake_up_stays(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    (one,) = await stored(world, sending())
    await world.store.add_fact(fact(shipment=one))
    original = world.store.facts

    async def change_meanwhile(identity: ShipmentId) -> list[object]:
        found = await original(identity)
        shipment = await world.shipment(identity)
        await world.store.commit([Change(shipment, replace(shipment, attempts=shipment.attempts + 1))])
        return list(found)

    world.store.facts = change_meanwhile  # type: ignore[method-assign, assignment]
    await handle(world, one, told=True)
    assert "shipment.contended" in caplog.text
    assert await original(one) == [fact(shipment=one)]


async def test_two_workers_with_the_same_message_plan_once(world: World) -> None:
    (one,) = await stored(world, registered())
    await asyncio.gather(*(world.process(one_bucket([one])) for _ in range(4)))
    await world.run(5)
    assert len(world.email.calls) == 1
    assert len((await world.shipment(one)).notifications) == 1


async def test_a_fold_leaves_a_live_claim_and_its_wake_up_as_they_are(world: World) -> None:
    two = email_content(recipients=many(2))
    (one,) = await stored(world, sending(content=two))
    shipment = await world.shipment(one)
    held = await world.store.commit_one(Change(shipment, claim(shipment, Channel.EMAIL, NOW, PACE, token="t", limit=2)))
    assert held is not None
    await world.store.add_fact(fact(shipment=one))
    (after,) = await handle(world, one, told=True)
    assert after.lanes[Channel.EMAIL].claim == held.lanes[Channel.EMAIL].claim
    assert after.lanes[Channel.EMAIL].todo == {2}
    assert after.due == held.due


@pytest.mark.parametrize(("before", "told"), [(None, "repeated"), ("poison", "poison")])
async def test_work_that_came_again_is_counted_before_it_is_done(world: World, before: str | None, told: str) -> None:
    (one,) = await stored(world, registered(content=asks(), reason=before))
    seen: list[Shipment] = []

    async def killed(url: str) -> bool | None:
        seen.append(await world.shipment(one))
        raise Killed

    world.conditions.ask = killed  # type: ignore[method-assign]
    with pytest.raises(Killed):
        await world.process(one_bucket([one], again=True))
    assert (seen[0].attempts, seen[0].reason, seen[0].due > NOW + 7 * SECOND) == (1, told, True)


async def test_work_that_came_again_is_done_one_shipment_at_a_time(world: World) -> None:
    ids = await stored(world, *[registered(content=asks())] * 3)
    running = 0

    async def alone(url: str) -> bool | None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(0)
        running -= 1
        return True

    world.conditions.ask = alone  # type: ignore[method-assign]
    shipments = await handle(world, *ids, again=True)
    assert {shipment.state for shipment in shipments} == {ShipmentState.SENDING}


async def test_a_feed_that_cannot_be_written_is_tried_again_until_it_can(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (one,) = await stored(world, registered(content=asks()))
    world.conditions.answers.append(False)
    world.feeds.fail("commit", 5)
    (shipment,) = await handle(world, one)
    assert (shipment.state, shipment.published, shipment.reason) == (ShipmentState.DONE, False, "error_StorageDown")
    assert "shipment.unpublished" in caplog.text
    await world.run(900)
    assert await world.told() == [(one, "SendConditionNotMet", [])]
    assert (await world.shipment(one)).published


async def test_a_publication_whose_mark_was_lost_is_not_told_twice(world: World) -> None:
    (one,) = await stored(world, registered(content=asks()))
    world.conditions.answers.append(False)
    original = world.store.commit
    commits = 0

    async def third_is_lost(changes: Sequence[Change]) -> list[Committed]:
        nonlocal commits
        commits += 1
        if commits == 2:
            raise StorageDown
        return await original(changes)

    world.store.commit = third_is_lost  # type: ignore[method-assign]
    await world.process(one_bucket([one]))
    await world.run(90)
    assert len(await world.entries()) == 1
    assert (await world.shipment(one)).published


async def test_a_message_with_a_shipment_in_every_state_does_what_each_needs(world: World) -> None:
    ended = replace(plan(registered(), NOW, PACE), state=ShipmentState.DONE, ending=Ending.COMPLETED, lanes={})
    ids = await stored(
        world,
        registered(),
        registered(send_at=NOW + HOUR, due=NOW + HOUR),
        sending(),
        ended,
        replace(ended, published=True, due=NOW),
        replace(registered(), state=ShipmentState.CANCELLED, published=True, due=NOW + HOUR),
    )
    await world.process(one_bucket(ids))
    states = [found.state.value if (found := await world.store.shipment(each)) else None for each in ids]
    assert states == ["Sending", "Registered", "Sending", "Done", None, "Cancelled"]
    assert [shipment for shipment, _, _ in await world.told()] == [ids[3]]
    await world.assert_consistent()
