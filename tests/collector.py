"""A small collector: what a service under test tells of itself over OTLP/HTTP, or to Application Insights, decoded."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

type Attributes = dict[str, str]


@dataclass
class Collector:
    """Every request so far, and what is in them; `items` are those of Application Insights."""

    endpoint: str = ""
    traces: list[ExportTraceServiceRequest] = field(default_factory=list)
    metrics: list[ExportMetricsServiceRequest] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)

    def take(self, path: str, body: bytes) -> bytes:
        """Keep a request, and what to answer it with."""
        self.asked.add(path)
        if path == "/v1/traces":
            self.traces.append(ExportTraceServiceRequest.FromString(body))
        elif path == "/v1/metrics":
            self.metrics.append(ExportMetricsServiceRequest.FromString(body))
        else:
            items = json.loads(body)
            self.items.extend(items)
            return json.dumps({"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}).encode()
        return b""

    @property
    def spans(self) -> list[Span]:
        return [
            span
            for request in list(self.traces)
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def of_trace(self, trace: str) -> list[Span]:
        return [each for each in self.spans if each.trace_id.hex() == trace]

    @property
    def latest(self) -> dict[str, Metric]:
        """Each metric as it was told last, by name."""
        return {
            metric.name: metric
            for request in list(self.metrics)
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    def series(self, name: str) -> list[Attributes]:
        """The attributes by which a metric's values are told apart."""
        metric = self.latest.get(name)
        if metric is None:
            return []
        data = getattr(metric, metric.WhichOneof("data") or "gauge")
        return [attributes(point.attributes) for point in data.data_points]

    @property
    def text(self) -> str:
        """Everything that was told, as text."""
        return "\n".join(str(each) for each in [*self.traces, *self.metrics])


def attributes(pairs: Iterable[KeyValue]) -> Attributes:
    """Attributes by name, their values as text."""
    return {pair.key: str(getattr(pair.value, pair.value.WhichOneof("value") or "string_value")) for pair in pairs}


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector on a free port."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = collector.take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        collector.endpoint = f"http://127.0.0.1:{server.server_port}"
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join()
