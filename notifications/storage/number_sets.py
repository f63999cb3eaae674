"""Sets of numbers as text that stays short however many they are: which of a shipment's notifications are meant."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain


def ranges(numbers: Iterable[int]) -> str:
    """A set of numbers from 0 as ranges, with their step where it is not 1: `1-250,252,300-400/2`."""
    return ",".join(_text(each) for each in _runs(sorted(numbers)))


def parse_ranges(text: str) -> frozenset[int]:
    """What `ranges` wrote; anything else is a ValueError."""
    return frozenset(chain.from_iterable(_range(part) for part in text.split(",") if part))


def _runs(numbers: Sequence[int]) -> Iterator[range]:
    place = 0
    while place < len(numbers):
        run = _run(numbers, place)
        yield run
        place += len(run)


def _run(numbers: Sequence[int], place: int) -> range:
    """The numbers from a place on that are as far apart as its first two; two with a gap between them are no run."""
    first, end = numbers[place], place + 1
    step = numbers[end] - first if end < len(numbers) else 1
    while end < len(numbers) and numbers[end] - numbers[end - 1] == step:
        end += 1
    if step > 1 and end == place + 2:
        end -= 1
    return range(first, numbers[end - 1] + 1, step)


def _text(run: range) -> str:
    if len(run) == 1:
        return f"{run[0]}"
    return f"{run[0]}-{run[-1]}" + (f"/{run.step}" if run.step > 1 else "")


def _range(text: str) -> range:
    first, _, rest = text.partition("-")
    last, _, step = rest.partition("/")
    return range(int(first), int(last or first) + 1, int(step or 1))
