"""Composed emails: files fetched from blob storage when the email is sent (http-contract.md section 3.3)."""

import asyncio
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import pytest
import pytest_asyncio

from local.running import ANY_SIGNATURE
from local.tokens import SCOPES
from tests.contract.requests import composed
from tests.system.expect import API, ORDERS, alike, assert_json, assert_problem
from tests.system.legacy import COMPLETED, legacy, processing
from tests.system.orders import BODY, SUBJECT, Document
from tests.system.published import published
from tests.system.running import System
from tests.system.times import ahead, in_an_hour, written

pytestmark = pytest.mark.system

OWNER = "composed-owner"
COMPOSED = f"{ORDERS}/composed-email"
MEGABYTES = 1_000_000


class End(NamedTuple):
    """How a shipment ends, and how the legacy API says so, verbatim (section 6.2)."""

    status: str
    name: str
    description: str


INVALID = End(
    "Email_Failed_InvalidSasUrl",
    "Failed_InvalidSasUrl",
    "The email was not sent because one or more attachment SAS URLs are invalid, expired, or inaccessible.",
)
TOO_LARGE = End(
    "Email_Failed_PayloadTooLarge",
    "Failed_PayloadTooLarge",
    "The email was not sent because the total size of the attachments exceeds the allowed limit.",
)
# The container decides (docs/simulators.md), or its name says how many bytes its files have.
FATES: dict[str, tuple[tuple[str, ...], End]] = {
    "not there": (("missing",), INVALID),
    "archived": (("archived",), INVALID),
    "somewhere else": (("redirect",), INVALID),
    "one of two not there": (("1000", "missing"), INVALID),
    "one file too large": ((str(8 * MEGABYTES),), TOO_LARGE),
    "two files too large together": ((str(4 * MEGABYTES), str(4 * MEGABYTES)), TOO_LARGE),
    "without an end": (("endless",), TOO_LARGE),
}


def attachment(system: System, container: str, name: str = "letter.pdf", signature: str = ANY_SIGNATURE) -> Document:
    """A file of the blob simulator."""
    return {
        "filename": name,
        "mimeType": "application/pdf",
        "sasUrl": f"{system.address('blobs')}/{container}/{quote(name)}?{signature}",
    }


def email(address: str, *attachments: Document, **members: Any) -> Document:
    """A composed email to be sent at once."""
    settings: Document = {"subject": SUBJECT, "body": BODY}
    if attachments:
        settings["attachments"] = list(attachments)
    recipient = {"emailAddress": address, "emailSettings": settings}
    return {"idempotencyId": str(uuid4()), "recipient": recipient, **members}


async def place(system: System, body: Document) -> str:
    """Place a composed email; its shipment."""
    async with system.client(OWNER, scope=SCOPES["composed"]) as http:
        return str(assert_json(await http.post(COMPOSED, json=body), 201)["notification"]["shipmentId"])


async def sends(system: System, address: str) -> list[Document]:
    """The provider's calls for an address."""
    calls = await system.emails()
    return [call for call in calls if call["recipient"] == address]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ended(system: System) -> dict[str, Document]:
    """The manifests of one email for each fate."""
    bodies = [
        email("fate+composed@example.com", *(attachment(system, each) for each in containers))
        for containers, _ in FATES.values()
    ]
    shipments = await asyncio.gather(*(place(system, body) for body in bodies))
    manifests = await system.until_final(shipments, OWNER)
    return dict(zip(FATES, (manifests[each] for each in shipments), strict=True))


async def test_the_files_arrive_with_the_email(system: System) -> None:
    address = "files+composed@example.com"
    files = [attachment(system, "250000", "decision.pdf"), attachment(system, "1", "Vedtak æøå.pdf")]
    shipment = await place(system, email(address, *files, sendersReference="case-9"))
    manifest = (await system.until_final([shipment], OWNER))[shipment]
    assert (manifest["type"], manifest["sendersReference"]) == ("Composed", "case-9")
    assert [each["status"] for each in manifest["recipients"]] == ["Email_Delivered"]
    (call,) = await sends(system, address)
    assert call["attachments"] == [
        {"name": "decision.pdf", "contentType": "application/pdf", "bytes": 250_000},
        {"name": "Vedtak æøå.pdf", "contentType": "application/pdf", "bytes": 1},
    ]
    entry = (await published(system, [shipment], OWNER))[shipment]
    assert (entry["shipmentType"], entry["status"]) == ("Composed", "Order_Completed")


async def test_an_email_without_files_is_sent_as_it_is(system: System) -> None:
    address = "plain+composed@example.com"
    await system.until_final([await place(system, email(address))], OWNER)
    (call,) = await sends(system, address)
    assert call["attachments"] == []


@pytest.mark.parametrize("fate", FATES)
async def test_a_file_that_cannot_be_sent_ends_the_email_in_every_place(
    system: System, ended: dict[str, Document], fate: str
) -> None:
    manifest, end = ended[fate], FATES[fate][1]
    shipment = manifest["shipmentId"]
    assert [each["status"] for each in manifest["recipients"]] == [end.status]
    entry = (await published(system, [shipment], OWNER))[shipment]
    assert [each["status"] for each in entry["recipients"]] == [end.status]
    async with legacy(system, OWNER) as api:
        (shown,) = (await api.summary(shipment, "email"))["notifications"]
        assert processing(await api.status(shipment)) == ("Completed", COMPLETED)
    assert (shown["sendStatus"]["status"], shown["sendStatus"]["description"]) == (end.name, end.description)


async def test_an_email_whose_files_cannot_be_sent_never_reaches_the_provider(
    system: System, ended: dict[str, Document]
) -> None:
    assert {each["status"] for each in ended.values()} == {"Order_Completed"}
    assert "fate+composed@example.com" not in {call["recipient"] for call in await system.calls("acs-email")}


async def test_files_are_not_looked_at_before_the_email_is_due(system: System) -> None:
    """What is wrong with a file shows when it is fetched, not when the email is ordered."""
    body = email("later@example.com", attachment(system, "missing", "later.pdf"), requestedSendTime=in_an_hour())
    shipment = await place(system, body)
    assert (await system.shipment(shipment, OWNER))["status"] == "Order_Registered"
    assert "/missing/later.pdf" not in {call["reference"] for call in await system.calls("blobs")}


async def test_no_signature_is_ever_logged(system: System, ended: dict[str, Document]) -> None:
    assert ended
    assert ANY_SIGNATURE not in system.log()
    assert "sig=any" not in system.log()


async def test_what_is_wrong_with_a_file_is_told_by_its_path(system: System) -> None:
    soon = f"se={written(ahead(minutes=10))}&sr=b&sp=r&sig=any"
    files = [
        attachment(system, "1000", "no-extension"),
        attachment(system, "1000", signature="sig=any"),
        attachment(system, "1000", signature=soon),
        attachment(system, "1000") | {"sasUrl": "/1000/letter.pdf"},
        attachment(system, "1000") | {"sasUrl": "https://files.example.com/letter.pdf"},
        attachment(system, "1000") | {"mimeType": "application/x-msdownload"},
        None,
    ]
    async with system.client(OWNER, scope=SCOPES["composed"]) as http:
        problem = assert_problem(await http.post(COMPOSED, json=email("kari@example.com", *files)), 400)  # type: ignore[arg-type]
    here = "recipient.emailSettings.attachments"
    assert set(problem["errors"]) == {
        f"{here}[0].filename",
        f"{here}[1].sasUrl",
        f"{here}[2]",
        f"{here}[3].sasUrl",
        f"{here}[4].sasUrl",
        f"{here}[5].mimeType",
        f"{here}[6]",
    }


async def test_repeating_it_is_answered_alike_and_sends_once(system: System) -> None:
    address = "again+composed@example.com"
    body = email(address)
    async with system.client(OWNER, scope=SCOPES["composed"]) as http:
        first, again = [await http.post(COMPOSED, json=body) for _ in range(2)]
    placed = assert_json(first, 201)
    assert alike(placed, {"notificationOrderId": "<id>", "notification": {"shipmentId": "<id>"}})
    assert first.headers["location"] == f"{system.url}{API}/orders/chain/{placed['notificationOrderId']}"
    assert (again.status_code, again.text, again.headers["idempotent-replayed"]) == (200, first.text, "true")
    await system.until_final([placed["notification"]["shipmentId"]], OWNER)
    assert len(await sends(system, address)) == 1


@pytest.mark.parametrize("scope", ["create", "support"])
async def test_only_the_scope_of_composed_emails_lets_one_be_ordered(system: System, scope: str) -> None:
    async with system.client(OWNER, scope=SCOPES[scope]) as http:
        assert_problem(await http.post(COMPOSED, json=composed()), 403)
