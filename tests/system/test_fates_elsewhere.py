"""Every end that a mail server and Communication Services' SMS can bring about, through their special recipients.

As `test_fates` has it for the other two providers. All are placed at once and waited for together; the pauses that
some of them ask for are cut short.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pytest
import pytest_asyncio

from local.simulators.acs_sms import recipients as acs_sms
from local.simulators.acs_sms.recipients import number
from local.simulators.smtp import recipients as smtp
from local.waiting import until
from tests.system.gates import short_pauses
from tests.system.orders import Document, email_recipient, notification_id, order, sms_recipient
from tests.system.published import published
from tests.system.running import POLL_SECONDS, System
from tests.system.time_passing import let_time_pass

pytestmark = [pytest.mark.system, pytest.mark.asyncio(loop_scope="module")]

OWNER = "fate-elsewhere"
# A quarter of it is three times the two seconds of the slow ones.
CLAIM_SECONDS = 24
PATIENCE_SECONDS = 360


class Fate(NamedTuple):
    """How a recipient's shipment ends (or where it stays), and how often its provider took it, and was called."""

    status: str
    taken: int = 1
    calls: frozenset[int] = frozenset({1})
    ends: bool = True


def refused(status: str) -> Fate:
    """Not taken at the only call."""
    return Fate(status, taken=0)


def later(calls: int) -> Fate:
    """Taken at the last of so many calls."""
    return Fate("SMS_Delivered", calls=frozenset({calls}))


DELIVERED, TEXTED = Fate("Email_Delivered"), Fate("SMS_Delivered")
# Of the first call the answer was lost. A mail server knows nothing of a repeat.
MAILED_AGAIN = Fate("Email_Delivered", taken=2, calls=frozenset({2}))
# Communication Services know our id, and perhaps their report comes before the repeat.
ASKED_AGAIN = Fate("SMS_Delivered", calls=frozenset({1, 2}))
EMAIL = {
    "ordinary": DELIVERED,
    "bounced": refused("Email_Failed"),
    "moved": refused("Email_Failed"),
    "invalid-format": refused("Email_Failed_InvalidFormat"),
    "syntax": refused("Email_Failed_InvalidFormat"),
    "full": refused("Email_Failed"),
    "too-large": refused("Email_Failed_PayloadTooLarge"),
    "failed": refused("Email_Failed"),
    "filteredspam": refused("Email_Failed"),
    "greylisted": Fate("Email_Delivered", calls=frozenset({2})),
    "throttled": Fate("Email_Delivered", calls=frozenset({3})),
    "unavailable": Fate("Email_Delivered", calls=frozenset({3})),
    "cut": Fate("Email_Delivered", calls=frozenset({2})),
    "hang": MAILED_AGAIN,
    "reset": MAILED_AGAIN,
    "garbled": MAILED_AGAIN,
    "slow": DELIVERED,
}
SMS = {
    "01": TEXTED,
    "02": Fate("SMS_Failed_Expired"),
    "03": Fate("SMS_Failed_InvalidRecipient"),
    "04": Fate("SMS_Failed_Undelivered"),
    "05": Fate("SMS_Failed_Rejected"),
    "06": Fate("SMS_Failed_BarredReceiver"),
    "07": Fate("SMS_Failed"),
    "08": Fate("SMS_Failed"),
    "09": Fate("SMS_Failed"),
    "10": Fate("SMS_Accepted", ends=False),
    "11": Fate("SMS_Failed_InvalidRecipient"),
    "12": Fate("SMS_Failed_Undelivered"),
    "13": Fate("SMS_Failed_BarredReceiver"),
    "20": refused("SMS_Failed_InvalidRecipient"),
    "21": refused("SMS_Failed"),
    "22": refused("SMS_Failed"),
    "28": later(3),
    "29": later(3),
    "30": later(3),
    "32": ASKED_AGAIN,
    "33": ASKED_AGAIN,
    "34": TEXTED,
    "35": ASKED_AGAIN,
    "36": TEXTED,
    "40": Fate("SMS_Accepted", ends=False),
    "41": TEXTED,
    "42": TEXTED,
    "43": TEXTED,
    "44": TEXTED,
}
# Each of their calls fails, until the order's time is up.
HOPELESS = {
    **dict.fromkeys(("error", "stuck", "no-logon"), "Email_New"),
    **dict.fromkeys(("23", "31"), "SMS_New"),
}
CONTRADICTED = "42"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of all: manifests and calls by the recipient's name, and who is in the feed how often."""

    system: System
    manifests: Mapping[str, Document]
    calls: Mapping[str, list[Document]]
    told: Mapping[str, Document]

    def shown(self, name: str) -> Document:
        """The one recipient of a manifest."""
        (recipient,) = self.manifests[name]["recipients"]
        return dict(recipient)


def address(name: str) -> str:
    """The address or number of a recipient."""
    return number(name) if name.isdigit() else f"{name}+elsewhere@example.com"


def recipient(name: str) -> Document:
    """The recipient of a name: the local part of an address, or the code of a number."""
    return sms_recipient(address(name)) if name.isdigit() else email_recipient(address(name))


async def calls_by_name(system: System) -> dict[str, list[Document]]:
    """What the providers were called for, by the recipient's name."""
    calls = [*await system.calls("smtp"), *await system.calls("acs-sms")]
    names = (*EMAIL, *SMS, *HOPELESS)
    return {name: [call for call in calls if call.get("recipient") == address(name)] for name in names}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcome(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outcome]:
    """Everybody's end, on a system of its own."""
    directory, options = tmp_path_factory.mktemp("elsewhere"), ("--email", "smtp", "--sms", "acs")
    running = await asyncio.to_thread(System.start, directory, *options, claim_seconds=CLAIM_SECONDS)
    try:
        async with short_pauses(running):
            yield await _outcome(running)
    finally:
        await asyncio.to_thread(running.stop)


async def _outcome(system: System) -> Outcome:
    fates = EMAIL | SMS
    answers = await asyncio.gather(*(system.order(order(recipient(name)), OWNER) for name in [*fates, *HOPELESS]))
    ids = (answer["notification"]["shipmentId"] for answer in answers)
    shipments = dict(zip([*fates, *HOPELESS], ids, strict=True))
    ending = [shipments[name] for name, fate in fates.items() if fate.ends]
    await system.until_final(ending, OWNER, within=PATIENCE_SECONDS)
    for name, fate in fates.items():
        if not fate.ends:
            await system.until_status(shipments[name], fate.status, OWNER)
    await _until_contradicted(system, shipments[CONTRADICTED])
    return Outcome(
        system=system,
        manifests={name: await system.shipment(shipment, OWNER) for name, shipment in shipments.items()},
        calls=await calls_by_name(system),
        told=await published(system, ending, OWNER),
    )


async def _until_contradicted(system: System, shipment: str) -> None:
    """Wait until the second report of the one that has two different ones was looked at."""

    async def is_noted() -> bool:
        return "lateReport" in (await system.shipment(shipment, OWNER))["recipients"][0]

    async with asyncio.timeout(PATIENCE_SECONDS):
        await until(is_noted, every=POLL_SECONDS)


@pytest.mark.parametrize("name", EMAIL | SMS)
async def test_the_recipient_decides_how_it_ends_and_how_often_it_is_sent(outcome: Outcome, name: str) -> None:
    fate, calls = (EMAIL | SMS)[name], outcome.calls[name]
    assert outcome.shown(name)["status"] == fate.status
    assert outcome.manifests[name]["status"] == ("Order_Completed" if fate.ends else "Order_Processed")
    assert (sum(call["accepted"] for call in calls), len(calls) in fate.calls) == (fate.taken, True), calls


@pytest.mark.parametrize("name", EMAIL | SMS)
async def test_whatever_came_of_it_each_call_was_under_the_notifications_id(outcome: Outcome, name: str) -> None:
    wanted = notification_id(outcome.manifests[name]["shipmentId"])
    for call in outcome.calls[name]:
        if name.isdigit():
            assert call["repeatabilityId"] == wanted
        else:
            assert call["reference"] in {None, f"{wanted}@example.com"}


async def test_the_feed_shows_each_ended_shipment_once_with_the_status_of_its_manifest(outcome: Outcome) -> None:
    entries = [each["shipmentId"] for each in await outcome.system.feed(OWNER)]
    assert len(entries) == len(set(entries))
    for name, fate in (EMAIL | SMS).items():
        shipment = outcome.manifests[name]["shipmentId"]
        assert (shipment in entries) == fate.ends
        if fate.ends:
            assert [each["status"] for each in outcome.told[shipment]["recipients"]] == [fate.status]


async def test_the_opposite_report_comes_too_late_and_is_shown_beside_the_status(outcome: Outcome) -> None:
    assert outcome.shown(CONTRADICTED)["lateReport"] == "SMS_Failed_Undelivered"
    assert not [name for name in SMS if name != CONTRADICTED and "lateReport" in outcome.shown(name)]


async def test_a_message_that_its_provider_never_takes_waits_as_new_until_its_time_is_up_and_is_not_sent_then(
    outcome: Outcome,
) -> None:
    system = outcome.system
    for name, status in HOPELESS.items():
        shipment = outcome.manifests[name]["shipmentId"]
        await system.until_status(shipment, status, OWNER)
    shipments = {name: outcome.manifests[name]["shipmentId"] for name in HOPELESS}
    await let_time_pass(system, *shipments.values())
    ended = await system.until_final(shipments.values(), OWNER, within=PATIENCE_SECONDS)
    before = await calls_by_name(system)
    for name, shipment in shipments.items():
        (shown,) = ended[shipment]["recipients"]
        assert shown["status"] == HOPELESS[name].replace("New", "Failed_TTL")
        assert shown["reason"], name
        assert before[name]
        assert not any(call["accepted"] for call in before[name])
    await published(system, list(shipments.values()), OWNER)
    # Another email and another SMS go the whole road meanwhile.
    passing = [order(email_recipient("passer-by@example.com")), order(sms_recipient("+4799999981"))]
    placed = [await system.order(each, "passer-by") for each in passing]
    await system.until_final([each["notification"]["shipmentId"] for each in placed], "passer-by")
    assert {name: len(before[name]) for name in HOPELESS} == {
        name: len(calls) for name, calls in (await calls_by_name(system)).items() if name in HOPELESS
    }


async def test_every_special_recipient_has_a_test() -> None:
    special = smtp.RECIPIENTS.keys() | acs_sms.RECIPIENTS.keys()
    assert special - (EMAIL | SMS | HOPELESS).keys() == set()
