"""Gates: a provider rests for everybody, as long as the longest that was asked for."""

import asyncio
from datetime import timedelta

import pytest

from notifications.storage.gates import Gates
from notifications.storage.table import Table
from tests.builders import NOW, FakeClock
from tests.storage.failing import CountingTable

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def test_a_gate_is_open_until_it_is_closed_and_open_again_in_time(table: Table, clock: FakeClock) -> None:
    gates = Gates(table, clock)
    await gates.prepare()
    assert await gates.closed_until("acs/email") is None
    await gates.close("acs/email", NOW + MINUTE)
    assert await gates.closed_until("acs/email") == NOW + MINUTE
    assert await gates.closed_until("pswin") is None
    clock.forward(MINUTE)
    assert await gates.closed_until("acs/email") is None


async def test_a_gate_is_never_closed_for_a_shorter_time_than_before(table: Table, clock: FakeClock) -> None:
    gates = Gates(table, clock)
    await gates.close("p", NOW + MINUTE)
    await gates.close("p", NOW + SECOND)
    assert await gates.closed_until("p") == NOW + MINUTE
    await gates.close("p", NOW + 2 * MINUTE)
    assert await Gates(table, clock).closed_until("p") == NOW + 2 * MINUTE


async def test_a_short_rest_does_not_end_the_long_one_that_another_process_asked_for(
    table: Table, clock: FakeClock
) -> None:
    mine, other = Gates(table, clock), Gates(table, clock)
    assert await other.closed_until("p") is None
    await mine.close("p", NOW + 10 * MINUTE)
    await other.close("p", NOW + 5 * SECOND)
    assert await other.closed_until("p") == NOW + 10 * MINUTE
    assert await Gates(table, clock).closed_until("p") == NOW + 10 * MINUTE


async def test_of_many_processes_that_close_a_gate_at_once_the_longest_rest_counts(
    table: Table, clock: FakeClock
) -> None:
    await asyncio.gather(*(Gates(table, clock).close("p", NOW + seconds * SECOND) for seconds in (5, 30, 60, 10)))
    assert await Gates(table, clock).closed_until("p") == NOW + MINUTE


async def test_another_process_learns_of_a_closed_gate_within_two_seconds(table: Table, clock: FakeClock) -> None:
    mine, other = Gates(table, clock), Gates(table, clock)
    assert await other.closed_until("p") is None
    await mine.close("p", NOW + MINUTE)
    clock.forward(2 * SECOND + timedelta(milliseconds=1))
    assert await other.closed_until("p") == NOW + MINUTE


async def test_a_gate_is_asked_for_every_two_seconds_at_most(memory: Table, clock: FakeClock) -> None:
    counting = CountingTable(memory)
    gates = Gates(counting, clock)  # type: ignore[arg-type]
    for _ in range(10):
        await gates.closed_until("p")
        clock.forward(milliseconds=200)
    assert counting.calls == 1
