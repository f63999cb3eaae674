"""The pages for operators say what the code and the template do."""

import re

import pytest

from notifications.app import DELIVERY_REPORTS, TABLES
from notifications.domain.record import WorkQueue
from notifications.settings import Settings
from notifications.stages.erasure import Fate
from notifications.storage.dead_reports import Reason
from notifications.triggers.queues import POISON
from tests.infra.bicep import ROOT, parameter_file, read
from tests.infra.walk import ABSENT, FIELDS, is_secret
from tests.triggers.indexed import functions

PAGES = {
    name: (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    for name in ("operating", "on-call", "data-protection", "recovery")
}
DOCUMENT = PAGES["operating"]
VARIABLE = re.compile(r"readEnvironmentVariable\('(\w+)'(?:, '([^']*)')?\)")


def rows(name: str) -> str:
    """The table behind a mark, which one of the pages has."""
    (found,) = (page for page in PAGES.values() if f"<!-- {name} -->" in page)
    return found.split(f"<!-- {name} -->\n", 1)[1].split("\n\n", 1)[0]


def table(name: str) -> dict[str, str]:
    """The first column (in backticks) and the second of the table behind a mark."""
    return dict(re.findall(r"^\| `([^`]+)` \| (.+?) \| .+ \|$", rows(name), re.MULTILINE))


def shown(default: object) -> str:
    return f"`{default}`" if default not in (None, frozenset()) else "none"


def test_every_setting_is_described_with_its_default() -> None:
    fields = {field.alias: field for field in Settings.model_fields.values()}
    defaults = {name: "required" if each.is_required() else shown(each.default) for name, each in fields.items()}
    assert table("settings") == defaults


def test_every_deployment_variable_is_described() -> None:
    given = [VARIABLE.findall(getattr(value, "text", "")) for value in parameter_file("main.bicepparam").values()]
    defaults = {name: default for found in given for name, default in found}
    described = table("deployment")
    assert described.keys() == defaults.keys()
    assert all(described[name] == f"`{default}`" for name, default in defaults.items() if default)


def test_a_variable_is_called_required_exactly_when_the_build_stops_without_it() -> None:
    text = (ROOT / "infra" / "main.bicepparam").read_text("utf-8")
    needed = set(re.findall(r"readEnvironmentVariable\('(\w+)'\)", text)) - {"AZURE_ENV_NAME"}
    assert {name for name, default in table("deployment").items() if default == "required"} == needed


def test_everything_that_holds_data_is_described() -> None:
    queues = [str(queue) for queue in (*WorkQueue, DELIVERY_REPORTS)]
    variables = read("modules/storage.bicep").variables
    containers = [str(variables[name]) for name in ("packageContainerName", "deadLetterContainerName")]
    expected = {
        **dict.fromkeys(TABLES, "table"),
        **dict.fromkeys([*queues, *(queue + POISON for queue in queues)], "queue"),
        **dict.fromkeys(containers, "container"),
    }
    assert table("storage") == expected
    assert table("losses") == expected


def test_every_event_that_alarms_is_explained() -> None:
    alarming = read("modules/alerts.bicep").variables["alarmingEvents"]
    assert isinstance(alarming, list)
    assert set(table("alarms")) == {str(name) for name in alarming}


def test_every_reason_of_a_dead_report_is_explained() -> None:
    assert re.findall(r"^\| `(\w+)`", rows("dead reports"), re.MULTILINE) == [each.value for each in Reason]


def test_every_fate_of_what_is_to_be_erased_is_explained() -> None:
    assert re.findall(r"^\| `([^`]+)`", rows("fates"), re.MULTILINE) == [each.value for each in Fate]


def test_every_alert_rule_is_explained() -> None:
    rules = [each for each in read("modules/alerts.bicep").resources.values() if "actionGroups" not in each.kind]
    names = [getattr(each.get("name"), "text", "").strip("'").removeprefix("${prefix}-") for each in rules]
    assert sorted(table("alerts")) == sorted(names)


def test_the_costs_follow_from_the_prices_and_the_template() -> None:
    memory = read("main.bicep").parameters["instanceMemoryMB"].default
    choices = [name for name in read("main.bicep").parameters if name.startswith("alwaysReady")]
    assert isinstance(memory, int)
    gigabyte_seconds, on_demand = memory / 1024 * 730 * 3600, memory / 1024 * 730 * 3600 / 15
    ready = gigabyte_seconds * 0.000004
    # One for each choice, and the timer, which has none.
    groups = len(choices) + 1
    costs = [
        ready,
        groups * ready,
        gigabyte_seconds * 0.000016,
        2.628 * 0.40,
        (on_demand - 100_000) * 0.000026,
    ]
    lines = rows("costs").splitlines()[2:]
    assert [line.split("|")[-2].strip() for line in lines] == [f"{cost:.2f}" for cost in (*costs, sum(costs[1:]))]
    assert f"together {(len(choices) - 1) * ready:.2f}" in DOCUMENT
    assert f"saves {ready:.2f}" in DOCUMENT
    others = [name for name, trigger in functions() if trigger["type"] != "httpTrigger"]
    zoned = 2 * (1 + len(others))
    assert f"the {len(others)} other" in DOCUMENT
    assert f"{zoned} instances or {zoned * ready:.2f} a month" in DOCUMENT


def test_every_output_of_the_template_is_told() -> None:
    assert table("outputs").keys() == read("main.bicep").outputs.keys()


def test_a_changed_secret_is_looked_up_again_by_a_refresh_and_not_by_a_restart() -> None:
    changed = [row for row in rows("rotation").splitlines() if re.search(r"vault|provision", row)]
    secrets = {re.search(r"`([A-Z_]+)`", row)[1] for row in changed}  # type: ignore[index]
    assert secrets == {name for name, field in FIELDS.items() if is_secret(field.annotation)} - ABSENT.keys() - {
        "EMAIL_REPORT_KEY_PREVIOUS"
    }
    assert [row for row in changed if "refresh" not in row or "restart" in row] == []
    assert (
        sum(page.count("$FUNCTION_APP_ID/config/configreferences/appsettings/refresh") for page in PAGES.values()) == 1
    )


@pytest.mark.parametrize("page", PAGES)
def test_what_a_command_reads_from_the_shell_is_an_output(page: str) -> None:
    given = read("main.bicep").outputs.keys() | {"HEALTH_KEY"}
    assert set(re.findall(r"\$([A-Z_]{3,})", PAGES[page])) <= given


def test_the_days_that_dead_letters_are_kept_are_those_of_the_template() -> None:
    days = read("main.bicep").parameters["deadLetterDays"].default
    assert f"deleted after {days} days" in PAGES["data-protection"]


@pytest.mark.parametrize("page", ["operating", "on-call"])
def test_a_command_names_an_output_that_the_page_brings_into_the_shell(page: str) -> None:
    named = set(re.findall(r"\$([A-Z][A-Z_]+)", PAGES[page])) - {"HEALTH_KEY"}
    assert named <= table("outputs").keys()
    (brought,) = re.findall(r"azd env get-values \| grep -E '\^\((.+)\)='", PAGES[page])
    assert {name for name in named if not re.fullmatch(brought, name)} == set()
