"""Traces: what a request begins is told under its trace, to the last step, and never in the words of an exception."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.trace import StatusCode

from notifications.domain.outcomes import Postponed
from notifications.telemetry import UnknownField, tracing
from tests.builders import draft, email_content, sms_content
from tests.stages.world import World, email_report
from tests.telemetry.recording import Recorded, recorded

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-00"
KEPT = f"{TRACE}-{PARENT}"
# The last 64 bits decide; these are the first and the last that half of all traces leave out.
UNSAMPLED = "0" * 16 + "8" + "0" * 15


def test_while_nobody_traces_nothing_is_kept_and_nothing_is_told() -> None:
    with tracing.request("place_order", TRACEPARENT) as span:
        span.set_attribute("status", 201)
        assert tracing.current() is None
        assert not span.is_recording()
    tracing.told("plan", KEPT, tracing.moment(), shipment="id-1")


@pytest.mark.parametrize("flags", ["00", "01"])
def test_a_request_continues_the_trace_it_is_given_whatever_its_caller_sampled(flags: str) -> None:
    with recorded() as told, tracing.request("place_order", f"00-{TRACE}-{PARENT}-{flags}"):
        kept = tracing.current()
    (span,) = told.spans
    assert span.parent is not None
    assert (span.name, f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == ("place_order", TRACE, PARENT)
    assert kept == f"{TRACE}-{span.context.span_id:016x}"


@pytest.mark.parametrize("traceparent", [None, "", "00-zz", "ff" * 40, f"00-{'0' * 32}-{PARENT}-01"])
def test_a_request_without_a_trace_begins_one(traceparent: str | None) -> None:
    with recorded() as told, tracing.request("place_order", traceparent):
        pass
    (span,) = told.spans
    assert span.parent is None
    assert span.context.trace_id != 0


def test_of_an_exception_nothing_is_told() -> None:
    with (
        recorded() as told,
        pytest.raises(ValueError, match="solveig"),
        tracing.request("place_order", None),
    ):
        raise ValueError("solveig@example.com")
    assert "solveig" not in told.text
    assert told.spans[0].events == ()


def test_of_a_request_that_is_not_sampled_nothing_is_kept_so_nothing_that_follows_is_told() -> None:
    with recorded(share=0.5) as told, tracing.request("place_order", f"00-{UNSAMPLED}-{PARENT}-01"):
        kept = tracing.current()
        tracing.told("plan", kept, tracing.moment())
    assert kept is None
    assert told.spans == []


@settings(deadline=None, max_examples=50)
@given(trace=st.integers(1, 2**128 - 1))
def test_every_instance_decides_alike_what_is_sampled(trace: int) -> None:
    traceparent = f"00-{trace:032x}-{PARENT}-00"
    decisions = []
    for _ in range(2):
        with recorded(share=0.5), tracing.request("place_order", traceparent):
            decisions.append(tracing.current() is not None)
    assert decisions[0] == decisions[1] == (trace % 2**64 < 2**63)


def test_work_is_told_as_a_child_of_the_request_and_ends_now() -> None:
    with recorded() as told:
        began = tracing.moment()
        tracing.told("hand over", KEPT, began, called="acs-email", failed=True, outcome="postponed", reason=None)
    (span,) = told.spans
    assert span.parent is not None
    assert (f"{span.parent.trace_id:032x}", f"{span.parent.span_id:016x}") == (TRACE, PARENT)
    assert dict(span.attributes or {}) == {"outcome": "postponed", "peer.service": "acs-email"}
    assert span.status.status_code is StatusCode.ERROR
    assert span.start_time == began
    assert span.end_time is not None
    assert span.end_time >= began


def test_what_a_fast_clock_says_is_yet_to_come_begins_now() -> None:
    with recorded() as told:
        tracing.told("report", KEPT, tracing.moment() + 10**12)
    (span,) = told.spans
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time <= span.end_time


def test_a_field_that_nobody_vouched_for_is_refused_even_when_nobody_traces() -> None:
    with pytest.raises(UnknownField):
        tracing.told("plan", None, 0, recipient="solveig@example.com")


async def test_what_a_request_orders_is_told_under_its_trace_weeks_later_too() -> None:
    world = World()
    with recorded() as told:
        with tracing.request("place_order", TRACEPARENT):
            order = (await world.accept(draft(email_content(), sms_content()))).order
            later = world.clock.now() + timedelta(days=14)
            await world.accept(draft(email_content(), send_at=later, idempotency_id="later"))
        for shipment in order.shipment_ids:
            assert (await world.shipment(shipment)).trace
        await world.run(5)
        notifications = [message.notification_id for message in world.email.calls]
        await world.report.email(email_report(*((each, "Delivered") for each in notifications)))
        await world.run_to(world.clock.now() + timedelta(days=15))
    assert_one_trace(told)
    assert sorted({name: told.names.count(name) for name in told.names}.items()) == [
        ("place_order", 1),
        ("plan", 3),
        ("publish", 2),
        ("report", 1),
    ]


async def test_an_instant_order_is_told_under_its_trace() -> None:
    world = World()
    with recorded() as told, tracing.request("send_instant", TRACEPARENT):
        order = (await world.instant(draft(email_content()))).order
        kept = (await world.shipment(order.shipment_ids[0])).trace
    assert kept == f"{TRACE}-{told.spans[-1].context.span_id:016x}"


async def test_an_order_that_nobody_traces_keeps_no_trace() -> None:
    world = World()
    world.email.answers.append(Postponed("http_503"))
    (shipment,) = await world.order(email_content())
    assert (await world.shipment(shipment)).trace is None


def assert_one_trace(told: Recorded) -> None:
    """Everything is a child of the one request, and that of its caller."""
    request = next(each for each in told.spans if each.name == "place_order")
    assert {f"{each.context.trace_id:032x}" for each in told.spans} == {TRACE}
    assert {each.parent.span_id for each in told.spans if each.parent} == {int(PARENT, 16), request.context.span_id}
