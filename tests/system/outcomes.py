"""What became of many orders that were placed at once: the answer, and the end in manifest and feed."""

import asyncio
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import httpx

from tests.system.expect import API, ORDERS
from tests.system.orders import Document
from tests.system.published import published
from tests.system.running import System

LEGACY = f"{API}/orders"
AT_ONCE = 16

type Told = list[tuple[str, str]]
"""Statuses and destinations, in no order that matters."""

NO_EMAIL = ("Email_Failed_RecipientNotIdentified", "")
NO_SMS = ("SMS_Failed_RecipientNotIdentified", "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to an order, and its first shipment as it ended; both empty for a refused one."""

    answer: httpx.Response
    manifest: Document | None = None
    entry: Document | None = None

    @property
    def ended(self) -> Document:
        """The manifest; fails for an order that was refused."""
        assert self.manifest is not None, f"{self.answer.status_code}: {self.answer.text}"
        return self.manifest

    @property
    def shipment(self) -> str:
        """The shipment's id; fails for an order that was refused."""
        return str(self.ended["shipmentId"])

    @property
    def told(self) -> Told:
        """Who was told with what end, as the manifest says; fails unless the feed says the same."""
        shown = _told(self.ended)
        assert self.entry is not None, f"not in the feed: {self.ended}"
        assert _told(self.entry) == shown
        assert (self.entry["status"], self.ended["status"]) == ("Order_Completed", "Order_Completed")
        return shown


async def outcomes[K: Hashable](
    system: System, orders: Mapping[K, Document], owner: str, *, path: str = ORDERS, within: float = 60
) -> dict[K, Outcome]:
    """Place all orders at once and wait until all that were taken have ended."""
    answers = await placed(system, orders, owner, path=path)
    shipments = {key: identity for key, answer in answers.items() if (identity := shipment_of(answer))}
    manifests = await system.until_final(list(shipments.values()), owner, within=within)
    entries = await published(system, list(shipments.values()), owner, within=within)
    return {
        key: Outcome(answer, manifests.get(shipments.get(key, "")), entries.get(shipments.get(key, "")))
        for key, answer in answers.items()
    }


async def placed[K: Hashable](
    system: System, orders: Mapping[K, Document], owner: str, *, path: str = ORDERS
) -> dict[K, httpx.Response]:
    """The answers to orders that are placed at once."""
    places = asyncio.Semaphore(AT_ONCE)
    async with system.client(owner) as http:

        async def place(body: Document) -> httpx.Response:
            async with places:
                return await http.post(path, json=body)

        answers = await asyncio.gather(*(place(each) for each in orders.values()))
    return dict(zip(orders, answers, strict=True))


def reached(email: str | None, mobile: str | None) -> dict[str, Told]:
    """What somebody is told by each scheme who has these addresses, to which all is delivered; else it is refused."""
    by_email = [("Email_Delivered", email)] if email else []
    by_sms = [("SMS_Delivered", mobile)] if mobile else []
    found = {
        "Email": by_email,
        "Sms": by_sms,
        "EmailPreferred": by_email or by_sms,
        "SmsPreferred": by_sms or by_email,
        "EmailAndSms": [*(by_email or [NO_EMAIL]), *(by_sms or [NO_SMS])] if by_email or by_sms else [],
    }
    return {scheme: told for scheme, told in found.items() if told}


def shipment_of(answer: httpx.Response) -> str | None:
    """The id of the first shipment of an order of either API; None for a refused one."""
    if answer.status_code not in {201, 202}:
        return None
    document = answer.json()
    return str(document["orderId"] if "orderId" in document else document["notification"]["shipmentId"])


def assert_missing_contact(answer: httpx.Response) -> None:
    """The coded problem of section 7.2 for an order that somebody could not be told of."""
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert {**problem, "traceId": ""} == {
        "type": "urn:altinn:error:NOT-00001",
        "title": "Missing contact information for recipient(s)",
        "status": 422,
        "code": "NOT-00001",
        "traceId": "",
        "statusDescription": "Unprocessable Entity",
    }
    assert answer.status_code == 422


def _told(shown: Document) -> Told:
    return sorted((each["status"], each.get("destination", "")) for each in shown["recipients"])
