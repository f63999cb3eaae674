"""Release of what is heavy: alone, and as much of a queue's room as a pack, so nobody waits behind many of them."""

from datetime import timedelta

import pytest

from notifications.domain.ids import ShipmentId
from notifications.domain.record import PACK, Message, WorkQueue
from notifications.domain.shipment import BLOCK
from notifications.stages.flow import LEAST
from tests.builders import NOW, email_content, fact, many
from tests.stages.releasing import SECOND, due, flood, key, shipments_of, taken, waiting
from tests.stages.world import World


@pytest.fixture
def world() -> World:
    return World()


def bucket_first(shipment: ShipmentId) -> tuple[str, ShipmentId]:
    return shipment.key.bucket, shipment


async def test_heavy_shipments_travel_alone_and_the_others_together(world: World) -> None:
    crowd = email_content(recipients=many(10_000))
    heavy = await due(world, [key(number) for number in range(3)], content=crowd)
    light = await due(world, [key(number) for number in range(3, 9)])
    await world.release()
    messages = taken(world)
    assert [message.heavy for message in messages] == [len(message.shipments) == 1 for message in messages]
    assert sorted((message.shipments for message in messages), key=len) == [
        *((each,) for each in sorted(heavy)),
        tuple(sorted(light, key=bucket_first)),
    ]


async def test_a_shipment_whose_facts_betray_that_it_is_heavy_travels_alone_with_them(world: World) -> None:
    waits = NOW + timedelta(hours=1)
    large, *small = await due(world, [key(number) for number in range(3)], due=waits)
    for shipment in (large, *small):
        await world.store.add_fact(fact(shipment=shipment))
    await world.store.add_fact(fact(shipment=large, number=BLOCK + 1))
    await world.release()
    assert [(message.facts, message.heavy) for message in taken(world)] == [
        (frozenset({large}), True),
        (frozenset(small), False),
    ]


async def test_heavy_shipments_fill_a_queue_as_packs_do_and_anothers_light_one_is_put_beside_them(
    world: World,
) -> None:
    await flood(world, 160, heavy=True)
    (mine,) = await due(world, [key(10_000_000)])
    await world.release()
    messages = world.queues.messages[WorkQueue.PROCESS]
    assert LEAST // PACK <= len(messages) <= LEAST // PACK + 1
    assert mine in shipments_of(messages)


async def test_heavy_shipments_that_nobody_takes_are_not_joined_by_more(world: World) -> None:
    await flood(world, 160, heavy=True)
    for _ in range(5):
        await world.release()
        world.clock.forward(SECOND)
    assert waiting(world) == LEAST // PACK


async def test_a_newcomer_is_put_as_soon_as_a_worker_has_taken_one_or_two_of_anothers_heavy_ones(world: World) -> None:
    await flood(world, 160, heavy=True)
    await world.release()
    (mine,) = await due(world, [key(10_000_000)])
    for _ in range(2):
        world.clock.forward(SECOND)
        taken(world, limit=1)
        await world.release()
    assert mine in shipments_of(world.queues.messages[WorkQueue.PROCESS])
    assert waiting(world) <= LEAST // PACK + 1


async def test_a_heavy_shipment_that_was_put_before_counts_as_a_pack_again(world: World) -> None:
    await due(world, [key(1)], content=email_content(recipients=many(10_000)))
    await world.release()
    taken(world)
    world.clock.forward(30 * SECOND)
    await world.release()
    assert [(message.again, message.heavy) for message in taken(world)] == [(True, True)]


async def test_heavy_shipments_that_are_taken_at_once_let_the_queue_be_filled_further(world: World) -> None:
    await flood(world, 480, heavy=True)
    most = 0
    for _ in range(8):
        await world.release()
        most = max(most, len(taken(world)))
        world.clock.forward(SECOND)
    assert most > 3 * LEAST // PACK


async def test_heavy_facts_leave_half_of_the_room_to_those_who_wait(world: World) -> None:
    for number in range(160):
        await world.store.add_fact(fact(shipment=ShipmentId(key(1_000_000 + number), 1), number=BLOCK + 1))
    await flood(world, 3200)
    await world.release()
    messages = taken(world)
    assert sum(message.heavy for message in messages) == LEAST // 2 // PACK
    assert sum(len(message.shipments) for message in messages if not message.heavy) == LEAST // 2


async def test_a_heavy_report_that_does_not_fit_whole_takes_nothing_from_those_who_wait(world: World) -> None:
    for number in range(LEAST - 10):
        await world.queues.put(WorkQueue.PROCESS, Message(shipments=(ShipmentId(key(2_000_000 + number), 1),)))
    await world.store.add_fact(fact(shipment=ShipmentId(key(1_000_000), 1), number=BLOCK + 1))
    await flood(world, 160)
    await world.release()
    heavy, light = taken(world)[LEAST - 10 :]
    assert (heavy.heavy, len(heavy.facts), light.heavy, len(light.shipments)) == (True, 1, False, 5)
