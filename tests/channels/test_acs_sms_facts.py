"""What Communication Services reports of SMS becomes facts about the notifications that the tags name."""

import json
from uuid import UUID

import pytest

from notifications.channels.sms.acs_events import DELIVERY_REPORT
from notifications.domain.statuses import Status
from tests.builders import NOW, fact
from tests.stages.fakes import StorageDown
from tests.stages.world import World, email_report

FIRST, SECOND = fact().shipment.notification(1), fact().shipment.notification(2)
FOREIGN = UUID("5a9d3f5e-7f2c-4a53-9a86-6d1f3c0f0a11")


def reports(*told: tuple[object, str, str]) -> list[object]:
    return [
        {
            "eventType": DELIVERY_REPORT,
            "eventTime": NOW.isoformat(),
            "data": {"tag": tag, "deliveryStatus": status, "deliveryStatusDetails": details, "to": "+4799887766"},
        }
        for tag, status, details in told
    ]


def delivery(*told: tuple[object, str, str]) -> bytes:
    return json.dumps(reports(*told)).encode()


@pytest.fixture
def world() -> World:
    return World()


async def kept(world: World) -> list[tuple[int, Status, str | None]]:
    return [(each.number, each.status, each.code) for each in await world.store.facts(fact().shipment)]


async def test_a_report_needs_no_reference_row_to_find_its_notification(world: World) -> None:
    await world.report.email(delivery((str(FIRST), "Failed", "4007: opted out")))
    assert await kept(world) == [(1, Status.BARRED_RECEIVER, "4007")]
    assert world.refs.rows() == []


async def test_emails_and_sms_of_one_delivery_become_facts_of_their_own(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    mixed = [*json.loads(email_report((FIRST, "Bounced"))), *reports((str(SECOND), "Delivered", "No error."))]
    taken = await world.report.email(json.dumps(mixed).encode())
    assert not taken.unreadable
    assert await kept(world) == [(1, Status.BOUNCED, "Bounced"), (2, Status.DELIVERED, "Delivered")]
    told = [record.getMessage() for record in caplog.records if "report.kept" in record.getMessage()]
    assert ["channel=email" in told[0], "channel=sms" in told[1]] == [True, True]


async def test_a_report_that_cannot_be_read_is_logged_as_an_sms_and_leaves_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    told = ((str(FIRST), "Queued", ""), (None, "Delivered", ""), (str(FOREIGN), "Delivered", ""))
    caplog.set_level("INFO")
    taken = await world.report.email(delivery(*told, (str(SECOND), "Delivered", "")))
    assert not taken.unreadable
    assert await kept(world) == [(2, Status.DELIVERED, "Delivered")]
    assert "report.malformed channel=sms reason=unknown_status:Queued" in caplog.text
    assert "report.ignored channel=sms reason=no_tag_of_ours" in caplog.text
    assert "report.not_ours channel=sms" in caplog.text
    assert "4799887766" not in caplog.text


async def test_a_report_that_could_not_be_stored_is_not_answered(world: World) -> None:
    world.orders.fail("commit")
    with pytest.raises(StorageDown):
        await world.report.email(delivery((str(FIRST), "Delivered", "")))
