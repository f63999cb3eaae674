"""Traces: a request's span, and those of the work that follows from it, minutes or months later, on other instances.

A shipment keeps the trace of the request that ordered it, if that was sampled; what is done for it later is told as a
child of that request (docs/decisions/0011). So one that was not sampled costs nothing more, anywhere. Tracer and
meter are the service's own and not OpenTelemetry's global ones, by which libraries would tell of every storage call.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import time_ns

from opentelemetry.trace import (
    INVALID_SPAN,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from notifications.telemetry.events import require_known

_SAMPLED = TraceFlags(TraceFlags.SAMPLED)
_W3C = TraceContextTextMapPropagator()


class _Traced:
    """Who records spans; nobody until somebody exports."""

    tracer: Tracer | None = None


def trace_with(tracer: Tracer | None) -> None:
    """Record spans with a tracer from now on, or not at all."""
    _Traced.tracer = tracer


@contextmanager
def request(function: str, traceparent: str | None) -> Iterator[Span]:
    """A span around a request, within the trace that the host gives it (W3C Trace Context); exceptions stay untold.

    It is an internal one: the server's, as Application Insights counts them, is told by the host.
    """
    if _Traced.tracer is None:
        yield INVALID_SPAN
        return
    parent = _W3C.extract({"traceparent": traceparent or ""})
    with _Traced.tracer.start_as_current_span(
        function, parent, record_exception=False, set_status_on_exception=False
    ) as span:
        yield span


def current() -> str | None:
    """What a shipment keeps of the request under way, as `<trace id>-<span id>` in hex; None if that is not sampled."""
    if _Traced.tracer is None:
        return None
    context = get_current_span().get_span_context()
    return f"{context.trace_id:032x}-{context.span_id:016x}" if context.trace_flags.sampled else None


def moment(at: datetime | None = None) -> int:
    """When work begins that is told of afterwards, in nanoseconds since 1970; now, unless it is given."""
    return time_ns() if at is None else int(at.timestamp() * 1e9)


def told(
    name: str, trace: str | None, began: int, *, called: str | None = None, failed: bool = False, **fields: object
) -> None:
    """Tell of work for a shipment that began then and ends now; None is left out. Raises `UnknownField`.

    `trace` is what the shipment keeps; `called` names whom the work was a call of.
    """
    require_known(fields)
    if _Traced.tracer is None or trace is None:
        return
    attributes: dict[str, str | int | float] = {
        key: value if isinstance(value, int | float) else str(value)
        for key, value in fields.items()
        if value is not None
    }
    if called:
        attributes["peer.service"] = called
    kind = SpanKind.CLIENT if called else SpanKind.INTERNAL
    parent = set_span_in_context(NonRecordingSpan(_remote(trace)))
    # A provider's clock may run ahead of ours.
    start = min(began, time_ns())
    span = _Traced.tracer.start_span(name, parent, kind, attributes, start_time=start)
    if failed:
        span.set_status(StatusCode.ERROR)
    span.end()


def _remote(trace: str) -> SpanContext:
    trace_id, _, span_id = trace.partition("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=_SAMPLED)
