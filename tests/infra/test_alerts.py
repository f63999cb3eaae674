"""The alert rules against the telemetry that the host and the service send."""

import json
import re

import pytest

from tests.infra.bicep import ROOT, Declaration, Value, read
from tests.triggers.indexed import triggers

ALERTS = read("modules/alerts.bicep")
QUERY_RULES = ALERTS.of_kind("Microsoft.Insights/scheduledQueryRules")
METRIC_RULES = ALERTS.of_kind("Microsoft.Insights/metricAlerts")
# learn.microsoft.com/azure/azure-functions/functions-host-json, samplingSettings: the types of excludedTypes, each with
# its table in a workspace.
SAMPLED = {
    "Dependency": "AppDependencies",
    "Event": "AppEvents",
    "Exception": "AppExceptions",
    "PageView": "AppPageViews",
    "Request": "AppRequests",
    "Trace": "AppTraces",
}


def condition(rule: Declaration) -> dict[str, Value]:
    """The one condition of a rule."""
    conditions = rule.get("properties.criteria.allOf")
    assert isinstance(conditions, list)
    (only,) = conditions
    assert isinstance(only, dict)
    return only


def query(rule: Declaration) -> str:
    return str(getattr(condition(rule)["query"], "text", condition(rule)["query"])).strip("'")


def excluded_from_sampling() -> set[str]:
    logging = json.loads((ROOT / "host.json").read_text("utf-8"))["logging"]
    return set(logging["applicationInsights"]["samplingSettings"]["excludedTypes"].split(";"))


def test_the_events_that_alarm_are_events_that_the_service_logs() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "notifications").rglob("*.py"))
    alarming = ALERTS.variables["alarmingEvents"]
    assert isinstance(alarming, list)
    assert [name for name in alarming if f'"{name}"' not in source] == []


def unsampled_tables() -> set[str]:
    """Metrics are never sampled (learn.microsoft.com/azure/azure-monitor/app/opentelemetry-sampling)."""
    kept = excluded_from_sampling()
    assert kept <= SAMPLED.keys()
    return {"AppMetrics", *(SAMPLED[name] for name in kept)}


@pytest.mark.parametrize("rule", QUERY_RULES, ids=lambda rule: rule.symbol)
def test_no_rule_reads_a_table_that_sampling_thins_out(rule: Declaration) -> None:
    assert query(rule).split(" ")[0] in unsampled_tables()


def test_every_rule_tells_the_people() -> None:
    actions = [rule.get("properties.actions") for rule in (*QUERY_RULES, *METRIC_RULES)]
    assert len(actions) == 8
    assert all("people.id" in str(each) for each in actions)


def test_the_heartbeat_is_the_timer_that_releases_and_its_absence_alarms() -> None:
    rule = ALERTS.resources["heartbeat"]
    (watched,) = re.findall(r'Name == "(\w+)"', query(rule))
    assert triggers("timerTrigger")[watched]["schedule"] == "* * * * * *"
    expected = {"timeAggregation": "Count", "operator": "LessThan", "threshold": 1}
    assert expected.items() <= condition(rule).items()
    assert rule.get("properties.windowSize") == "PT5M"


def test_a_rule_that_alarms_on_nothing_counts_rows_itself_or_there_would_always_be_one() -> None:
    assert not re.search(r"\b(count|summarize)\b", query(ALERTS.resources["heartbeat"]))


def test_the_ticks_are_requests_in_telemetry_whatever_is_left_out_of_the_traces() -> None:
    levels = json.loads((ROOT / "host.json").read_text("utf-8"))["logging"]["logLevel"]
    assert "Host.Results" not in levels
    assert "default" not in levels


def test_what_the_service_logs_in_a_tick_is_kept_while_the_hosts_own_lines_are_not() -> None:
    levels = json.loads((ROOT / "host.json").read_text("utf-8"))["logging"]["logLevel"]
    assert levels.pop("Function.release") == "Warning"
    assert levels == {f"Function.{name}.User": "Information" for name in triggers("timerTrigger")}


def test_server_errors_alarm_by_their_share_of_what_is_answered_over_http() -> None:
    text = query(ALERTS.resources["serverErrors"])
    assert "where Status >= 100" in text
    assert "countif(Status >= 500)" in text
    assert text.endswith("where Failed >= 5 and Failed * 20 >= Requests")


def test_the_promise_alarms_when_fewer_than_95_of_100_are_there_in_ten_seconds_or_99_in_sixty() -> None:
    text = query(ALERTS.resources["promise"])
    assert text.endswith("where Calls >= 50 and (Soon < 0.95 * Calls or Soon + Later < 0.99 * Calls)")


@pytest.mark.parametrize(("symbol", "dimension"), [("providerFailures", "Provider"), ("registerDown", "Register")])
def test_what_fails_us_alarms_by_its_name(symbol: str, dimension: str) -> None:
    rule = ALERTS.resources[symbol]
    assert condition(rule)["dimensions"] == [{"name": dimension, "operator": "Include", "values": ["*"]}]
    assert f"by {dimension} | where" in query(rule)


def test_what_stays_due_alarms_when_it_stays() -> None:
    periods = condition(ALERTS.resources["oldestDue"])["failingPeriods"]
    assert periods == {"numberOfEvaluationPeriods": 2, "minFailingPeriodsToAlert": 2}
