"""Every status that a provider can bring about, through the special recipients of docs/simulators.md.

All are placed at once and then waited for. Those whose answers close a provider's gate for a while (429, 5xx) travel on
a system of their own, whose email reports come by queue.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import pytest_asyncio

from local.simulators.acs_email import recipients as acs_email
from local.simulators.pswin import recipients as pswin
from local.simulators.pswin.recipients import number
from tests.system.orders import Document, email_recipient, notification_id, order, sms_recipient
from tests.system.published import published
from tests.system.running import POLL_SECONDS, System

pytestmark = pytest.mark.system

IN_FEED = ("destination", "status", "lastUpdate")
OWNER = "fate-owner"
PATIENCE_SECONDS = 150


class Fate(NamedTuple):
    """How a recipient's shipment ends (or where it stays), and how often its provider is called for it."""

    status: str
    calls: frozenset[int] = frozenset({1})
    ends: bool = True


DELIVERED, TEXTED = Fate("Email_Delivered"), Fate("SMS_Delivered")
# The answer of the first call is lost, and nothing else tells a gateway's reference: it is called again.
TEXTED_AGAIN = Fate("SMS_Delivered", frozenset({2}))
THIRD_TIME = frozenset({3})

EMAIL = {
    "ordinary": DELIVERED,
    "bounced": Fate("Email_Failed_Bounced"),
    "failed": Fate("Email_Failed"),
    "suppressed": Fate("Email_Failed_SuppressedRecipient"),
    "quarantined": Fate("Email_Failed_Quarantined"),
    "filteredspam": Fate("Email_Failed_FilteredSpam"),
    "expanded": Fate("Email_Failed"),
    "suppressed-now": Fate("Email_Failed_SuppressedRecipient"),
    "invalid-format": Fate("Email_Failed_InvalidFormat"),
    "dropped": Fate("Email_Succeeded", ends=False),
    "silent": Fate("Email_Succeeded", ends=False),
    "hang": DELIVERED,
    "reset": DELIVERED,
    "twice": DELIVERED,
    "contradict": DELIVERED,
    "early": DELIVERED,
    "late": DELIVERED,
    "slow": DELIVERED,
}
SMS = {
    "01": TEXTED,
    "02": Fate("SMS_Failed_Expired"),
    "03": Fate("SMS_Failed_Deleted"),
    "04": Fate("SMS_Failed_Undelivered"),
    "05": Fate("SMS_Failed_Rejected"),
    "06": Fate("SMS_Failed_BarredReceiver"),
    "07": Fate("SMS_Failed"),
    "08": Fate("SMS_Failed"),
    "09": Fate("SMS_Failed"),
    "10": Fate("SMS_Accepted", ends=False),
    "20": Fate("SMS_Failed_InvalidRecipient"),
    "21": Fate("SMS_Failed"),
    "32": TEXTED_AGAIN,
    "33": TEXTED_AGAIN,
    "34": TEXTED,
    "35": TEXTED_AGAIN,
    "40": Fate("SMS_Accepted", ends=False),
    "41": TEXTED,
    "42": TEXTED,
    "43": TEXTED,
    "44": TEXTED,
}
STRUGGLING = {
    "throttled": Fate("Email_Delivered", THIRD_TIME),
    "unavailable": Fate("Email_Delivered", THIRD_TIME),
    "30": Fate("SMS_Delivered", THIRD_TIME),
    # They come while the gates are closed, and wait behind them.
    "ordinary": DELIVERED,
    "bounced": EMAIL["bounced"],
    "01": TEXTED,
}
# Each of their calls fails, until the order's time is up.
HOPELESS = {"error": Fate("Email_New", ends=False), "31": Fate("SMS_New", ends=False)}


@dataclass
class Outcome:
    """What became of the shipments, by the name of their recipient."""

    manifests: dict[str, Document]
    calls: Counter[str]
    accepted: Counter[str]

    def calls_for(self, name: str, calls: Counter[str]) -> int:
        """How often its provider counted a recipient's notification: by id, or by number where there are no ids."""
        is_sms = name.isdigit()
        return calls[number(name).removeprefix("+") if is_sms else notification_id(self.manifests[name]["shipmentId"])]

    def is_as(self, name: str, fate: Fate) -> None:
        """Fails unless a shipment came where it should."""
        manifest = self.manifests[name]
        (recipient,) = manifest["recipients"]
        assert recipient["status"] == fate.status
        assert manifest["status"] == ("Order_Completed" if fate.ends else "Order_Processed")
        assert self.calls_for(name, self.calls) in fate.calls


def recipient(name: str) -> Document:
    """The recipient of a name: the local part of an address, or the code of a number."""
    return sms_recipient(number(name)) if name.isdigit() else email_recipient(f"{name}@example.com")


async def place(system: System, names: Iterable[str]) -> dict[str, str]:
    """Place an order for each recipient, all at once; their shipments."""
    answers = await asyncio.gather(*(system.order(order(recipient(name)), OWNER) for name in names))
    return {name: answer["notification"]["shipmentId"] for name, answer in zip(names, answers, strict=True)}


async def outcome_of(system: System, fates: dict[str, Fate], shipments: dict[str, str]) -> Outcome:
    """Wait until all have come where they should, and count the providers' calls."""
    ending = [shipment for name, shipment in shipments.items() if fates[name].ends]
    await system.until_final(ending, OWNER, within=PATIENCE_SECONDS)
    manifests = {name: await system.shipment(shipment, OWNER) for name, shipment in shipments.items()}
    emails = await system.emails()
    calls = [(call["operationId"], call["accepted"]) for call in emails]
    calls += [(call["recipient"], call["accepted"]) for call in await system.calls("pswin")]
    return Outcome(manifests, Counter(key for key, _ in calls), Counter(key for key, accepted in calls if accepted))


@pytest.fixture(scope="module")
def struggling_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system of its own, whose email reports come by queue."""
    running = System.start(tmp_path_factory.mktemp("struggling"), report_to="queue")
    try:
        yield running
    finally:
        running.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcomes(system: System, struggling_system: System) -> tuple[Outcome, Outcome]:
    """What became of all, on the one system and on the other; the two waits are one."""
    steady, struggling = EMAIL | SMS, STRUGGLING
    placed = await place(system, steady)
    first = await place(struggling_system, [name for name, fate in struggling.items() if fate.calls == THIRD_TIME])
    await until_called(struggling_system, first)
    then = await place(struggling_system, struggling.keys() - first.keys())
    return await asyncio.gather(
        outcome_of(system, steady, placed), outcome_of(struggling_system, struggling, first | then)
    )


async def until_called(system: System, shipments: dict[str, str]) -> None:
    """Wait until a provider was called for each of these."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            emails = {call["operationId"] for call in await system.calls("acs-email")}
            numbers = {f"+{call['recipient']}" for call in await system.calls("pswin")}
            if all(
                number(name) in numbers if name.isdigit() else notification_id(shipment) in emails
                for name, shipment in shipments.items()
            ):
                return
            await asyncio.sleep(POLL_SECONDS)


@pytest.mark.parametrize("name", EMAIL | SMS)
async def test_the_recipient_decides_how_it_ends(outcomes: tuple[Outcome, Outcome], name: str) -> None:
    outcomes[0].is_as(name, (EMAIL | SMS)[name])


@pytest.mark.parametrize("name", EMAIL)
async def test_no_email_is_accepted_twice_whatever_happens_to_the_answer(
    outcomes: tuple[Outcome, Outcome], name: str
) -> None:
    refused = name in {"suppressed-now", "invalid-format"}
    assert outcomes[0].calls_for(name, outcomes[0].accepted) == (0 if refused else 1)


@pytest.mark.parametrize("name", STRUGGLING)
async def test_a_provider_that_is_busy_or_down_gets_its_messages_later_each_once(
    outcomes: tuple[Outcome, Outcome], name: str
) -> None:
    outcomes[1].is_as(name, STRUGGLING[name])
    assert outcomes[1].calls_for(name, outcomes[1].accepted) == 1


async def test_the_feed_shows_each_ended_shipment_once_with_the_status_of_its_manifest(
    system: System, struggling_system: System, outcomes: tuple[Outcome, Outcome]
) -> None:
    for running, outcome in zip((system, struggling_system), outcomes, strict=True):
        ended = {each["shipmentId"]: each for each in outcome.manifests.values() if each["status"] == "Order_Completed"}
        await published(running, ended.keys(), OWNER)
        entries = await running.feed(OWNER)
        assert [entry["sequenceNumber"] for entry in entries] == list(range(1, len(entries) + 1))
        shown = {entry["shipmentId"]: entry for entry in entries}
        assert len(entries) == len(shown)
        assert shown.keys() == ended.keys()
        for shipment, manifest in ended.items():
            told = [{name: each[name] for name in IN_FEED} for each in manifest["recipients"]]
            assert shown[shipment]["recipients"] == told
            assert shown[shipment]["lastUpdate"] == manifest["lastUpdate"]


async def test_a_message_that_its_provider_never_takes_waits_as_new(
    struggling_system: System, outcomes: tuple[Outcome, Outcome]
) -> None:
    shipments = await place(struggling_system, HOPELESS)
    await until_called(struggling_system, shipments)
    for name, fate in HOPELESS.items():
        await struggling_system.until_status(shipments[name], fate.status, OWNER)
    feed = str(await struggling_system.feed(OWNER))
    assert not any(shipment in feed for shipment in shipments.values())


def test_every_special_recipient_has_a_test() -> None:
    special = acs_email.RECIPIENTS.keys() | pswin.RECIPIENTS.keys()
    assert special - (EMAIL | SMS | STRUGGLING | HOPELESS).keys() == set()
