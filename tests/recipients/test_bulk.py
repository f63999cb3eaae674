"""Asking in bulk: how calls are made up, how many are made at once, and what is remembered of them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.contacts import ContactPoints, Unavailable
from notifications.recipients.bulk import AT_ONCE, Bulk
from notifications.recipients.exchange import NoAnswerError
from notifications.recipients.recent import Recent
from tests.recipients.registers import KARI, NOBODY, PERSONS, Registers, Time, directory_of, person

type Key = tuple[str, int]


class Doubling:
    """A register in memory that doubles numbers; keys of one letter go together, and some numbers are trouble."""

    name = "doubling"
    nobody = -1

    def __init__(
        self,
        most: int = 3,
        *,
        refused: frozenset[int] = frozenset(),
        silent: bool = False,
        gossip: Callable[[Sequence[Key]], bool] = lambda _: False,
    ) -> None:
        self.most = most
        self._gossip = gossip
        self.calls: list[list[Key]] = []
        self.busy = self.busiest = 0
        self._refused = refused
        self._silent = silent

    def together(self, key: Key) -> str:
        return key[0]

    def answered_as(self, key: Key) -> int:
        return key[1]

    async def ask(self, keys: Sequence[Key]) -> dict[int, int]:
        self.calls.append(list(keys))
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.busy -= 1
        if self._refused.intersection(number for _, number in keys):
            raise NoAnswerError("refused", silent=self._silent)
        # Odd numbers are left out.
        others = {1_000_000: 0} if self._gossip(keys) else {}
        return {number: 2 * number for _, number in keys if number % 2 == 0} | others


keys_of = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 30)), max_size=40)


@given(keys_of, st.integers(1, 7))
def test_every_key_is_asked_about_once_in_calls_of_one_kind_and_bounded_size(keys: list[Key], most: int) -> None:
    register = Doubling(most)
    found = asyncio.run(Bulk(register)(keys))
    assert Counter(key for call in register.calls for key in call) == Counter(set(keys))
    assert all(0 < len(call) <= most and len({letter for letter, _ in call}) == 1 for call in register.calls)
    assert found == {key: 2 * key[1] if key[1] % 2 == 0 else -1 for key in keys}
    by_letter = Counter(letter for letter, _ in set(keys))
    assert len(register.calls) == sum(-(-count // most) for count in by_letter.values())


@given(keys_of, st.integers(1, 7), st.frozensets(st.integers(0, 30), max_size=5))
def test_a_refused_call_is_unavailable_for_those_it_was_about_alone(
    keys: list[Key], most: int, refused: frozenset[int]
) -> None:
    register = Doubling(most, refused=refused)
    found = asyncio.run(Bulk(register)(keys))
    failed = {key for call in register.calls if refused.intersection(number for _, number in call) for key in call}
    assert {key for key, answer in found.items() if answer == Unavailable("doubling")} == failed
    assert found.keys() == set(keys)


async def test_a_few_calls_are_made_at_once_and_no_more() -> None:
    register = Doubling(1)
    await Bulk(register)([("a", number) for number in range(20)])
    assert register.busiest == AT_ONCE == 4


async def test_a_silent_register_is_not_asked_about_the_rest() -> None:
    register = Doubling(1, refused=frozenset({0}), silent=True)
    keys = [("a", number) for number in range(0, 40, 2)]
    found = await Bulk(register)(keys)
    assert len(register.calls) == AT_ONCE
    assert [key for key, answer in found.items() if answer != Unavailable("doubling")] == keys[1:AT_ONCE]


async def test_a_register_that_was_silent_is_asked_again_the_next_time() -> None:
    register = Doubling(refused=frozenset({0}), silent=True)
    bulk = Bulk(register)
    await bulk([("a", 0)])
    assert await bulk([("a", 2)]) == {("a", 2): 4}


async def test_no_key_is_no_call() -> None:
    register = Doubling()
    assert await Bulk(register)([]) == {}
    assert register.calls == []


async def test_answers_are_remembered_for_their_time_and_no_longer() -> None:
    time, register = Time(), Doubling()
    bulk = Bulk[Key, int, int](register, Recent(seconds=60, monotonic=time))
    await bulk([("a", 2), ("a", 3)])
    time.now += 59.9
    assert await bulk([("a", 3), ("a", 2), ("a", 4)]) == {("a", 2): 4, ("a", 3): -1, ("a", 4): 8}
    time.now += 0.1
    await bulk([("a", 2), ("a", 4)])
    assert register.calls == [[("a", 2), ("a", 3)], [("a", 4)], [("a", 2)]]


async def test_what_is_unavailable_is_not_remembered() -> None:
    register = Doubling(1, refused=frozenset({2}))
    bulk = Bulk[Key, int, int](register, Recent(monotonic=Time()))
    for _ in range(2):
        assert await bulk([("a", 2), ("a", 4)]) == {("a", 2): Unavailable("doubling"), ("a", 4): 8}
    assert register.calls == [[("a", 2)], [("a", 4)], [("a", 2)]]


async def test_an_answer_that_tells_of_others_says_nothing_of_whom_it_leaves_out() -> None:
    register = Doubling(gossip=lambda _: True)
    bulk = Bulk[Key, int, int](register, Recent(monotonic=Time()))
    for _ in range(2):
        assert await bulk([("a", 2), ("a", 3)]) == {("a", 2): 4, ("a", 3): Unavailable("doubling")}
    assert register.calls == [[("a", 2), ("a", 3)], [("a", 3)], [("a", 3)]]


async def test_whom_an_answer_that_tells_of_others_leaves_out_is_asked_about_without_those_it_tells_of() -> None:
    register = Doubling(gossip=lambda keys: ("a", 2) in keys)
    bulk = Bulk[Key, int, int](register, Recent(monotonic=Time()))
    assert await bulk([("a", 2), ("a", 3)]) == {("a", 2): 4, ("a", 3): -1}
    assert register.calls == [[("a", 2), ("a", 3)], [("a", 3)]]


async def test_without_a_memory_everything_is_asked_every_time() -> None:
    register = Doubling()
    bulk = Bulk(register)
    await bulk([("a", 2)])
    await bulk([("a", 2)])
    assert len(register.calls) == 2


def test_only_so_many_answers_are_remembered_the_newest() -> None:
    recent: Recent[int, str] = Recent(most=3, monotonic=Time())
    recent.keep({1: "a", 2: "b", 3: "c"})
    recent.keep({1: "d", 4: "e"})
    assert recent.among(range(5)) == {1: "d", 3: "c", 4: "e"}
    recent.keep(dict.fromkeys(range(10, 20), "f"))
    assert recent.among(range(20)) == {17: "f", 18: "f", 19: "f"}


def test_a_renewed_answer_is_as_old_as_its_renewal() -> None:
    time = Time()
    recent: Recent[int, str] = Recent(seconds=60, monotonic=time)
    recent.keep({1: "old", 2: "old"})
    time.now += 40
    recent.keep({1: "new"})
    time.now += 40
    assert recent.among([1, 2]) == {1: "new"}


async def test_contact_points_are_remembered_and_asked_for_a_thousand_at_a_time() -> None:
    registers = Registers({PERSONS: NOBODY})
    persons = [person(f"{number:011}") for number in range(2500)]
    async with directory_of(registers) as directory:
        found = await directory.contact_points(persons)
        await directory.contact_points(persons[:100])
        registers.time.now += 60
        await directory.contact_points(persons[:100])
    assert found == dict.fromkeys(persons, ContactPoints())
    sizes = [len(question["nationalIdentityNumbers"]) for question in registers.asked(PERSONS)]
    assert sorted(sizes) == [100, 500, 1000, 1000]


@pytest.mark.parametrize("seconds", [0.0, 5.0])
async def test_how_long_answers_are_remembered_is_a_setting(seconds: float) -> None:
    registers = Registers({PERSONS: NOBODY})
    async with directory_of(registers, remembered_seconds=seconds) as directory:
        await directory.contact_points([person()])
        registers.time.now += 4.9
        await directory.contact_points([person(KARI)])
    assert len(registers.calls) == (1 if seconds else 2)
