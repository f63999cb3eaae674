"""The app settings of the template against the settings that the service reads."""

import json
import re
from typing import Any

import pytest
from pydantic import SecretStr

from notifications.settings import Settings, SettingsError, read_settings
from tests.infra.bicep import ROOT, Expression, Value, dig, read
from tests.triggers.indexed import triggers

APP = read("modules/function-app.bicep")
FIELDS = {field.alias or name: field for name, field in Settings.model_fields.items()}
REFERENCE = re.compile(r"'@Microsoft\.KeyVault\(SecretUri=\$\{vaultUri\}secrets/([a-z-]+)\)'")

# Set for the hours of a rotation only (docs/operating.md).
BY_HAND = {"EMAIL_REPORT_KEY_PREVIOUS"}
# For the emulator and the simulator; in Azure an identity stands in their place.
FOR_EMULATORS = {"DataStorage", "ACS_ACCESS_KEY"}
# Read by the host alone, and said in functionAppConfig or platformSettings in Azure.
LOCAL_HOSTS_OWN = {"FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"}
# Read by the host or by Azure's libraries under the same prefix, not by the service.
HOSTS_OWN = {"DataStorage__credential"}
FOR_EXAMPLE = {
    "RETENTION_DAYS": "90",
    "DataStorage__clientId": "00000000-0000-0000-0000-000000000000",
    "DEFAULT_EMAIL_FROM_ADDRESS": "noreply@example.com",
    "DEFAULT_SMS_SENDER": "Altinn",
}


def settings(group: str) -> dict[str, Value]:
    value = APP.variables[group]
    assert isinstance(value, dict)
    return value


def optional() -> set[str]:
    value = APP.variables["optionalSettings"]
    assert isinstance(value, Expression)
    return set(re.findall(r"\{ (\w+): \w+ \}", value.text))


def is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or SecretStr in getattr(annotation, "__args__", ())


def test_nothing_is_set_that_the_service_or_its_host_does_not_read() -> None:
    assert settings("serviceSettings").keys() | optional() <= FIELDS.keys() | HOSTS_OWN


def test_the_sample_names_every_setting_of_a_laptop_and_nothing_else() -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    by_identity = {name for name in FIELDS if name.startswith("DataStorage__")}
    assert sample.keys() == (FIELDS.keys() - by_identity) | LOCAL_HOSTS_OWN


def test_the_queue_triggers_and_the_service_read_one_connection() -> None:
    (connection,) = {trigger["connection"] for trigger in triggers("queueTrigger").values()}
    assert connection in FIELDS
    assert f"{connection}__queueServiceUri" in FIELDS.keys() & settings("serviceSettings").keys()


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ("retentionDays", "RETENTION_DAYS"),
        ("jwtCookieName", "JWT_COOKIE_NAME"),
        ("defaultSmsSender", "DEFAULT_SMS_SENDER"),
    ],
)
def test_the_template_and_the_service_have_one_default(parameter: str, name: str) -> None:
    assert read("main.bicep").parameters[parameter].default == FIELDS[name].default


def test_no_key_of_an_emulator_is_set() -> None:
    assert not FOR_EMULATORS & (settings("serviceSettings").keys() | optional())


def test_no_setting_without_a_default_is_optional_in_the_template() -> None:
    required = {name for name, field in FIELDS.items() if field.is_required()}
    assert required <= settings("serviceSettings").keys()


def test_the_service_starts_with_what_the_template_gives_it() -> None:
    given = {name: FOR_EXAMPLE.get(name, "https://service.example.com") for name in settings("serviceSettings")}
    assert read_settings(given).data_connection is None


def test_the_service_does_not_start_when_the_template_forgets_the_tables() -> None:
    given = dict.fromkeys(settings("serviceSettings"), "https://service.example.com") | FOR_EXAMPLE
    del given["DataStorage__tableServiceUri"]
    with pytest.raises(SettingsError, match="DataStorage"):
        read_settings(given)


def test_secrets_and_only_they_are_references_to_the_vault() -> None:
    secret = {name for name, field in FIELDS.items() if is_secret(field.annotation)} - FOR_EMULATORS - BY_HAND
    referring = {
        name for name, value in settings("serviceSettings").items() if "KeyVault" in getattr(value, "text", "")
    }
    assert referring == secret


def test_every_reference_names_a_secret_of_the_vault() -> None:
    values = settings("serviceSettings").values()
    referred = [match[1] for value in values if (match := REFERENCE.fullmatch(getattr(value, "text", "")))]
    made = [module.get("params.name") for module in read("modules/secrets.bicep").modules.values()]
    assert len(referred) == 4
    assert sorted(referred) == sorted(str(name) for name in made)


def test_every_group_of_settings_reaches_the_app() -> None:
    properties = APP.only("Microsoft.Web/sites/config").get("properties")
    assert properties == Expression("union(platformSettings, serviceSettings, optionalSettings)")


def test_nothing_is_set_that_the_plan_refuses() -> None:
    refused = {"FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_EXTENSION_VERSION", "WEBSITE_RUN_FROM_PACKAGE"}
    assert not refused & {*settings("platformSettings"), *settings("serviceSettings")}


@pytest.mark.parametrize("connection", ["AzureWebJobsStorage", "DataStorage"])
def test_storage_is_reached_as_the_apps_own_identity(connection: str) -> None:
    given = settings("platformSettings") | settings("serviceSettings")
    assert given[f"{connection}__credential"] == "managedidentity"
    assert given[f"{connection}__clientId"] == Expression("identityClientId")
    assert connection not in given


def test_secrets_are_read_as_the_apps_own_identity() -> None:
    site = APP.only("Microsoft.Web/sites")
    assert site.get("properties.keyVaultReferenceIdentity") == Expression("identityId")
    assert dig(site.body, "identity.type") == "UserAssigned"
