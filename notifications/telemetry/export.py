"""Where traces and metrics go: to Application Insights, over OTLP, to both, or, as on a laptop, nowhere.

Logs go through the Functions host, which sends them itself (docs/decisions/0011). Batch sizes and intervals are the
SDK's, and follow its standard variables (`OTEL_BSP_*`, `OTEL_METRIC_EXPORT_INTERVAL`).
"""

import logging
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifications.telemetry.events import event, fault
from notifications.telemetry.measures import measure_with
from notifications.telemetry.tracing import trace_with

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import MetricExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

logger = logging.getLogger(__name__)

SCOPE = "notifications"


@dataclass(frozen=True, slots=True)
class Exports:
    """What runs in the background until it is shut down, at the latest when the process ends."""

    traces: "TracerProvider"
    metrics: "MeterProvider"

    def shut_down(self) -> None:
        """Send what is left, and tell no more."""
        trace_with(None)
        measure_with(None)
        self.traces.shutdown()
        self.metrics.shutdown()


def start(*, insights: str | None, otlp: str | None, share: float, environment: str) -> Exports | None:
    """Begin to export, if there is anywhere to: Application Insights by its connection string, an OTLP/HTTP collector.

    `share` is the share of traces that are told, from 0 to 1. What is needed is imported only now. A destination that
    cannot be used is logged, since notifications go out without it.
    """
    if not insights and not otlp:
        return None
    try:
        pairs = [*([_insights(insights)] if insights else ()), *([_otlp(otlp)] if otlp else ())]
    except Exception as error:  # noqa: BLE001 - whatever the libraries raise
        event(logger, logging.ERROR, "telemetry.not_started", **fault(error))
        return None
    return _started(pairs, share, environment)


def _started(pairs: "list[tuple[SpanExporter, MetricExporter]]", share: float, environment: str) -> Exports:
    from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider  # noqa: PLC0415
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    from opentelemetry.sdk.trace.sampling import TraceIdRatioBased  # noqa: PLC0415

    resource = Resource.create(_resource(environment))
    # By the trace's id alone: every instance decides alike, and no caller's flag decides what we pay for.
    traces = TracerProvider(sampler=TraceIdRatioBased(share), resource=resource)
    for spans, _ in pairs:
        traces.add_span_processor(BatchSpanProcessor(spans))
    metrics = MeterProvider(
        [PeriodicExportingMetricReader(each) for _, each in pairs], resource, AlwaysOffExemplarFilter()
    )
    trace_with(traces.get_tracer(SCOPE))
    measure_with(metrics.get_meter(SCOPE))
    return Exports(traces, metrics)


def _resource(environment: str) -> dict[str, str]:
    """Which instance of which app it is; the role's name is the one under which the host tells its own part."""
    return {
        "service.name": os.environ.get("WEBSITE_SITE_NAME", SCOPE),
        "service.instance.id": os.environ.get("WEBSITE_INSTANCE_ID")
        or os.environ.get("CONTAINER_NAME", str(os.getpid())),
        "deployment.environment.name": environment,
    }


def _insights(connection: str) -> "tuple[SpanExporter, MetricExporter]":
    """Exporters that prove who they are as APPLICATIONINSIGHTS_AUTHENTICATION_STRING says, which they read."""
    from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415
        AzureMonitorMetricExporter,
        AzureMonitorTraceExporter,
    )

    return AzureMonitorTraceExporter(connection_string=connection), AzureMonitorMetricExporter(
        connection_string=connection
    )


def _otlp(endpoint: str) -> "tuple[SpanExporter, MetricExporter]":
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    return OTLPSpanExporter(f"{endpoint}/v1/traces"), OTLPMetricExporter(f"{endpoint}/v1/metrics")
