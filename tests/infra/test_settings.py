"""The app settings of the template against the settings that the service reads."""

import json
import re
from typing import Any, TypeAliasType

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm
from pydantic import SecretStr

from notifications.settings import Settings, SettingsError, read_settings
from tests.infra.bicep import ROOT, Expression, Value, dig, read, text
from tests.security.issuer import rsa_key
from tests.triggers.indexed import triggers

APP = read("modules/function-app.bicep")
MAIN = read("main.bicep")
VAULT = read("modules/secrets.bicep")
FIELDS = {field.alias or name: field for name, field in Settings.model_fields.items()}
REFERENCE = re.compile(r"'@Microsoft\.KeyVault\(SecretUri=\$\{vaultUri\}secrets/([a-z-]+)\)'")
# A setting that is there only when its parameter is given, or when the vault holds its secret.
OPTIONAL = re.compile(r"empty\((\w+)\) \? \{\} : \{ (\w+): (\w+) \}")
OPTIONAL_SECRET = re.compile(rf"contains\(inVault, '([a-z-]+)'\)\s+\? \{{ (\w+): {REFERENCE.pattern} \}}\s+: \{{\}}")

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
    "IDENTITY_HASH_KEY": "synthetic-key-of-at-least-32-characters",
    "ENVIRONMENT_NAME": "prod",
    "TRACED_SHARE": "0.1",
}
OPTIONAL_EXAMPLES = {
    "EMAIL_PROVIDER": "smtp",
    "SMTP_PORT": "465",
    "SMTP_SECURITY": "tls",
    "EMAIL_CALLS_PER_SECOND": "20",
    "EMAIL_ALLOW_LIST": "@example.com",
    "SMS_ROUTES": "*=pswin,acs:0",
    "ACS_SMS_SENDER": "Altinn",
    "SMS_CALLS_PER_SECOND": "10",
    "SMS_ALLOW_LIST": "+4799999999",
    "ALLOWED_SENDERS": "ttd=TTD,post@example.com",
}


def settings(group: str) -> dict[str, Value]:
    value = APP.variables[group]
    assert isinstance(value, dict)
    return value


def written(value: Value | None) -> str:
    """An expression as it is written."""
    assert isinstance(value, Expression)
    return value.text


def optional_text() -> str:
    return written(APP.variables["optionalSettings"])


def optional() -> set[str]:
    return set(re.findall(r"\{ (\w+): ", optional_text()))


def optional_secrets() -> dict[str, str]:
    """The settings that refer to a secret which the vault need not hold, and the secret's name."""
    return {setting: secret for _, setting, secret in OPTIONAL_SECRET.findall(optional_text())}


def is_secret(annotation: Any) -> bool:
    parts = (annotation, *getattr(annotation, "__args__", ()), getattr(annotation, "__origin__", None))
    aliased = (each.__value__ for each in parts if isinstance(each, TypeAliasType))
    return SecretStr in parts or any(map(is_secret, aliased))


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
    assert MAIN.parameters[parameter].default == FIELDS[name].default


def test_no_key_of_an_emulator_is_set() -> None:
    assert not FOR_EMULATORS & (settings("serviceSettings").keys() | optional())


def test_no_setting_without_a_default_is_optional_in_the_template() -> None:
    required = {name for name, field in FIELDS.items() if field.is_required()}
    assert required <= settings("serviceSettings").keys()


def test_the_service_starts_with_what_the_template_gives_it() -> None:
    given = {name: FOR_EXAMPLE.get(name, "https://service.example.com") for name in settings("serviceSettings")}
    # Without a route there is a gateway, which would have to be named.
    given["SMS_ROUTES"] = "*=acs"
    assert read_settings(given).data_connection is None


def test_the_service_does_not_start_when_the_template_forgets_the_tables() -> None:
    given = dict.fromkeys(settings("serviceSettings"), "https://service.example.com") | FOR_EXAMPLE
    del given["DataStorage__tableServiceUri"]
    with pytest.raises(SettingsError, match="DataStorage"):
        read_settings(given)


def test_an_optional_setting_is_there_exactly_when_it_is_given() -> None:
    plain, secret = OPTIONAL.findall(optional_text()), OPTIONAL_SECRET.findall(optional_text())
    assert len(plain) + len(secret) == len(optional()) == optional_text().count("?")
    assert all(asked == given for asked, _, given in plain)
    assert all(asked == referred for asked, _, referred in secret)


def test_the_service_starts_with_all_that_is_optional() -> None:
    key = rsa_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    names = settings("serviceSettings").keys() | optional()
    given = dict.fromkeys(names, "https://service.example.com/{issuer}") | FOR_EXAMPLE | OPTIONAL_EXAMPLES
    given |= {"MASKINPORTEN_PRIVATE_JWK": RSAAlgorithm.to_jwk(key), "PLATFORM_TOKEN_PRIVATE_KEY": pem}
    started = read_settings(given)
    assert None not in (started.maskinporten_private_jwk, started.authorization_endpoint, started.metrics_api_key)
    assert None not in (started.smtp_host, started.smtp_password, started.sms_gateway_password)
    assert (started.email_rate, started.sms_rate) == (20, 10)


def test_secrets_and_only_they_are_references_to_the_vault() -> None:
    secret = {name for name, field in FIELDS.items() if is_secret(field.annotation)} - FOR_EMULATORS - BY_HAND
    referring = {
        name for name, value in settings("serviceSettings").items() if "KeyVault" in getattr(value, "text", "")
    }
    assert referring | optional_secrets().keys() == secret


def test_every_reference_names_a_secret_of_the_vault() -> None:
    values = settings("serviceSettings").values()
    referred = [match[1] for value in values if (match := REFERENCE.fullmatch(getattr(value, "text", "")))]
    made = [module.get("params.name") for module in VAULT.modules.values()]
    assert len(referred) == 4
    assert len(optional_secrets()) == 6
    assert sorted([*referred, *optional_secrets().values()]) == sorted(str(name) for name in made)


def test_a_secret_that_is_not_given_is_neither_kept_nor_referred_to() -> None:
    kept = dict(re.findall(r"empty\((\w+)\) \? \[\] : \['([a-z-]+)'\]", written(MAIN.variables["inVault"])))
    assert sorted(kept.values()) == sorted(optional_secrets().values())
    conditions = dict(re.findall(r"= if \(!empty\((\w+)\)\) \{\n  name: '([a-z-]+)'", text(VAULT.root)))
    assert conditions == kept


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
