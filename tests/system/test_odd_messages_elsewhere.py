"""The texts of `odd_messages` through a mail server and Communication Services: what arrives is what was ordered.

A mail's lines end as mail's do, so that bodies are compared but for the kind of their line ends.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx
import pytest
import pytest_asyncio

from local.simulators.acs_sms.messages import LONGEST_MESSAGE
from tests.system.odd_messages import EMAILS, SUBJECTS, TEXTS, ended
from tests.system.orders import email_recipient, sms_recipient
from tests.system.running import System

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

OWNER = "odd-elsewhere"
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID"),
    *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
}
LONGEST_LINE = 998


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def odd_system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """A system with the other provider of each channel."""
    directory, options = tmp_path_factory.mktemp("odd-elsewhere"), ("--email", "smtp", "--sms", "acs")
    running = await asyncio.to_thread(System.start, directory, *options, claim_seconds=60)
    try:
        yield running
    finally:
        await asyncio.to_thread(running.stop)


async def mails(system: System, addresses: Sequence[str]) -> dict[str, bytes]:
    """What arrived for each of these, as it came; fails unless one mail did."""
    calls = [call for call in await system.calls("smtp") if call.get("recipient") in addresses]
    assert sorted(call["recipient"] for call in calls) == sorted(addresses)
    async with httpx.AsyncClient(base_url=system.address("smtp"), trust_env=False, verify=False) as http:
        answers = {call["recipient"]: await http.get(f"/_mails/{call['reference']}") for call in calls}
    return {address: answer.content for address, answer in answers.items()}


def read(content: bytes, to: str) -> EmailMessage:
    """A mail with our headers alone, to one recipient, in lines that any server takes."""
    assert content.isascii()
    assert max(map(len, content.split(b"\r\n"))) <= LONGEST_LINE
    mail = message_from_bytes(content, policy=policy.default)
    assert set(mail.keys()) <= HEADERS
    assert (mail["To"], mail["From"]) == (to, "noreply@example.com")
    return mail


def lines(text: str) -> str:
    """A text whose lines all end alike, the last one too."""
    return text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n") + "\n"


async def test_an_email_arrives_as_it_was_ordered(odd_system: System) -> None:
    addresses = [f"odd-body-{number}@example.com" for number in range(len(EMAILS))]
    recipients = [
        email_recipient(address, body=body, contentType=kind)
        for address, (body, kind) in zip(addresses, EMAILS.values(), strict=True)
    ]
    await ended(odd_system, OWNER, recipients, "Email_Delivered")
    arrived = await mails(odd_system, addresses)
    for address, (name, (body, kind)) in zip(addresses, EMAILS.items(), strict=True):
        part = read(arrived[address], address).get_body(("html" if kind == "Html" else "plain",))
        assert part is not None, name
        assert lines(part.get_content()) == lines(body), name


async def test_a_line_break_in_a_subject_becomes_a_space_and_begins_no_header(odd_system: System) -> None:
    addresses = [f"odd-subject-{number}@example.com" for number in range(len(SUBJECTS))]
    recipients = [email_recipient(to, subject=each) for to, each in zip(addresses, SUBJECTS, strict=True)]
    await ended(odd_system, OWNER, recipients, "Email_Delivered")
    arrived = await mails(odd_system, addresses)
    for address, subject in zip(addresses, SUBJECTS.values(), strict=True):
        assert str(read(arrived[address], address)["Subject"]).split() == subject.split()


async def test_a_text_message_arrives_character_for_character_and_its_segments_are_shown(odd_system: System) -> None:
    taken = {text: segments for text, segments in TEXTS.items() if len(text) <= LONGEST_MESSAGE}
    numbers = [f"+47999960{number:02}" for number in range(len(taken))]
    recipients = [sms_recipient(number, body=text) for number, text in zip(numbers, taken, strict=True)]
    shown = await ended(odd_system, OWNER, recipients, "SMS_Delivered")
    assert [each["segments"] for each in shown] == list(taken.values())
    calls = [call for call in await odd_system.calls("acs-sms") if call["recipient"] in numbers]
    sent = {call["recipient"]: call["text"] for call in calls}
    assert len(sent) == len(calls)
    assert [sent[number] for number in numbers] == list(taken)


async def test_a_text_message_that_the_service_would_find_too_long_fails_without_a_call_and_says_why(
    odd_system: System,
) -> None:
    """The service takes 2,048 characters, where the network takes sixteen segments (docs/providers.md)."""
    refused = [text for text in TEXTS if len(text) > LONGEST_MESSAGE]
    numbers = [f"+47999961{number:02}" for number in range(len(refused))]
    recipients = [sms_recipient(number, body=text) for number, text in zip(numbers, refused, strict=True)]
    shown = await ended(odd_system, OWNER, recipients, "SMS_Failed")
    assert {len(text) for text in refused} >= {2_145}
    assert {each["reason"] for each in shown} == {"text_too_long"}
    # The journal names nobody for a call that was refused before it was read.
    assert not [call for call in await odd_system.calls("acs-sms") if call["recipient"] in {*numbers, None}]
