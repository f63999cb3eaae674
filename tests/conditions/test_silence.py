"""Remembering which hosts were silent, and for how long."""

import pytest

from notifications.conditions.silence import AT_ONCE, REMEMBERED_SECONDS, Silences, host_of
from notifications.domain.faults import EndpointSilent

HOST = "silent.example.com"


def admitted(silences: Silences, already: int) -> bool:
    """Whether one more is asked where so many wait already."""
    if already:
        with silences.asking(HOST):
            return admitted(silences, already - 1)
    try:
        with silences.asking(HOST):
            return True
    except EndpointSilent:
        return False


def test_any_number_wait_for_a_host_that_was_not_silent() -> None:
    silences = Silences(lambda: 0.0)
    silences.note("another.example.com", silent=True)
    assert admitted(silences, 10 * AT_ONCE)


def test_few_wait_for_a_silent_host_and_each_leaves_its_place_to_the_next() -> None:
    silences = Silences(lambda: 0.0)
    silences.note(HOST, silent=True)
    assert [admitted(silences, AT_ONCE - 1) for _ in range(3)] == [True] * 3


def test_silence_is_forgotten_after_its_time_or_with_an_answer() -> None:
    now = 0.0
    silences = Silences(lambda: now)
    with silences.asking(HOST), silences.asking(HOST), silences.asking(HOST), silences.asking(HOST):
        silences.note(HOST, silent=True)
        assert not admitted(silences, 0)
        now = REMEMBERED_SECONDS
        assert admitted(silences, 0)
        silences.note(HOST, silent=True)
        assert not admitted(silences, 0)
        silences.note(HOST, silent=False)
        assert admitted(silences, 0)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Owner.example.com/a?b=//c", "owner.example.com"),
        ("http://name:word@owner.example.com:8080", "owner.example.com:8080"),
        ("http://[::1", ""),
        ("", ""),
    ],
)
def test_questions_are_counted_by_host_and_port(url: str, host: str) -> None:
    assert host_of(url) == host
