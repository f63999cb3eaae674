"""Timer-triggered functions through a real host."""

import httpx

from tests.host.running import RunningHost, until


def test_a_timer_never_runs_twice_at_once_and_missed_ticks_are_one_late_run(client: httpx.Client) -> None:
    ticks = until(lambda: client.get("seen/tick").json(), lambda ticks: len(ticks) >= 3)
    assert {tick["at_once"] for tick in ticks} == {1}
    assert ticks[0]["past_due"] is False
    # Each run lasts 2.2 s, so the tick that was due a second after its start is late.
    assert ticks[1]["past_due"] is True


def test_a_timer_that_runs_on_start_up_has_run_once(client: httpx.Client) -> None:
    assert until(lambda: client.get("seen/startup").json()) == [False]


def test_a_timer_is_announced_with_the_time_at_which_it_fired(client: httpx.Client, host: RunningHost) -> None:
    until(lambda: client.get("seen/tick").json())
    assert "+00:00'" in until(lambda: host.printed("Executing 'Functions.tick' (Reason='Timer fired at "))[0]
