"""Emails through a mail server and SMS through Communication Services, to their last status, over the running system.

With them an allow-list for either channel and a rate for emails, as a test environment has them.
"""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime

import httpx
import pytest

from local.simulators.acs_sms.recipients import number
from tests.contract.requests import instant_sms
from tests.system.expect import API
from tests.system.orders import BODY, SUBJECT, TEXT, Document, email_recipient, notification_id, order, sms_recipient
from tests.system.people import person
from tests.system.privacy import assert_silent
from tests.system.running import System

pytestmark = pytest.mark.system

CLAIM_SECONDS = 12
RATE = 5
DELIVERED, NOBODY, BARRED, LOST = (number(code, 7) for code in ("01", "03", "13", "33"))
PLACED, FOUND, AT_ONCE = "+358401234561", "+358401234562", "+358401234563"
ALLOWED_NUMBERS = ",".join([DELIVERED, NOBODY, BARRED, LOST, PLACED, FOUND, AT_ONCE])
PERSON = "01819912301"
SENDER_ABROAD = "+4799999998"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with the other provider of each channel."""
    directory = tmp_path_factory.mktemp("others")
    people = directory / "people.json"
    people.write_text(json.dumps({"persons": [{"number": PERSON, "mobile": FOUND}]}))
    running = System.start(
        directory / "data",
        *("--email", "smtp", "--sms", "acs", "--registers", str(people)),
        *("--set", f"SMS_SENDER_COUNTRIES=+358={SENDER_ABROAD}"),
        *("--set", "EMAIL_ALLOW_LIST=@example.com"),
        *("--set", f"SMS_ALLOW_LIST={ALLOWED_NUMBERS}"),
        *("--set", f"EMAIL_CALLS_PER_SECOND={RATE}"),
        claim_seconds=CLAIM_SECONDS,
    )
    try:
        yield running
    finally:
        running.stop()


async def place(system: System, recipient: Document, owner: str) -> str:
    """Place an order for one recipient; its shipment."""
    answer = await system.order(order(recipient), owner)
    return str(answer["notification"]["shipmentId"])


async def ended(system: System, recipient: Document, owner: str) -> tuple[str, Document]:
    """Place an order and wait for its end; the notification's id, and its recipient in the manifest."""
    shipment = await place(system, recipient, owner)
    (shown,) = (await system.until_final([shipment], owner))[shipment]["recipients"]
    return notification_id(shipment), shown


async def sent(system: System, name: str, recipient: str) -> list[Document]:
    """What a provider's journal says of a recipient."""
    return [call for call in await system.calls(name) if call["recipient"] == recipient]


async def test_an_email_is_in_the_recipients_mailbox_when_it_is_called_delivered(system: System) -> None:
    notification, shown = await ended(system, email_recipient("kari@example.com"), "mail-owner")
    assert (shown["status"], shown["reason"]) == ("Email_Delivered", "smtp_accepted")
    (call,) = await sent(system, "smtp", "kari@example.com")
    assert call["reference"] == f"{notification}@example.com"
    assert (call["subject"], call["sender"], call["answer"]) == (SUBJECT, "noreply@example.com", 250)
    async with httpx.AsyncClient(trust_env=False) as http:
        mail = await http.get(f"{system.address('smtp')}/_mails/{call['reference']}")
    assert BODY in mail.text


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("bounced", "Email_Failed", "smtp_550_5.1.1"),
        ("invalid-format", "Email_Failed_InvalidFormat", "smtp_553_5.1.3"),
        ("too-large", "Email_Failed_PayloadTooLarge", "smtp_552_5.3.4"),
    ],
)
async def test_what_the_mail_server_refuses_ends_with_its_reason(
    system: System, name: str, status: str, reason: str
) -> None:
    _, shown = await ended(system, email_recipient(f"{name}@example.com"), "refused-owner")
    assert (shown["status"], shown["reason"]) == (status, reason)


async def test_an_email_that_the_mail_server_puts_off_is_delivered_once_later(system: System) -> None:
    address = "greylisted+later@example.com"
    _, shown = await ended(system, email_recipient(address), "later-owner")
    assert shown["status"] == "Email_Delivered"
    assert [call["answer"] for call in await sent(system, "smtp", address)] == [450, 250]


async def test_an_sms_is_delivered_when_event_grid_says_so(system: System) -> None:
    notification, shown = await ended(system, sms_recipient(DELIVERED), "text-owner")
    assert (shown["status"], shown["destination"]) == ("SMS_Delivered", DELIVERED)
    assert [each["status"] for each in shown["history"]] == ["SMS_New", "SMS_Accepted"]
    (call,) = await sent(system, "acs-sms", DELIVERED)
    assert (call["repeatabilityId"], call["tag"], call["text"]) == (notification, notification, TEXT)
    (report,) = [each for each in await system.reports("acs-sms") if each["reference"] == call["reference"]]
    assert (report["status"], report["answer"]) == ("Delivered", 200)


@pytest.mark.parametrize(
    ("recipient", "status", "reason"),
    [(NOBODY, "SMS_Failed_InvalidRecipient", "4004"), (BARRED, "SMS_Failed_BarredReceiver", "4005")],
)
async def test_an_sms_fails_with_the_code_that_event_grid_brings(
    system: System, recipient: str, status: str, reason: str
) -> None:
    _, shown = await ended(system, sms_recipient(recipient), "failed-owner")
    assert (shown["status"], shown["reason"]) == (status, reason)


async def test_an_sms_whose_answer_was_lost_is_asked_for_again_and_sent_once(system: System) -> None:
    notification, shown = await ended(system, sms_recipient(LOST), "lost-owner")
    assert shown["status"] == "SMS_Delivered"
    calls = await sent(system, "acs-sms", LOST)
    assert {call["repeatabilityId"] for call in calls} == {notification}
    assert [call["accepted"] for call in calls].count(True) == 1


async def test_where_names_fail_every_sms_is_from_a_number_and_who_gave_the_recipients_is_told(system: System) -> None:
    owner = "sender-abroad"
    answer = await system.order(order(sms_recipient(PLACED, sender="TTD")), owner)
    looked_up = await system.order(order(person(PERSON, "Sms")), owner)
    async with system.client(owner) as http:
        body = instant_sms(phoneNumber=AT_ONCE) | {"idempotencyId": "abroad"}
        at_once = (await http.post(f"{API}/future/orders/instant/sms", json=body)).json()
    shipments = [str(each["notification"]["shipmentId"]) for each in (answer, looked_up, at_once)]
    await system.until_final(shipments, owner)
    for recipient in (PLACED, FOUND, AT_ONCE):
        assert [call["sender"] for call in await sent(system, "acs-sms", recipient)] == [SENDER_ABROAD]
    for told in (answer, at_once):
        assert told["warnings"][0].endswith(f"'{SENDER_ABROAD}' is used instead.")
    assert "warnings" not in looked_up


@pytest.mark.parametrize(
    ("recipient", "destination", "status"),
    [
        (email_recipient("someone@example.org"), "someone@example.org", "Email_Delivered"),
        (sms_recipient("+4799999123"), "+4799999123", "SMS_Delivered"),
    ],
)
async def test_whoever_is_not_on_the_allow_list_is_told_nothing_and_counts_as_delivered(
    system: System, recipient: Document, destination: str, status: str
) -> None:
    _, shown = await ended(system, recipient, "test-environment")
    assert (shown["status"], shown["reason"]) == (status, "not_on_allow_list")
    assert not await sent(system, "smtp", destination)
    assert not await sent(system, "acs-sms", destination)


async def test_emails_leave_no_faster_than_the_rate(system: System) -> None:
    addresses = [f"rate{each}@example.com" for each in range(4 * RATE)]
    placed = await asyncio.gather(*(place(system, email_recipient(each), "rate-owner") for each in addresses))
    await system.until_final(placed, "rate-owner")
    calls = [call for call in await system.calls("smtp") if call["recipient"] in addresses]
    moments = sorted(datetime.fromisoformat(call["time"]) for call in calls)
    assert len(moments) == len(addresses)
    # A second's worth may come at once, and how long the first took on its way is not known.
    assert (moments[-1] - moments[0]).total_seconds() > len(addresses) / RATE - 2


async def test_the_log_names_nobody(system: System) -> None:
    calls = [*await system.calls("smtp"), *await system.calls("acs-sms")]
    assert calls
    assert_silent(system, {str(call["recipient"]) for call in calls if call.get("recipient")})
