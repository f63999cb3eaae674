"""Shipments in every status on the way, held there by what they wait for, until their time is up.

Before they are due, between two slices of their recipients, with a provider that keeps silent, and behind one that
asked for a pause. On the lines to the providers trouble concerns everything, so that a system of its own is needed.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from local.simulators.pswin.recipients import number
from local.tokens import SCOPES
from local.waiting import until
from tests.system.expect import API, assert_json
from tests.system.legacy import LEGACY, emails, legacy
from tests.system.orders import Document, email_recipient, notification_id, order
from tests.system.people import nin, person
from tests.system.provider_line import ProviderLine, Trouble
from tests.system.published import published
from tests.system.registers import registers
from tests.system.running import POLL_SECONDS, System
from tests.system.seen import Seen, see
from tests.system.time_passing import let_time_pass
from tests.system.times import in_an_hour

DASHBOARD = f"{API}/future/dashboard/recipients/notifications/nin"
OWNER = "under-way-owner"
HELD, KEPT_WAITING, NAMED = "01818030009", "02828130059", "03838230260"
# No report of what the provider accepted, and then did not answer, may end it before it is looked at.
SILENT_EMAIL, SILENT_SMS = "silent+held@example.com", number("40")
WAITING_EMAIL, WAITING_SMS = "waiting@example.com", "+4799999950"
PEOPLE = [
    {"number": HELD, "email": SILENT_EMAIL, "mobile": SILENT_SMS},
    {"number": KEPT_WAITING, "email": WAITING_EMAIL, "mobile": WAITING_SMS},
    {"number": NAMED, "name": "Synthetic Person", "email": "named@example.com"},
]
SLICE = 1_000
PAUSE_SECONDS = 600
# A call of `held` must hang for longer than it takes to hand `waiting` over: else its repeat finds the pause first.
CLAIM_SECONDS = 240
PATIENCE_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Looked:
    """A shipment to one person in every place, and what the dashboard shows as its results, email first."""

    seen: Seen
    results: list[str]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """All of them; `given_up` is `waiting` after its time."""

    registered: Seen
    cancelled: Seen
    processing: Seen
    held: Looked
    waiting: Looked
    given_up: Looked

    def all(self) -> list[Seen]:
        """Each shipment, once for each time that it was read."""
        persons = [each.seen for each in (self.held, self.waiting, self.given_up)]
        return [self.registered, self.cancelled, self.processing, *persons]


@asynccontextmanager
async def trapped(directory: Path) -> AsyncIterator[UnderWay]:
    """Run a system with lines to its providers and bring everything about."""
    people = directory / "people.json"
    await asyncio.to_thread(people.write_text, json.dumps({"persons": PEOPLE}))
    async with ProviderLine() as email, ProviderLine() as sms:
        lines = ("--set", f"ACS_ENDPOINT={email.address}", "--set", f"SMS_GATEWAY_URL={sms.address}")
        options = (*lines, "--registers", str(people))
        system = await asyncio.to_thread(System.start, directory / "data", *options, claim_seconds=CLAIM_SECONDS)
        try:
            email.leads_to(system.address("acs-email"))
            sms.leads_to(system.address("pswin"))
            yield await _bring_about(system, email, sms)
        finally:
            # Whoever still waits for a provider would keep the host from its end.
            await asyncio.gather(email.down(), sms.down())
            await asyncio.to_thread(system.stop)


async def _bring_about(system: System, email: ProviderLine, sms: ProviderLine) -> UnderWay:
    registered, cancelled = [await _later(system) for _ in range(2)]
    async with system.client(OWNER) as http:
        assert_json(await http.put(f"{LEGACY}/{cancelled}/cancel"), 200)
    processing = await _between_two_slices(system)
    email.trouble = sms.trouble = Trouble.HANGING
    held = await _placed(system, HELD)
    await _until_shown(system, held, {"Email_Sending", "SMS_Sending"})
    held_seen = await _looked(system, held, HELD)
    for line in (email, sms):
        line.trouble, line.retry_after = Trouble.THROTTLED, PAUSE_SECONDS
    waiting = await _placed(system, KEPT_WAITING)
    await _until_put_off(system, waiting)
    await _until_shown(system, waiting, {"Email_New", "SMS_New"})
    waiting_seen = await _looked(system, waiting, KEPT_WAITING)
    await let_time_pass(system, waiting)
    await system.until_final([waiting], OWNER, within=PATIENCE_SECONDS)
    entry = (await published(system, [waiting], OWNER, within=PATIENCE_SECONDS))[waiting]
    return UnderWay(
        registered=await see(system, OWNER, registered),
        cancelled=await see(system, OWNER, cancelled),
        processing=processing,
        held=held_seen,
        waiting=waiting_seen,
        given_up=await _looked(system, waiting, KEPT_WAITING, entry),
    )


async def _later(system: System) -> str:
    placed = await system.order(order(email_recipient(), requestedSendTime=in_an_hour()), OWNER)
    return str(placed["notification"]["shipmentId"])


async def _placed(system: System, whom: str) -> str:
    return str((await system.order(order(person(whom, "EmailAndSms")), OWNER))["notification"]["shipmentId"])


async def _between_two_slices(system: System) -> Seen:
    """An order that stands still after its first slice, because the last recipient's name is not to be had."""
    addresses = [f"slice-{each}@example.com" for each in range(SLICE)]
    body = emails(addresses, subject="To $recipientName$")
    body["recipients"] += [nin(NAMED)]
    async with registers(system) as theirs, legacy(system, OWNER) as api:
        await theirs.turn(names={"down": True})
        shipment = str((await api.place(body, "/email"))["orderId"])

        async def stands_still() -> bool:
            return f"register.unavailable shipment={shipment}" in system.log()

        await _until(stands_still)
        return await see(system, OWNER, shipment)


async def _looked(system: System, shipment: str, whom: str, entry: Document | None = None) -> Looked:
    seen = await see(system, OWNER, shipment, entry)
    async with system.client("support", scope=SCOPES["support"]) as http:
        (found,) = assert_json(await http.get(DASHBOARD, headers={"NationalIdentityNumber": whom}), 200)
    return Looked(seen, [each["result"] for each in sorted(found["deliveryAttempts"], key=lambda one: one["channel"])])


async def _until_shown(system: System, shipment: str, statuses: set[str]) -> None:
    async def is_shown() -> bool:
        manifest = await system.shipment(shipment, OWNER)
        return {each["status"] for each in manifest["recipients"]} == statuses

    await _until(is_shown)


async def _until_put_off(system: System, shipment: str) -> None:
    """Wait until the log tells that both notifications were handed over and not taken."""
    wanted = {notification_id(shipment, each) for each in (1, 2)}

    async def is_told() -> bool:
        return wanted <= set(re.findall(r"notification\.postponed .*?notification=(\S+)", system.log()))

    await _until(is_told)


async def _until(check: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        await until(check, every=POLL_SECONDS)
