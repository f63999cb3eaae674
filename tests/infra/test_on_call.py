"""docs/on-call.md asks for what the service tells, and its links lead somewhere."""

import ast
import re
from pathlib import Path

import pytest

from tests.infra.bicep import ROOT
from tests.infra.test_alerts import unsampled_tables
from tests.infra.test_workbook import OUTCOMES, SOURCE, listed, measured
from tests.triggers.indexed import triggers

PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENT = (ROOT / "docs" / "on-call.md").read_text("utf-8")
QUERIES = re.findall(r"```kusto\n(.+?)```", DOCUMENT, re.DOTALL)
# Of a workspace's tables, those columns that queries here read
# (learn.microsoft.com/azure/azure-monitor/reference/tables-category).
COLUMNS = {
    "AppTraces": {"TimeGenerated", "Message", "SeverityLevel", "AppRoleInstance"},
    "AppRequests": {"TimeGenerated", "Name", "Success", "ResultCode", "AppRoleInstance"},
    "AppMetrics": {"TimeGenerated", "Name", "Sum", "Max", "ItemCount", "Properties"},
    "Usage": {"TimeGenerated", "IsBillable", "Quantity", "DataType"},
}
MODULES = sorted((ROOT / "notifications").rglob("*.py"))
FILES = (".md", ".json", ".py", ".bicep")


def own_names(query: str) -> set[str]:
    """What a query names itself: `Calls = …`, `let id = …`."""
    return set(re.findall(r"(\w+) = ", query))


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_reads_columns_that_its_table_has(query: str) -> None:
    first = re.search(r"^(App\w+|Usage)$", query, re.MULTILINE)
    assert first
    bare = re.sub(r'"[^"]*"|Properties\.\w+', "", query)
    named = set(re.findall(r"\b[A-Z]+[a-z]\w*", bare)) - {first[0]}
    assert named <= COLUMNS[first[0]] | own_names(query)


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_metrics_events_and_functions_that_there_are(query: str) -> None:
    names = set(re.findall(r'"(notifications\.[^"]+)"', query))
    asked = [each for name in names for each in measured(f'Name == "{name}"')]
    assert {attribute for each in asked for attribute in each.attributes} >= set(
        re.findall(r"Properties\.(\w+)", query)
    )
    if "AppRequests" in query:
        assert listed(query, "Name") <= triggers("timerTrigger").keys()


def test_no_query_of_telemetry_reads_a_table_that_sampling_thins_out() -> None:
    tables = {table for query in QUERIES for table in re.findall(r"^(App\w+)$", query, re.MULTILINE)}
    assert tables <= unsampled_tables()


def test_every_event_that_is_named_is_one_that_the_service_logs() -> None:
    named = {name for name in re.findall(r"`([a-z_]+\.[a-z_]+)`", DOCUMENT) if not name.endswith(FILES)}
    unknown = {name for name in named if f'"{name}"' not in SOURCE}
    assert {name.removeprefix("notification.") for name in unknown} <= OUTCOMES
    assert len(named) > 10


def logged(least: frozenset[str]) -> set[str]:
    """The events that the service logs at certain levels; who logs another's event by its name is that other."""
    calls = (node for path in MODULES for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    return {
        each.value
        for call in calls
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "event" and ast.unparse(call.args[1]) in least
        for each in ast.walk(call.args[2])
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


@pytest.mark.parametrize("name", sorted(logged(frozenset({"logging.WARNING", "logging.ERROR"}))))
def test_every_event_that_the_card_can_show_says_what_to_do(name: str) -> None:
    assert re.search(rf"^\|.*`{re.escape(name)}`.*\|$", DOCUMENT, re.MULTILINE)


def test_every_function_that_is_to_be_disabled_is_one_that_there_is() -> None:
    named = set(re.findall(r"AzureWebJobs\.(\w+)\.Disabled", DOCUMENT))
    assert named <= {*triggers("timerTrigger"), *triggers("queueTrigger")}
    assert named


def test_who_stops_a_function_is_told_how_to_start_it_again() -> None:
    (row,) = (row for row in DOCUMENT.splitlines() if ".Disabled=true" in row)
    assert "start it again: the same with `=false`" in row


def anchors(page: Path) -> set[str]:
    """The names under which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)\s]+))?\)", page.read_text("utf-8")):
        other = (page.parent / target).resolve() if target else page
        assert other.exists(), target
        assert not anchor or anchor in anchors(other), f"{target}#{anchor}"
