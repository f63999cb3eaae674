"""The service's log says what happened to which ids, and nothing about anybody."""

import asyncio
import json
from uuid import uuid4

import pytest
from azure.storage.queue import TextBase64EncodePolicy
from azure.storage.queue.aio import QueueServiceClient

from local.waiting import until
from tests.system.expect import API, EMAIL_REPORTS, FEED, ORDERS, SMS_REPORTS
from tests.system.orders import Document, email_recipient, notification_id, order, sms_recipient
from tests.system.privacy import assert_silent
from tests.system.reporting import Providers, document, event, providers
from tests.system.running import POLL_SECONDS, System

pytestmark = pytest.mark.system

ADDRESS = "bounced+private.person@example.com"
REFUSED = "suppressed-now+private.person@example.com"
NUMBER = "+4799990904"
REFUSED_NUMBER = "+4799990920"
WORDS = {
    "subject": "Extremely private subject",
    "body": "Extremely private body",
    "text": "Extremely private text",
    "reference": "Extremely private reference",
    "condition": "http://127.0.0.1:1/extremely-private-condition",
    "identity": "extremely-private-identity",
    "sender": "private.sender@example.com",
}
PRIVATE = {*WORDS.values(), ADDRESS, REFUSED, NUMBER[1:], REFUSED_NUMBER[1:], "private.person", "Extremely private"}
QUEUES = ["process-orders", "send-email", "send-sms", "delivery-reports"]


def orders() -> list[Document]:
    """Orders that are delivered, refused and put off, full of what must not be told."""
    email = {"subject": WORDS["subject"], "body": WORDS["body"], "senderEmailAddress": WORDS["sender"]}
    mails = [email_recipient(address, **email) for address in (ADDRESS, REFUSED)]
    texts = [sms_recipient(each, body=WORDS["text"]) for each in (NUMBER, REFUSED_NUMBER)]
    placed = [order(each, sendersReference=WORDS["reference"]) for each in (*mails, *texts)]
    return [*placed, order(mails[0], conditionEndpoint=WORDS["condition"])]


async def ask_badly(system: System, good: Document) -> None:
    """Requests that are refused or break, each of which quotes what must not be told."""
    private = json.dumps(list(PRIVATE))
    async with system.client() as http:
        for body in (private, private[:-1], json.dumps({**good, "recipient": private, "idempotencyId": " "})):
            await http.post(ORDERS, content=body, headers={"Content-Type": "application/json"})
        await http.get(FEED, params={"seq": ADDRESS})
        await http.get(f"{API}/orders/{ADDRESS}")
        await http.put(f"{API}/orders/{ADDRESS}/cancel")
        await http.post(ORDERS, json=good, headers={"Authorization": f"Bearer {ADDRESS}", "X-Who": ADDRESS})


async def report_badly(both: Providers, notification: str) -> None:
    """Reports that cannot be read or belong to nobody, each of which names a recipient."""
    for each in (event(notification, ADDRESS), {"private": ADDRESS}, event(str(uuid4()), "Bounced"), ADDRESS):
        await both.email(each)
    await both.http.post(EMAIL_REPORTS, content=ADDRESS, headers=both.key)
    for text in (document(NUMBER, "DELIVRD"), document("1", NUMBER), document("1", ADDRESS), f"<{ADDRESS}>"):
        await both.sms(text)
    await both.http.post(SMS_REPORTS, content=ADDRESS, headers={"Content-Type": ADDRESS})


async def queue_badly(system: System) -> None:
    """Messages that no function can read."""
    async with QueueServiceClient.from_connection_string(system.storage) as service:
        for name in QUEUES:
            queue = service.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())
            await queue.send_message(ADDRESS)
            await queue.send_message(json.dumps({"shipments": [ADDRESS], "private": NUMBER}))


async def until_logged(system: System, *events: str) -> None:
    """Wait until the log has told of each of these events."""

    async def are_told() -> bool:
        return all(each in system.log() for each in events)

    async with asyncio.timeout(90):
        await until(are_told, every=POLL_SECONDS)


async def test_the_log_tells_nothing_of_recipients_and_contents_whatever_goes_wrong(system: System) -> None:
    good = orders()
    placed = await asyncio.gather(
        *(system.order({**each, "idempotencyId": WORDS["identity"] + str(uuid4())}) for each in good)
    )
    shipments = [each["notification"]["shipmentId"] for each in placed]
    await ask_badly(system, good[0])
    async with providers(system) as both:
        await report_badly(both, notification_id(shipments[0]))
    await queue_badly(system)
    await system.until_final(shipments[:-1])
    await until_logged(system, *(f"message.failed queue={name}" for name in QUEUES[:3]))
    assert_silent(system, PRIVATE)


async def test_the_log_follows_a_message_by_its_ids(system: System) -> None:
    shipment = (await system.order(order(email_recipient())))["notification"]["shipmentId"]
    await system.until_final([shipment])
    notification = notification_id(shipment)
    told = [line.split() for line in system.log().splitlines() if notification in line]
    assert [words[1] for words in told] == ["notification.accepted", "report.kept"]
