"""The table of dead reports: kept by days, once however often they come, in the order of their coming."""

import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.domain.statuses import Channel
from notifications.storage.dead_reports import MAX_CONTENT, DeadReport, DeadReportStore, Reason, Source, dead_report
from notifications.storage.memory import MemoryTable
from notifications.storage.table import Table
from tests.builders import NOW

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def dead(content: bytes = b"{}", at: datetime = NOW, source: Source = Source.EVENT_GRID) -> DeadReport:
    return dead_report(source, Channel.EMAIL, Reason.MALFORMED, content, at, "not_json")


@pytest.fixture
def store(table: Table) -> DeadReportStore:
    return DeadReportStore(table)


async def listed(store: DeadReportStore, since: datetime = NOW, limit: int | None = None) -> list[str]:
    return [each.id for each in await store.since(since, limit)]


async def test_a_report_is_read_as_it_was_kept(store: DeadReportStore) -> None:
    kept = dead_report(Source.REFERENCES, None, Reason.NEVER_MATCHED, b"\x00\xff<", NOW)
    await store.put([dead(b"[1"), kept])
    for report in (dead(b"[1"), kept):
        found = await store.get(report.id)
        assert found is not None
        assert replace(found, etag="") == report


async def test_a_list_has_everything_but_the_content(store: DeadReportStore) -> None:
    await store.put([dead(b"[1")])
    (found,) = await store.since(NOW)
    assert replace(found, etag="") == replace(dead(b"[1"), content=b"")


async def test_the_same_report_twice_is_one_as_old_as_the_newer(store: DeadReportStore) -> None:
    await store.put([dead(), dead(at=NOW + MINUTE)])
    await store.put([dead(at=NOW + 2 * MINUTE)])
    (found,) = await store.since(NOW)
    assert found.received == NOW + 2 * MINUTE


async def test_the_same_content_for_another_reader_and_on_another_day_is_another_report(store: DeadReportStore) -> None:
    await store.put([dead(), dead(source=Source.PSWIN), dead(at=NOW + DAY)])
    assert len(await store.since(NOW)) == 3


async def test_reports_are_listed_from_a_moment_on_in_the_order_of_their_coming(store: DeadReportStore) -> None:
    moments = [NOW + gap for gap in (timedelta(0), MINUTE, 2 * MINUTE, DAY, 40 * DAY, 40 * DAY + MINUTE)]
    reports = [dead(str(number).encode(), at) for number, at in enumerate(moments)]
    await store.put(reversed(reports))
    ids = [each.id for each in reports]
    assert await listed(store) == ids
    assert await listed(store, NOW + MINUTE) == ids[1:]
    assert await listed(store, NOW, 2) == ids[:2]
    assert await listed(store, NOW + MINUTE, 4) == ids[1:5]
    assert await listed(store, NOW + 41 * DAY) == []


async def test_a_day_is_one_of_utc_wherever_the_clock_is(store: DeadReportStore) -> None:
    oslo = timezone(timedelta(hours=2))
    report = dead(at=datetime(2026, 3, 3, 1, 30, tzinfo=oslo))
    await store.put([report])
    assert report.id.startswith("2026-03-02-")
    assert await listed(store, datetime(2026, 3, 3, 1, 0, tzinfo=oslo)) == [report.id]
    assert await listed(store, datetime(2026, 3, 2, 23, 31, tzinfo=UTC)) == []


async def test_more_reports_than_a_transaction_or_a_page_has_room_for_are_kept(memory: Table) -> None:
    store = DeadReportStore(memory)
    await store.put(dead(str(number).encode()) for number in range(2345))
    assert len(await store.since(NOW)) == 2345
    assert len(await store.since(NOW, 1500)) == 1500


@pytest.mark.parametrize("size", [0, 1, MAX_CONTENT - 1, MAX_CONTENT, MAX_CONTENT + 1, 3 * MAX_CONTENT])
async def test_of_what_is_larger_than_64_kib_the_beginning_is_kept_and_said_so(
    store: DeadReportStore, size: int
) -> None:
    content = os.urandom(size)
    report = dead(content)
    await store.put([report])
    found = await store.get(report.id)
    assert found is not None
    assert (found.content, found.size, found.cut) == (content[:MAX_CONTENT], size, size > MAX_CONTENT)


async def test_large_reports_that_differ_only_behind_what_is_kept_are_two(store: DeadReportStore) -> None:
    content = os.urandom(MAX_CONTENT)
    await store.put([dead(content + b"1"), dead(content + b"2")])
    assert len(await store.since(NOW)) == 2


# The client advises against bodies of more than a megabyte; these are rare.
@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_many_large_reports_at_once_are_kept(store: DeadReportStore) -> None:
    await store.put(dead(os.urandom(MAX_CONTENT)) for _ in range(60))
    assert len(await store.since(NOW)) == 60


async def test_a_report_is_removed_as_it_was_read(store: DeadReportStore) -> None:
    await store.put([dead()])
    (read,) = await store.since(NOW)
    await store.put([dead(at=NOW + MINUTE)])
    assert not await store.remove(read)
    (again,) = await store.since(NOW)
    assert await store.remove(again)
    assert not await store.remove(again)
    assert await store.get(read.id) is None


@pytest.mark.parametrize("identity", ["", "2026-03-02", "2026-03-02-xyz", "../..", f"2026-03-02-{'0' * 20}", "ø" * 31])
async def test_what_is_no_id_of_a_report_finds_none(store: DeadReportStore, identity: str) -> None:
    await store.put([dead()])
    assert await store.get(identity) is None


async def test_days_go_the_oldest_first_and_never_the_day_that_is_kept(store: DeadReportStore) -> None:
    await store.put([dead(at=NOW), dead(at=NOW + 3 * DAY), dead(at=NOW + 4 * DAY)])
    assert await store.oldest_day(date(2026, 3, 2)) is None
    for expected in (date(2026, 3, 2), date(2026, 3, 5)):
        day = await store.oldest_day(date(2026, 3, 6))
        assert day == expected
        assert (await store.forget_some(day), await store.forget_some(day)) == (1, 0)
    assert await store.oldest_day(date(2026, 3, 6)) is None
    assert len(await store.since(NOW)) == 1


@given(content=st.binary(max_size=2000), source=st.sampled_from(Source), reason=st.sampled_from(Reason))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
async def test_any_content_is_read_as_it_came(content: bytes, source: Source, reason: Reason) -> None:
    store = DeadReportStore(MemoryTable())
    report = dead_report(source, None, reason, content, NOW)
    await store.put([report])
    found = await store.get(report.id)
    assert found is not None
    assert replace(found, etag="") == report
