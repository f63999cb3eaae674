"""Settings: a wrong one stops the start, says which and what is right, and never what was there."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

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
    "IDENTITY_HASH_KEY": "secret-hash-of-at-least-32-characters",
}
REGISTERS = {
    "PROFILE_ENDPOINT": "https://profile.example.com/profile/api/v1",
    "REGISTER_ENDPOINT": "https://register.example.com/register/api/v1",
    "AUTHORIZATION_ENDPOINT": "https://authorization.example.com/authorization/api/v1/",
}
REQUIRED = [name for name in GOOD if name not in {"DataStorage", "ACS_ACCESS_KEY"}]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*GOOD, *REGISTERS, "BASE_URI", "CLAIM_SECONDS", "RETENTION_DAYS", "HEALTH_KEY"):
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
    assert settings.register_answer_seconds == 60


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
        ("CONDITION_RETRIES", "-1", "greater than or equal to 0"),
        ("CONDITION_RETRY_SECONDS", "0", "greater than or equal to 1"),
        ("MAX_REMINDERS", "31", "less than or equal to 30"),
        ("MAX_RECIPIENTS", "0", "greater than or equal to 1"),
        ("MAX_RECIPIENTS", "50001", "less than or equal to 50000"),
        ("MAX_ATTACHMENTS", "-1", "greater than or equal to 0"),
        ("MAX_ATTACHMENT_BYTES", "7500001", "less than or equal to 7500000"),
        ("REGISTER_ANSWER_SECONDS", "-1", "greater than or equal to 0"),
        ("REGISTER_ANSWER_SECONDS", "301", "less than or equal to 300"),
        ("IDENTITY_HASH_KEY", "x" * 31, "32 characters or more"),
        ("IDENTITY_HASH_KEY", " " * 40, "32 characters or more"),
        ("ENVIRONMENT_NAME", "a/b", "match pattern"),
        ("ENVIRONMENT_NAME", "a\nb", "match pattern"),
        ("PLATFORM_TOKEN_KEYS_URL", "https://keys.example.com/jwks.json", "{issuer} in its path"),
        ("PLATFORM_TOKEN_KEYS_URL", "https://keys.example.com/{issuer}/{issuer}", "{issuer} in its path"),
        ("PLATFORM_TOKEN_KEYS_URL", "https://{issuer}.example.com/jwks.json", "{issuer} in its path"),
        ("PLATFORM_TOKEN_KEYS_URL", "https://keys.example.com/?issuer={issuer}", "{issuer} in its path"),
        ("PLATFORM_TOKEN_KEYS_URL", "keys/{issuer}", "an absolute http or https address"),
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
    wrong |= {name: f"secret-{name}!" for name in ("MASKINPORTEN_PRIVATE_JWK", "PLATFORM_TOKEN_PRIVATE_KEY")}
    wrong |= {"IDENTITY_HASH_KEY": "secret-short", "PROFILE_ENDPOINT": "https://secret-host.example.com"}
    for told in (
        refusal(**wrong),
        refusal(SMS_GATEWAY_PASSWORD="@Microsoft.KeyVault(SecretUri=secret-x)"),
        refusal(ACS_ENDPOINT=None, DataStorage=None),
    ):
        assert "secret-" not in told


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    assert "secret-" not in repr(read_settings(dict(GOOD)))


def test_how_often_and_when_a_condition_is_asked_again_is_a_setting() -> None:
    usual = read_settings(dict(GOOD)).pace
    assert (usual.condition_retries, usual.condition_retry) == (1, timedelta(seconds=60))
    patient = read_settings({**GOOD, "CONDITION_RETRIES": "3", "CONDITION_RETRY_SECONDS": "5"}).pace
    assert (patient.condition_retries, patient.condition_retry) == (3, timedelta(seconds=5))


def test_nets_shrink_with_the_claim() -> None:
    short = read_settings({**GOOD, "CLAIM_SECONDS": "8"}).pace
    assert (short.publish_net, short.direct_net) == (timedelta(seconds=8), timedelta(seconds=8))
    long = read_settings(dict(GOOD)).pace
    assert (long.publish_net, long.direct_net) == (timedelta(seconds=30), timedelta(seconds=10))


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("CONDITION_ALLOWED_HOSTS", "allowed_hosts"),
        ("ATTACHMENT_ALLOWED_HOSTS", "attachment_hosts"),
        ("FEED_INCLUDES_CANCELLED", "feed_includes_cancelled"),
    ],
)
def test_names_are_a_list_with_commas(name: str, attribute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = " localhost:8080, ,condition.example.com"
    assert getattr(read_settings(GOOD | {name: listed}), attribute) == {"localhost:8080", "condition.example.com"}
    assert getattr(read_settings(GOOD | {name: ""}), attribute) == frozenset()
    for each, value in (GOOD | {name: listed}).items():
        monkeypatch.setenv(each, value)
    assert getattr(read_settings(), attribute) == {"localhost:8080", "condition.example.com"}


def test_what_one_request_may_hold_is_set() -> None:
    given = {"MAX_RECIPIENTS": "10", "MAX_ATTACHMENTS": "2", "ATTACHMENT_ALLOWED_HOSTS": "127.0.0.1:7085"}
    limits = read_settings(GOOD | given).limits
    assert (limits.recipients, limits.attachments) == (10, 2)
    assert limits.attachment_hosts == {"127.0.0.1:7085"}


@pytest.mark.parametrize(
    "attribute",
    [
        "profile_endpoint",
        "register_endpoint",
        "authorization_endpoint",
        "register_subscription_key",
        "platform_token_keys_url",
        "platform_token_private_key",
        "maskinporten_token_endpoint",
        "maskinporten_client_id",
        "maskinporten_private_jwk",
        "metrics_api_key",
    ],
)
def test_neighbours_that_are_not_named_are_not_asked(attribute: str) -> None:
    assert getattr(read_settings(dict(GOOD)), attribute) is None


def test_the_registers_are_three_addresses() -> None:
    settings = read_settings(GOOD | REGISTERS)
    assert settings.profile_endpoint == "https://profile.example.com/profile/api/v1"
    assert settings.authorization_endpoint == "https://authorization.example.com/authorization/api/v1"


@pytest.mark.parametrize("missing", REGISTERS)
def test_one_register_without_the_others_is_refused(missing: str) -> None:
    alone = {missing: REGISTERS[missing]}
    for given in (alone, {name: value for name, value in REGISTERS.items() if name != missing}):
        told = refusal(**given)
        (line,) = told.splitlines()[1:]
        assert line == f"  AUTHORIZATION_ENDPOINT: give {', '.join(REGISTERS)}, or none of them"


def test_of_three_registers_the_malformed_one_is_all_that_is_told() -> None:
    told = refusal(**(REGISTERS | {"PROFILE_ENDPOINT": "profile"}))
    assert [line.strip().partition(":")[0] for line in told.splitlines()[1:]] == ["PROFILE_ENDPOINT"]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: Any, encryption: KeySerializationEncryption | None = None) -> str:
    encoded: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return encoded.decode()


def test_maskinporten_is_an_address_a_client_and_its_key(key: rsa.RSAPrivateKey) -> None:
    whole = {
        "MASKINPORTEN_TOKEN_ENDPOINT": "https://maskinporten.example.com/token",
        "MASKINPORTEN_CLIENT_ID": "client",
        "MASKINPORTEN_PRIVATE_JWK": RSAAlgorithm.to_jwk(key),
    }
    settings = read_settings(GOOD | whole)
    assert settings.maskinporten_client_id == "client"
    assert settings.maskinporten_private_jwk is not None
    assert json.loads(settings.maskinporten_private_jwk.get_secret_value())["kty"] == "RSA"
    for missing in whole:
        told = refusal(**{name: value for name, value in whole.items() if name != missing})
        assert "MASKINPORTEN_TOKEN_ENDPOINT, MASKINPORTEN_CLIENT_ID, MASKINPORTEN_PRIVATE_JWK, or none" in told


def test_what_is_no_private_key_for_maskinporten_is_refused(key: rsa.RSAPrivateKey) -> None:
    curve = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()))
    for wrong in ("{}", "[]", "null", "secret-key", RSAAlgorithm.to_jwk(key.public_key()), curve, "[" * 100_000):
        assert_refused_alone("MASKINPORTEN_PRIVATE_JWK", wrong, "an RSA private key of 2048 bits or more")


def test_the_platform_tokens_key_is_pem_also_on_one_line(key: rsa.RSAPrivateKey) -> None:
    for written in (pem(key), pem(key).replace("\n", "\\n")):
        taken = read_settings(GOOD | {"PLATFORM_TOKEN_PRIVATE_KEY": written}).platform_token_private_key
        assert taken is not None
        assert taken.get_secret_value() == pem(key)


def test_what_is_no_private_key_for_platform_tokens_is_refused(key: rsa.RSAPrivateKey) -> None:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    small = pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))
    curve = pem(ec.generate_private_key(ec.SECP256R1()))
    locked = pem(key, BestAvailableEncryption(b"synthetic"))
    for wrong in ("secret-key", public, small, curve, locked):
        assert_refused_alone("PLATFORM_TOKEN_PRIVATE_KEY", wrong, "an RSA private key of 2048 bits or more")


def test_the_keys_of_platform_tokens_are_at_an_address_with_the_issuers_name() -> None:
    given = "http://127.0.0.1:7081/platform-keys/{issuer}/jwks.json"
    assert read_settings(GOOD | {"PLATFORM_TOKEN_KEYS_URL": given}).platform_token_keys_url == given


def test_the_sample_shows_every_setting_and_starts() -> None:
    sample = json.loads((Path(__file__).parent.parent / "local.settings.sample.json").read_text())["Values"]
    read_settings({name: value for name, value in sample.items() if value != ""})
    names = {str(field.alias) for field in Settings.model_fields.values()}
    by_identity = {name for name in names if name.startswith("DataStorage__")}
    assert names - by_identity <= sample.keys()


@pytest.mark.parametrize("address", ["mailto:no@example.com", "https://example.com/no?x=1&y=%20"])
def test_an_unsubscribe_address_is_for_email_or_the_web(address: str) -> None:
    assert read_settings(GOOD | {"EMAIL_UNSUBSCRIBE": address}).email_unsubscribe == address


@pytest.mark.parametrize(
    "address", ["no@example.com", "http://example.com", "mailto:", "https://a>\r\nBcc: x", "https://a b"]
)
def test_what_could_not_stand_in_a_header_is_no_unsubscribe_address(address: str) -> None:
    assert "EMAIL_UNSUBSCRIBE: give a mailto: or https: address" in refusal(EMAIL_UNSUBSCRIBE=address)
