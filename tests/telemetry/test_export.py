"""Export: to an OTLP collector, to Application Insights, or nowhere, for which nothing is even imported."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications.telemetry import export, tracing
from notifications.telemetry.measures import HAND_OVER_DELAY, HAND_OVERS_WITHIN, OLDEST_DUE, record
from tests.collector import Collector, attributes, collecting
from tests.infra.bicep import read

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
# As learn.microsoft.com/azure/azure-monitor/app/connection-strings has it, with a key that nobody has.
KEY = "00000000-0000-0000-0000-000000000001"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as running:
        yield running


@pytest.fixture
def _as_deployed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the template says to the exporter's library, and a place for what it could not send."""
    platform = read("modules/function-app.bicep").variables["platformSettings"]
    assert isinstance(platform, dict)
    for name, value in platform.items():
        if name.endswith(("_DISABLED", "_DISABLED_ALL")):
            monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def tell() -> None:
    """A request, a provider's call that follows from it, and some measurements."""
    with tracing.request("place_order", f"00-{TRACE}-00f067aa0ba902b7-00") as span:
        span.set_attribute("status", 201)
        kept = tracing.current()
    tracing.told("hand over", kept, tracing.moment(), called="acs-email", failed=True, outcome="postponed")
    record(HAND_OVER_DELAY, 3.5, channel="email")
    record(HAND_OVERS_WITHIN, channel="email", within="10s")
    record(OLDEST_DUE, 7)


def test_nothing_is_exported_or_imported_without_a_destination() -> None:
    program = (
        "import sys; from notifications.app import Composer; from notifications.telemetry import export;"
        "assert export.start(insights=None, otlp=None, share=1, environment='test') is None;"
        "assert not [name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter',"
        " 'azure.monitor'))]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_a_collector_is_told_of_spans_and_metrics_and_of_whose_they_are(collector: Collector) -> None:
    exports = export.start(insights=None, otlp=collector.endpoint, share=1, environment="test")
    assert exports is not None
    tell()
    exports.shut_down()
    assert [span.name for span in collector.of_trace(TRACE)] == ["place_order", "hand over"]
    assert collector.series("notifications.handovers.within") == [{"channel": "email", "within": "10s"}]
    (delay,) = collector.latest["notifications.handover.delay"].histogram.data_points
    assert {1, 2, 5, 10, 30, 60} <= set(delay.explicit_bounds)
    told = attributes(collector.traces[0].resource_spans[0].resource.attributes)
    assert (told["service.name"], told["deployment.environment.name"]) == ("notifications", "test")
    assert told["service.instance.id"]


def test_after_the_end_nothing_more_is_told(collector: Collector) -> None:
    exports = export.start(insights=None, otlp=collector.endpoint, share=1, environment="test")
    assert exports is not None
    exports.shut_down()
    tell()
    assert collector.spans == []


@pytest.mark.usefixtures("_as_deployed")
def test_application_insights_is_told_under_the_trace_and_the_apps_own_name(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBSITE_SITE_NAME", "func-test")
    connection = f"InstrumentationKey={KEY};IngestionEndpoint={collector.endpoint}/"
    exports = export.start(insights=connection, otlp=None, share=1, environment="test")
    assert exports is not None
    tell()
    exports.shut_down()
    assert collector.asked == {"/v2.1/track"}
    assert {each["tags"]["ai.cloud.role"] for each in collector.items} == {"func-test"}
    request, call = of_kind(collector, "RemoteDependencyData")
    assert {each["tags"]["ai.operation.id"] for each in collector.items if "ai.operation.id" in each["tags"]} == {TRACE}
    # A request is told by the host: ours within it is not a second one.
    assert (data(request)["name"], data(request)["type"]) == ("place_order", "InProc")
    assert (data(call)["name"], data(call)["target"], data(call)["success"]) == ("hand over", "acs-email", False)
    metrics = {metric["name"]: metric for each in of_kind(collector, "MetricData") for metric in data(each)["metrics"]}
    assert metrics["notifications.handover.delay"] == {
        "name": "notifications.handover.delay",
        **dict.fromkeys(("value", "min", "max"), 3.5),
        "count": 1,
    }
    assert metrics["notifications.release.oldest_due"]["value"] == 7


def test_what_is_no_connection_string_is_logged_and_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    assert export.start(insights="none-such", otlp=None, share=1, environment="test") is None
    assert [record.getMessage().split()[:2] for record in caplog.records] == [
        ["telemetry.not_started", "error=ValueError"]
    ]


def test_the_settings_say_where_to_and_how_much(collector: Collector) -> None:
    program = (
        "from tests.triggers.edge import SETTINGS; from tests.telemetry.test_export import tell;"
        "from notifications.app import Composer; from notifications.settings import read_settings;"
        f"Composer(read_settings(SETTINGS | {{'OTEL_EXPORTER_OTLP_ENDPOINT': '{collector.endpoint}/', "
        "'TRACED_SHARE': '1', 'ENVIRONMENT_NAME': 'somewhere'})); tell()"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    assert [span.name for span in collector.of_trace(TRACE)] == ["place_order", "hand over"]
    assert "somewhere" in collector.text


def of_kind(collector: Collector, kind: str) -> list[dict[str, Any]]:
    return [each for each in collector.items if each["data"]["baseType"] == kind]


def data(item: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = item["data"]["baseData"]
    return told
