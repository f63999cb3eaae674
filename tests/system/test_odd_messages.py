"""Texts that are long, foreign or made to break something: what a provider gets is what was ordered, or it is refused.

Emails cross a line that keeps all of them, since the simulator's journal shows the beginning of a text only.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.system.expect import ORDERS, assert_problem
from tests.system.odd_messages import EMAILS, SUBJECTS, TEXTS, ended
from tests.system.orders import Document, email_recipient, order, sms_recipient
from tests.system.provider_line import ProviderLine
from tests.system.running import System

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

OWNER = "odd-owner"
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


async def test_an_email_arrives_byte_for_byte_as_it_was_ordered(posted: Posted) -> None:
    addresses = [f"odd-body-{number}@example.com" for number in range(len(EMAILS))]
    recipients = [
        email_recipient(address, body=body, contentType=kind)
        for address, (body, kind) in zip(addresses, EMAILS.values(), strict=True)
    ]
    await ended(posted.system, OWNER, recipients, "Email_Delivered")
    sent = posted.emails()
    for address, (name, (body, kind)) in zip(addresses, EMAILS.items(), strict=True):
        member = "html" if kind == "Html" else "plainText"
        content = sent[address]["content"]
        assert content.keys() == {"subject", member}, name
        assert content[member].encode() == body.encode(), name


async def test_a_line_break_in_a_subject_becomes_a_space_and_all_else_of_it_stays(posted: Posted) -> None:
    addresses = [f"odd-subject-{number}@example.com" for number in range(len(SUBJECTS))]
    recipients = [email_recipient(to, subject=each) for to, each in zip(addresses, SUBJECTS, strict=True)]
    await ended(posted.system, OWNER, recipients, "Email_Delivered")
    sent = posted.emails()
    assert [sent[each]["content"]["subject"] for each in addresses] == list(SUBJECTS.values())
    for each in addresses:
        assert sent[each]["recipients"] == {"to": [{"address": each}]}
        assert "headers" not in sent[each]


async def test_a_text_message_arrives_character_for_character_and_its_segments_are_shown(posted: Posted) -> None:
    numbers = [f"+47999960{number:02}" for number in range(len(TEXTS))]
    recipients = [sms_recipient(number, body=text) for number, text in zip(numbers, TEXTS, strict=True)]
    shown = await ended(posted.system, OWNER, recipients, "SMS_Delivered")
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
    await ended(posted.system, OWNER, [email_recipient(around)], "Email_Delivered")
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
