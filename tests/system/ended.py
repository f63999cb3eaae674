"""Shipments in every status in which one can end or rest, on a system whose providers do as their recipients say."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from local.running import ANY_SIGNATURE
from local.simulators.pswin.recipients import number
from local.tokens import SCOPES
from tests.system.expect import API, ORDERS, assert_json
from tests.system.legacy import emails, legacy
from tests.system.orders import BODY, SUBJECT, Document, email_recipient, order, sms_recipient
from tests.system.people import nin, person
from tests.system.published import published
from tests.system.running import System
from tests.system.seen import Seen, see

OWNER = "status-owner"
RESERVED, NO_ADDRESS, ONLY_EMAIL = "05858430099", "04848330049", "02828130059"
# Whom to write to for which status; accepted ones stay so, since nothing is reported of them.
BY_ADDRESS = {
    "status-delivered@example.com": "Email_Delivered",
    "failed+status@example.com": "Email_Failed",
    "expanded+status@example.com": "Email_Failed",
    "invalid-format+status@example.com": "Email_Failed_InvalidFormat",
    "suppressed+status@example.com": "Email_Failed_SuppressedRecipient",
    "suppressed-now+status@example.com": "Email_Failed_SuppressedRecipient",
    "bounced+status@example.com": "Email_Failed_Bounced",
    "filteredspam+status@example.com": "Email_Failed_FilteredSpam",
    "quarantined+status@example.com": "Email_Failed_Quarantined",
}
BY_CODE = {
    "01": "SMS_Delivered",
    "02": "SMS_Failed_Expired",
    "03": "SMS_Failed_Deleted",
    "04": "SMS_Failed_Undelivered",
    "05": "SMS_Failed_Rejected",
    "06": "SMS_Failed_BarredReceiver",
    "07": "SMS_Failed",
    "20": "SMS_Failed_InvalidRecipient",
}
# By the container of the simulated files: what becomes of an email with a file in it.
BY_CONTAINER = {"missing": "Email_Failed_InvalidSasUrl", "8000000": "Email_Failed_PayloadTooLarge"}
SILENT, SILENT_CODE = "silent+status@example.com", "40"


@dataclass(frozen=True, slots=True)
class Ended:
    """All of them, in every place."""

    emails: Seen
    silent_email: Seen
    sms: Mapping[str, Seen]
    silent_sms: Seen
    files: Mapping[str, Seen]
    people: Seen
    reserved: Seen
    only_email: Seen
    stopped: Seen

    def all(self) -> list[Seen]:
        """Each shipment."""
        single = [self.emails, self.silent_email, self.silent_sms, self.people, self.reserved, self.only_email]
        return [*single, self.stopped, *self.sms.values(), *self.files.values()]


async def bring_about(system: System) -> Ended:
    """Place everything at once, wait for it together, and read it."""
    async with legacy(system, OWNER) as api:
        many = (await api.place(emails(list(BY_ADDRESS)), "/email"))["orderId"]
        silent = (await api.place(emails([SILENT]), "/email"))["orderId"]
        to_people = emails([]) | {"recipients": [nin(RESERVED), nin(NO_ADDRESS)]}
        people = (await api.place(to_people, "/email"))["orderId"]
    files = [await _with_file(system, container) for container in BY_CONTAINER]
    texts = [order(sms_recipient(number(code))) for code in (*BY_CODE, SILENT_CODE)]
    not_met = f"{system.url}{API}/tests/sendcondition?conditionMet=false"
    others = [
        order(person(RESERVED, "Sms")),
        order(person(ONLY_EMAIL, "EmailAndSms")),
        order(email_recipient("never-asked-for@example.com"), conditionEndpoint=not_met),
    ]
    placed = await asyncio.gather(*(system.order(each, OWNER) for each in (*texts, *others)))
    *sms, silent_sms, reserved, only_email, stopped = (each["notification"]["shipmentId"] for each in placed)
    ended = [many, people, *files, *sms, reserved, only_email, stopped]
    await system.until_final(ended, OWNER)
    await system.until_status(silent, "Email_Succeeded", OWNER)
    await system.until_status(silent_sms, "SMS_Accepted", OWNER)
    entries = await published(system, ended, OWNER)

    async def seen(shipment: str) -> Seen:
        return await see(system, OWNER, shipment, entries.get(shipment))

    return Ended(
        emails=await seen(many),
        silent_email=await seen(silent),
        sms={code: await seen(each) for code, each in zip(BY_CODE, sms, strict=True)},
        silent_sms=await seen(silent_sms),
        files={each: await seen(shipment) for each, shipment in zip(BY_CONTAINER, files, strict=True)},
        people=await seen(people),
        reserved=await seen(reserved),
        only_email=await seen(only_email),
        stopped=await seen(stopped),
    )


async def _with_file(system: System, container: str) -> str:
    """Place an email with a file of a container; its shipment."""
    address = f"{system.address('blobs')}/{container}/letter.pdf?{ANY_SIGNATURE}"
    files = [{"filename": "letter.pdf", "mimeType": "application/pdf", "sasUrl": address}]
    settings: Document = {"subject": SUBJECT, "body": BODY, "attachments": files}
    recipient = {"emailAddress": f"{container}+status@example.com", "emailSettings": settings}
    body = {"idempotencyId": str(uuid4()), "recipient": recipient}
    async with system.client(OWNER, scope=SCOPES["composed"]) as http:
        answer = await http.post(f"{ORDERS}/composed-email", json=body)
    return str(assert_json(answer, 201)["notification"]["shipmentId"])
