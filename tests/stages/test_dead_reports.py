"""What cannot be used is kept for an operator, says why, can be replayed, and changes nobody's answer."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from notifications.channels.email import acs_events
from notifications.channels.sms import pswin_reports
from notifications.domain.ids import OrderKey, ShipmentId, encode
from notifications.domain.statuses import Channel, Status
from notifications.stages.dead_letters import BYTES_A_MINUTE, ROWS_A_MINUTE
from notifications.stages.dead_reports import NoSuchReport
from notifications.stages.report import Refusal
from notifications.stages.sweep import EARLY_REPORTS_KEPT
from notifications.storage.dead_reports import MAX_CONTENT, DeadReport, Reason, Source
from notifications.storage.references import EarlyReport
from tests.builders import NOW, PACE, fact
from tests.stages.fakes import StorageDown
from tests.stages.world import World, email_report, sms_report

OURS = fact().shipment.notification(1)
FOREIGN = UUID("5a9d3f5e-7f2c-4a53-9a86-6d1f3c0f0a11")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


async def listed(world: World, *, content: bool = True) -> list[DeadReport]:
    return await world.dead_reports.list(NOW - DAY, content=content)


async def only(world: World) -> DeadReport:
    (report,) = await listed(world)
    return report


async def nobody(_: object) -> None:
    """Whom a waiting report would be delivered to."""


def event(identity: object, status: object, kind: str = "EmailDeliveryReportReceived") -> dict[str, Any]:
    data = {"messageId": identity, "status": status, "recipient": "kari@example.com"}
    return {"eventType": f"Microsoft.Communication.{kind}", "data": data}


SMS_EVENT = {
    "eventType": "Microsoft.Communication.SMSDeliveryReportReceived",
    "data": {"tag": str(OURS), "deliveryStatus": "Queued", "to": "+4799999999"},
}


@pytest.mark.parametrize(
    ("entry", "channel", "reason", "detail"),
    [
        (5, Channel.EMAIL, Reason.MALFORMED, "not_an_event"),
        (event(str(OURS), "Exploded"), Channel.EMAIL, Reason.UNRECOGNIZED, "unknown_status:Exploded"),
        (event(str(OURS), None), Channel.EMAIL, Reason.UNRECOGNIZED, "no_status"),
        (event("no id", "Delivered"), Channel.EMAIL, Reason.INVALID_ID, "no_message_id"),
        (event(str(FOREIGN), "Delivered"), Channel.EMAIL, Reason.INVALID_ID, None),
        (SMS_EVENT, Channel.SMS, Reason.UNRECOGNIZED, "unknown_status:Queued"),
    ],
)
async def test_an_event_that_cannot_be_used_is_kept_alone_with_its_reason(
    world: World, entry: Any, channel: Channel, reason: Reason, detail: str | None
) -> None:
    good = json.loads(email_report((OURS, "Delivered")))
    await world.report.email(json.dumps([*good, entry]).encode())
    kept = await only(world)
    assert (kept.source, kept.channel, kept.reason, kept.detail) == (Source.EVENT_GRID, channel, reason, detail)
    assert (json.loads(kept.content), kept.received) == (entry, NOW)
    assert len(await world.store.facts(fact().shipment)) == 1


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        (b"<x", Reason.MALFORMED, "not_xml"),
        (b"<MSGLST/>", Reason.MALFORMED, "no_messages"),
        (sms_report(("../..", "DELIVRD")), Reason.INVALID_ID, "no_reference"),
        (sms_report(("REF-1", "BARREDA")), Reason.UNRECOGNIZED, "unknown_state:BARREDA"),
        (sms_report(("REF-1", "???")), Reason.UNRECOGNIZED, "no_state"),
    ],
)
async def test_a_document_that_cannot_be_used_is_kept_with_its_reason(
    world: World, body: bytes, reason: Reason, detail: str
) -> None:
    await world.report.sms(body)
    kept = await only(world)
    assert (kept.source, kept.channel, kept.reason, kept.detail) == (Source.PSWIN, Channel.SMS, reason, detail)
    assert b"<RCV>4799999999</RCV>" in kept.content or kept.content == body


async def test_an_email_delivery_that_is_no_json_is_kept_as_it_came(world: World) -> None:
    await world.report.email(b"\xff kari@example.com")
    assert (await only(world)).content == b"\xff kari@example.com"


async def test_what_is_none_of_ours_and_what_can_be_used_is_not_kept(world: World) -> None:
    opened = event(str(OURS), "Delivered", "EmailEngagementTrackingReportReceived")
    untagged = {**SMS_EVENT, "data": {"deliveryStatus": "Delivered"}}
    await world.report.email(json.dumps([opened, untagged]).encode())
    await world.report.email(email_report((OURS, "Delivered")))
    await world.report.sms(sms_report(("REF-1", "DELIVRD")))
    assert await listed(world) == []


async def test_the_same_report_again_and_again_is_kept_once(world: World) -> None:
    body = json.dumps([event(str(FOREIGN), "Delivered")] * 5).encode()
    for _ in range(3):
        await world.report.email(body)
    await only(world)


async def test_nothing_of_what_came_is_logged_but_its_id_is(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await world.report.email(json.dumps([event(str(FOREIGN), "Delivered"), {"to": "kari@example.com"}, 5]).encode())
    await world.report.sms(sms_report(("REF-1", "BARREDA")))
    assert "kari" not in caplog.text
    assert "4799999999" not in caplog.text
    assert all(f"operation={each.id}" in caplog.text for each in await listed(world))


async def test_large_content_is_cut_and_says_so(world: World) -> None:
    await world.report.email(b"x" * (3 * MAX_CONTENT))
    kept = await only(world)
    assert (len(kept.content), kept.size, kept.cut) == (MAX_CONTENT, 3 * MAX_CONTENT, True)
    assert await world.dead_reports.replay(kept.id) == Refusal(Reason.MALFORMED, "not_json")


async def test_a_table_that_does_not_answer_changes_no_answer_and_loses_no_good_report(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.references.introduce("REF-1", OURS, nobody)
    world.dead.fail("commit", 3)
    mixed = json.dumps([*json.loads(email_report((OURS, "Bounced"))), 5]).encode()
    assert not (await world.report.email(mixed)).unreadable
    assert (await world.report.email(b"{")).unreadable
    taken = await world.report.sms(sms_report(("REF-1", "DELIVRD"), ("REF-1", "BARREDA")))
    assert taken.answer.count(b"OK") == 2
    assert len(await world.store.facts(fact().shipment)) == 2
    assert caplog.text.count("report.dead_not_kept count=1 error=StorageDown") == 3


async def test_a_flood_fills_neither_the_table_nor_the_log_and_is_over_after_a_minute(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.report.email(json.dumps(list(range(ROWS_A_MINUTE - 1))).encode())
    await world.report.email(json.dumps([f"more {number}" for number in range(50)]).encode())
    await world.report.email(b"{")
    assert len(await listed(world, content=False)) == ROWS_A_MINUTE
    assert caplog.text.count("report.malformed") == ROWS_A_MINUTE
    assert "report.dead_not_kept count=49" in caplog.text
    assert "report.dead_not_kept count=1" in caplog.text
    world.clock.forward(MINUTE)
    await world.report.email(b"{")
    assert len(await listed(world, content=False)) == ROWS_A_MINUTE + 1


async def test_a_flood_of_large_reports_stops_at_its_bytes(world: World) -> None:
    for number in range(2 * BYTES_A_MINUTE // MAX_CONTENT):
        await world.report.email(f"{number} ".encode() + b"x" * MAX_CONTENT)
    assert len(world.dead.rows()) == BYTES_A_MINUTE // MAX_CONTENT


async def test_a_clock_that_is_set_back_does_not_stop_reports_from_being_kept(world: World) -> None:
    await world.report.email(json.dumps(list(range(ROWS_A_MINUTE))).encode())
    world.clock.forward(-DAY)
    await world.report.email(b"{")
    assert len(world.dead.rows()) == ROWS_A_MINUTE + 1


# Reports that were read once already


async def test_a_report_for_a_shipment_that_is_not_there_is_kept_and_replayed_once_it_is(world: World) -> None:
    # The id that an order will have follows from its idempotency id.
    (shipment,) = await World().order()
    await world.report.email(email_report((shipment.notification(1), "Bounced"), (shipment.notification(2), "Failed")))
    await world.step()
    kept = await only(world)
    assert (kept.source, kept.reason, kept.channel) == (Source.INBOX, Reason.UNKNOWN_NOTIFICATION, None)
    assert await world.dead_reports.replay(kept.id) == Refusal(Reason.UNKNOWN_NOTIFICATION)
    await only(world)
    assert [shipment] == await world.order()
    await world.run(2)
    assert await world.dead_reports.replay(kept.id) is None
    await world.run(2)
    assert (await world.shipment(shipment)).notifications[0].status is Status.BOUNCED
    assert await listed(world) == []


async def test_facts_of_nobody_stay_while_they_cannot_be_kept(world: World) -> None:
    stranger = ShipmentId(OrderKey(99), 1)
    await world.report.email(email_report((stranger.notification(1), "Delivered")))
    world.dead.fail("commit", 2)
    await world.step()
    assert len(await world.store.facts(stranger)) == 1
    for _ in range(60):
        world.clock.forward(MINUTE)
        await world.step()
    assert await world.store.facts(stranger) == []
    await only(world)


async def test_facts_of_nobody_that_died_before_they_were_dropped_are_kept_once(world: World) -> None:
    stranger = ShipmentId(OrderKey(99), 1)
    await world.report.email(email_report((stranger.notification(1), "Delivered")))
    world.orders.fail("commit", 1)
    await world.step()
    world.clock.forward(MINUTE)
    await world.step()
    assert await world.store.facts(stranger) == []
    await only(world)


async def early(world: World, *references: str) -> None:
    await world.report.sms(sms_report(*((each, state) for each in references for state in ("DELIVRD", "UNDELIV"))))


async def unmatched(world: World, *references: str) -> None:
    """Early reports that no sweep waits for any more."""
    await early(world, *references)
    await world.stages.sweep()
    world.clock.forward(EARLY_REPORTS_KEPT)
    await world.stages.sweep()


async def test_early_reports_that_nobody_asked_for_are_kept_when_the_sweep_takes_them(world: World) -> None:
    await unmatched(world, *(f"REF-{number}" for number in range(50)))
    kept = await listed(world)
    assert {(each.source, each.channel, each.reason) for each in kept} == {
        (Source.REFERENCES, Channel.SMS, Reason.NEVER_MATCHED)
    }
    told = {reference: reports for each in kept for reference, reports in json.loads(each.content).items()}
    assert told.keys() == {f"REF-{number}" for number in range(50)}
    assert all([code for _, _, code in reports] == ["DELIVRD", "UNDELIV"] for reports in told.values())
    assert not any(each.cut for each in kept)


async def test_an_early_report_that_cannot_be_kept_is_not_removed(world: World) -> None:
    await early(world, "REF-1")
    await world.stages.sweep()
    world.clock.forward(EARLY_REPORTS_KEPT)
    world.dead.fail("commit")
    with pytest.raises(StorageDown):
        await world.stages.sweep()
    await world.references.introduce("REF-1", OURS, nobody)
    assert await world.references.resolve("REF-1", EarlyReport(Status.DELIVERED, NOW, "x")) == OURS


async def test_a_replayed_early_report_waits_again_and_meets_its_message(world: World) -> None:
    await unmatched(world, "REF-1")
    kept = await only(world)
    assert await world.dead_reports.replay(kept.id) is None
    assert await listed(world) == []
    inbox: list[str] = []

    async def take(report: EarlyReport) -> None:
        inbox.append(report.code)

    await world.references.introduce("REF-1", OURS, take)
    assert inbox == ["DELIVRD", "UNDELIV"]


async def test_a_replayed_early_report_whose_message_is_known_by_now_is_a_fact(world: World) -> None:
    await unmatched(world, "REF-1")
    await world.references.introduce("REF-1", OURS, nobody)
    assert await world.dead_reports.replay((await only(world)).id) is None
    assert [each.code for each in await world.store.facts(fact().shipment)] == ["DELIVRD", "UNDELIV"]


async def test_early_reports_under_a_reference_of_somebody_else_are_refused_again(world: World) -> None:
    await unmatched(world, "REF-1")
    await world.references.introduce("REF-1", FOREIGN, nobody)
    refusal = await world.dead_reports.replay((await only(world)).id)
    assert refusal is not None
    assert refusal.reason is Reason.INVALID_ID
    await only(world)


# Replay and removal


async def test_a_replayed_report_that_still_says_nothing_stays_with_its_reason(world: World) -> None:
    await world.report.sms(sms_report(("REF-1", "BARREDA")))
    kept = await only(world)
    refusal = await world.dead_reports.replay(kept.id)
    assert refusal == Refusal(Reason.UNRECOGNIZED, "unknown_state:BARREDA")
    assert await only(world) == kept


async def test_a_status_that_is_known_by_now_is_taken_when_it_is_replayed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.references.introduce("REF-1", OURS, nobody)
    await world.report.sms(sms_report(("REF-1", "BARREDA")))
    await world.report.email(json.dumps([event(str(OURS), "Exploded")]).encode())
    monkeypatch.setitem(pswin_reports.STATES, "BARREDA", Status.BARRED_RECEIVER)
    monkeypatch.setitem(acs_events.STATUSES, "Exploded", Status.FAILED)
    for each in await listed(world):
        assert await world.dead_reports.replay(each.id) is None
    assert {each.code for each in await world.store.facts(fact().shipment)} == {"BARREDA", "Exploded"}
    assert await listed(world) == []


async def test_a_replay_whose_fact_cannot_be_stored_leaves_the_report(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.report.email(json.dumps([event(str(OURS), "Exploded")]).encode())
    monkeypatch.setitem(acs_events.STATUSES, "Exploded", Status.FAILED)
    kept = await only(world)
    world.orders.fail("commit")
    with pytest.raises(StorageDown):
        await world.dead_reports.replay(kept.id)
    assert await world.dead_reports.replay(kept.id) is None


async def test_what_is_not_there_can_be_neither_replayed_nor_removed(world: World) -> None:
    await world.report.email(b"{")
    kept = await only(world)
    await world.dead_reports.remove(kept.id)
    assert world.dead.rows() == []
    for identity in (kept.id, "nonsense"):
        with pytest.raises(NoSuchReport):
            await world.dead_reports.replay(identity)
        with pytest.raises(NoSuchReport):
            await world.dead_reports.remove(identity)


async def test_a_list_tells_no_content_unless_it_is_asked_for_and_as_many_as_it_is(world: World) -> None:
    for number in range(3):
        await world.report.email(f"{number} kari@example.com".encode())
        world.clock.forward(MINUTE)
    assert [each.content for each in await listed(world, content=False)] == [b""] * 3
    some = await world.dead_reports.list(NOW + MINUTE, 1, content=True)
    assert [each.content for each in some] == [b"1 kari@example.com"]


async def test_dead_reports_go_when_the_retention_of_their_day_ends(world: World) -> None:
    await world.report.email(b"{")
    world.clock.moment = NOW + PACE.retention
    await world.report.email(b"[1")
    await world.stages.sweep()
    assert len(world.dead.rows()) == 2
    world.clock.forward(DAY)
    await world.stages.sweep()
    (left,) = await listed(world)
    assert left.content == b"[1"


def test_the_ids_that_tests_call_foreign_are() -> None:
    assert encode(OrderKey(99), 1, 1).version == 8
    assert FOREIGN.version != 8
