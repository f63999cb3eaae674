"""Texts that are long, foreign or made to break something: what a provider gets is what was ordered, or it is refused.

Emails cross a line that keeps all of them, since the simulator's journal shows the beginning of a text only.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.system.expect import ORDERS, assert_problem
from tests.system.orders import Document, email_recipient, order, sms_recipient
from tests.system.provider_line import ProviderLine
from tests.system.running import System

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

OWNER = "odd-owner"
MEGABYTE = 1024 * 1024
# Nothing of it repeats, so that no byte can be lost where another looks the same.
PARAGRAPHS = "".join(f"<p>{number} æøå 🦔 مرحبا &amp; “{uuid4()}”</p>\r\n" for number in range(16_000))
LARGE_HTML = f"<!DOCTYPE html><html><body>{PARAGRAPHS}".encode()[:MEGABYTE].decode(errors="ignore")

EMAILS = {
    "a megabyte of HTML": (LARGE_HTML, "Html"),
    "emoji, joined and coloured": ("👩‍👩‍👧‍👦 👍🏽 🇳🇴 ❤️", "Plain"),
    "from right to left": ("مرحبا بالعالم \u202eabc\u202c שלום", "Plain"),
    "accents apart and together": ("A\u030a Å a\u0323\u0307 ﷽ e\u0301", "Plain"),
    "characters of control": ("a\tb\x01c\x1b[31md\x7fe\u0085f\u2028g\ufeffh\ufffei", "Plain"),
    "line breaks of every kind": ("one\r\ntwo\nthree\rfour\n\rfive", "Plain"),
    "markup as text": ("<script>alert('x')</script> & \"quoted\" \\ {json} $notAPlaceholder$", "Plain"),
    "headers in a body": ("x\r\n.\r\nBcc: somebody@example.com\r\n\r\nMore", "Html"),
}
SUBJECTS = {
    "one\r\ntwo": "one two",
    "one\rtwo\nthree": "one two three",
    "one\n\rtwo": "one  two",
    "Hello\r\nBcc: somebody@example.com": "Hello Bcc: somebody@example.com",
    "🦔 שלום مرحبا Å": "🦔 שלום مرحبا Å",
    "tab\tand \u2028 stay": "tab\tand \u2028 stay",
    "x" * 2000: "x" * 2000,
}
ONE_ALPHABET = "Blåbærsyltetøy £$¥ èéùìòÇ ΔΦΓΛΩΠΨΣΘΞ ÆØÅ ¿¡ ÄÖÑÜ§ äöñüà ß #%&@ "
# By what is texted: the segments that it takes.
TEXTS = {
    (ONE_ALPHABET * 50)[:160]: 1,
    (ONE_ALPHABET * 50)[:161]: 2,
    (ONE_ALPHABET * 50)[:2145]: 15,
    (ONE_ALPHABET * 50)[:2448]: 16,
    "{[€]}~^\\|" * 8: 1,
    "{[€]}~^\\|" * 8 + "{[€]}~^\\|": 2,
    "€" * 76: 1,
    # In each part of 153 there is room for 76 of two septets.
    "€" * (16 * 76): 16,
    "x" * 152 + "€" + "y" * 152: 3,
    "ŕ" * 70: 1,
    "ŕ" * 71: 2,
    "ŕ" * (16 * 67): 16,
    "🦔" * 35: 1,
    # In each part of 67 units there is room for 33 of two.
    "🦔" * (16 * 33): 16,
    "مرحبا بالعالم שלום \u202eabc\u202c": 1,
    "Line one\nline two": 1,
    "<b>&amp; \"quoted\" 'too'</b> ]]> <![CDATA[": 1,
}
REFUSED_SURROGATES = ("\ud800", "a\udc00b", "\udc00\ud800")
REFUSED_ADDRESSES = (
    "kari@example.com\r\nBcc: somebody@example.com",
    "kari@exa\nmple.com",
    "kari\r@example.com",
    "kari@example.com, ola@example.com",
    "kari\u2028@example.com",
    "ka\u0000ri@example.com",
)


@dataclass(frozen=True, slots=True)
class Posted:
    """A running system, and every email that it handed over, by recipient."""

    system: System
    line: ProviderLine

    def emails(self) -> dict[str, Document]:
        """The bodies of all calls that sent an email; fails where one was sent twice."""
        bodies = [json.loads(each.content) for each in self.line.crossings if each.method == "POST"]
        by_recipient = {each["recipients"]["to"][0]["address"]: each for each in bodies}
        assert len(by_recipient) == len(bodies)
        return by_recipient


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def posted(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Posted]:
    """A system whose emails leave by a line that keeps them."""
    async with ProviderLine() as line:
        directory, endpoint = tmp_path_factory.mktemp("odd"), f"ACS_ENDPOINT={line.address}"
        running = await asyncio.to_thread(System.start, directory, "--set", endpoint, claim_seconds=60)
        try:
            line.leads_to(running.address("acs-email"))
            yield Posted(running, line)
        finally:
            await asyncio.to_thread(running.stop)


async def delivered(system: System, recipients: list[Document], status: str) -> list[Document]:
    """Place an order for each recipient and wait for all; the manifests' one recipient of each, delivered."""
    placed = await asyncio.gather(*(system.order(order(each), OWNER) for each in recipients))
    shipments = [each["notification"]["shipmentId"] for each in placed]
    manifests = await system.until_final(shipments, OWNER)
    shown = [manifests[each]["recipients"][0] for each in shipments]
    assert [each["status"] for each in shown] == [status] * len(recipients)
    return shown


async def test_an_email_arrives_byte_for_byte_as_it_was_ordered(posted: Posted) -> None:
    addresses = [f"odd-body-{number}@example.com" for number in range(len(EMAILS))]
    recipients = [
        email_recipient(address, body=body, contentType=kind)
        for address, (body, kind) in zip(addresses, EMAILS.values(), strict=True)
    ]
    await delivered(posted.system, recipients, "Email_Delivered")
    sent = posted.emails()
    for address, (name, (body, kind)) in zip(addresses, EMAILS.items(), strict=True):
        member = "html" if kind == "Html" else "plainText"
        content = sent[address]["content"]
        assert content.keys() == {"subject", member}, name
        assert content[member].encode() == body.encode(), name


async def test_a_line_break_in_a_subject_becomes_a_space_and_all_else_of_it_stays(posted: Posted) -> None:
    addresses = [f"odd-subject-{number}@example.com" for number in range(len(SUBJECTS))]
    recipients = [email_recipient(to, subject=each) for to, each in zip(addresses, SUBJECTS, strict=True)]
    await delivered(posted.system, recipients, "Email_Delivered")
    sent = posted.emails()
    assert [sent[each]["content"]["subject"] for each in addresses] == list(SUBJECTS.values())
    for each in addresses:
        assert sent[each]["recipients"] == {"to": [{"address": each}]}
        assert "headers" not in sent[each]


async def test_a_text_message_arrives_character_for_character_and_its_segments_are_shown(posted: Posted) -> None:
    numbers = [f"+47999960{number:02}" for number in range(len(TEXTS))]
    recipients = [sms_recipient(number, body=text) for number, text in zip(numbers, TEXTS, strict=True)]
    shown = await delivered(posted.system, recipients, "SMS_Delivered")
    assert [each["segments"] for each in shown] == list(TEXTS.values())
    assert not any("shortened" in each for each in shown)
    calls = await posted.system.calls("pswin")
    sent = {call["recipient"]: call["text"] for call in calls}
    assert len(sent) == len(calls)
    assert [sent[number.removeprefix("+")] for number in numbers] == list(TEXTS)


@pytest.mark.parametrize("text", ["x" * 2449, "€" * (16 * 76 + 1), "ŕ" * (16 * 67 + 1), "🦔" * (16 * 33 + 1)])
async def test_a_text_message_of_seventeen_segments_is_refused(posted: Posted, text: str) -> None:
    path = "recipient.recipientSms.smsSettings.body"
    await refused(posted.system, order(sms_recipient("+4799996099", body=text)), path)


@pytest.mark.parametrize("text", REFUSED_SURROGATES)
async def test_a_lone_surrogate_is_refused_wherever_it_stands(posted: Posted, text: str) -> None:
    email = "recipient.recipientEmail.emailSettings"
    await refused(posted.system, order(email_recipient(body=text)), f"{email}.body")
    await refused(posted.system, order(email_recipient(subject=text)), f"{email}.subject")
    sms = order(sms_recipient(body=text))
    await refused(posted.system, sms, "recipient.recipientSms.smsSettings.body")


@pytest.mark.parametrize("address", REFUSED_ADDRESSES)
async def test_an_address_that_would_be_more_than_an_address_is_refused(posted: Posted, address: str) -> None:
    path = "recipient.recipientEmail.emailAddress"
    await refused(posted.system, order(email_recipient(address)), path)
    path = "recipient.recipientEmail.emailSettings.senderEmailAddress"
    await refused(posted.system, order(email_recipient(senderEmailAddress=address)), path)


async def test_line_breaks_around_an_address_do_not_reach_the_provider(posted: Posted) -> None:
    around = "\r\n odd-white-space@example.com\u2028\r\n"
    await delivered(posted.system, [email_recipient(around)], "Email_Delivered")
    assert posted.emails()["odd-white-space@example.com"]["recipients"]["to"] == [
        {"address": "odd-white-space@example.com"}
    ]


async def refused(system: System, body: Document, path: str) -> None:
    """Fails unless an order is answered 400 because of what stands at this path."""
    async with system.client(OWNER) as http:
        # Escaped, since UTF-8 has no lone surrogates.
        content, kind = json.dumps(body).encode(), {"Content-Type": "application/json"}
        problem = assert_problem(await http.post(ORDERS, content=content, headers=kind), 400)
    assert set(problem["errors"]) == {path}
