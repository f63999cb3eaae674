"""Whatever goes wrong inside a function: the caller learns what to do, the log where, nobody learns what it met."""

import json
import logging

import pytest

from notifications.domain.faults import StorageUnavailable
from notifications.triggers.timers import SweepFailed, TickFailed
from tests.triggers.edge import Edge, problem

ORDER = {"recipient": {"recipientSms": {"phoneNumber": "+4799999999", "smsSettings": {"body": "A text"}}}}
SHIPMENT = "0f1e2d3c-4b5a-8697-8899-aabb01000000"


async def failing(edge: Edge, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every read and every write fail with this error."""

    async def fail(*_: object, **__: object) -> None:
        raise error

    for call in ("get", "read", "commit"):
        monkeypatch.setattr(edge.world.orders, call, fail)


@pytest.mark.parametrize("function", ["place_order", "get_shipment"])
async def test_when_storage_is_out_of_reach_the_answer_says_what_to_do_of_any_request(
    edge: Edge, function: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await failing(edge, StorageUnavailable(), monkeypatch)
    headers = {**edge.bearer(), "Content-Type": "application/json"}
    body = json.dumps({**ORDER, "idempotencyId": "first"}).encode()
    answer = await edge.call(function, headers=headers, body=body, route={"id": SHIPMENT})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert problem(answer)["detail"] == (
        "Storage cannot be reached now. Repeat the request; if it places an order, with the same idempotencyId."
    )


async def test_a_request_that_fails_is_logged_with_the_line_of_ours_and_the_callers_trace(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await failing(edge, RuntimeError("kari@example.com"), monkeypatch)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {**edge.bearer(), "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    answer = await edge.call("get_shipment", headers=headers, route={"id": SHIPMENT})
    assert (answer.status_code, "detail" in problem(answer)) == (500, False)
    [record] = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert record.getMessage().startswith("request.failed error=RuntimeError at=orders.py:")
    assert record.__dict__["n_trace"] == problem(answer)["traceId"]
    assert trace in record.getMessage()
    assert "kari" not in caplog.text


@pytest.mark.parametrize(
    ("timer", "error", "name"),
    [
        ("release", TickFailed, "tick.failed"),
        ("release_net", TickFailed, "tick.failed"),
        ("sweep", SweepFailed, "sweep.failed"),
    ],
)
async def test_a_timer_that_fails_is_logged_with_the_line_of_ours_and_says_nothing_of_what_it_met(
    edge: Edge, timer: str, error: type[Exception], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    edge.compose.failure = RuntimeError("kari@example.com")
    with pytest.raises(error, match=r"^$") as raised:
        await edge.functions[timer](None)
    assert raised.value.__context__ is None
    [record] = caplog.records
    assert record.getMessage().startswith(f"{name} error=RuntimeError at=timers.py:")
    assert "kari" not in caplog.text
