"""Messages that come back long after their work was done, as those of a dead host do after ten minutes."""

from datetime import timedelta

import pytest

from notifications.domain.ids import ShipmentId
from notifications.domain.statuses import ShipmentState
from notifications.stages.rescue import Rescue
from notifications.storage.earlier import FORMAT
from notifications.storage.rows import shipment_key
from notifications.storage.table import Merge
from tests.builders import NOW, email_content
from tests.stages.world import World, email_report, one_bucket

HOUR = timedelta(hours=1)


@pytest.fixture
def world() -> World:
    return World()


async def completed(world: World) -> ShipmentId:
    """An email at the end of its road, published."""
    (mail,) = await world.order(email_content())
    await world.work()
    await world.report.email(email_report((mail.notification(1), "Delivered")))
    await world.run(5)
    return mail


async def test_a_message_that_comes_back_takes_nothing_from_the_retention_time(world: World) -> None:
    mail = await completed(world)
    keeps_until = (await world.shipment(mail)).due
    await world.process(one_bucket([mail], again=True))
    assert (
        (await world.shipment(mail)).due == keeps_until == (await world.shipment(mail)).changed + world.pace.retention
    )
    await world.run_to(NOW + HOUR)
    assert await world.told() == [(mail, "Completed", ["Delivered"])]


async def test_a_poisonous_message_takes_nothing_from_the_retention_time(world: World) -> None:
    mail = await completed(world)
    keeps_until = (await world.shipment(mail)).due
    await Rescue(world.store, world.clock)("process-orders", one_bucket([mail]))
    assert (await world.shipment(mail)).due == keeps_until


async def test_a_shipment_that_cannot_be_read_keeps_no_other_of_a_poisonous_message_from_backing_off(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (new,) = await world.order(idempotency_id="new")
    (beside,) = await world.order(idempotency_id="beside")
    await world.orders.commit(new.key.bucket, [Merge(shipment_key(new), {"v": FORMAT + 1})])
    await world.rescue("process-orders", one_bucket([new, beside]))
    assert (await world.shipment(beside)).reason == "poison"
    assert f"shipment.not_put_off shipment={new.uuid} error=NewerFormat" in caplog.text
    assert f"message.poison queue=process-orders shipment={beside.uuid} state=Registered" in caplog.text


async def test_a_message_that_comes_back_makes_a_scheduled_order_neither_early_nor_late(world: World) -> None:
    (mail,) = await world.order(email_content(), send_at=NOW + HOUR)
    for _ in range(3):
        await world.process(one_bucket([mail], again=True))
    shipment = await world.shipment(mail)
    assert (shipment.state, shipment.due) == (ShipmentState.REGISTERED, NOW + HOUR)
