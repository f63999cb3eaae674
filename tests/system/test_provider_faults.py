"""Providers in trouble for a while, over the running system: down, throttling, answering nobody, silent for ever.

Trouble is made on the line to a provider and concerns all that is sent meanwhile. That of one recipient is in
`test_fates`; reports that repeat, contradict or make no sense are in `test_email_reports` and `test_sms_reports`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
import pytest_asyncio

from local.simulators.pswin.recipients import number
from local.waiting import until
from tests.system.hand_overs import email_faults, feed_faults, never, sms_faults
from tests.system.orders import Document, sms_recipient
from tests.system.provider_line import ProviderLine, Trouble
from tests.system.reporting import let_reports_be_looked_at, providers
from tests.system.running import POLL_SECONDS, System
from tests.system.served import PATIENCE_SECONDS, Served, emails, outage, trouble
from tests.system.time_passing import let_time_pass

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

# A call may take a quarter of it.
CLAIM_SECONDS = 14
EACH = 6
# Longer than any first back-off, so that nothing but the request of the provider explains the pause.
RETRY_AFTER_SECONDS = 14

type Faulty = Served[ProviderLine]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Faulty]:
    """A system whose providers are reached over lines."""
    async with ProviderLine() as email, ProviderLine() as sms:
        settings = ("--set", f"ACS_ENDPOINT={email.address}", "--set", f"SMS_GATEWAY_URL={sms.address}")
        directory = tmp_path_factory.mktemp("faults")
        running = await asyncio.to_thread(System.start, directory, *settings, claim_seconds=CLAIM_SECONDS)
        try:
            email.leads_to(running.address("acs-email"))
            sms.leads_to(running.address("pswin"))
            yield Served(running, email, sms)
        finally:
            await asyncio.to_thread(running.stop)


def texts(first: int, count: int = EACH) -> dict[str, Document]:
    """SMS recipients from a number on."""
    numbers = [f"4799997{each:03}" for each in range(first, first + count)]
    return {each: sms_recipient(f"+{each}") for each in numbers}


async def test_providers_that_are_down_for_a_while_get_each_message_once_when_they_are_back(served: Faulty) -> None:
    owner = "outage-owner"
    async with outage(served.email, served.sms):
        mails = await served.place(owner, emails(owner, EACH))
        messages = await served.place(owner, texts(0))
        await served.told_of("notification.postponed", mails)
        await served.paused("pswin-sms")
    await served.ended(owner, mails | messages, "Delivered")
    statuses = dict.fromkeys(mails.values(), "Email_Delivered") | dict.fromkeys(messages.values(), "SMS_Delivered")
    assert not feed_faults(await served.system.feed(owner), statuses)
    assert not email_faults(await served.sent("acs-email", mails), mails, repeated=False)
    assert not sms_faults(await served.sent("pswin", messages), messages, never)


async def test_one_channels_outage_does_not_hold_up_the_other(served: Faulty) -> None:
    owner = "half-owner"
    async with outage(served.email):
        mails = await served.place(owner, emails(owner, 2))
        messages = await served.place(owner, texts(100, 2))
        await served.told_of("notification.postponed", mails)
        await served.ended(owner, messages, "Delivered")
        for shipment in mails.values():
            await served.system.until_status(shipment, "Email_New", owner)
    await served.ended(owner, mails, "Delivered")


async def test_a_provider_that_asks_for_a_pause_is_not_called_before_it_is_over_by_anybodys_message(
    served: Faulty,
) -> None:
    owner, pause = "throttled-owner", timedelta(seconds=RETRY_AFTER_SECONDS)
    lines = (served.email, served.sms)
    async with AsyncExitStack() as stack:
        for line in lines:
            line.retry_after = RETRY_AFTER_SECONDS
            await stack.enter_async_context(trouble(line, Trouble.THROTTLED))
        first = await served.place(owner, emails(owner, 1) | texts(200, 1))
        await served.told_of("notification.postponed", first)
        await served.paused("acs-email", RETRY_AFTER_SECONDS)
        await served.paused("pswin-sms", RETRY_AFTER_SECONDS)
    others = await served.place(owner, emails("bystander", 2) | texts(201, 2))
    await served.ended(owner, first | others, "Delivered")
    for line in lines:
        refused = [each.at for each in line.crossings if not each.passed]
        after = [each.at for each in line.crossings if each.at > refused[0] and each.passed and each.method == "POST"]
        assert len(refused) == 1
        assert min(after) - refused[0] >= pause
    placed = first | others
    assert not email_faults(await served.sent("acs-email", placed), _mails(placed), repeated=False)
    assert not sms_faults(await served.sent("pswin", placed), _numbers(placed), never)


@pytest.mark.parametrize("kind", [Trouble.HANGING, Trouble.RESET])
async def test_an_email_whose_answer_was_lost_is_accepted_once_however_often_it_is_asked_for(
    served: Faulty, kind: Trouble
) -> None:
    owner = f"lost-{kind.name.lower()}"
    async with trouble(served.email, kind):
        # Nothing is reported of them, so that only the provider itself can tell what it has.
        mails = await served.place(owner, emails(owner, EACH, name="silent"))
        await served.told_of("notification.uncertain", mails)
        assert {(await statuses_of(served.system, each, owner))[0] for each in mails.values()} <= {
            "Email_New",
            "Email_Sending",
        }
    for shipment in mails.values():
        await served.system.until_status(shipment, "Email_Succeeded", owner, within=PATIENCE_SECONDS)
    sent = [each for each in await served.sent("acs-email", mails) if each["kind"] == "send"]
    assert not email_faults(sent, mails)
    async with providers(served.system) as provider:
        for shipment in mails.values():
            await provider.email_is(shipment, "Delivered")
    await served.ended(owner, mails, "Delivered")


async def test_what_is_never_reported_ends_when_its_time_is_up_and_a_report_after_that_is_only_noted(
    served: Faulty,
) -> None:
    owner = "silent-owner"
    mails = await served.place(owner, emails(owner, 2, name="silent"))
    messages = await served.place(owner, {number("40").removeprefix("+"): sms_recipient(number("40"))})
    for shipment in mails.values():
        await served.system.until_status(shipment, "Email_Succeeded", owner)
    for shipment in messages.values():
        await served.system.until_status(shipment, "SMS_Accepted", owner, within=PATIENCE_SECONDS)
    await let_time_pass(served.system, *mails.values(), *messages.values())
    ended = await served.ended(owner, mails | messages, "Failed_TTL")
    late, untold = mails.values()
    async with providers(served.system) as provider:
        await provider.email_is(late, "Delivered")
    await let_reports_be_looked_at(served.system)
    (recipient,) = ended[late]["recipients"]
    noted = {**ended[late], "recipients": [{**recipient, "lateReport": "Email_Delivered"}]}
    assert await served.system.shipment(late, owner) == noted
    assert await served.system.shipment(untold, owner) == ended[untold]
    assert len(await served.system.feed(owner)) == 3
    assert len(await served.sent("acs-email", mails)) == len(mails)


async def test_what_a_provider_never_took_ends_when_its_time_is_up_and_never_reaches_it(served: Faulty) -> None:
    owner = "refused-owner"
    async with outage(served.email):
        mails = await served.place(owner, emails(owner, 2))
        await served.told_of("notification.postponed", mails)
        await let_time_pass(served.system, *mails.values())
        await served.ended(owner, mails, "Failed_TTL")
    assert not await served.sent("acs-email", mails)


async def test_an_sms_whose_answer_is_always_lost_is_sent_twice_at_most_and_ends_when_its_time_is_up(
    served: Faulty,
) -> None:
    owner = "lost-texts"
    async with trouble(served.sms, Trouble.RESET):
        messages = await served.place(owner, texts(300, 2))
        await served.told_of("notification.uncertain", messages)

        async def is_twice() -> bool:
            return len(await served.sent("pswin", messages)) == 2 * len(messages)

        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(is_twice, every=POLL_SECONDS)
        await let_time_pass(served.system, *messages.values())
        await served.ended(owner, messages, "Failed_TTL")
    calls = await served.sent("pswin", messages)
    assert sorted(each["recipient"] for each in calls) == sorted([*messages, *messages])
    again = timedelta(seconds=CLAIM_SECONDS)
    assert not sms_faults(calls, messages, lambda one, two: None if two - one >= again else "before its claim was over")


async def statuses_of(system: System, shipment: str, owner: str) -> list[str]:
    """What a shipment's recipients are shown with."""
    return [each["status"] for each in (await system.shipment(shipment, owner))["recipients"]]


def _mails(placed: Mapping[str, str]) -> dict[str, str]:
    return {to: shipment for to, shipment in placed.items() if "@" in to}


def _numbers(placed: Mapping[str, str]) -> dict[str, str]:
    return {to: shipment for to, shipment in placed.items() if "@" not in to}
