"""Delivery reports of emails: the event, the subscription handshake, retries, the storage queue."""

import base64
import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from aiohttp import web
from azure.storage.queue.aio import QueueClient

from local.azurite import connection_string
from local.ports import free_ports
from local.simulators.acs.event_grid import StorageQueue, Webhook
from tests.azurite import start_azurite
from tests.simulators.acs import simulated
from tests.simulators.receiver import Received, receiving, taken_reports, validating


async def test_a_report_is_an_event_grid_event_with_the_operation_as_its_message_id() -> None:
    operation_id = str(uuid.uuid4())
    async with receiving(validating) as receiver, simulated(Webhook(receiver.url, "secret")) as acs:
        await receiver.next()
        await acs.send("bounced@example.com", operation_id)
        report = await receiver.next()
    assert report.headers["aeg-event-type"] == "Notification"
    assert report.headers["X-Report-Key"] == "secret"
    assert report.headers["Content-Type"].startswith("application/json")
    event = report.event
    data = event.pop("data")
    assert datetime.fromisoformat(event.pop("eventTime"))
    assert uuid.UUID(event.pop("id"))
    assert event.pop("topic").startswith("/subscriptions/")
    assert event == {
        "subject": f"sender/noreply@example.com/message/{operation_id}",
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
        "dataVersion": "1.0",
        "metadataVersion": "1",
    }
    assert datetime.fromisoformat(data.pop("deliveryAttemptTimestamp"))
    assert data.pop("internetMessageId")
    assert data == {
        "sender": "noreply@example.com",
        "recipient": "bounced@example.com",
        "messageId": operation_id,
        "status": "Bounced",
        "deliveryStatusDetails": {"statusMessage": "Simulated: Bounced"},
    }


async def test_the_subscription_is_validated_once_before_the_first_report() -> None:
    async with receiving(validating) as receiver, simulated(Webhook(receiver.url, "secret")) as acs:
        await acs.send("someone@example.com")
        await acs.send("someone@example.com")
        types = [(await receiver.next()).headers["aeg-event-type"] for _ in range(3)]
    assert types == ["SubscriptionValidation", "Notification", "Notification"]


async def test_an_endpoint_that_does_not_echo_the_code_is_asked_again() -> None:
    handshakes: list[Received] = []

    def reluctant(received: Received) -> web.Response:
        if received.headers["aeg-event-type"] == "SubscriptionValidation":
            handshakes.append(received)
            if len(handshakes) <= 3:
                bodies = [b"", b"[]", b'{"validationResponse": "another"}']
                return web.Response(body=bodies[len(handshakes) - 1])
        return validating(received)

    async with receiving(reluctant) as receiver, simulated(Webhook(receiver.url, "secret")) as acs:
        await acs.send("someone@example.com")
        types = [(await receiver.next()).headers["aeg-event-type"] for _ in range(5)]
    assert types == ["SubscriptionValidation"] * 4 + ["Notification"]
    assert len({handshake.event["data"]["validationCode"] for handshake in handshakes}) == 1


async def test_a_report_is_repeated_until_it_is_answered_2xx() -> None:
    statuses = [500, 400, 401, 202]

    def failing(received: Received) -> web.Response:
        if received.headers["aeg-event-type"] == "SubscriptionValidation":
            return validating(received)
        return web.Response(status=statuses.pop(0))

    async with receiving(failing) as receiver, simulated(Webhook(receiver.url, "secret")) as acs:
        await receiver.next()
        await acs.send("someone@example.com")
        events = [(await receiver.next()).event for _ in range(4)]
        assert len({event["id"] for event in events}) == 1
        reports = await taken_reports(acs.base)
    assert statuses == []
    assert [(report["status"], report["answer"]) for report in reports] == [("Delivered", 202)]


async def test_reports_wait_for_a_service_that_is_down_at_the_start() -> None:
    port = free_ports(1)[0]
    operations = {str(uuid.uuid4()) for _ in range(40)}
    async with simulated(Webhook(f"http://127.0.0.1:{port}/reports", "secret")) as acs:
        for operation in operations:
            await acs.send("someone@example.com", operation)
        async with receiving(validating, port) as receiver:
            assert (await receiver.next()).headers["aeg-event-type"] == "SubscriptionValidation"
            reported = {(await receiver.next()).event["data"]["messageId"] for _ in operations}
    assert reported == operations


async def test_reports_survive_a_service_that_goes_down_and_comes_back() -> None:
    port = free_ports(1)[0]
    operations = {str(uuid.uuid4()) for _ in range(40)}
    async with simulated(Webhook(f"http://127.0.0.1:{port}/reports", "secret")) as acs:
        async with receiving(validating, port) as receiver:
            await receiver.next()
        for operation in operations:
            await acs.send("someone@example.com", operation)
        async with receiving(validating, port) as receiver:
            received = [await receiver.next() for _ in operations]
    assert {one.event["data"]["messageId"] for one in received} == operations
    assert {one.headers["aeg-event-type"] for one in received} == {"Notification"}


async def test_a_send_is_answered_when_its_early_report_finds_nobody() -> None:
    port = free_ports(1)[0]
    async with simulated(Webhook(f"http://127.0.0.1:{port}/reports", "secret")) as acs:
        assert (await acs.send("early@example.com")).status_code == 202


@pytest.fixture
def queue_storage(tmp_path: Path) -> Iterator[str]:
    """The connection string of a queue service of its own."""
    process, port = start_azurite("queue", tmp_path)
    yield connection_string(f"http://127.0.0.1:{port}", "http://127.0.0.1:1")
    process.terminate()
    process.wait()


@pytest.mark.integration
async def test_a_report_on_the_storage_queue_is_the_base64_of_the_single_event(queue_storage: str) -> None:
    operation_id = str(uuid.uuid4())
    async with simulated(StorageQueue(queue_storage)) as acs:
        await acs.send("quarantined@example.com", operation_id)
        await taken_reports(acs.base)
    async with QueueClient.from_connection_string(queue_storage, "delivery-reports") as queue:
        messages = [message async for message in queue.receive_messages()]
    event = json.loads(base64.b64decode(messages[0].content))
    assert len(messages) == 1
    assert (event["data"]["messageId"], event["data"]["status"]) == (operation_id, "Quarantined")
    assert event["eventType"] == "Microsoft.Communication.EmailDeliveryReportReceived"
    expires = messages[0].expires_on
    assert expires is not None
    assert expires.year == 9999


async def test_a_queue_service_that_is_down_is_tried_again() -> None:
    publisher = StorageQueue(connection_string(f"http://127.0.0.1:{free_ports(1)[0]}", "http://127.0.0.1:1"))
    await publisher.open()
    assert await publisher.publish({"id": "1"}) is None
    await publisher.close()
