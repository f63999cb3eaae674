"""Settings: a wrong one stops the start, says which and what is right, and never what was there."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from notifications.settings import Settings, SettingsError, read_settings

GOOD = {
    "DataStorage": "UseDevelopmentStorage=true;secret-connection",
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
def test_an_empty_setting_in_the_environment_is_a_missing_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other, value in GOOD.items():
        monkeypatch.setenv(other, "" if other == name else value)
    with pytest.raises(SettingsError, match=f"{name}: is required"):
        read_settings()


def test_every_wrong_setting_is_named_at_once() -> None:
    told = refusal(ACS_ENDPOINT=None, SMS_GATEWAY_URL="gateway", CLAIM_SECONDS="soon")
    assert [line.strip().partition(":")[0] for line in told.splitlines()[1:]] == [
        "ACS_ENDPOINT",
        "CLAIM_SECONDS",
        "SMS_GATEWAY_URL",
    ]


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("BASE_URI", "localhost:7071", "http or https"),
        ("OIDC_WELL_KNOWN_ENDPOINT", "ftp://x", "http or https"),
        ("CLAIM_SECONDS", "1", "greater than or equal to 2"),
        ("CLAIM_SECONDS", "300", "less than or equal to 240"),
        ("CLAIM_SECONDS", "x", "integer"),
        ("RETENTION_DAYS", "0", "greater than or equal to 1"),
        ("MAX_REMINDERS", "31", "less than or equal to 30"),
        ("ACS_ACCESS_KEY", "not base64!", "Base64"),
    ],
)
def test_a_malformed_setting_is_named_with_what_is_right(name: str, value: str, right: str) -> None:
    told = refusal(**{name: value})
    assert name in told
    assert right in told


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


@pytest.mark.parametrize("name", list(GOOD))
def test_an_unresolved_key_vault_reference_is_no_value(name: str) -> None:
    told = refusal(**{name: "@Microsoft.KeyVault(SecretUri=https://vault.example.com/secrets/secret-x/)"})
    assert f"{name}: the Key Vault reference was not resolved" in told


def test_no_refusal_repeats_a_value() -> None:
    wrong = {name: f"secret-{number}" for number, name in enumerate(("BASE_URI", "ACS_ENDPOINT", "CLAIM_SECONDS"))}
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
