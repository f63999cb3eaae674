"""What is told while a test looks, kept in memory by OpenTelemetry's own SDK."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, NumberDataPoint
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from notifications.telemetry.measures import Measure, measure_with
from notifications.telemetry.tracing import trace_with

type Series = frozenset[tuple[str, str]]


class Recorded:
    """Spans and metrics so far."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        self._reader = InMemoryMetricReader()

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans that have ended, in that order."""
        return list(self._spans.get_finished_spans())

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.spans]

    def values(self, measure: Measure) -> dict[Series, float]:
        """A counter's or gauge's value, or a histogram's count, for each set of attributes."""
        return {key: getattr(point, "value", getattr(point, "count", 0)) for key, point in self._points(measure)}

    def buckets(self, measure: Measure) -> dict[float, int]:
        """How many values of a histogram are below or at each limit and above the one before, where there are any."""
        ((_, point),) = self._points(measure)
        assert isinstance(point, HistogramDataPoint)
        limits = [*point.explicit_bounds, float("inf")]
        return {limit: count for limit, count in zip(limits, point.bucket_counts, strict=True) if count}

    def _points(self, measure: Measure) -> list[tuple[Series, NumberDataPoint | HistogramDataPoint]]:
        data = self._reader.get_metrics_data()
        return [
            (frozenset((name, str(value)) for name, value in (point.attributes or {}).items()), point)
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == measure.name
            for point in metric.data.data_points
            if isinstance(point, NumberDataPoint | HistogramDataPoint)
        ]

    @property
    def text(self) -> str:
        """All that was told, as text."""
        data = self._reader.get_metrics_data()
        return "\n".join([*(each.to_json() for each in self.spans), data.to_json() if data else ""])

    @contextmanager
    def recording(self, share: float) -> Iterator[None]:
        """Record in this block."""
        traces, metrics = TracerProvider(sampler=TraceIdRatioBased(share)), MeterProvider([self._reader])
        traces.add_span_processor(SimpleSpanProcessor(self._spans))
        trace_with(traces.get_tracer("tests"))
        measure_with(metrics.get_meter("tests"))
        try:
            yield
        finally:
            trace_with(None)
            measure_with(None)
            traces.shutdown()
            metrics.shutdown()


@contextmanager
def recorded(share: float = 1.0) -> Iterator[Recorded]:
    """Record everything in this block, or a share of the traces."""
    all_told = Recorded()
    with all_told.recording(share):
        yield all_told


def of(**attributes: str) -> Series:
    """A set of attributes as `values` has them."""
    return frozenset(attributes.items())
