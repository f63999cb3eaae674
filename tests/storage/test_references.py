"""A gateway's reference: receipt and report meet, whichever comes first."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from uuid import UUID

import pytest

from notifications.domain.ids import OrderKey, encode
from notifications.domain.statuses import Status
from notifications.storage.memory import MemoryTable
from notifications.storage.references import EarlyReport, Note, References
from notifications.storage.table import Operation, Table
from tests.builders import NOW
from tests.storage.failing import AnswerLost, LossyTable

ID = encode(OrderKey(1), 1, 1)
DELIVERED = EarlyReport(Status.DELIVERED, NOW, "DELIVRD")
FAILED = EarlyReport(Status.FAILED, NOW + timedelta(seconds=1), "FAILED")


@pytest.fixture
def references(table: Table) -> References:
    return References(table)


class Inbox:
    """Takes the reports that were waiting."""

    def __init__(self) -> None:
        self.reports: list[EarlyReport] = []

    async def __call__(self, report: EarlyReport) -> None:
        self.reports.append(report)


async def test_a_report_after_the_receipt_finds_its_notification_however_often_it_comes(references: References) -> None:
    inbox = Inbox()
    await references.introduce("REF-1234", ID, inbox)
    for report in (DELIVERED, DELIVERED, FAILED):
        assert await references.resolve("REF-1234", report) == ID
    assert inbox.reports == []


async def test_reports_before_the_receipt_wait_for_it(references: References) -> None:
    inbox = Inbox()
    assert await references.resolve("REF-1234", DELIVERED) is None
    assert await references.resolve("REF-1234", FAILED) is None
    await references.introduce("REF-1234", ID, inbox)
    assert inbox.reports == [DELIVERED, FAILED]
    assert await references.resolve("REF-1234", FAILED) == ID


async def test_an_early_report_that_is_repeated_for_days_waits_once(references: References) -> None:
    """A gateway repeats what gets no answer; a row has room for so many reports only."""
    for seconds in range(500):
        again = EarlyReport(Status.DELIVERED, NOW + timedelta(seconds=seconds), "DELIVRD")
        await references.resolve("REF-1234", again)
    inbox = Inbox()
    await references.introduce("REF-1234", ID, inbox)
    assert inbox.reports == [DELIVERED]


async def test_a_reference_keeps_its_first_meaning(references: References) -> None:
    await references.introduce("REF-1234", ID, Inbox())
    await references.introduce("REF-1234", encode(OrderKey(2), 1, 1), Inbox())
    assert await references.resolve("REF-1234", DELIVERED) == ID


async def test_neighbours_and_short_references_are_kept_apart(references: References) -> None:
    names = ["1", "12", "123", "1234", "1235", "a", "A", "-", "0" * 64]
    for number, name in enumerate(names, 1):
        await references.introduce(name, encode(OrderKey(number), 1, 1), Inbox())
    for number, name in enumerate(names, 1):
        assert await references.resolve(name, DELIVERED) == encode(OrderKey(number), 1, 1)


@pytest.mark.parametrize("seed", range(12))
async def test_receipt_and_reports_at_once_lose_nothing(references: References, seed: int) -> None:
    inbox = Inbox()
    found: list[UUID | None] = []

    async def report(one: EarlyReport) -> None:
        found.append(await references.resolve("REF-1234", one))

    work = [report(DELIVERED), report(FAILED), references.introduce("REF-1234", ID, inbox)]
    Random(seed).shuffle(work)
    await asyncio.gather(*work)
    assert found.count(ID) + len(inbox.reports) >= 2
    assert set(found) <= {ID, None}
    waited = {each.status for each in inbox.reports}
    assert len(waited) == found.count(None)


async def test_a_receipt_whose_answer_was_lost_is_kept() -> None:
    table = LossyTable()
    references = References(table)
    table.lost = 1
    with pytest.raises(AnswerLost):
        await references.introduce("REF-1234", ID, Inbox())
    await references.introduce("REF-1234", ID, Inbox())
    assert await references.resolve("REF-1234", DELIVERED) == ID


async def test_a_receipt_and_a_report_that_meet_their_own_success_are_content() -> None:
    table = LossyTable()
    references = References(table)
    inbox = Inbox()
    table.repeated = 1
    assert await references.resolve("REF-1234", DELIVERED) is None
    table.repeated = 1
    await references.introduce("REF-1234", ID, inbox)
    assert set(inbox.reports) == {DELIVERED}
    assert await references.resolve("REF-1234", FAILED) == ID


async def test_a_crash_between_delivery_and_receipt_delivers_again_rather_than_not(references: References) -> None:
    await references.resolve("REF-1234", DELIVERED)

    async def killed(report: EarlyReport) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await references.introduce("REF-1234", ID, killed)
    inbox = Inbox()
    await references.introduce("REF-1234", ID, inbox)
    assert inbox.reports == [DELIVERED]


async def test_a_forgotten_reference_means_nothing_any_more(references: References) -> None:
    await references.prepare()
    await references.introduce("REF-1234", ID, Inbox())
    await references.introduce("REF-1235", ID, Inbox())
    await references.forget(["REF-1234", "REF-9999", "REF-1234"])
    assert await references.resolve("REF-1234", DELIVERED) is None
    assert await references.resolve("REF-1235", DELIVERED) == ID


async def notes(references: References) -> dict[str, Note]:
    return {note.reference: note async for page in references.notes() for note in page}


async def test_each_early_report_leaves_one_note_until_its_receipt_comes(references: References) -> None:
    names = [f"REF-{number}" for number in range(150)]
    for name in [*names, names[0]]:
        await references.resolve(name, DELIVERED)
    assert sorted(await notes(references)) == sorted(names)
    await references.introduce("REF-1", ID, Inbox())
    await references.resolve("REF-1", FAILED)
    assert sorted(await notes(references)) == sorted({*names} - {"REF-1"})


async def test_a_note_keeps_when_it_was_seen_until_another_report_comes(references: References) -> None:
    await references.resolve("REF-1", DELIVERED)
    await references.stamp((await notes(references)).values(), NOW)
    seen = (await notes(references))["REF-1"]
    assert seen.seen == NOW
    await references.resolve("REF-1", DELIVERED)
    assert (await notes(references))["REF-1"] == seen
    await references.resolve("REF-1", FAILED)
    assert (await notes(references))["REF-1"].seen is None
    await references.stamp([seen], NOW)
    assert (await notes(references))["REF-1"].seen is None


async def test_dropped_reports_are_gone_and_the_next_one_waits_anew(references: References) -> None:
    await references.resolve("REF-1", DELIVERED)
    (note,) = (await notes(references)).values()
    assert [await references.drop(note) for _ in range(2)] == [True, False]
    assert await notes(references) == {}
    await references.resolve("REF-1", FAILED)
    assert not await references.drop(note)
    inbox = Inbox()
    await references.introduce("REF-1", ID, inbox)
    assert inbox.reports == [FAILED]


async def test_the_references_of_a_large_shipment_are_removed_many_at_once_and_safely_again() -> None:
    table = CountingTable()
    references = References(table)
    named = [f"REF-{number}" for number in range(100_000, 102_000)]
    for reference in named:
        await references.introduce(reference, ID, Inbox())
    table.commits = 0
    await references.forget(named)
    assert table.commits == len(named) / 100
    await references.forget(named[:150])
    assert await references.resolve(named[0], DELIVERED) is None


class CountingTable(MemoryTable):
    """Counts transactions."""

    commits = 0

    async def commit(self, partition: str, operations: Sequence[Operation]) -> list[str]:
        self.commits += 1
        return await super().commit(partition, operations)
