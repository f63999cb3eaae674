"""The rate at which a provider is called."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.statuses import Channel, Status
from notifications.stages.rate import TokenBucket
from tests.builders import FakeClock, email_content, many
from tests.stages.dispatching import planned, send, statuses
from tests.stages.world import World

SECOND = timedelta(seconds=1)


def waits(bucket: TokenBucket, count: int, patience: timedelta = SECOND) -> list[float | None]:
    booked = (bucket.book(patience) for _ in range(count))
    return [None if each is None else round(each.total_seconds(), 3) for each in booked]


def test_a_second_of_calls_may_come_at_once_and_the_next_wait_their_turn() -> None:
    assert waits(TokenBucket(4, FakeClock()), 7) == [0, 0, 0, 0, 0.25, 0.5, 0.75]


def test_whoever_would_wait_too_long_books_nothing() -> None:
    clock = FakeClock()
    bucket = TokenBucket(1, clock)
    assert waits(bucket, 4) == [0, 1, None, None]
    clock.forward(seconds=1)
    assert waits(bucket, 2) == [1, None]


def test_less_than_one_call_a_second_is_a_rate_too() -> None:
    clock = FakeClock()
    bucket = TokenBucket(0.5, clock)
    assert waits(bucket, 2) == [0, None]
    clock.forward(seconds=1.5)
    assert waits(bucket, 1) == [0.5]


@given(st.floats(0.2, 50), st.lists(st.floats(0, 3), max_size=40))
def test_no_second_has_more_calls_than_a_burst_and_the_rate(per_second: float, pauses: list[float]) -> None:
    clock = FakeClock()
    bucket = TokenBucket(per_second, clock)
    moments = []
    for pause in pauses:
        clock.forward(seconds=pause)
        wait = bucket.book(SECOND)
        if wait is not None:
            moments.append(clock.now() + wait)
    for start in moments:
        assert sum(start <= each < start + SECOND for each in moments) <= 2 * max(per_second, 1) + 1


async def test_a_provider_with_a_rate_is_called_no_faster_and_the_rest_comes_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    world.dispatch[Channel.EMAIL]._calls._rate = TokenBucket(2, world.clock)
    (identity,) = await planned(world, email_content(recipients=many(6)))
    await send(world, Channel.EMAIL, identity)
    assert len(world.email.calls) == 4
    assert [round(each, 2) for each in slept] == [0.5, 1.0]
    assert (await statuses(world, identity)).count(Status.NEW) == 2


def test_a_clock_that_was_set_back_stops_nobody_until_it_has_caught_up() -> None:
    clock = FakeClock()
    bucket = TokenBucket(1, clock)
    assert waits(bucket, 3) == [0, 1, None]
    clock.forward(hours=-1)
    assert waits(bucket, 1) == [None]
    clock.forward(seconds=2)
    assert waits(bucket, 3) == [0, 1, None]
