"""What the template makes against what the code uses: queues, tables, functions, the webhook and who may do what."""

import re
import tomllib
from collections.abc import Iterable

import pytest

from notifications.app import DELIVERY_REPORTS, TABLES
from notifications.channels.email.acs_events import DELIVERY_REPORT as EMAIL_REPORT
from notifications.channels.sms.acs_events import DELIVERY_REPORT as SMS_REPORT
from notifications.domain.record import WorkQueue
from notifications.triggers.http_reports import REPORT_KEY
from notifications.triggers.queues import POISON
from notifications.triggers.routes import EMAIL_REPORTS, SMS_REPORTS
from tests.infra.bicep import FILES, ROOT, Declaration, Expression, Value, parameter_file, read
from tests.triggers.indexed import functions, triggers

# learn.microsoft.com/azure/role-based-access-control/built-in-roles
ROLES = {
    "Communication and Email Service Owner": "09976791-48a7-449e-bb21-39d1a415f350",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
SERVICE = "principalId"
TOPIC = "topic.identity.principalId"
NEEDED = {
    ("Communication and Email Service Owner", "Microsoft.Communication/communicationServices", SERVICE),
    ("Key Vault Secrets User", "Microsoft.KeyVault/vaults/secrets", SERVICE),
    ("Monitoring Metrics Publisher", "Microsoft.Insights/components", SERVICE),
    ("Storage Blob Data Contributor", "Microsoft.Storage/storageAccounts/blobServices/containers", TOPIC),
    ("Storage Blob Data Owner", "Microsoft.Storage/storageAccounts", SERVICE),
    ("Storage Queue Data Contributor", "Microsoft.Storage/storageAccounts/queueServices/queues", SERVICE),
    ("Storage Table Data Contributor", "Microsoft.Storage/storageAccounts", SERVICE),
}
MAIN = read("main.bicep")
STORAGE = read("modules/storage.bicep")
APP = read("modules/function-app.bicep")
REPORTS = read("modules/email-reports.bicep")


def texts(values: Value | None) -> list[str]:
    assert isinstance(values, list)
    return [str(each) for each in values]


def written(value: Value | None) -> str:
    """An expression as it is written."""
    assert isinstance(value, Expression)
    return value.text


def assignments() -> Iterable[tuple[str, str, str]]:
    """Every role assignment: the role's name, the type of what it is on, and whose it is."""
    for file in map(read, FILES):
        for each in file.of_kind(ASSIGNMENT):
            target = written(each.get("scope")).partition("[")[0]
            role = re.findall(r"roles\['([^']+)'\]", written(each.get("properties.roleDefinitionId")))
            yield role[0], file.resources[target].kind, written(each.get("properties.principalId"))


def diagnostics() -> list[Declaration]:
    return [each for name in FILES for each in read(name).of_kind("Microsoft.Insights/diagnosticSettings")]


def test_every_queue_that_the_code_names_is_made_with_its_poison_queue() -> None:
    used = [str(queue) for queue in (*WorkQueue, DELIVERY_REPORTS)]
    assert sorted(texts(STORAGE.variables["queueNames"])) == sorted([*used, *(queue + POISON for queue in used)])
    (queue,) = STORAGE.of_kind("Microsoft.Storage/storageAccounts/queueServices/queues")
    assert queue.get("name") == Expression("queueName")


def test_every_table_that_the_code_names_is_made() -> None:
    assert sorted(texts(STORAGE.variables["tableNames"])) == sorted(TABLES)
    (table,) = STORAGE.of_kind("Microsoft.Storage/storageAccounts/tableServices/tables")
    assert table.get("name") == Expression("tableName")


def test_the_roles_have_the_ids_of_their_names() -> None:
    assert read("roles.bicep").variables["roles"] == ROLES


def test_every_role_that_is_needed_is_given_where_it_is_needed_and_no_other() -> None:
    assert set(assignments()) == NEEDED


def test_no_role_is_given_on_a_group_or_a_subscription() -> None:
    assert read("main.bicep").of_kind(ASSIGNMENT) == []
    assert all(each.get("scope") for name in FILES for each in read(name).of_kind(ASSIGNMENT))


def test_an_assignment_is_named_after_the_role_that_it_gives() -> None:
    for name in FILES:
        for each in read(name).of_kind(ASSIGNMENT):
            (named,) = re.findall(r"roles\['[^']+'\]", written(each.get("name")))
            assert named in written(each.get("properties.roleDefinitionId")), each.symbol


def test_no_key_opens_anything() -> None:
    account = STORAGE.only("Microsoft.Storage/storageAccounts")
    assert account.get("properties.allowSharedKeyAccess") is False
    assert account.get("properties.allowBlobPublicAccess") is False
    communication = read("modules/communication.bicep").only("Microsoft.Communication/communicationServices")
    assert communication.get("properties.disableLocalAuth") is True
    monitoring = read("modules/monitoring.bicep")
    assert monitoring.only("Microsoft.Insights/components").get("properties.DisableLocalAuth") is True
    workspace = monitoring.only("Microsoft.OperationalInsights/workspaces")
    assert workspace.get("properties.features.disableLocalAuth") is True
    publishing = APP.of_kind("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert {each.get("name"): each.get("properties.allow") for each in publishing} == {"ftp": False, "scm": False}


def test_the_app_runs_the_python_that_the_project_is_written_for() -> None:
    runtime = APP.only("Microsoft.Web/sites").get("properties.functionAppConfig.runtime")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert isinstance(runtime, dict)
    assert runtime["name"] == "python"
    assert f">={runtime['version']}," in project


def test_every_queue_of_a_trigger_is_made() -> None:
    read_by = {str(trigger["queueName"]) for trigger in triggers("queueTrigger").values()}
    assert sorted(texts(STORAGE.variables["queueNames"])) == sorted(read_by)


def test_http_the_timer_and_each_queue_of_work_always_have_an_instance() -> None:
    ready = written(MAIN.variables["alwaysReady"])
    assert re.findall(r"name: '([^']+)'", ready) == ["function:release", "http"]
    assert "readyForQueues" in ready
    assert MAIN.variables["readyForQueues"] == {
        "name": Expression("'function:${name}'"),
        "instanceCount": Expression("alwaysReadyQueues"),
    }
    of_work = {name for name, trigger in triggers("queueTrigger").items() if trigger["queueName"] in set(WorkQueue)}
    assert set(texts(MAIN.variables["queueFunctions"])) == of_work
    assert {MAIN.parameters[name].default for name in ("alwaysReadyHttp", "alwaysReadyQueues")} == {1}
    assert "release" in dict(functions())


@pytest.mark.parametrize("name", ["alwaysReadyHttp", "alwaysReadyQueues"])
def test_none_can_be_ready_and_then_there_is_no_such_group(name: str) -> None:
    assert re.search(rf"{name} > 0\s+\? .+ : \[\]", written(MAIN.variables["alwaysReady"]))
    assert name in parameter_file("main.bicepparam")


def test_email_reports_go_to_the_webhook_with_its_key() -> None:
    destination = REPORTS.resources["reports"].get("properties.destination.properties")
    assert isinstance(destination, dict)
    assert destination["endpointUrl"] == Expression("'${appAddress}/" + EMAIL_REPORTS.template + "'")
    key = {"isSecret": True, "value": Expression("reportKey")}
    assert destination["deliveryAttributeMappings"] == [{"name": REPORT_KEY, "type": "Static", "properties": key}]


def test_the_gateway_is_told_the_address_of_its_webhook() -> None:
    assert written(read("main.bicep").outputs["SMS_REPORT_ADDRESS"]).endswith(f"/{SMS_REPORTS.template}'")


def test_only_delivery_reports_are_subscribed_to() -> None:
    assert REPORTS.resources["reports"].get("properties.filter.includedEventTypes") == [EMAIL_REPORT, SMS_REPORT]


def test_an_event_that_cannot_be_delivered_is_kept_for_some_days_and_then_gone() -> None:
    dead_letters = REPORTS.resources["reports"].get("properties.deadLetterWithResourceIdentity")
    assert isinstance(dead_letters, dict)
    assert dead_letters["identity"] == {"type": "SystemAssigned"}
    rules = STORAGE.only("Microsoft.Storage/storageAccounts/managementPolicies").get("properties.policy.rules")
    assert "deadLetterDays" in str(rules)
    assert "'${deadLetterContainerName}/'" in str(rules)
    blobs = STORAGE.only("Microsoft.Storage/storageAccounts/blobServices")
    assert blobs.get("properties.deleteRetentionPolicy.enabled") is False


@pytest.mark.parametrize("category", ["EmailStatusUpdateOperational", "EmailUserEngagementOperational"])
def test_no_log_is_kept_that_names_recipients(category: str) -> None:
    assert category not in str([each.body for each in diagnostics()])


def test_what_can_be_watched_is_watched() -> None:
    watched = {written(each.get("scope")) for each in diagnostics()}
    assert watched == {"app", "vault", "communication", "topic", "queueService", "tableService", "blobs"}
