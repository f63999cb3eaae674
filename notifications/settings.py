"""The service's settings, one typed object read from environment variables.

Every setting is in `local.settings.sample.json` and described in `docs/operating.md`. A missing or malformed one stops
the start with a message that names it and says what would be right.
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifications.contract.limits import Limits
from notifications.domain.email_address import is_email_address
from notifications.domain.pace import Pace
from notifications.domain.sms_sender import LONGEST_NAME, SmsSender, parse_sms_sender


class SettingsError(Exception):
    """The service cannot start with these settings; the message names each and says what is right, without values."""


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = parts.scheme in ("http", "https") and parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:
        known = False
    if not known:
        raise ValueError("give an absolute http or https address with a host, such as https://service.example.com")
    return value.rstrip("/")


def _is_host(text: str) -> bool:
    # urlsplit lets nothing but an IP address stand between brackets, and only there are colons left.
    return re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", text) is not None


def _is_base64(text: str) -> bool:
    try:
        return bool(b64decode(text, validate=True))
    except ValueError:
        return False


def _base64_key(value: SecretStr) -> SecretStr:
    if not _is_base64(value.get_secret_value()):
        raise ValueError("give the access key as the portal shows it, in Base64")
    return value


def _connection_string(value: SecretStr) -> SecretStr:
    """A connection string that both storage clients take; the emulator's short form as they spell it."""
    pairs = [each.partition("=") for each in value.get_secret_value().strip("; ").split(";")]
    parts = {name.lower(): text for name, separator, text in pairs if separator}
    if len(parts) == len(pairs) and _names_storage(parts):
        return value
    if {name: text.lower() for name, text in parts.items()} == {"usedevelopmentstorage": "true"}:
        return SecretStr("UseDevelopmentStorage=true")
    raise ValueError(
        "give UseDevelopmentStorage=true, or a connection string with AccountName and AccountKey, or with "
        "TableEndpoint, QueueEndpoint and SharedAccessSignature"
    )


def _names_storage(parts: Mapping[str, str]) -> bool:
    endpoints = [parts[name] for name in ("tableendpoint", "queueendpoint") if name in parts]
    try:
        for each in endpoints:
            _web_address(each)
    except ValueError:
        return False
    if parts.get("accountname") and _is_base64(parts.get("accountkey", "")):
        return True
    return len(endpoints) == 2 and bool(parts.get("sharedaccesssignature"))


def _email_address(value: str) -> str:
    if not is_email_address(value):
        raise ValueError("give an email address alone, such as noreply@example.com")
    return value.strip()


def _sms_sender(value: str) -> str:
    """A sender as the gateway takes it; a name may have hyphens, which callers' senders may not."""
    name = value.strip()
    try:
        read = parse_sms_sender(name.replace("-", ""))
    except ValueError:
        read = SmsSender(None)
    if read.value is None or (not read.is_number and len(name) > LONGEST_NAME):
        raise ValueError(
            f"give a phone number, or a name of at most {LONGEST_NAME} letters, digits, spaces and hyphens"
        )
    return read.value if read.is_number else name


type Address = Annotated[str, AfterValidator(_web_address)]
type Base64Key = Annotated[SecretStr, AfterValidator(_base64_key)]
type ConnectionString = Annotated[SecretStr, AfterValidator(_connection_string)]
type EmailAddress = Annotated[str, AfterValidator(_email_address)]
type Sender = Annotated[str, AfterValidator(_sms_sender)]


class Settings(BaseSettings):
    """What differs between places that the service runs in."""

    model_config = SettingsConfigDict(case_sensitive=True, extra="ignore", populate_by_name=True, env_ignore_empty=True)

    data_tables: Address | None = Field(None, alias="DataStorage__tableServiceUri")
    data_queues: Address | None = Field(None, alias="DataStorage__queueServiceUri")
    data_connection: ConnectionString | None = Field(None, alias="DataStorage", validate_default=True)
    data_client_id: str | None = Field(None, alias="DataStorage__clientId")

    base_uri: Address = Field("http://localhost:7071", alias="BASE_URI")

    oidc_well_known: Address = Field(alias="OIDC_WELL_KNOWN_ENDPOINT")
    oidc_issuer: str | None = Field(None, alias="OIDC_ISSUER")
    oidc_audience: str | None = Field(None, alias="OIDC_AUDIENCE")
    jwt_cookie_name: str = Field("AltinnStudioRuntime", alias="JWT_COOKIE_NAME", min_length=1)

    acs_endpoint: Address = Field(alias="ACS_ENDPOINT")
    acs_access_key: Base64Key | None = Field(None, alias="ACS_ACCESS_KEY")
    acs_slots: int = Field(64, alias="ACS_CONCURRENT_CALLS", ge=1, le=1000)
    default_email_sender: EmailAddress = Field("noreply@altinn.cloud", alias="DEFAULT_EMAIL_FROM_ADDRESS")

    sms_gateway_url: Address = Field(alias="SMS_GATEWAY_URL")
    sms_gateway_username: str = Field(alias="SMS_GATEWAY_USERNAME", min_length=1)
    sms_gateway_password: SecretStr = Field(alias="SMS_GATEWAY_PASSWORD", min_length=1)
    sms_slots: int = Field(32, alias="SMS_CONCURRENT_CALLS", ge=1, le=1000)
    default_sms_sender: Sender = Field("Altinn", alias="DEFAULT_SMS_SENDER")

    sms_report_username: str = Field(alias="SMS_REPORT_USERNAME", min_length=1)
    sms_report_password: SecretStr = Field(alias="SMS_REPORT_PASSWORD", min_length=1)
    email_report_key: SecretStr = Field(alias="EMAIL_REPORT_KEY", min_length=1)
    previous_email_report_key: SecretStr | None = Field(None, alias="EMAIL_REPORT_KEY_PREVIOUS")
    health_key: SecretStr | None = Field(None, alias="HEALTH_KEY")

    condition_allowed_hosts: str = Field("", alias="CONDITION_ALLOWED_HOSTS")
    concurrent_orders: int = Field(50, alias="CONCURRENT_ORDERS", ge=1, le=10_000)
    body_bytes: int = Field(10 * 1024 * 1024, alias="MAX_BODY_BYTES", ge=1024, le=30_000_000)
    email_body_bytes: int = Field(4 * 1024 * 1024, alias="MAX_EMAIL_BODY_BYTES", ge=1, le=10 * 1024 * 1024)
    sms_segments: int = Field(16, alias="MAX_SMS_SEGMENTS", ge=1, le=16)
    subject_length: int = Field(2000, alias="MAX_SUBJECT_LENGTH", ge=1, le=10_000)
    address_length: int = Field(320, alias="MAX_ADDRESS_LENGTH", ge=6, le=1000)
    idempotency_id_length: int = Field(1024, alias="MAX_IDEMPOTENCY_ID_LENGTH", ge=1, le=10_000)
    reference_length: int = Field(1024, alias="MAX_REFERENCE_LENGTH", ge=1, le=1024)
    reminders: int = Field(30, alias="MAX_REMINDERS", ge=0, le=30)
    claim_seconds: int = Field(120, alias="CLAIM_SECONDS", ge=2, le=240)
    retention_days: int = Field(90, alias="RETENTION_DAYS", ge=1, le=3650)

    @field_validator("*", mode="before")
    @classmethod
    def _resolved(cls, value: Any) -> Any:
        """An unresolved Key Vault reference is not a value."""
        if isinstance(value, str) and value.startswith("@Microsoft.KeyVault("):
            raise ValueError("the Key Vault reference was not resolved; check the identity's access to the secret")
        return value

    @field_validator("data_connection")
    @classmethod
    def _storage_is_named(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """Without a connection string there are two addresses; what is wrong with one of them is told of itself."""
        if value is None and None in [info.data.get(each, "malformed") for each in ("data_tables", "data_queues")]:
            raise ValueError(
                "give a connection string (emulator), or both DataStorage__tableServiceUri and "
                "DataStorage__queueServiceUri (identity)"
            )
        return value

    @cached_property
    def pace(self) -> Pace:
        """The times that the engine works by; nets shrink with the claim, so that tests need not wait."""
        claim = timedelta(seconds=self.claim_seconds)
        return Pace(
            claim=claim,
            publish_net=min(timedelta(seconds=30), claim),
            direct_net=min(timedelta(seconds=10), claim),
            retention=timedelta(days=self.retention_days),
        )

    @cached_property
    def limits(self) -> Limits:
        """What one request may hold."""
        return Limits(
            body_bytes=self.body_bytes,
            email_body_bytes=self.email_body_bytes,
            sms_segments=self.sms_segments,
            subject=self.subject_length,
            address=self.address_length,
            idempotency_id=self.idempotency_id_length,
            reference=self.reference_length,
            reminders=self.reminders,
        )

    @cached_property
    def allowed_hosts(self) -> frozenset[str]:
        """The hosts that condition endpoints may name although they are private, as `host` or `host:port`."""
        return frozenset(host.strip() for host in self.condition_allowed_hosts.split(",") if host.strip())


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment, or from a mapping; an empty one is not set. Raises `SettingsError`."""
    try:
        if environment is None:
            return Settings()
        return Settings.model_validate({name: value for name, value in environment.items() if value != ""})
    except ValidationError as error:
        lines = sorted(_explained(each) for each in error.errors(include_url=False, include_input=False))
        raise SettingsError("the service cannot start:\n" + "\n".join(f"  {line}" for line in lines)) from None


def _explained(error: Any) -> str:
    name = str(error["loc"][0])
    # A default that is refused is told under the field's own name.
    field = Settings.model_fields.get(name)
    reason = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "missing":
        reason = "is required; local.settings.sample.json shows an example"
    return f"{field.alias if field else name}: {reason}"
