"""The legacy API of a running system, as one organisation (http-contract.md sections 3.7 to 3.10)."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from tests.system.expect import API, assert_json
from tests.system.orders import BODY, SUBJECT, Document
from tests.system.running import System

LEGACY = f"{API}/orders"

# Section 6.1, verbatim.
REGISTERED = "Order has been registered and is awaiting requested send time before processing."
PROCESSED = "Order processing is done. Notifications have been successfully generated."
COMPLETED = "Order processing is completed. All notifications have a final status."
NOT_MET = "Order processing was stopped due to send condition not being met."
CANCELLED = "Order processing was stopped due to order being cancelled."


class Legacy:
    """What clients of the first version ask; each answer is checked for its status and form."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def place(self, body: Document, kind: str = "") -> Document:
        """Place an order of a kind (`/email`, `/sms` or both); the answer."""
        answer = await self.http.post(LEGACY + kind, json=body)
        accepted: Document = assert_json(answer, 202)
        assert answer.headers["location"].endswith(f"{LEGACY}/{accepted['orderId']}")
        return accepted

    async def order(self, identity: str) -> Document:
        """An order as it was placed."""
        return dict(assert_json(await self.http.get(f"{LEGACY}/{identity}"), 200))

    async def status(self, identity: str) -> Document:
        """The status of an order."""
        return dict(assert_json(await self.http.get(f"{LEGACY}/{identity}/status"), 200))

    async def summary(self, identity: str, channel: str) -> Document:
        """An order's notifications of a channel, `email` or `sms`."""
        return dict(assert_json(await self.http.get(f"{LEGACY}/{identity}/notifications/{channel}"), 200))

    async def found(self, reference: str) -> list[Document]:
        """The orders with a reference."""
        answer = await self.http.get(LEGACY, params={"sendersReference": reference})
        orders: Document = assert_json(answer, 200)
        assert orders["count"] == len(orders["orders"])
        return list(orders["orders"])


@asynccontextmanager
async def legacy(system: System, owner: str) -> AsyncIterator[Legacy]:
    """The legacy API as this owner."""
    async with system.client(owner) as http:
        yield Legacy(http)


def emails(addresses: Sequence[str], **members: object) -> Document:
    """An order of `/orders/email` to these addresses."""
    recipients = [{"emailAddress": each} for each in addresses]
    return {"recipients": recipients, "subject": SUBJECT, "body": BODY, **members}


def processing(status: Document) -> tuple[str, str]:
    """An order's status and its description."""
    return status["processingStatus"]["status"], status["processingStatus"]["description"]
