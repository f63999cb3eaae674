"""Delivery reports posted by hand, as Event Grid and the SMS gateway post them."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx

from local.system import SMS_REPORT_USERNAME
from tests.system.expect import EMAIL_REPORTS, SMS_REPORTS
from tests.system.orders import Document, email_recipient, notification_id, order
from tests.system.published import published
from tests.system.running import System
from tests.system.times import ahead, written

XML = {"Content-Type": "application/xml"}
# Many are accepted at once.
PATIENCE_SECONDS = 120


def event(notification: str, status: str, **members: object) -> Document:
    """The Event Grid event that says what became of an email."""
    return {
        "id": str(uuid.uuid4()),
        "topic": "/subscriptions/local",
        "subject": f"sender/noreply@example.com/message/{notification}",
        "eventType": "Microsoft.Communication.EmailDeliveryReportReceived",
        "eventTime": written(ahead()),
        "dataVersion": "1.0",
        "metadataVersion": "1",
        "data": {
            "sender": "noreply@example.com",
            "recipient": "reported@example.com",
            "messageId": notification,
            "status": status,
            "deliveryAttemptTimeStamp": written(ahead()),
        },
        **members,
    }


def document(reference: str, state: str, number: int = 1) -> str:
    """The gateway's document that says what became of an SMS."""
    return (
        '<?xml version="1.0"?><!DOCTYPE MSGLST SYSTEM "pswincom_report_request.dtd">'
        f"<MSGLST><MSG><ID>{number}</ID><REF>{reference}</REF><RCV>4799999999</RCV><STATE>{state}</STATE>"
        "<DELIVERYTIME>2026.02.23 15:23:23</DELIVERYTIME></MSG></MSGLST>"
    )


class Providers:
    """The providers' side of a running system: whoever may report."""

    def __init__(self, http: httpx.AsyncClient, key: str, password: str) -> None:
        self.http = http
        self.key = {"X-Report-Key": key}
        self.basic = httpx.BasicAuth(SMS_REPORT_USERNAME, password)

    async def email(self, *events: object) -> httpx.Response:
        """Bring events to the webhook."""
        return await self.http.post(EMAIL_REPORTS, json=list(events), headers=self.key)

    async def email_is(self, shipment: str, status: str) -> None:
        """Report a shipment's only email; fails unless the report is taken."""
        answer = await self.email(event(notification_id(shipment), status))
        assert answer.status_code == 200, answer.text

    async def sms(self, body: str) -> httpx.Response:
        """Post a document of the gateway."""
        return await self.http.post(SMS_REPORTS, content=body, headers=XML, auth=self.basic)

    async def sms_is(self, reference: str, state: str) -> None:
        """Report an SMS; fails unless the report is taken."""
        answer = await self.sms(document(reference, state))
        assert answer.status_code == 200, answer.text


@asynccontextmanager
async def providers(system: System) -> AsyncIterator[Providers]:
    """Both providers of a running system."""
    async with httpx.AsyncClient(base_url=system.url, trust_env=False, timeout=30) as http:
        yield Providers(http, system.secret("EMAIL_REPORT_KEY"), system.secret("SMS_REPORT_PASSWORD"))


class Silent:
    """Shipments that a provider accepted and will never report by itself, made all at once."""

    def __init__(self, system: System, owner: str, shipments: list[str]) -> None:
        self._system = system
        self._owner = owner
        self._shipments = shipments

    @classmethod
    async def of(cls, system: System, owner: str, recipients: Sequence[Document], status: str) -> Self:
        """Place an order for each recipient and wait until each was accepted, which is the status."""
        placed = await asyncio.gather(*(system.order(order(each), owner) for each in recipients))
        shipments = [str(each["notification"]["shipmentId"]) for each in placed]
        await asyncio.gather(*(system.until_status(each, status, owner, within=PATIENCE_SECONDS) for each in shipments))
        return cls(system, owner, shipments)

    def take(self) -> str:
        """One of them that no other test has."""
        return self._shipments.pop()

    async def statuses(self, shipment: str) -> list[str]:
        """A shipment's status and its recipients'."""
        manifest = await self._system.shipment(shipment, self._owner)
        return [manifest["status"], *(each["status"] for each in manifest["recipients"])]

    async def ended(self, *shipments: str) -> list[str]:
        """The statuses of these shipments' recipients once all have ended."""
        manifests = await self._system.until_final(shipments, self._owner)
        return [manifests[each]["recipients"][0]["status"] for each in shipments]

    async def in_feed(self, shipment: str) -> list[str]:
        """What the feed says of an ended shipment's recipient, for each entry of the shipment."""
        await published(self._system, [shipment], self._owner)
        found = [entry for entry in await self._system.feed(self._owner) if entry["shipmentId"] == shipment]
        return [entry["recipients"][0]["status"] for entry in found]


async def let_reports_be_looked_at(system: System) -> None:
    """Wait until a message has gone the whole road, its own report last.

    What was reported before had at least as long. Nothing orders the two, though: they may be folded side by side.
    """
    placed = await system.order(order(email_recipient()), "passer-by")
    await system.until_final([placed["notification"]["shipmentId"]], "passer-by")


def without_late(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest but for what was reported after the end, which is shown beside the status and does not change it."""
    recipients = [
        {name: value for name, value in each.items() if name != "lateReport"} for each in manifest["recipients"]
    ]
    return {**manifest, "recipients": recipients}
