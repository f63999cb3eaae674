"""A mail server and Communication Services' SMS in trouble for a while: down, throttling, answering nobody, silent.

As `test_provider_faults` has it for the other two providers; that of one recipient is in `test_fates_elsewhere`.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta

import pytest
import pytest_asyncio

from local.simulators.acs_sms.recipients import number
from local.waiting import until
from tests.system.hand_overs import feed_faults, first_notification
from tests.system.mail_line import MailLine, mail_server
from tests.system.orders import Document, notification_id, sms_recipient
from tests.system.provider_line import ProviderLine, Trouble
from tests.system.reporting import event, providers
from tests.system.running import POLL_SECONDS, System
from tests.system.served import PATIENCE_SECONDS, Served, emails, outage, trouble
from tests.system.time_passing import let_time_pass
from tests.system.times import ahead, written

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

# A call may take a quarter of it.
CLAIM_SECONDS = 14
EACH = 6
# Longer than any first back-off, so that nothing but the request of the provider explains the pause.
RETRY_AFTER_SECONDS = 14

type Faulty = Served[MailLine]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faulty]:
    """A system with the other provider of each channel, which are reached over lines."""
    async with mail_server() as mail, ProviderLine() as sms:
        settings = ("--set", f"SMTP_PORT={mail.port}", "--set", f"ACS_ENDPOINT={sms.address}")
        options = ("--email", "smtp", "--sms", "acs", *settings)
        directory = tmp_path_factory.mktemp("faults-elsewhere")
        running = await asyncio.to_thread(System.start, directory, *options, claim_seconds=CLAIM_SECONDS)
        try:
            sms.leads_to(running.address("acs-sms"))
            yield Served(running, mail, sms)
        finally:
            await asyncio.to_thread(running.stop)


def texts(first: int, count: int = EACH) -> dict[str, Document]:
    """SMS recipients from a number on."""
    numbers = [f"+4799997{each:03}" for each in range(first, first + count)]
    return {each: sms_recipient(each) for each in numbers}


def silent(first: int, count: int) -> dict[str, Document]:
    """SMS recipients whose messages are accepted and never reported; ten are all there are."""
    return {number("40", each): sms_recipient(number("40", each)) for each in range(first, first + count)}


def reported(shipment: str) -> Document:
    """The Event Grid event that says that a shipment's only SMS was delivered."""
    kind, identity = "Microsoft.Communication.SMSDeliveryReportReceived", notification_id(shipment)
    data = {
        "messageId": f"Outgoing_{identity}",
        "from": "Altinn",
        "to": "+4799999999",
        "deliveryStatus": "Delivered",
        "deliveryStatusDetails": "2000: Message Delivered Successfully.",
        "receivedTimestamp": written(ahead()),
        "tag": identity,
    }
    return event(identity, "Delivered", eventType=kind, data=data)


async def accepted(served: Faulty, shipments: Mapping[str, str]) -> dict[str, int]:
    """How often each of these recipients was sent something."""
    calls = [*await served.email.calls(), *await served.system.calls("acs-sms")]
    counted = Counter(call["recipient"] for call in calls if call.get("accepted"))
    return {each: counted[each] for each in shipments}


async def assert_called_by_id(served: Faulty, messages: Mapping[str, str]) -> None:
    """Fails unless every call for an SMS, the repeats too, was under its notification's id."""
    for call in await served.sent("acs-sms", messages):
        assert call["repeatabilityId"] == first_notification(messages[call["recipient"]])


async def test_providers_that_are_down_for_a_while_get_each_message_once_when_they_are_back(served: Faulty) -> None:
    owner = "outage-elsewhere"
    async with outage(served.email, served.sms):
        mails = await served.place(owner, emails(owner, EACH))
        messages = await served.place(owner, texts(0))
        await served.paused("smtp-email")
        await served.paused("acs-sms")
        assert await accepted(served, mails | messages) == dict.fromkeys(mails | messages, 0)
    await served.ended(owner, mails | messages, "Delivered")
    assert await accepted(served, mails | messages) == dict.fromkeys(mails | messages, 1)
    await assert_called_by_id(served, messages)
    statuses = dict.fromkeys(mails.values(), "Email_Delivered") | dict.fromkeys(messages.values(), "SMS_Delivered")
    assert not feed_faults(await served.system.feed(owner), statuses)


async def test_one_channels_outage_does_not_hold_up_the_other(served: Faulty) -> None:
    owner = "half-elsewhere"
    async with outage(served.email):
        mails = await served.place(owner, emails(owner, 2))
        messages = await served.place(owner, texts(100, 2))
        await served.told_of("notification.postponed", mails, enough=1)
        await served.ended(owner, messages, "Delivered")
        for shipment in mails.values():
            await served.system.until_status(shipment, "Email_New", owner)
    await served.ended(owner, mails, "Delivered")


async def test_an_sms_service_that_asks_for_a_pause_is_not_called_before_it_is_over_by_anybodys_message(
    served: Faulty,
) -> None:
    owner = "throttled-elsewhere"
    served.sms.retry_after = RETRY_AFTER_SECONDS
    async with trouble(served.sms, Trouble.THROTTLED):
        first = await served.place(owner, texts(200, 1))
        await served.told_of("notification.postponed", first)
        await served.paused("acs-sms", RETRY_AFTER_SECONDS)
    others = await served.place(owner, texts(201, 2))
    await served.ended(owner, first | others, "Delivered")
    refused = [each.at for each in served.sms.crossings if not each.passed]
    after = [each.at for each in served.sms.crossings if each.at > refused[0] and each.passed]
    assert len(refused) == 1
    assert min(after) - refused[0] >= timedelta(seconds=RETRY_AFTER_SECONDS)
    assert await accepted(served, first | others) == dict.fromkeys(first | others, 1)


@pytest.mark.parametrize(("kind", "place"), [(Trouble.HANGING, 0), (Trouble.RESET, 2)])
async def test_an_sms_whose_answer_was_lost_is_sent_once_although_it_is_handed_over_again(
    served: Faulty, kind: Trouble, place: int
) -> None:
    owner = f"lost-elsewhere-{place}"
    async with trouble(served.sms, kind):
        # Nothing is reported of them, so that only the repeat tells that they were accepted.
        messages = await served.place(owner, silent(place, 2))
        await served.told_of("notification.uncertain", messages)
    for shipment in messages.values():
        await served.system.until_status(shipment, "SMS_Accepted", owner, within=PATIENCE_SECONDS)
    assert await accepted(served, messages) == dict.fromkeys(messages, 1)
    await assert_called_by_id(served, messages)
    assert Counter(call["recipient"] for call in await served.sent("acs-sms", messages)) == dict.fromkeys(messages, 2)


async def test_an_sms_that_is_never_reported_ends_when_its_time_is_up_and_a_report_after_that_is_only_noted(
    served: Faulty,
) -> None:
    owner = "silent-elsewhere"
    messages = await served.place(owner, silent(4, 2))
    for shipment in messages.values():
        await served.system.until_status(shipment, "SMS_Accepted", owner, within=PATIENCE_SECONDS)
    await let_time_pass(served.system, *messages.values())
    ended = await served.ended(owner, messages, "Failed_TTL")
    late, untold = messages.values()
    async with providers(served.system) as provider:
        answer = await provider.email(reported(late))
        assert answer.status_code == 200

    async def is_noted() -> bool:
        return "lateReport" in (await served.system.shipment(late, owner))["recipients"][0]

    async with asyncio.timeout(PATIENCE_SECONDS):
        await until(is_noted, every=POLL_SECONDS)
    (recipient,) = ended[late]["recipients"]
    noted = {**ended[late], "recipients": [{**recipient, "lateReport": "SMS_Delivered"}]}
    assert await served.system.shipment(late, owner) == noted
    assert await served.system.shipment(untold, owner) == ended[untold]
    assert len(await served.system.feed(owner)) == 2
    assert await accepted(served, messages) == dict.fromkeys(messages, 1)


async def test_what_a_mail_server_took_and_never_said_so_is_sent_twice_at_most_and_each_under_the_same_id(
    served: Faulty,
) -> None:
    owner = "unsaid-elsewhere"
    mails = await served.place(owner, emails(owner, 3, name="reset"))
    await served.told_of("notification.uncertain", mails)
    await served.ended(owner, mails, "Delivered")
    assert await accepted(served, mails) == dict.fromkeys(mails, 2)
    calls = [call for call in await served.email.calls() if call.get("recipient") in mails]
    assert {(call["recipient"], call["reference"]) for call in calls} == {
        (to, f"{notification_id(shipment)}@example.com") for to, shipment in mails.items()
    }
