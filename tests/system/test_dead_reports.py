"""Reports that cannot be used, through the running system: answered as before, kept, listed, replayed, removed."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from local.waiting import until
from notifications.domain.ids import ShipmentId, idempotency_hash, key_from_hash
from tests.system.expect import EMAIL_REPORTS, assert_problem
from tests.system.orders import email_recipient, notification_id, order
from tests.system.reporting import Providers, document, event, let_reports_be_looked_at, providers
from tests.system.running import POLL_SECONDS, PROJECT, System

pytestmark = pytest.mark.system

OWNER = "dead-report-owner"


@pytest.fixture
async def provider(system: System) -> AsyncIterator[Providers]:
    """Who may report."""
    async with providers(system) as both:
        yield both


async def reports(system: System, *arguments: str) -> tuple[int, list[str]]:
    """`./dev reports`: its exit code, and its lines."""
    command = [str(PROJECT / "dev"), "reports", "--data", str(system.directory), *arguments]
    done = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, timeout=120, cwd=PROJECT, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


async def listed(system: System) -> dict[str, str]:
    """The line of each dead report, by its id."""
    code, lines = await reports(system, "list", "--limit", "100000")
    assert code == 0
    return {line.split()[0]: line for line in lines}


async def new_one(system: System, before: dict[str, str], reason: str) -> str:
    """The one report with this reason that was not there before; waited for, since some are found out by a worker."""
    new: list[str] = []

    async def is_there() -> bool:
        new[:] = [each for each, line in (await listed(system)).items() - before.items() if reason in line]
        return bool(new)

    async with asyncio.timeout(30):
        await until(is_there, every=POLL_SECONDS)
    (identity,) = new
    return identity


async def content_of(system: System, identity: str) -> str:
    """What came."""
    _, lines = await reports(system, "list", "--limit", "100000", "--content")
    start = next(number for number, line in enumerate(lines) if line.startswith(identity))
    end = next((number for number in range(start + 1, len(lines)) if lines[number][0] != " "), len(lines))
    return "\n".join(lines[start + 1 : end])


async def test_an_event_nobody_understands_is_kept_with_what_came_and_can_be_removed(
    system: System, provider: Providers
) -> None:
    before = await listed(system)
    strange = event(str(uuid4()), "Exploded")
    good = event(notification_id(await accepted(system)), "Delivered")
    assert (await provider.email(strange, good)).status_code == 200
    identity = await new_one(system, before, "UNRECOGNIZED_SEND_RESULT (unknown_status:Exploded)")
    assert "reported@example.com" not in (await listed(system))[identity]
    content = await content_of(system, identity)
    assert "reported@example.com" in content
    assert strange["data"]["messageId"] in content
    assert good["data"]["messageId"] not in content
    refused = f"{identity}  not taken: UNRECOGNIZED_SEND_RESULT unknown_status:Exploded"
    assert await reports(system, "replay", identity) == (1, [refused])
    assert await reports(system, "remove", identity) == (0, [f"{identity}  done"])
    assert identity not in await listed(system)
    assert await reports(system, "remove", identity) == (1, [f"{identity}  not there"])


async def test_a_body_that_is_no_report_is_answered_400_as_before_and_kept(system: System, provider: Providers) -> None:
    before = await listed(system)
    for _ in range(3):
        body = b"kari.nordmann@example.com \x1b[2J"
        assert_problem(await provider.http.post(EMAIL_REPORTS, content=body, headers=provider.key), 400)
    identity = await new_one(system, before, "MALFORMED_REPORT (not_json)")
    assert "kari.nordmann@example.com \\x1b[2J" in await content_of(system, identity)


async def test_a_gateways_unknown_state_is_answered_ok_as_before_and_kept(system: System, provider: Providers) -> None:
    before = await listed(system)
    reference = str(uuid4().int)[:16]
    answer = await provider.sms(document(reference, "ZEROBAL"))
    assert (answer.status_code, b"<STATUS>OK</STATUS>" in answer.content) == (200, True)
    identity = await new_one(system, before, "pswin  sms  UNRECOGNIZED_SEND_RESULT (unknown_state:ZEROBAL)")
    assert f"<REF>{reference}</REF><RCV>4799999999</RCV>" in await content_of(system, identity)


async def test_an_id_that_was_not_made_here_is_kept(system: System, provider: Providers) -> None:
    before = await listed(system)
    assert (await provider.email(event(str(uuid4()), "Delivered"))).status_code == 200
    await new_one(system, before, "event-grid  email  INVALID_NOTIFICATION_IDENTIFIER")


async def test_a_report_without_its_shipment_is_kept_and_ends_it_when_it_is_replayed(
    system: System, provider: Providers
) -> None:
    before = await listed(system)
    wanted = order(email_recipient("silent@example.com"))
    # The id that the order will have follows from what it is ordered under.
    key = key_from_hash(idempotency_hash(OWNER, "Notification", wanted["idempotencyId"]))
    shipment = str(ShipmentId(key, 1).uuid)
    assert (await provider.email(event(notification_id(shipment), "Bounced"))).status_code == 200
    identity = await new_one(system, before, "UNKNOWN_NOTIFICATION")
    assert await reports(system, "replay", identity) == (1, [f"{identity}  not taken: UNKNOWN_NOTIFICATION"])
    placed = await system.order(wanted, OWNER)
    assert placed["notification"]["shipmentId"] == shipment
    await system.until_status(shipment, "Email_Succeeded", OWNER)
    assert await reports(system, "replay", identity) == (0, [f"{identity}  done"])
    ended = await system.until_final([shipment], OWNER)
    assert [each["status"] for each in ended[shipment]["recipients"]] == ["Email_Failed_Bounced"]
    await let_reports_be_looked_at(system)
    assert identity not in await listed(system)


async def test_whoever_may_not_report_leaves_nothing(system: System, provider: Providers) -> None:
    before = await listed(system)
    for headers in ({}, {"X-Report-Key": "wrong"}):
        assert_problem(await provider.http.post(EMAIL_REPORTS, content=b"nobody's", headers=headers), 401)
    refused = await provider.http.post(
        "/notifications/sms/api/v1/reports", content=b"<x", auth=httpx.BasicAuth("gateway", "wrong")
    )
    assert refused.status_code == 401
    assert await listed(system) == before


async def accepted(system: System) -> str:
    """A shipment that its provider accepted and will not report."""
    placed = await system.order(order(email_recipient("silent@example.com")), OWNER)
    shipment = str(placed["notification"]["shipmentId"])
    await system.until_status(shipment, "Email_Succeeded", OWNER)
    return shipment
