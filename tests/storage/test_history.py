"""A notification's history is kept with it."""

from notifications.domain.settle import fold
from notifications.domain.shipment import Change, Passed
from notifications.domain.statuses import Status
from notifications.storage.memory import MemoryTable
from notifications.storage.orders import OrderStore
from tests.builders import NOW, fact, order_of, sending


async def test_the_statuses_that_were_are_read_back_with_their_times_and_reasons() -> None:
    store = OrderStore(MemoryTable())
    shipment = sending()
    await store.accept(order_of(shipment), [shipment])
    before = await store.shipment(shipment.id)
    assert before is not None
    after = fold(before, [fact(Status.BOUNCED)])
    await store.commit_one(Change(before, after))
    read = await store.shipment(shipment.id)
    assert read is not None
    assert read.notifications == after.notifications
    assert read.notifications[0].history == (Passed(Status.NEW, NOW),)
