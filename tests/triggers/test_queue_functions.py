"""Queue functions: what cannot be read goes to the poison queue once, and leaves it; nothing else is ever let go."""

import logging

import pytest

from notifications.domain.record import MESSAGE_VERSION, Message, WorkQueue
from notifications.triggers.queues import WorkFailed
from tests.stages.world import email_report, one_bucket
from tests.triggers.edge import Edge

WORK = {WorkQueue.PROCESS: "process_orders", WorkQueue.EMAIL: "send_email", WorkQueue.SMS: "send_sms"}
UNREADABLE = [
    "",
    "kari@example.com",
    b"\xff\xfe",
    "{}",
    "[" * 100_000,
    Message(shipments=()).encode().replace(f'"v":{MESSAGE_VERSION}', '"v":99'),
]


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The events that were logged as errors, without where they came from."""
    return [each.getMessage().split(" at=")[0] for each in caplog.records if each.levelno == logging.ERROR]


@pytest.mark.parametrize("queue", WORK)
@pytest.mark.parametrize("body", UNREADABLE)
async def test_an_unreadable_message_fails_its_work_and_so_comes_to_the_poison_queue(
    edge: Edge, queue: WorkQueue, body: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(WorkFailed, match=f"^{queue} message-1$"):
        await edge.deliver(WORK[queue], body)
    assert logged(caplog) == [f"message.failed queue={queue} operation=message-1 dequeued=1 error=MalformedMessage"]
    assert "kari" not in caplog.text


@pytest.mark.parametrize("queue", WORK)
@pytest.mark.parametrize("body", UNREADABLE)
async def test_an_unreadable_message_leaves_the_poison_queue_with_a_line_in_the_log(
    edge: Edge, queue: WorkQueue, body: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    await edge.deliver(f"{queue.replace('-', '_')}_poison", body)
    assert logged(caplog) == [
        f"queue.poison queue={queue} operation=message-1",
        f"message.unreadable queue={queue} operation=message-1",
    ]
    assert "kari" not in caplog.text


@pytest.mark.parametrize("queue", WORK)
async def test_an_unreadable_message_leaves_the_poison_queue_even_while_storage_is_down(
    edge: Edge, queue: WorkQueue
) -> None:
    edge.compose.failure = OSError()
    await edge.deliver(f"{queue.replace('-', '_')}_poison", "not a message")


@pytest.mark.parametrize("queue", WORK)
async def test_a_poison_message_that_can_be_read_backs_its_shipments_off(edge: Edge, queue: WorkQueue) -> None:
    [shipment] = await edge.world.order()
    await edge.deliver(f"{queue.replace('-', '_')}_poison", one_bucket([shipment]).encode())
    assert (await edge.world.shipment(shipment)).reason == "poison"


async def test_a_poison_message_whose_shipments_cannot_be_backed_off_is_kept(
    edge: Edge, caplog: pytest.LogCaptureFixture
) -> None:
    [shipment] = await edge.world.order()
    edge.world.orders.fail("get", 1)
    with pytest.raises(WorkFailed, match=r"^send-sms-poison message-1$"):
        await edge.deliver("send_sms_poison", one_bucket([shipment]).encode())
    assert "message.unreadable" not in caplog.text
    failed = [each.getMessage() for each in caplog.records if each.getMessage().startswith("message.failed")]
    assert "error=StorageDown at=" in failed[0]


@pytest.mark.parametrize("function", ["receive_queued_reports", "delivery_reports_poison"])
async def test_a_queued_report_that_cannot_be_read_is_logged_and_let_go(
    edge: Edge, function: str, caplog: pytest.LogCaptureFixture
) -> None:
    await edge.deliver(function, "kari@example.com")
    assert "report.malformed channel=email reason=not_json" in caplog.text
    assert "kari" not in caplog.text


@pytest.mark.parametrize("function", ["receive_queued_reports", "delivery_reports_poison"])
async def test_a_queued_report_that_cannot_be_stored_is_kept(edge: Edge, function: str) -> None:
    [shipment] = await edge.world.order()
    body = email_report((shipment.notification(1), "Delivered"))
    edge.world.orders.fail("commit", 1)
    with pytest.raises(WorkFailed):
        await edge.deliver(function, body)
    await edge.deliver(function, body)
    assert len(await edge.world.store.facts(shipment)) == 1


async def test_a_message_that_comes_again_is_worked_and_its_first_delivery_was_too(edge: Edge) -> None:
    [shipment] = await edge.world.order()
    await edge.deliver("process_orders", one_bucket([shipment]).encode(), dequeued=2)
    await edge.deliver("process_orders", one_bucket([shipment]).encode())
    await edge.world.work()
    assert len(edge.world.email.calls) == 1
