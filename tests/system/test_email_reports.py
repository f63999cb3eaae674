"""Reports of emails: repeated, contradicting, late, unknown, unreadable, forged: a status never goes backwards."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.system.expect import EMAIL_REPORTS, UNKNOWN_ID, assert_json, assert_problem
from tests.system.orders import email_recipient, notification_id, order
from tests.system.reporting import Providers, Silent, event, let_reports_be_looked_at, providers, without_late
from tests.system.running import System
from tests.system.times import in_an_hour

pytestmark = pytest.mark.system

OWNER = "email-report-owner"
STILL_WAITING = ["Order_Processed", "Email_Succeeded"]
STATUSES = {
    "Delivered": "Email_Delivered",
    "Bounced": "Email_Failed_Bounced",
    "Failed": "Email_Failed",
    "Expanded": "Email_Failed",
    "FilteredSpam": "Email_Failed_FilteredSpam",
    "Quarantined": "Email_Failed_Quarantined",
    "Suppressed": "Email_Failed_SuppressedRecipient",
}
UNKNOWN = [UNKNOWN_ID, UNKNOWN_ID[:-1] + "1", str(uuid4()), "00000000-0000-0000-0000-000000000000"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def silent(system: System) -> Silent:
    """Accepted emails."""
    return await Silent.of(system, OWNER, [email_recipient("silent@example.com")] * 20, "Email_Succeeded")


@pytest.fixture
async def provider(system: System) -> AsyncIterator[Providers]:
    """Who may report."""
    async with providers(system) as both:
        yield both


async def test_each_reported_status_ends_the_shipment_with_its_own(silent: Silent, provider: Providers) -> None:
    shipments = [silent.take() for _ in STATUSES]
    for shipment, code in zip(shipments, STATUSES, strict=True):
        await provider.email_is(shipment, code)
    assert await silent.ended(*shipments) == list(STATUSES.values())


async def test_what_was_reported_first_stays_whatever_comes_after_the_end(
    system: System, silent: Silent, provider: Providers
) -> None:
    delivered, bounced = silent.take(), silent.take()
    await provider.email_is(delivered, "Delivered")
    await provider.email_is(bounced, "Bounced")
    ended = await system.until_final([delivered, bounced], OWNER)
    for code in ("Bounced", "Delivered", "Bounced"):
        await provider.email_is(delivered, code)
        await provider.email_is(bounced, code)
    await let_reports_be_looked_at(system)
    for shipment, status in ((delivered, "Email_Delivered"), (bounced, "Email_Failed_Bounced")):
        assert without_late(await system.shipment(shipment, OWNER)) == ended[shipment]
        assert await silent.statuses(shipment) == ["Order_Completed", status]
        assert await silent.in_feed(shipment) == [status]


async def test_the_same_report_ten_times_ends_the_shipment_once(
    system: System, silent: Silent, provider: Providers
) -> None:
    shipment = silent.take()
    report = event(notification_id(shipment), "Delivered")
    for answer in [await provider.email(report, report) for _ in range(5)]:
        assert answer.status_code == 200
    assert await silent.ended(shipment) == ["Email_Delivered"]
    await let_reports_be_looked_at(system)
    assert await silent.in_feed(shipment) == ["Email_Delivered"]


async def test_reports_of_what_was_not_sent_or_is_not_known_are_taken_and_change_nothing(
    system: System, silent: Silent, provider: Providers
) -> None:
    shipment = silent.take()
    placed = await system.order(order(email_recipient(), requestedSendTime=in_an_hour()), OWNER)
    registered = placed["notification"]["shipmentId"]
    second = notification_id(shipment, 2)
    for identity in (*UNKNOWN, second, notification_id(registered)):
        assert (await provider.email(event(identity, "Bounced"))).status_code == 200
    opened = "Microsoft.Communication.EmailEngagementTrackingReportReceived"
    engaged = event(notification_id(shipment), "Bounced", eventType=opened)
    assert (await provider.email(engaged)).status_code == 200
    await let_reports_be_looked_at(system)
    assert await silent.statuses(registered) == ["Order_Registered"]
    assert await silent.statuses(shipment) == STILL_WAITING


@pytest.mark.parametrize(
    "body", ["", "{", "null", "17", "{}", "[{}]", '["event"]', '{"eventType": 1, "data": {}}', "\x00", "[" * 5000]
)
async def test_a_body_without_a_readable_report_is_answered_400(provider: Providers, body: str) -> None:
    assert_problem(await provider.http.post(EMAIL_REPORTS, content=body.encode(), headers=provider.key), 400)


@pytest.mark.parametrize("wrong", [{"status": "Exploded"}, {"status": None}, {"messageId": "no id"}, {"messageId": 5}])
async def test_a_report_that_says_nothing_is_answered_400(provider: Providers, wrong: dict[str, object]) -> None:
    report = event(UNKNOWN_ID, "Delivered")
    assert_problem(await provider.email({**report, "data": {**report["data"], **wrong}}), 400)


async def test_one_unreadable_report_does_not_keep_the_others_out(silent: Silent, provider: Providers) -> None:
    shipment = silent.take()
    readable = event(notification_id(shipment), "Delivered")
    answer = await provider.email({}, event(UNKNOWN_ID, "Exploded"), readable, 5)
    assert answer.status_code == 200
    assert await silent.ended(shipment) == ["Email_Delivered"]


async def test_a_report_as_a_cloud_event_and_without_a_list_is_read_too(silent: Silent, provider: Providers) -> None:
    shipment = silent.take()
    report = event(notification_id(shipment), "Bounced")
    cloud = {
        "specversion": "1.0",
        "id": report["id"],
        "source": report["topic"],
        "type": report["eventType"],
        "time": report["eventTime"],
        "data": report["data"],
    }
    assert (await provider.http.post(EMAIL_REPORTS, json=cloud, headers=provider.key)).status_code == 200
    assert await silent.ended(shipment) == ["Email_Failed_Bounced"]


async def test_the_subscriptions_handshake_is_answered_with_its_code_also_without_the_key(provider: Providers) -> None:
    kind = "Microsoft.EventGrid.SubscriptionValidationEvent"
    shake = event(UNKNOWN_ID, "", eventType=kind, data={"validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"})
    for answer in (await provider.email(shake), await provider.http.post(EMAIL_REPORTS, json=[shake])):
        assert assert_json(answer, 200) == {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}


async def test_without_the_key_a_report_is_answered_401_and_not_kept(
    system: System, silent: Silent, provider: Providers
) -> None:
    shipment = silent.take()
    report = [event(notification_id(shipment), "Bounced")]
    key = provider.key["X-Report-Key"]
    for headers in ({}, {"X-Report-Key": ""}, {"X-Report-Key": key[:-1]}, {"X-Report-Key": key + "x"}):
        answer = await provider.http.post(EMAIL_REPORTS, json=report, headers=headers)
        assert_problem(answer, 401)
        assert answer.headers["www-authenticate"] == "ReportKey"
    async with system.client(OWNER) as owner:
        assert_problem(await owner.post(EMAIL_REPORTS, json=report), 401)
    await let_reports_be_looked_at(system)
    assert await silent.statuses(shipment) == STILL_WAITING
