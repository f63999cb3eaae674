"""Settings: a wrong one stops the start, says which and what is right, and never what was there."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

from notifications.settings import Settings, SettingsError, read_settings

GOOD = {
    "DataStorage": "AccountName=account;AccountKey=c2VjcmV0LWNvbm5lY3Rpb24=",
    "OIDC_WELL_KNOWN_ENDPOINT": "http://localhost:9000/.well-known/openid-configuration",
    "ACS_ENDPOINT": "https://acs.example.com/",
    "ACS_ACCESS_KEY": "c2VjcmV0LWFjcw==",
    "SMS_GATEWAY_URL": "https://gateway.example.com/",
    "SMS_GATEWAY_USERNAME": "us",
    "SMS_GATEWAY_PASSWORD": "secret-gateway",
    "SMS_REPORT_USERNAME": "gateway",
    "SMS_REPORT_PASSWORD": "secret-report",
    "EMAIL_REPORT_KEY": "secret-email",
}
REQUIRED = [name for name in GOOD if name not in {"DataStorage", "ACS_ACCESS_KEY"}]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*GOOD, "BASE_URI", "CLAIM_SECONDS", "RETENTION_DAYS", "HEALTH_KEY"):
        monkeypatch.delenv(name, raising=False)


def refusal(**changes: str | None) -> str:
    environment = {**GOOD, **changes}
    with pytest.raises(SettingsError) as refused:
        read_settings({name: value for name, value in environment.items() if value is not None})
    return str(refused.value)


def test_good_settings_are_read_and_the_rest_has_sensible_values() -> None:
    settings = read_settings(dict(GOOD))
    assert settings.acs_endpoint == "https://acs.example.com"
    assert settings.base_uri == "http://localhost:7071"
    assert (settings.pace.claim, settings.pace.retention) == (timedelta(seconds=120), timedelta(days=90))
    assert settings.allowed_hosts == frozenset()
    assert settings.limits.reminders == 30


def test_the_environment_is_where_settings_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CLAIM_SECONDS", "8")
    monkeypatch.setenv("HEALTH_KEY", "")
    settings = read_settings()
    assert settings.pace.claim == timedelta(seconds=8)
    assert settings.health_key is None


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_setting_is_named(name: str) -> None:
    assert f"{name}: is required" in refusal(**{name: None})


@pytest.mark.parametrize("name", REQUIRED)
def test_an_empty_setting_is_a_missing_one(name: str) -> None:
    assert f"{name}: is required" in refusal(**{name: ""})


def test_an_empty_setting_that_is_optional_has_its_default() -> None:
    settings = read_settings({**GOOD, "ACS_ACCESS_KEY": "", "CLAIM_SECONDS": "", "DEFAULT_SMS_SENDER": ""})
    assert (settings.acs_access_key, settings.claim_seconds) == (None, 120)
    assert settings.default_sms_sender == "Altinn"


@pytest.mark.parametrize("name", REQUIRED)
def test_an_empty_setting_in_the_environment_is_a_missing_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other, value in GOOD.items():
        monkeypatch.setenv(other, "" if other == name else value)
    with pytest.raises(SettingsError, match=f"{name}: is required"):
        read_settings()


def test_every_wrong_setting_is_named_at_once_in_the_order_of_the_alphabet() -> None:
    told = refusal(SMS_GATEWAY_URL="gateway", DataStorage=None, ACS_ENDPOINT=None, CLAIM_SECONDS="soon")
    assert [line.strip().partition(":")[0] for line in told.splitlines()[1:]] == [
        "ACS_ENDPOINT",
        "CLAIM_SECONDS",
        "DataStorage",
        "SMS_GATEWAY_URL",
    ]


ADDRESSES = ("BASE_URI", "OIDC_WELL_KNOWN_ENDPOINT", "ACS_ENDPOINT", "SMS_GATEWAY_URL", "DataStorage__tableServiceUri")


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("CLAIM_SECONDS", "1", "greater than or equal to 2"),
        ("CLAIM_SECONDS", "300", "less than or equal to 240"),
        ("CLAIM_SECONDS", "x", "integer"),
        ("RETENTION_DAYS", "0", "greater than or equal to 1"),
        ("MAX_REMINDERS", "31", "less than or equal to 30"),
        ("ACS_ACCESS_KEY", "not base64!", "Base64"),
        ("ACS_ACCESS_KEY", "c2VjcmV0LWFjcw", "Base64"),
        ("DEFAULT_EMAIL_FROM_ADDRESS", "noreply", "an email address"),
        ("DEFAULT_EMAIL_FROM_ADDRESS", "Altinn <noreply@example.com>", "an email address"),
        ("DEFAULT_SMS_SENDER", "Altinn & co", "at most 11 letters"),
        ("DEFAULT_SMS_SENDER", "Altinn Notifications", "at most 11 letters"),
        ("DEFAULT_SMS_SENDER", "+1234567890123456", "at most 11 letters"),
        ("DEFAULT_SMS_SENDER", " - ", "at most 11 letters"),
    ],
)
def test_a_malformed_setting_is_named_with_what_is_right(name: str, value: str, right: str) -> None:
    assert_refused_alone(name, value, right)


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize(
    "value",
    [
        "localhost:7071",
        "ftp://service.example.com",
        "https://",
        "https:///path",
        "https://:8080",
        "https://?query",
        "https://service.example.com:port",
        "https://service.example.com:70000",
        "https://<name>.example.com",
        "https://service example.com",
        "https://[::1",
        "https://[service]/",
        "service.example.com",
    ],
)
def test_an_address_needs_a_scheme_and_a_host(name: str, value: str) -> None:
    assert_refused_alone(name, value, "give an absolute http or https address with a host")


@pytest.mark.parametrize(
    "value", ["https://service.example.com:8443/path/", "http://[::1]:7071", "http://127.0.0.1", "https://blåbær.no"]
)
def test_an_address_may_have_a_port_and_a_path_and_loses_its_last_slash(value: str) -> None:
    assert read_settings({**GOOD, "BASE_URI": value}).base_uri == value.rstrip("/")


def assert_refused_alone(name: str, value: str, right: str) -> None:
    """The only line of the refusal is this setting's and says what is right."""
    told = refusal(**{name: value})
    (line,) = told.splitlines()[1:]
    assert line.startswith(f"  {name}: ")
    assert right in line


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("Altinn", "Altinn"),
        (" Altinn ", "Altinn"),
        ("Altinn-Test", "Altinn-Test"),
        ("Blåbær 2", "Blåbær 2"),
        ("2000", "2000"),
        ("+47 99 99 99 99", "+4799999999"),
        ("+47-99999999", "+4799999999"),
    ],
)
def test_an_sms_sender_is_a_number_or_a_short_name_that_may_have_a_hyphen(given: str, used: str) -> None:
    assert read_settings({**GOOD, "DEFAULT_SMS_SENDER": given}).default_sms_sender == used


def test_storage_is_a_connection_string_or_two_addresses() -> None:
    told = refusal(DataStorage=None, DataStorage__tableServiceUri="https://tables.example.com")
    assert "DataStorage: give a connection string" in told
    read_settings(
        {
            **{name: value for name, value in GOOD.items() if name != "DataStorage"},
            "DataStorage__tableServiceUri": "https://tables.example.com",
            "DataStorage__queueServiceUri": "https://queues.example.com",
        }
    )


def test_of_two_addresses_of_storage_the_malformed_one_is_all_that_is_told() -> None:
    told = refusal(
        DataStorage=None,
        DataStorage__tableServiceUri="tables",
        DataStorage__queueServiceUri="https://queues.example.com",
    )
    assert [line.strip().partition(":")[0] for line in told.splitlines()[1:]] == ["DataStorage__tableServiceUri"]


KEY = "AccountKey=c2VjcmV0LWNvbm5lY3Rpb24="
ENDPOINTS = "TableEndpoint=http://127.0.0.1:10002/account;QueueEndpoint=http://127.0.0.1:10001/account"


@pytest.mark.parametrize(
    "connection",
    [
        "UseDevelopmentStorage=true",
        "usedevelopmentstorage=True;",
        f"AccountName=account;{KEY}",
        f"DefaultEndpointsProtocol=https;AccountName=account;{KEY};EndpointSuffix=core.windows.net",
        f"AccountName=account;{KEY};{ENDPOINTS};",
        f"accountname=account;{KEY}",
        f"{ENDPOINTS};SharedAccessSignature=sv=2024&sig=c2VjcmV0LWNvbm5lY3Rpb24%3D",
    ],
)
def test_a_connection_string_that_is_taken_is_one_that_the_storage_clients_take(connection: str) -> None:
    taken = read_settings({**GOOD, "DataStorage": connection}).data_connection
    assert taken is not None
    with TableServiceClient.from_connection_string(taken.get_secret_value()) as tables:
        assert tables.url.startswith("http")
    with QueueServiceClient.from_connection_string(taken.get_secret_value()) as queues:
        assert queues.url.startswith("http")


@pytest.mark.parametrize(
    "connection",
    [
        "secret-connection",
        "UseDevelopmentStorage=false",
        "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://127.0.0.1",
        "https://account.table.core.windows.net",
        "AccountName=account",
        KEY,
        "AccountName=account;AccountKey=not base64!",
        f"AccountName=;{KEY}",
        f"AccountName=account;{KEY};secret-connection",
        f"AccountName=account;{KEY};TableEndpoint=127.0.0.1:10002",
        f"AccountName=account;{KEY};QueueEndpoint=http://",
        ENDPOINTS,
        "TableEndpoint=http://127.0.0.1:10002/account;SharedAccessSignature=sv=2024",
    ],
)
def test_what_is_no_connection_string_is_refused(connection: str) -> None:
    assert_refused_alone("DataStorage", connection, "UseDevelopmentStorage=true")


@pytest.mark.parametrize("name", list(GOOD))
def test_an_unresolved_key_vault_reference_is_no_value(name: str) -> None:
    told = refusal(**{name: "@Microsoft.KeyVault(SecretUri=https://vault.example.com/secrets/secret-x/)"})
    assert f"{name}: the Key Vault reference was not resolved" in told


def test_no_refusal_repeats_a_value() -> None:
    wrong = {name: f"secret-{name}!" for name in (*ADDRESSES, "CLAIM_SECONDS", "ACS_ACCESS_KEY", "DataStorage")}
    wrong |= {name: f"secret-{name}!" for name in ("DEFAULT_EMAIL_FROM_ADDRESS", "DEFAULT_SMS_SENDER")}
    for told in (
        refusal(**wrong),
        refusal(SMS_GATEWAY_PASSWORD="@Microsoft.KeyVault(SecretUri=secret-x)"),
        refusal(ACS_ENDPOINT=None, DataStorage=None),
    ):
        assert "secret-" not in told.replace("secret; ", "").replace("to the secret", "")


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    assert "secret-" not in repr(read_settings(dict(GOOD)))


def test_nets_shrink_with_the_claim() -> None:
    short = read_settings({**GOOD, "CLAIM_SECONDS": "8"}).pace
    assert (short.publish_net, short.direct_net) == (timedelta(seconds=8), timedelta(seconds=8))
    long = read_settings(dict(GOOD)).pace
    assert (long.publish_net, long.direct_net) == (timedelta(seconds=30), timedelta(seconds=10))


def test_hosts_that_conditions_may_name_are_a_list() -> None:
    settings = read_settings({**GOOD, "CONDITION_ALLOWED_HOSTS": " localhost:8080, ,condition.example.com"})
    assert settings.allowed_hosts == {"localhost:8080", "condition.example.com"}


def test_the_sample_shows_every_setting_and_starts() -> None:
    sample = json.loads((Path(__file__).parent.parent / "local.settings.sample.json").read_text())["Values"]
    read_settings({name: value for name, value in sample.items() if value != ""})
    names = {str(field.alias) for field in Settings.model_fields.values()}
    by_identity = {name for name in names if name.startswith("DataStorage__")}
    assert names - by_identity <= sample.keys()
