"""Providers in trouble for a while, over the running system: down, throttling, answering nobody, silent for ever.

Trouble is made on the line to a provider and concerns all that is sent meanwhile. That of one recipient is in
`test_fates`; reports that repeat, contradict or make no sense are in `test_email_reports` and `test_sms_reports`.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio

from local.simulators.pswin.recipients import number
from local.waiting import until
from tests.system.hand_overs import email_faults, feed_faults, first_notification, never, sms_faults
from tests.system.orders import Document, email_recipient, order, sms_recipient
from tests.system.provider_line import ProviderLine, Trouble
from tests.system.reporting import let_reports_be_looked_at, providers
from tests.system.running import POLL_SECONDS, System
from tests.system.time_passing import let_time_pass

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

CLAIM_SECONDS = 8
PATIENCE_SECONDS = 120
EACH = 6
# Longer than any first back-off, so that nothing but the request of the provider explains the pause.
RETRY_AFTER_SECONDS = 14
RANKS = {"New": 0, "Succeeded": 1, "Accepted": 1}


@dataclass(frozen=True, slots=True)
class Served:
    """A running system and the lines to its two providers."""

    system: System
    email: ProviderLine
    sms: ProviderLine

    async def place(self, owner: str, recipients: Mapping[str, Document]) -> dict[str, str]:
        """Place an order for each recipient at once; their shipments, by the name in the provider's journal."""
        answers = await asyncio.gather(*(self.system.order(order(each), owner) for each in recipients.values()))
        shipments = (answer["notification"]["shipmentId"] for answer in answers)
        return dict(zip(recipients, shipments, strict=True))

    async def told_of(self, event: str, shipments: Mapping[str, str]) -> None:
        """Wait until the log tells of this event for the notification of each shipment."""
        wanted = {first_notification(each) for each in shipments.values()}

        async def is_told() -> bool:
            told = re.findall(rf"{re.escape(event)} .*?notification=(\S+)", self.system.log())
            return wanted <= set(told)

        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(is_told, every=POLL_SECONDS)

    async def ended(self, owner: str, shipments: Mapping[str, str], status: str) -> dict[str, Document]:
        """Wait until all have ended with this status, by statuses that only ever rose, and are in the feed once."""
        manifests = await self.system.until_final(shipments.values(), owner, within=PATIENCE_SECONDS)
        for manifest in manifests.values():
            (recipient,) = manifest["recipients"]
            road = [*(each["status"] for each in recipient.get("history", ())), recipient["status"]]
            ranks = [RANKS.get(each.split("_", 1)[1], 2) for each in road]
            assert ranks == sorted(set(ranks)), road
            assert road[-1].split("_", 1)[1] == status
        assert sorted(await self._told(owner, manifests)) == sorted(manifests)
        return manifests

    async def _told(self, owner: str, wanted: Collection[str]) -> list[str]:
        """The shipments of the feed that are among these, once it has as many, which may follow their ends."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                told = [each["shipmentId"] for each in await self.system.feed(owner)]
                if len(among := [each for each in told if each in wanted]) >= len(wanted):
                    return among
                await asyncio.sleep(POLL_SECONDS)

    async def paused(self, provider: str, seconds: int | None = None) -> None:
        """Wait until the log tells that a provider is left alone, for so many seconds where that matters."""

        async def is_told() -> bool:
            pause = rf"{seconds}\.0\b" if seconds else ""
            return re.search(rf"gate\.closed .*provider={provider} .*seconds={pause}", self.system.log()) is not None

        async with asyncio.timeout(PATIENCE_SECONDS):
            await until(is_told, every=POLL_SECONDS)

    async def sent(self, name: str, shipments: Mapping[str, str]) -> list[Document]:
        """What a provider's journal says of the recipients of these shipments."""
        return [call for call in await self.system.calls(name) if call["recipient"] in shipments]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
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


def emails(owner: str, count: int = EACH, name: str = "") -> dict[str, Document]:
    """Email recipients of a test's own."""
    addresses = [f"{name}+{owner}{each}@example.com".removeprefix("+") for each in range(count)]
    return {each: email_recipient(each) for each in addresses}


def texts(first: int, count: int = EACH) -> dict[str, Document]:
    """SMS recipients from a number on."""
    numbers = [f"4799997{each:03}" for each in range(first, first + count)]
    return {each: sms_recipient(f"+{each}") for each in numbers}


@asynccontextmanager
async def trouble(line: ProviderLine, kind: Trouble) -> AsyncIterator[None]:
    """Every call of this line meets it while the context lasts."""
    line.trouble = kind
    try:
        yield
    finally:
        line.trouble = None


async def test_providers_that_are_down_for_a_while_get_each_message_once_when_they_are_back(served: Served) -> None:
    owner = "outage-owner"
    await served.email.down()
    await served.sms.down()
    mails = await served.place(owner, emails(owner))
    messages = await served.place(owner, texts(0))
    await served.told_of("notification.postponed", mails)
    await served.paused("pswin-sms")
    await served.email.up()
    await served.sms.up()
    await served.ended(owner, mails | messages, "Delivered")
    statuses = dict.fromkeys(mails.values(), "Email_Delivered") | dict.fromkeys(messages.values(), "SMS_Delivered")
    assert not feed_faults(await served.system.feed(owner), statuses)
    assert not email_faults(await served.sent("acs-email", mails), mails, repeated=False)
    assert not sms_faults(await served.sent("pswin", messages), messages, never)


async def test_one_channels_outage_does_not_hold_up_the_other(served: Served) -> None:
    owner = "half-owner"
    await served.email.down()
    mails = await served.place(owner, emails(owner, 2))
    messages = await served.place(owner, texts(100, 2))
    await served.told_of("notification.postponed", mails)
    await served.ended(owner, messages, "Delivered")
    assert [await statuses_of(served.system, each, owner) for each in mails.values()] == [["Email_New"]] * 2
    await served.email.up()
    await served.ended(owner, mails, "Delivered")


async def test_a_provider_that_asks_for_a_pause_is_not_called_before_it_is_over_by_anybodys_message(
    served: Served,
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
    served: Served, kind: Trouble
) -> None:
    owner = f"lost-{kind.name.lower()}"
    async with trouble(served.email, kind):
        # Nothing is reported of them, so that only the provider itself can tell what it has.
        mails = await served.place(owner, emails(owner, name="silent"))
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
    served: Served,
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


async def test_what_a_provider_never_took_ends_when_its_time_is_up_and_never_reaches_it(served: Served) -> None:
    owner = "refused-owner"
    await served.email.down()
    try:
        mails = await served.place(owner, emails(owner, 2))
        await served.told_of("notification.postponed", mails)
        await let_time_pass(served.system, *mails.values())
        await served.ended(owner, mails, "Failed_TTL")
    finally:
        await served.email.up()
    assert not await served.sent("acs-email", mails)


async def test_an_sms_whose_answer_is_always_lost_is_sent_twice_at_most_and_ends_when_its_time_is_up(
    served: Served,
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
