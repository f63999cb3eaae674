"""Deployments that the structure is walked in: with what must be given, and with all that can be, twice."""

import re
from collections.abc import Mapping

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm

from tests.infra.structure import Structure, sources
from tests.security.issuer import rsa_key

VARIABLE = re.compile(r"readEnvironmentVariable\('(\w+)'")
REFERENCE = re.compile(r"@Microsoft\.KeyVault\(SecretUri=(https://[^/]+/)secrets/([a-z-]+)\)")
_KEY = rsa_key()

# What has no default, and a provider of SMS: without a route there is a gateway, which would have to be named.
PLAIN: Mapping[str, str] = {
    "AZURE_ENV_NAME": "prod",
    "OIDC_WELL_KNOWN_ENDPOINT": "https://issuer.example.com/.well-known/openid-configuration",
    "IDENTITY_HASH_KEY": "synthetic-key-of-at-least-32-characters",
    "SMS_REPORT_PASSWORD": "synthetic-password",
    "EMAIL_REPORT_KEY": "synthetic-report-key",
    "HEALTH_KEY": "synthetic-health-key",
    "SMS_ROUTES": "*=acs",
}

FULL: Mapping[str, str] = {
    **PLAIN,
    "AZURE_LOCATION": "norwayeast",
    "OIDC_ISSUER": "https://issuer.example.com/",
    "OIDC_AUDIENCE": "notifications",
    "PLATFORM_TOKEN_KEYS_URL": "https://keys.example.com/{issuer}/jwks.json",
    "PROFILE_ENDPOINT": "https://register.example.com/profile/api/v1",
    "REGISTER_ENDPOINT": "https://register.example.com/register/api/v1",
    "AUTHORIZATION_ENDPOINT": "https://register.example.com/authorization/api/v1",
    "REGISTER_SUBSCRIPTION_KEY": "synthetic-subscription-key",
    "PLATFORM_TOKEN_PRIVATE_KEY": _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    "MASKINPORTEN_TOKEN_ENDPOINT": "https://maskinporten.example.com/token",
    "MASKINPORTEN_CLIENT_ID": "synthetic-client",
    "MASKINPORTEN_PRIVATE_JWK": RSAAlgorithm.to_jwk(_KEY),
    "BASE_URI": "https://notifications.example.com",
    "SMS_GATEWAY_URL": "https://gateway.example.com/xml",
    "SMS_GATEWAY_USERNAME": "synthetic-user",
    "SMS_GATEWAY_PASSWORD": "synthetic-gateway-password",
    "SMS_REPORT_USERNAME": "gateway",
    "DEFAULT_SMS_SENDER": "Altinn",
    "EMAIL_REPORT_KEY_PREVIOUS": "synthetic-report-key-before",
    "METRICS_API_KEY": "synthetic-metrics-key",
    "TRACED_SHARE": "0.2",
    "FEED_INCLUDES_CANCELLED": "ttd",
    "EMAIL_PROVIDER": "smtp",
    "SMTP_HOST": "mail.example.com",
    "SMTP_PORT": "465",
    "SMTP_SECURITY": "tls",
    "SMTP_USERNAME": "synthetic-account",
    "SMTP_PASSWORD": "synthetic-mail-password",
    "CONCURRENT_ORDERS": "60",
    "EMAIL_CONCURRENT_CALLS": "48",
    "EMAIL_CALLS_PER_SECOND": "20",
    "EMAIL_UNSUBSCRIBE": "mailto:stop@example.com",
    "EMAIL_ALLOW_LIST": "@example.com",
    "SMS_ROUTES": "*=pswin,acs:0",
    "ACS_SMS_SENDER": "Altinn",
    "SMS_CONCURRENT_CALLS": "24",
    "SMS_CALLS_PER_SECOND": "10",
    "SMS_ALLOW_LIST": "+4799999999",
    "MAX_SMS_SEGMENTS": "14",
    "SMS_SENDER_COUNTRIES": "+358=warn;+34=+4799999999",
    "ALLOWED_SENDERS": "ttd=TTD,post@example.com",
    "DEFAULT_EMAIL_FROM_ADDRESS": "noreply@example.com",
    "SUBSCRIBE_EMAIL_REPORTS": "true",
    "RETENTION_DAYS": "30",
    "ALWAYS_READY_HTTP": "3",
    "ALWAYS_READY_PROCESS_ORDERS": "2",
    "ALWAYS_READY_SEND_EMAIL": "4",
    "ALWAYS_READY_SEND_SMS": "5",
    "ZONE_REDUNDANT": "true",
    "PRIVATE_NETWORKING": "true",
    "NETWORK_ADDRESS_PREFIX": "10.17.4.0/24",
    "LOCK_DATA": "true",
    "ALERT_EMAIL_ADDRESS": "on-call@example.com",
}

# The same without a network of its own, where dead letters can be kept.
OPEN: Mapping[str, str] = {**FULL, "PRIVATE_NETWORKING": "false"}

DEPLOYMENTS = {"plain": PLAIN, "full": FULL, "open": OPEN}


def variables() -> set[str]:
    """Every environment variable that the parameter file reads."""
    return set(VARIABLE.findall(sources()["main.bicepparam"]))


def app_settings(structure: Structure) -> dict[str, str]:
    """The settings that the app is given, references to the vault as they are written."""
    (settings,) = (
        each for each in structure.of_kind("Microsoft.Web/sites/config") if each.body["name"] == "appsettings"
    )
    properties: dict[str, str] = settings.body["properties"]
    return properties


def secrets(structure: Structure) -> dict[tuple[str, str], str]:
    """The secrets of the vault by its address and their name."""
    vault = structure.only("Microsoft.KeyVault/vaults").member("properties")["vaultUri"]
    made = structure.of_kind("Microsoft.KeyVault/vaults/secrets")
    return {(vault, each.body["name"]): each.body["properties"]["value"] for each in made}


def references(structure: Structure) -> dict[str, tuple[str, str]]:
    """The settings that refer to a secret: the vault's address and the secret's name by the setting."""
    found = {name: REFERENCE.fullmatch(value) for name, value in app_settings(structure).items()}
    return {name: (match[1], match[2]) for name, match in found.items() if match}


def as_started(structure: Structure) -> dict[str, str]:
    """The settings as the service finds them in its environment: each reference is the secret's value."""
    kept = secrets(structure)
    return app_settings(structure) | {name: kept[secret] for name, secret in references(structure).items()}
