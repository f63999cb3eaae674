"""A rate counts as kept up with only when what is under way does not grow."""

from benchmarks.due_now import Step, judged
from benchmarks.load import Answer


def answers(count: int, rate: float, latency: float = 0.01, status: int = 201) -> list[Answer]:
    return [
        Answer(
            time=n / rate, latency=latency, lag=0, status=status, due=None, shipments=[str(n)] if status == 201 else []
        )
        for n in range(count)
    ]


def step(sent: list[Answer], published: dict[str, float]) -> Step:
    return judged(50, sent, published, everything=len(published) == len(sent))


def test_a_service_that_completes_each_order_after_three_seconds_keeps_up() -> None:
    sent = answers(600, 50)
    found = step(sent, {each.shipments[0]: each.time + 3 for each in sent})
    assert found.kept_up
    assert (found.middle, found.end) == (150, 150)


def test_a_service_that_takes_ever_longer_falls_behind() -> None:
    sent = answers(600, 50)
    found = step(sent, {each.shipments[0]: 1 + each.time * 1.7 for each in sent})
    assert not found.kept_up


def test_slow_answers_are_not_kept_up_with() -> None:
    sent = answers(600, 50, latency=1.5)
    assert not step(sent, {each.shipments[0]: each.time + 3 for each in sent}).kept_up


def test_a_refused_order_is_not_kept_up_with() -> None:
    sent = [*answers(599, 50), *answers(1, 50, status=429)]
    done = {each.shipments[0]: each.time + 3 for each in sent if each.shipments}
    assert judged(50, sent, done, everything=True).wrong == 1
    assert not judged(50, sent, done, everything=True).kept_up


def test_orders_that_were_never_completed_are_not_kept_up_with() -> None:
    sent = answers(600, 50)
    found = step(sent, {each.shipments[0]: each.time + 3 for each in sent[:-1]})
    assert found.road is None
    assert not found.kept_up
