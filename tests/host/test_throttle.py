"""The limits on HTTP requests."""

import asyncio

import pytest

from local.host.throttle import Throttle, TooBusy


async def hold(throttle: Throttle, running: list[int], number: int, end: asyncio.Event) -> None:
    async with throttle.turn():
        running.append(number)
        await end.wait()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_as_many_run_as_may_others_wait_and_the_rest_is_refused() -> None:
    throttle, running, end = Throttle(2, 3), list[int](), asyncio.Event()
    tasks = [asyncio.create_task(hold(throttle, running, number, end)) for number in range(4)]
    await settled()
    assert running == [0, 1]
    with pytest.raises(TooBusy):
        await tasks[3]
    end.set()
    await asyncio.gather(*tasks[:3])
    assert running == [0, 1, 2]


async def test_there_is_room_again_when_a_request_failed() -> None:
    throttle = Throttle(1, 1)
    with pytest.raises(ArithmeticError):
        async with throttle.turn():
            raise ArithmeticError
    async with throttle.turn():
        pass


async def test_without_limits_all_run() -> None:
    throttle, running, end = Throttle(-1, -1), list[int](), asyncio.Event()
    tasks = [asyncio.create_task(hold(throttle, running, number, end)) for number in range(500)]
    await settled()
    assert len(running) == 500
    end.set()
    await asyncio.gather(*tasks)
