"""Texts that name their recipient (behaviour.md section 4, spec/README.md item 21)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from local.simulators.pswin.recipients import number
from tests.system.orders import Document, email_recipient, notification_id, order, sms_recipient
from tests.system.outcomes import LEGACY, Outcome, outcomes
from tests.system.people import external, legacy, nin, organization, orgno, person, texts
from tests.system.registers import registers
from tests.system.running import System

pytestmark = pytest.mark.system

OWNER = "naming-owner"
NAMED, NAMELESS, MARKUP = "01818030009", "15839430008", "16849530058"
COMPANY, NAMELESS_COMPANY = "310010014", "213001000"
ASKING = texts(
    "To $recipientName$ ($recipientNumber$)",
    "Dear $recipientName$, number $recipientNumber$, $recipientname$ $recipientName",
    "$recipientName$/$recipientNumber$",
)
HTML = texts("$recipientName$", "<p>$recipientName$ ($recipientNumber$)</p>", contentType="Html")
REST = ", $recipientname$ $recipientName"


@dataclass(frozen=True)
class Read:
    """What a recipient reads: subject and body of the email, and the SMS."""

    subject: str
    body: str
    text: str


READ: dict[str, tuple[Document, Read]] = {
    "person": (
        person(NAMED, "EmailAndSms", **ASKING),
        Read("To Kari Begge ()", f"Dear Kari Begge, number {REST}", "Kari Begge/"),
    ),
    "person without a name": (
        person(NAMELESS, "EmailAndSms", **ASKING),
        Read("To  ()", f"Dear , number {REST}", "/"),
    ),
    "organisation": (
        organization("310010006", "EmailAndSms", **ASKING),
        Read(
            "To Begge og Flere AS (310010006)",
            f"Dear Begge og Flere AS, number 310010006{REST}",
            "Begge og Flere AS/310010006",
        ),
    ),
    "external identity": (
        external("urn:altinn:username:brukernavn", "EmailAndSms", **ASKING),
        Read("To  ()", f"Dear , number {REST}", "/"),
    ),
    "a name with markup, in plain text": (
        person(MARKUP, "EmailAndSms", **ASKING),
        Read(
            'To Kåre "<b>" & Sønn ()',
            f'Dear Kåre "<b>" & Sønn, number {REST}',
            'Kåre "<b>" & Sønn/',
        ),
    ),
    "a name with markup, in HTML": (
        person(MARKUP, "EmailAndSms", **HTML),
        Read(
            'Kåre "<b>" & Sønn',
            "<p>Kåre &quot;&lt;b&gt;&quot; &amp; Sønn ()</p>",
            "You have received a synthetic message.",
        ),
    ),
}


@pytest.fixture(scope="module")
def ends(system: System) -> dict[str, Outcome]:
    """All orders, placed and ended."""
    return asyncio.run(outcomes(system, {name: order(recipient) for name, (recipient, _) in READ.items()}, OWNER))


async def emails(system: System, outcome: Outcome) -> list[Document]:
    """The journal's entries of a shipment's emails, in the order of their notifications."""
    calls = {each["operationId"]: each for each in await system.emails()}
    return [calls[each] for place in range(1, 9) if (each := notification_id(outcome.shipment, place)) in calls]


async def texts_to(system: System, outcome: Outcome) -> list[str]:
    """What was sent by SMS to the numbers of a shipment."""
    mobiles = {each["destination"][1:] for each in outcome.ended["recipients"] if each["type"] == "SMS"}
    return [each["text"] for each in await system.calls("pswin") if each["recipient"] in mobiles]


@pytest.mark.parametrize("name", READ)
async def test_each_recipient_reads_its_own_name_and_number(
    system: System, ends: Mapping[str, Outcome], name: str
) -> None:
    wanted = READ[name][1]
    read = await emails(system, ends[name])
    assert read
    assert {(each["subject"], each["text"]) for each in read} == {(wanted.subject, wanted.body)}
    assert wanted.text in await texts_to(system, ends[name])


async def test_every_recipient_of_one_order_reads_its_own(system: System) -> None:
    template = {"subject": "To $recipientName$", "body": "$recipientNumber$", "contentType": "Html"}
    given = {"emailAddress": "placeholder-given@example.com"}
    body = legacy("Email", nin(NAMED), orgno(COMPANY), orgno(NAMELESS_COMPANY), given, emailTemplate=template)
    (end,) = (await outcomes(system, {"": body}, OWNER, path=LEGACY)).values()
    sent = {each["recipient"]: each for each in await system.calls("acs-email") if _is_of(each, end.shipment)}
    assert {address: (each["subject"], each["text"]) for address, each in sent.items()} == {
        "kari.begge@example.com": ("To Kari Begge", ""),
        "kontor@example.com": ("To Bare Epost AS", COMPANY),
        "leder@example.com": ("To Bare Epost AS", COMPANY),
        "uten.firmanavn@example.com": ("To ", NAMELESS_COMPANY),
        "placeholder-given@example.com": ("To ", ""),
    }


async def test_an_address_that_was_given_has_no_name(system: System) -> None:
    mobile = number("01", 7)
    asking = {"subject": "To $recipientName$", "body": "($recipientNumber$)"}
    orders = {
        "email": order(email_recipient("no-name@example.com", **asking)),
        "sms": order(sms_recipient(mobile, body="[$recipientName$$recipientNumber$]")),
    }
    ends = await outcomes(system, orders, OWNER)
    (read,) = await emails(system, ends["email"])
    assert (read["subject"], read["text"]) == ("To ", "()")
    assert await texts_to(system, ends["sms"]) == ["[]"]


async def test_names_are_asked_for_only_by_texts_that_hold_a_placeholder(system: System) -> None:
    async with registers(system) as asked:
        await asked.forget_calls()
        await outcomes(system, {"": order(person("02828130059"))}, OWNER)
        assert "names" not in (await asked.asked())["byRegister"]
        await outcomes(system, {"": order(person("02828130059", **ASKING))}, OWNER)
        (call,) = [each for each in (await asked.asked())["calls"] if each["kind"] == "names"]
    assert (call["identities"], call["platformToken"]) == (1, "verified")


def _is_of(call: Document, shipment: str) -> bool:
    return call["kind"] == "send" and str(call["operationId"]).startswith(shipment[:-6])
