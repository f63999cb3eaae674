"""What a deployment says of single resources: keys, the runtime, the webhook and what it gets, what is not kept."""

import tomllib
from functools import cache
from typing import Any

import pytest

from notifications.channels.email.acs_events import DELIVERY_REPORT as EMAIL_REPORT
from notifications.channels.sms.acs_events import DELIVERY_REPORT as SMS_REPORT
from notifications.triggers.http_reports import REPORT_KEY
from notifications.triggers.routes import EMAIL_REPORTS, SMS_REPORTS
from tests.infra.bicep import ROOT, read
from tests.infra.deployments import FULL, OPEN
from tests.infra.structure import Structure, deploy
from tests.infra.walk import IDENTITY, ROLES, identity_of

TOPIC = "Microsoft.EventGrid/systemTopics"
SUBSCRIPTION = "Microsoft.EventGrid/systemTopics/eventSubscriptions"


@cache
def full() -> Structure:
    return deploy(OPEN)


def said(kind: str, path: str) -> Any:
    """What is said of the one resource of a type."""
    return full().only(kind).get(path)


def test_the_roles_have_the_ids_of_their_names() -> None:
    assert read("roles.bicep").variables["roles"] == ROLES


def test_no_key_opens_anything() -> None:
    assert said("Microsoft.Storage/storageAccounts", "properties.allowSharedKeyAccess") is False
    assert said("Microsoft.Storage/storageAccounts", "properties.allowBlobPublicAccess") is False
    assert said("Microsoft.Communication/communicationServices", "properties.disableLocalAuth") is True
    assert said("Microsoft.Insights/components", "properties.DisableLocalAuth") is True
    assert said("Microsoft.OperationalInsights/workspaces", "properties.features.disableLocalAuth") is True
    assert said("Microsoft.KeyVault/vaults", "properties.enableRbacAuthorization") is True
    publishing = full().of_kind("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert {each.body["name"]: each.get("properties.allow") for each in publishing} == {"ftp": False, "scm": False}


def test_the_app_runs_the_python_that_the_project_is_written_for() -> None:
    runtime = said("Microsoft.Web/sites", "properties.functionAppConfig.runtime")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert runtime["name"] == "python"
    assert f">={runtime['version']}," in project


def test_the_app_finds_its_package_where_deployments_put_it() -> None:
    package = said("Microsoft.Web/sites", "properties.functionAppConfig.deployment.storage")
    account = full().only("Microsoft.Storage/storageAccounts")
    identity = identity_of(full(), "identity").id
    assert package["value"] == f"{account.member('properties')['primaryEndpoints']['blob']}packages"
    assert package["authentication"] == {
        "type": "UserAssignedIdentity",
        "userAssignedIdentityResourceId": identity,
    }


def test_reports_go_to_the_webhook_with_its_key() -> None:
    destination = said(SUBSCRIPTION, "properties.destination.properties")
    site = full().only("Microsoft.Web/sites").member("properties")["defaultHostName"]
    assert destination["endpointUrl"] == f"https://{site}/{EMAIL_REPORTS.template}"
    key = {"isSecret": True, "value": FULL["EMAIL_REPORT_KEY"]}
    assert destination["deliveryAttributeMappings"] == [{"name": REPORT_KEY, "type": "Static", "properties": key}]


def test_the_gateway_is_told_the_address_of_its_webhook() -> None:
    assert full().outputs["SMS_REPORT_ADDRESS"].endswith(f".azurewebsites.net/{SMS_REPORTS.template}")


def test_only_delivery_reports_are_subscribed_to() -> None:
    assert said(SUBSCRIPTION, "properties.filter.includedEventTypes") == [EMAIL_REPORT, SMS_REPORT]


def test_an_event_that_cannot_be_delivered_is_kept_for_some_days_and_then_gone() -> None:
    kept = said(SUBSCRIPTION, "properties.deadLetterWithResourceIdentity")
    destination = kept["deadLetterDestination"]["properties"]
    writer = identity_of(full(), "writer").id
    assert kept["identity"] == {"type": "UserAssigned", "userAssignedIdentity": writer}
    assert said(TOPIC, "identity") == {"type": "UserAssigned", "userAssignedIdentities": {writer: {}}}
    assert destination["resourceId"] == full().only("Microsoft.Storage/storageAccounts").id
    (rule,) = said("Microsoft.Storage/storageAccounts/managementPolicies", "properties.policy.rules")
    assert rule["definition"]["filters"]["prefixMatch"] == [f"{destination['blobContainerName']}/"]
    assert rule["definition"]["actions"] == {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 7}}}
    assert said("Microsoft.Storage/storageAccounts/blobServices", "properties.deleteRetentionPolicy.enabled") is False


def test_an_account_that_lets_no_event_grid_in_is_named_to_none_and_dropped_events_alarm() -> None:
    closed = deploy(FULL)
    assert closed.only(TOPIC).get("identity") is None
    assert closed.only(SUBSCRIPTION).get("properties.deadLetterWithResourceIdentity") is None
    assert [each.symbol for each in closed.of_kind(IDENTITY)] == ["identity"]
    counted = {
        name: deploy(environment)
        .only("Microsoft.Insights/metricAlerts")
        .get("properties.criteria.allOf")[0]["metricName"]
        for name, environment in (("closed", FULL), ("open", OPEN))
    }
    assert counted == {"closed": "DroppedEventCount", "open": "DeadLetteredCount"}


@pytest.mark.parametrize("category", ["EmailStatusUpdateOperational", "EmailUserEngagementOperational"])
def test_no_log_is_kept_that_names_recipients(category: str) -> None:
    kept = [each.get("properties.logs") for each in full().of_kind("Microsoft.Insights/diagnosticSettings")]
    assert "AuditEvent" in str(kept)
    assert category not in str(kept)
