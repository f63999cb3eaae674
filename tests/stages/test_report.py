"""Report: what providers say becomes facts before they are answered; each entry stands for itself."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.domain.ids import OrderKey, encode
from notifications.domain.statuses import Status
from tests.builders import KEY, NOW, fact
from tests.stages.fakes import StorageDown
from tests.stages.world import World, email_report, sms_report

OURS = fact().shipment.notification(1)


@pytest.fixture
def world() -> World:
    return World()


async def facts(world: World) -> list[tuple[int, Status]]:
    return [(each.number, each.status) for each in await world.store.facts(fact().shipment)]


async def introduced(world: World, reference: str) -> None:
    async def nobody(_: object) -> None:
        raise AssertionError

    await world.references.introduce(reference, OURS, nobody)


async def test_an_email_report_is_a_fact_with_its_time_and_the_providers_word(world: World) -> None:
    at = datetime(2026, 3, 2, 9, 12, 13, tzinfo=UTC)
    await world.report.email(email_report((OURS, "Bounced"), at=at))
    (kept,) = await world.store.facts(fact().shipment)
    assert (kept.number, kept.status, kept.at, kept.code) == (1, Status.BOUNCED, at, "Bounced")


async def test_a_report_from_the_future_is_as_old_as_its_arrival(world: World) -> None:
    await world.report.email(email_report((OURS, "Bounced"), at=NOW + timedelta(hours=1)))
    (kept,) = await world.store.facts(fact().shipment)
    assert kept.at == NOW


async def test_several_reports_in_one_delivery_are_kept_each_by_itself(world: World) -> None:
    second = fact().shipment.notification(2)
    foreign = "5a9d3f5e-7f2c-4a53-9a86-6d1f3c0f0a11"
    body = email_report((OURS, "Delivered"), (second, "Failed"), (OURS, "Nonsense"))
    await world.report.email(body.replace(b"]", f', {{"eventType": "x", "data": {{"id": "{foreign}"}}}}, 7]'.encode()))
    assert await facts(world) == [(1, Status.DELIVERED), (2, Status.FAILED)]


async def test_the_same_report_twice_is_one_fact_and_a_contradicting_one_another(world: World) -> None:
    for status in ("Delivered", "Delivered", "Bounced", "Delivered"):
        await world.report.email(email_report((OURS, status)))
    assert sorted(await facts(world)) == sorted([(1, Status.DELIVERED), (1, Status.BOUNCED)])


@pytest.mark.parametrize(
    "foreign",
    [
        "5a9d3f5e-7f2c-4a53-9a86-6d1f3c0f0a11",
        str(encode(KEY, 0, 0)),
        str(encode(KEY, 1, 0)),
        str(encode(KEY, 0, 1)),
    ],
)
async def test_an_id_that_names_no_notification_of_ours_never_becomes_a_fact(
    world: World, foreign: str, caplog: pytest.LogCaptureFixture
) -> None:
    body = email_report((OURS, "Delivered")).replace(str(OURS).encode(), foreign.encode())
    await world.report.email(body)
    assert world.orders.rows() == []
    assert "report.not_ours" in caplog.text


async def test_an_unknown_id_of_ours_is_kept_and_dropped_by_the_next_tick(world: World) -> None:
    await world.report.email(email_report((encode(OrderKey(99), 1, 1), "Delivered")))
    assert len(world.orders.rows()) == 1
    await world.step()
    assert world.orders.rows() == []


async def test_a_report_that_could_not_be_stored_is_not_answered(world: World) -> None:
    world.orders.fail("commit")
    with pytest.raises(StorageDown):
        await world.report.email(email_report((OURS, "Delivered")))
    await introduced(world, "REF-1")
    world.orders.fail("commit")
    with pytest.raises(StorageDown):
        await world.report.sms(sms_report(("REF-1", "DELIVRD")))


async def test_an_sms_report_finds_its_notification_by_the_gateways_reference(world: World) -> None:
    await introduced(world, "REF-1")
    taken = await world.report.sms(sms_report(("REF-1", "DELIVRD")))
    assert await facts(world) == [(1, Status.DELIVERED)]
    (kept,) = await world.store.facts(fact().shipment)
    assert (kept.at, kept.code) == (NOW, "DELIVRD")
    assert b"<ID>1</ID>" in taken.answer


async def test_an_early_sms_report_is_kept_and_answered(world: World) -> None:
    taken = await world.report.sms(sms_report(("REF-1", "DELIVRD"), ("REF-2", "FAILED")))
    assert taken.answer.count(b"OK") == 2
    assert world.orders.rows() == []
    assert {row.key for row in world.refs.rows() if "reports" in row.properties} == {"REF-1", "REF-2"}


async def test_one_unreadable_entry_leaves_the_others(world: World) -> None:
    await introduced(world, "REF-1")
    taken = await world.report.sms(sms_report(("../..", "DELIVRD"), ("REF-9", "???"), ("REF-1", "DELIVRD")))
    assert await facts(world) == [(1, Status.DELIVERED)]
    assert taken.answer.count(b"OK") == 3


@pytest.mark.parametrize("body", [b"", b"{", b"<x", b"\xff", b"[]", b"null"])
async def test_what_cannot_be_read_at_all_stores_nothing(world: World, body: bytes) -> None:
    await world.report.email(body)
    await world.report.sms(body)
    assert world.orders.rows() == world.refs.rows() == []
