"""The sweep takes what no shipment takes with it, at its time and not before, however often it runs."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from notifications.domain.ids import OrderKey, ShipmentId, encode
from notifications.domain.statuses import Status
from notifications.stages.sweep import EARLY_REPORTS_KEPT, WORK_TIME
from notifications.storage.references import EarlyReport, Note
from notifications.storage.table import Operation, Row
from tests.builders import NOW, PACE, sms_content
from tests.stages.fakes import Killed, StorageDown
from tests.stages.world import World, sms_report

DAY = timedelta(days=1)
ID = encode(OrderKey(1), 1, 1)


@pytest.fixture
def world() -> World:
    return World()


async def nobody(_: EarlyReport) -> None:
    """Whom a report would be delivered to, if one waited."""


async def delivered(world: World) -> None:
    """An SMS that was sent, delivered, and told of in the feed."""
    now = world.clock.now()
    await world.order(sms_content(), idempotency_id=f"at {now}", send_at=now)
    await world.run(2)
    await world.report.sms(sms_report((f"REF-{len(world.sms.calls):06}", "DELIVRD")))
    await world.run(2)


def days(world: World) -> list[date]:
    """The days that something is kept of."""
    kept = (name for name, partition in world.index_rows._partitions.items() if partition.rows)
    return sorted(date.fromisoformat(name[2:]) for name in kept if name.startswith("l|"))


async def early(world: World, *references: str) -> None:
    await world.report.sms(sms_report(*((reference, "DELIVRD") for reference in references)))


async def notes(world: World) -> list[Note]:
    return [note async for page in world.references.notes() for note in page]


async def swept(world: World, after: timedelta = timedelta(0)) -> None:
    world.clock.forward(after)
    await world.stages.sweep()


async def test_a_day_is_kept_for_the_retention_time_and_then_goes(world: World) -> None:
    await delivered(world)
    world.clock.moment = NOW + PACE.retention
    await swept(world)
    assert days(world) == [NOW.date()]
    await swept(world, DAY)
    assert days(world) == []


async def test_days_go_however_long_nobody_swept_and_whatever_gaps_are_between_them(world: World) -> None:
    for pause in (DAY, 3 * DAY, 200 * DAY, 30 * DAY):
        await delivered(world)
        world.clock.forward(pause)
    await swept(world, 50 * DAY)
    assert days(world) == [(NOW + 204 * DAY).date()]


async def test_two_sweeps_at_once_remove_what_one_would(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await delivered(world)
    await early(world, "REF-unknown")
    await swept(world)
    world.clock.forward(PACE.retention + DAY)
    await asyncio.gather(*(world.stages.sweep() for _ in range(3)))
    assert days(world) == []
    assert await notes(world) == []
    assert caplog.text.count("report.unmatched operation=REF-unknown") == 1


async def test_a_run_that_takes_too_long_stops_and_the_next_one_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        await delivered(world)
        world.clock.forward(DAY)
    world.clock.forward(PACE.retention)
    commit = world.index_rows.commit

    async def slow(partition: str, operations: Sequence[Operation]) -> list[str]:
        world.clock.forward(WORK_TIME)
        return await commit(partition, operations)

    monkeypatch.setattr(world.index_rows, "commit", slow)
    await swept(world)
    assert len(days(world)) == 2
    assert "sweep.unfinished reason=days at=2026-03-03" in caplog.text
    await swept(world)
    await swept(world)
    assert days(world) == []


async def test_looking_through_early_reports_stops_in_time_too(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await early(world, *(f"REF-{number}" for number in range(64)))
    commit = world.refs.commit

    async def slow(partition: str, operations: Sequence[Operation]) -> list[str]:
        world.clock.forward(WORK_TIME / 16)
        return await commit(partition, operations)

    monkeypatch.setattr(world.refs, "commit", slow)
    await swept(world)
    assert "sweep.unfinished reason=early_reports" in caplog.text
    seen = [note.seen is not None for note in await notes(world)]
    assert any(seen)
    assert not all(seen)


async def test_an_early_report_that_nobody_asks_for_is_logged_and_removed_a_week_after_it_was_seen(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await early(world, "REF-unknown")
    await swept(world, DAY)
    await swept(world, EARLY_REPORTS_KEPT - timedelta(seconds=1))
    assert [note.reference for note in await notes(world)] == ["REF-unknown"]
    caplog.clear()
    await swept(world, timedelta(seconds=1))
    assert [record.getMessage() for record in caplog.records] == ["report.unmatched operation=REF-unknown"]
    assert world.refs.rows() == []


async def test_a_report_that_was_met_leaves_nothing_to_sweep_and_is_kept(world: World) -> None:
    await early(world, "REF-met")
    await world.references.introduce("REF-met", ID, nobody)
    assert await notes(world) == []
    await swept(world)
    await swept(world, EARLY_REPORTS_KEPT)
    assert await world.references.resolve("REF-met", EarlyReport(Status.FAILED, NOW, "FAILED")) == ID


async def test_a_note_that_was_left_behind_goes_alone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """The note could not be removed when receipt and report met."""
    await early(world, "REF-met")
    world.refs.fail("commit", after=2)
    with pytest.raises(StorageDown):
        await world.references.introduce("REF-met", ID, nobody)
    world.refs.failing.clear()
    assert len(await notes(world)) == 1
    await swept(world)
    await swept(world, EARLY_REPORTS_KEPT)
    assert await notes(world) == []
    assert await world.references.resolve("REF-met", EarlyReport(Status.FAILED, NOW, "FAILED")) == ID
    assert "unmatched" not in caplog.text


async def test_a_sweep_that_fails_in_one_place_sweeps_the_other_and_says_so(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await delivered(world)
    await early(world, "REF-unknown")
    await swept(world)
    world.clock.forward(PACE.retention + DAY)

    async def broken(low: str, high: str) -> str | None:
        raise StorageDown

    monkeypatch.setattr(world.index_rows, "first_partition", broken)
    with pytest.raises(StorageDown):
        await swept(world)
    assert await notes(world) == []
    assert len(days(world)) == 1


@pytest.mark.parametrize("commits", range(8))
async def test_a_sweep_that_dies_anywhere_is_finished_by_the_next(
    world: World, commits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await delivered(world)
    await early(world, "REF-a", "REF-b")
    await swept(world)
    world.clock.forward(PACE.retention + DAY)
    left = commits
    for table in (world.refs, world.index_rows):
        commit = table.commit

        async def dying(partition: str, operations: Sequence[Operation], commit: object = commit) -> list[str]:
            nonlocal left
            if left == 0:
                raise Killed
            left -= 1
            return await commit(partition, operations)  # type: ignore[operator, no-any-return]

        monkeypatch.setattr(table, "commit", dying)
    try:
        await swept(world)
    except Killed:
        monkeypatch.undo()
        await swept(world)
    assert days(world) == []
    assert await notes(world) == []
    assert not any(row.key in ("REF-a", "REF-b") for row in world.refs.rows())


def interleaved[**P, T](call: Callable[P, Awaitable[T]], random: Random) -> Callable[P, Awaitable[T]]:
    """A call that lets others go first, a random number of times."""

    async def later(*arguments: P.args, **named: P.kwargs) -> T:
        for _ in range(random.randrange(4)):
            await asyncio.sleep(0)
        return await call(*arguments, **named)

    return later


@pytest.mark.parametrize("seed", range(30))
async def test_a_report_is_never_swept_from_under_its_receipt(world: World, seed: int) -> None:
    """Sweep, receipt and another report at once, in any order: the notification gets the report, or can be found."""
    random = Random(seed)
    await early(world, "REF-1")
    await swept(world)
    world.clock.forward(EARLY_REPORTS_KEPT)
    inbox: list[EarlyReport] = []

    async def take(report: EarlyReport) -> None:
        inbox.append(report)
        await asyncio.sleep(0)

    second = EarlyReport(Status.FAILED, NOW, "FAILED")
    for call in ("get", "commit"):
        setattr(world.refs, call, interleaved(getattr(world.refs, call), random))
    work = [
        world.stages.sweep(),
        world.references.introduce("REF-1", ID, take),
        world.references.resolve("REF-1", second),
    ]
    random.shuffle(work)
    outcomes = await asyncio.gather(*work)
    assert second in inbox or ID in outcomes
    assert await world.references.resolve("REF-1", second) == ID
    world.clock.forward(EARLY_REPORTS_KEPT)
    for _ in range(2):
        await swept(world, EARLY_REPORTS_KEPT)
    assert await notes(world) == []
    assert await world.references.resolve("REF-1", second) == ID


async def test_what_leads_to_a_shipment_that_is_gone_is_found_within_a_month(world: World) -> None:
    """A recipient's hash under another key, which the shipment could not take with it."""
    hashes = [f"{number:02x}" * 32 for number in range(256)]
    (kept,) = await world.order(sms_content(), send_at=NOW + 3650 * DAY)
    gone = ShipmentId(OrderKey(7), 1)
    await world.index.note_recipients((each, NOW, shipment) for each in hashes for shipment in (kept, gone))
    for _ in range(32):
        await swept(world)
        assert len(world.index_rows.rows()) == 512
        world.clock.forward(DAY)
    world.clock.forward(PACE.retention)
    for _ in range(32):
        await swept(world)
        world.clock.forward(DAY)
    assert {row.key.rpartition("|")[2] for row in world.index_rows.rows()} == {kept.text}
    assert len(world.index_rows.rows()) == 256


async def test_looking_for_strays_stops_in_time_too(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("notifications.stages.sweep._PARTS_A_NIGHT", 64)
    strays = [(f"{number:02x}" * 32, NOW, ShipmentId(OrderKey(7), 1)) for number in range(0, 256, 4)]
    await world.index.note_recipients(strays)
    world.clock.forward(PACE.retention + 31 * DAY)
    read = world.index_rows.read

    async def slow(*arguments: Any, **named: Any) -> list[Row]:
        world.clock.forward(WORK_TIME / 16)
        return await read(*arguments, **named)

    monkeypatch.setattr(world.index_rows, "read", slow)
    await swept(world)
    assert "sweep.unfinished reason=recipients" in caplog.text
    assert 0 < len(world.index_rows.rows()) < 64
