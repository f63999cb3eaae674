"""What is told of many orders: of one recipient each, among stored ones, and beside another owner's."""

from collections import Counter

from benchmarks.access_log import DUE_QUERY, GET, IDLE_POLL, TRANSACTION
from benchmarks.bodies import Kind
from benchmarks.cost_at_scale import tell as tell_cost
from benchmarks.due_at_once import Run
from benchmarks.fairness import Ours
from benchmarks.fairness import tell as tell_fairness
from benchmarks.figures import Section
from benchmarks.load import Answer
from benchmarks.orders_of_one import tell

CALLS = Counter({GET: 600, TRANSACTION: 200, DUE_QUERY: 100, IDLE_POLL: 5_000})


def answer(number: int, *, due: float | None = None, status: int = 201) -> Answer:
    return Answer(time=1000 + number, latency=0.1, lag=0, status=status, due=due, shipments=[f"s{number}"])


def run(*delays: float, answers: int = 200, completed: float | None = 5.0, refused: int = 0) -> Run:
    return Run(
        answers=[answer(number, status=201 if number >= refused else 429) for number in range(answers)],
        delays=delays,
        completed=completed,
        calls=CALLS,
        calls_after_due=CALLS,
        transactions=[],
        remarks=[],
        processor=2.0,
    )


def figures(section: Section) -> dict[str, str]:
    return {each.what: each.measured for each in section.figures}


def test_the_tail_of_many_orders_is_told_with_the_rates_and_the_calls_of_each() -> None:
    section = Section("title")
    tell(section, Kind.EMAIL, run(*(number / 100 for number in range(1, 201))))
    told = figures(section)
    assert told["200 email: all handed over after"] == "2.0 s (100 notifications a second)"
    assert told["200 email: all Completed after"] == "5.0 s (40 notifications a second)"
    assert told["200 email: due to provider called"] == "p50 1 s  p95 1.9 s  p99 1.98 s  max 2 s"
    assert told["200 email: storage calls a notification, from POST to Completed"] == "4.5"
    assert told["200 email: processor time of the host, from due to Completed"] == "10 ms each"
    assert told[f"    {GET}"] == "3.000"
    assert told[f"    apart: {IDLE_POLL}"] == "5000 in all"
    assert not section.notes


def test_of_orders_that_did_not_all_get_there_no_rate_is_told() -> None:
    section = Section("title")
    tell(section, Kind.SMS, run(1.0, completed=None, refused=3))
    told = figures(section)
    assert told["197 sms: all handed over after"] == told["197 sms: all Completed after"] == "not all got there"
    assert section.notes == ["sms: 3 orders were not taken"]


def test_the_looks_of_the_timer_are_no_cost_of_an_order() -> None:
    section = Section("title")
    cost = tell_cost(section, 1000, run(1.0, 2.0))
    assert (cost.work, cost.looks) == (4.0, 0.5)
    assert {f"    {TRANSACTION}", f"    apart: {DUE_QUERY}"} <= figures(section).keys()
    assert figures(section)["1000 stored: processor time of the host"] == "10 ms an order"


def test_delays_count_from_the_placing_of_what_is_due_now_and_from_the_moment_of_what_was_scheduled() -> None:
    section = Section("title")
    ours = Ours(now=[answer(1), answer(2)], scheduled=[answer(3, due=1_500.0)])
    tell_fairness(section, "much waits", ours, {"s1": 1001.5, "s2": 1014.0, "s3": 1503.0}, until=2000.0)
    told = figures(section)
    assert told["much waits: 2 due now, 0.87 s apart"] == "p50 0.5 s  p95 12 s  p99 12 s  max 12 s"
    assert told["much waits: 1 scheduled, 0.87 s apart"] == "p50 3 s  p95 3 s  p99 3 s  max 3 s"
    verdicts = {each.what: each.verdict for each in section.figures if each.verdict}
    assert verdicts["much waits: due now, p95"] == "missed"
    assert verdicts["much waits: scheduled, p95"] == "met"


def test_what_was_never_handed_over_counts_as_having_waited_until_the_end() -> None:
    section = Section("title")
    ours = Ours(now=[answer(1)], scheduled=[answer(2, due=1_500.0), answer(3, due=1_500.0)])
    tell_fairness(section, "much waits", ours, {"s2": 1501.0}, until=1_801.0)
    told = figures(section)
    assert told["much waits: 1 due now, 0.87 s apart"].endswith("max 800 s")
    assert told["much waits: 2 scheduled, 0.87 s apart"] == "p50 1 s  p95 301 s  p99 301 s  max 301 s"
