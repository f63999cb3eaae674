"""The template, deployed on paper, has what the code needs and nothing else."""

import json
import re
from functools import cache
from pathlib import Path

import azure.monitor.opentelemetry.exporter
import pytest

from notifications.settings import SettingsError, read_settings
from tests.infra.deployments import DEPLOYMENTS, FULL, PLAIN, app_settings, as_started, variables
from tests.infra.evaluation import RefusedError, UnknownError
from tests.infra.structure import Structure, deploy, sources
from tests.infra.walk import (
    ABSENT,
    CHECKS,
    FIELDS,
    HOST_READS,
    LIBRARY_READS,
    ROLES,
    Check,
    all_that_can_be_given,
)
from tests.triggers.indexed import triggers

# What is of use only with others, which a full deployment gives.
OF_GROUPS = [
    *("PROFILE_ENDPOINT", "REGISTER_ENDPOINT", "AUTHORIZATION_ENDPOINT"),
    *("MASKINPORTEN_TOKEN_ENDPOINT", "MASKINPORTEN_CLIENT_ID", "MASKINPORTEN_PRIVATE_JWK"),
    *("SMS_GATEWAY_URL", "SMS_GATEWAY_USERNAME", "SMS_GATEWAY_PASSWORD"),
    *("SMTP_HOST", "SMTP_USERNAME", "SMTP_PASSWORD"),
]
KEPT = "Microsoft.Authorization/locks"


@cache
def deployed(name: str) -> Structure:
    """One of the deployments."""
    return deploy(DEPLOYMENTS[name])


@pytest.mark.parametrize("name", DEPLOYMENTS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_deployment_has_what_the_code_needs_and_nothing_else(check: Check, name: str) -> None:
    assert list(check(deployed(name))) == []


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_the_service_starts_with_the_settings_of_a_deployment(name: str) -> None:
    started = read_settings(as_started(deployed(name)))
    assert started.data_connection is None
    assert (started.previous_email_report_key is None) == (name == "plain")


def test_a_full_deployment_gives_every_variable_and_they_reach_the_service() -> None:
    assert FULL.keys() == variables()
    started = read_settings(as_started(deployed("full")))
    assert (started.email_rate, started.sms_rate, started.smtp_port, started.retention_days) == (20, 10, 465, 30)
    assert (started.concurrent_orders, started.email_slots, started.sms_slots) == (60, 48, 24)
    assert started.base_uri == FULL["BASE_URI"]
    for name in FIELDS.keys() & FULL.keys():
        assert as_started(deployed("full"))[name] == FULL[name]


def test_every_setting_can_be_given_or_is_absent_for_a_reason_that_holds() -> None:
    assert list(all_that_can_be_given(deployed("full"))) == []
    assert ABSENT.keys() <= FIELDS.keys()
    assert not ABSENT.keys() & app_settings(deployed("full")).keys()


def test_what_the_service_does_not_read_is_read_by_its_libraries() -> None:
    library = Path(azure.monitor.opentelemetry.exporter.__file__).parent
    source = "".join(path.read_text("utf-8") for path in library.rglob("*.py"))
    assert [name for name in LIBRARY_READS if f'"{name}"' not in source] == []
    assert not (HOST_READS | LIBRARY_READS) & FIELDS.keys()


def test_the_queue_triggers_connection_is_one_of_the_settings() -> None:
    (connection,) = {trigger["connection"] for trigger in triggers("queueTrigger").values()}
    assert f"{connection}__queueServiceUri" in app_settings(deployed("plain"))


def test_nothing_is_set_that_the_plan_refuses_or_that_belongs_into_host_json() -> None:
    # learn.microsoft.com/azure/azure-functions/functions-app-settings#flex-consumption-plan-deprecations
    refused = re.compile("FUNCTIONS_|WEBSITE_|SCM_|ENABLE_ORYX_BUILD|AzureFunctionsJobHost__")
    assert [name for name in app_settings(deployed("full")) if refused.match(name)] == []


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_an_assignment_is_named_after_what_cannot_be_changed_in_it(name: str) -> None:
    for each in deployed(name).of_kind("Microsoft.Authorization/roleAssignments"):
        role = each.get("properties.roleDefinitionId").rpartition("/")[2]
        assert each.body["scope"].id.replace("/", ".") in each.name
        assert each.name.endswith(role)


def test_every_output_of_a_module_is_read() -> None:
    _, *modules = deployed("full").modules
    unread = {f"{each.path}: {name}" for each in modules for name in each.outputs.keys() - each.outputs_read}
    assert unread == set()


def test_every_file_and_every_role_is_used() -> None:
    assert {each.path for each in deployed("full").modules} == sources().keys() - {"roles.bicep", "main.bicepparam"}
    given = json.dumps([each.get("properties.roleDefinitionId") for each in deployed("open").resources])
    assert [name for name, identifier in ROLES.items() if identifier not in given] == []


def test_each_choice_of_instances_is_for_its_own_group_and_none_leaves_the_group_out() -> None:
    path = "properties.functionAppConfig.scaleAndConcurrency.alwaysReady"
    chosen = {each["name"]: each["instanceCount"] for each in deployed("full").only("Microsoft.Web/sites").get(path)}
    assert chosen == {
        "http": 3,
        "function:release": 1,
        "function:process_orders": 2,
        "function:send_email": 4,
        "function:send_sms": 5,
    }
    none = {name: "0" for name in variables() if name.startswith("ALWAYS_READY_")}
    assert len(none) == 4
    left = deploy({**PLAIN, **none}).only("Microsoft.Web/sites").get(path)
    assert left == [{"name": "function:release", "instanceCount": 1}]


def test_one_instance_stands_ready_for_each_step_of_the_way_unless_it_is_said_otherwise() -> None:
    path = "properties.functionAppConfig.scaleAndConcurrency.alwaysReady"
    assert [each["instanceCount"] for each in deployed("plain").only("Microsoft.Web/sites").get(path)] == [1] * 5


def test_zones_are_chosen_for_the_plan_and_for_storage_together() -> None:
    chosen = {
        name: (
            deployed(name).only("Microsoft.Web/serverfarms").get("properties.zoneRedundant"),
            deployed(name).only("Microsoft.Storage/storageAccounts").get("sku.name"),
        )
        for name in DEPLOYMENTS
    }
    assert chosen == {
        "plain": (False, "Standard_LRS"),
        "full": (True, "Standard_ZRS"),
        "open": (True, "Standard_ZRS"),
    }


def test_data_secrets_and_the_provider_are_locked_against_deletion_unless_it_is_said_otherwise() -> None:
    locks = deployed("plain").of_kind(KEPT)
    assert {each.body["scope"].kind for each in locks} == {
        "Microsoft.Communication/communicationServices",
        "Microsoft.Storage/storageAccounts",
        "Microsoft.KeyVault/vaults",
    }
    assert {each.get("properties.level") for each in locks} == {"CanNotDelete"}
    assert deploy({**PLAIN, "LOCK_DATA": "false"}).of_kind(KEPT) == []


def test_the_app_takes_tls_alone_and_says_nothing_that_this_plan_refuses() -> None:
    site = deployed("full").only("Microsoft.Web/sites")
    assert site.get("properties.httpsOnly") is True
    # Refused by the plan: github.com/Azure/azure-cli/issues/31414, Azure/terraform-azurerm-avm-res-web-site/pull/345.
    # No cors, no addresses that are let in or not, no remote debugging: what is not said is off.
    assert site.get("properties.siteConfig") == {"http20Enabled": True, "minTlsVersion": "1.2"}
    assert site.get("properties.clientCertEnabled") is None


def test_nobody_subscribes_before_the_code_is_there() -> None:
    kind = "Microsoft.EventGrid/systemTopics/eventSubscriptions"
    assert deployed("plain").of_kind(kind) == []
    (subscription,) = deployed("full").of_kind(kind)
    assert (
        subscription.get("properties.destination.properties.endpointUrl")
        == (deployed("full").outputs["EMAIL_REPORT_ADDRESS"])
    )


@pytest.mark.parametrize("name", sorted(PLAIN.keys() - {"SMS_ROUTES"}))
def test_a_deployment_stops_without_what_must_be_given(name: str) -> None:
    with pytest.raises(UnknownError, match=name):
        deploy({key: value for key, value in PLAIN.items() if key != name})


@pytest.mark.parametrize("name", sorted(PLAIN.keys() - {"SMS_ROUTES"}))
def test_a_deployment_stops_where_what_must_be_given_is_empty(name: str) -> None:
    with pytest.raises(UnknownError, match="too short"):
        deploy({**PLAIN, name: ""})


def test_a_key_of_the_hash_that_the_service_refuses_stops_the_deployment() -> None:
    assert read_settings(as_started(deploy({**PLAIN, "IDENTITY_HASH_KEY": "k" * 32})))
    with pytest.raises(SettingsError):
        read_settings({**as_started(deployed("plain")), "IDENTITY_HASH_KEY": "k" * 31})
    with pytest.raises(UnknownError, match="identityHashKey is too short"):
        deploy({**PLAIN, "IDENTITY_HASH_KEY": "k" * 31})


@pytest.mark.parametrize("name", OF_GROUPS)
def test_half_a_group_of_settings_with_which_the_service_does_not_start_stops_the_deployment(name: str) -> None:
    with pytest.raises(SettingsError):
        read_settings({key: value for key, value in as_started(deployed("full")).items() if key != name})
    with pytest.raises(RefusedError, match=name):
        deploy({**FULL, name: ""})


def test_a_deployment_without_routes_stops_unless_there_is_a_gateway() -> None:
    with pytest.raises(RefusedError, match="SMS_ROUTES without pswin"):
        deploy({key: value for key, value in PLAIN.items() if key != "SMS_ROUTES"})
