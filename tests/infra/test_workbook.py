"""The workbook and the alerts ask for what the service tells: its metrics, their attributes and values, its events."""

import json
import re
from typing import Any

import pytest

from notifications.domain.outcomes import Accepted, Postponed, Refused, Uncertain
from notifications.telemetry.measures import MEASURES, Measure
from tests.infra.bicep import INFRA, ROOT, read
from tests.infra.test_alerts import QUERY_RULES, query, unsampled_tables

CONTENT = (INFRA / "workbook.json").read_text("utf-8")
WORKBOOK: dict[str, Any] = json.loads(CONTENT)
ITEMS = {item["name"]: item for item in WORKBOOK["items"]}
SHOWN = {name: item["content"]["query"] for name, item in ITEMS.items() if "query" in item["content"]}
ASKED = {**SHOWN, **{rule.symbol: query(rule) for rule in QUERY_RULES}}
BY_NAME = {each.name: each for each in MEASURES}
OUTCOMES = {each.__name__.lower() for each in (Accepted, Postponed, Refused, Uncertain)} | {"failed"}
SOURCE = "".join(path.read_text("utf-8") for path in (ROOT / "notifications").rglob("*.py"))


def measured(text: str) -> list[Measure]:
    """The measures that a query asks for."""
    return [BY_NAME[name] for name in re.findall(r'Name == "(notifications\.[^"]*)"', text)]


def listed(text: str, column: str) -> set[str]:
    """The values that a query compares a column with."""
    lists = [*re.findall(rf"\b{column} in \(([^)]*)\)", text), *re.findall(rf"\b{column} == (\"[^\"]*\")", text)]
    return {value for each in lists for value in re.findall(r'"([^"]*)"', each)}


@pytest.mark.parametrize("name", ASKED)
def test_every_query_asks_for_what_the_service_measures_by_attributes_that_it_has(name: str) -> None:
    text = ASKED[name]
    attributes = {attribute for measure in measured(text) for attribute in measure.attributes}
    assert set(re.findall(r"Properties\.(\w+)", text)) <= attributes
    assert text.startswith("AppMetrics") == bool(measured(text))


@pytest.mark.parametrize("name", SHOWN)
def test_no_query_reads_a_table_that_sampling_thins_out(name: str) -> None:
    assert re.split(r"\W", SHOWN[name])[0] in unsampled_tables()


@pytest.mark.parametrize("name", ASKED)
def test_values_that_queries_name_are_values_that_are_told(name: str) -> None:
    assert listed(ASKED[name], "Outcome") <= OUTCOMES
    assert listed(ASKED[name], "Within") <= {"10s", "60s"}
    for event in listed(ASKED[name], "Event"):
        assert f'"{event}"' in SOURCE or event.removeprefix("notification.") in OUTCOMES


def test_the_workbook_shows_every_measure() -> None:
    assert {measure for text in SHOWN.values() for measure in measured(text)} == set(MEASURES)


def test_the_workbook_shows_every_event_that_alarms() -> None:
    alarming = read("modules/alerts.bicep").variables["alarmingEvents"]
    assert isinstance(alarming, list)
    assert set(map(str, alarming)) <= listed(SHOWN["poison"], "Event")


def test_every_measure_is_described_with_its_unit_and_attributes() -> None:
    document = (ROOT / "docs" / "operating.md").read_text("utf-8")
    rows = document.split("<!-- measures -->\n", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    described = {tuple(cell.strip() for cell in row.split("|")[1:5]) for row in rows}
    attributes = {each.name: ", ".join(f"`{name}`" for name in sorted(each.attributes)) for each in MEASURES}
    assert described == {(f"`{each.name}`", each.kind.value, each.unit, attributes[each.name]) for each in MEASURES}


def test_every_picture_has_a_title_a_time_and_a_form_that_the_portal_draws() -> None:
    (time,) = ITEMS["time"]["content"]["parameters"]
    assert len(ITEMS) == len(WORKBOOK["items"])
    for name in SHOWN:
        content = ITEMS[name]["content"]
        assert content["title"]
        assert content["timeContextFromParameter"] == time["name"]
        assert content["visualization"] in {"timechart", "linechart", "table"}
        assert ("TimeGenerated" in content["query"]) == (content["visualization"] != "table")


def test_the_workbook_reads_the_workspace_that_the_template_makes() -> None:
    module = read("modules/workbook.bicep")
    assert WORKBOOK["fallbackResourceIds"] == ["{workspaceId}"]
    assert "replace(loadTextContent('../workbook.json'), '{workspaceId}', workspaceId)" in module.root.text.decode()  # type: ignore[union-attr]
    assert str(module.only("Microsoft.Insights/workbooks").get("properties.version")) == WORKBOOK["version"]


def test_host_and_service_each_tell_their_own_part_and_nothing_is_told_twice() -> None:
    # azure_functions_runtime/handle_event.py: with either of the two settings the worker exports as well.
    assert "telemetryMode" not in json.loads((ROOT / "host.json").read_text("utf-8"))
    template = "".join(path.read_text("utf-8") for path in INFRA.rglob("*.bicep"))
    assert "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY" not in template
    assert "PYTHON_ENABLE_OPENTELEMETRY" not in template
