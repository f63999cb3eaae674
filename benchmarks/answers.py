"""What the answers of a load come to: latencies, refusals, failures."""

from collections.abc import Sequence

from benchmarks.figures import Section
from benchmarks.load import NO_ANSWER, Answer
from benchmarks.statistics import percentile, spread


def taken(answers: Sequence[Answer]) -> list[Answer]:
    """The answers that promise an order."""
    return [each for each in answers if each.status in {200, 201}]


def refused(answers: Sequence[Answer]) -> list[Answer]:
    """The answers that say to come again."""
    return [each for each in answers if each.status == 429]


def failed(answers: Sequence[Answer]) -> list[Answer]:
    """What should not happen: 5xx, no answer, or a refusal of a valid order."""
    return [each for each in answers if each.status == NO_ANSWER or (each.status >= 400 and each.status != 429)]


def latencies(answers: Sequence[Answer]) -> list[float]:
    """The latencies of the orders that were taken, in seconds."""
    return [each.latency for each in taken(answers)]


def rate(answers: Sequence[Answer]) -> float:
    """Orders taken in a second, from the first sending to the last answer."""
    if not answers:
        return 0.0
    ended = max(each.time + each.latency for each in answers)
    return len(taken(answers)) / (ended - answers[0].time)


def describe(section: Section, answers: Sequence[Answer], label: str = "POST") -> None:
    """Add how a load was answered to a section."""
    section.add(f"{label} latency", spread(latencies(answers)))
    section.add("of which the load generator was late itself", spread([each.lag for each in answers]))


def p95(answers: Sequence[Answer]) -> float:
    """The latency that 95 of 100 orders stay within, in seconds."""
    return percentile(latencies(answers), 95)
