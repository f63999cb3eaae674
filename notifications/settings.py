"""The service's settings, one typed object read from environment variables.

Every setting is in `local.settings.sample.json` and described in `docs/operating.md`. A missing or malformed one stops
the start with a message that names it and says what would be right.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from notifications.channels.email.smtp_session import Security
from notifications.contract.limits import Limits
from notifications.domain.pace import Pace
from notifications.domain.sender_rights import SenderRights, parse_sender_rights
from notifications.domain.sms_routes import ACS, PSWIN, Route, parse_routes
from notifications.domain.sms_sender import SENDER_COUNTRIES, SenderCountries, SmsSender, parse_sender_countries
from notifications.setting_values import (
    Address,
    Base64Key,
    ConnectionString,
    EmailAddress,
    HashKey,
    KeysTemplate,
    Names,
    PemKey,
    PrivateJwk,
    Routes,
    Sender,
    SenderCountriesText,
    SenderRightsText,
    Unsubscribe,
)


class SettingsError(Exception):
    """The service cannot start with these settings; the message names each and says what is right, without values."""


# Named by the last of each, which is validated when the others are known.
_TOGETHER = (
    ("profile_endpoint", "register_endpoint", "authorization_endpoint"),
    ("maskinporten_token_endpoint", "maskinporten_client_id", "maskinporten_private_jwk"),
)


# The providers that a setting is required for, by what they are called in EMAIL_PROVIDER and SMS_ROUTES.
_NEEDED_BY = {
    "smtp_host": {"smtp"},
    "acs_endpoint": {"acs"},
    "sms_gateway_url": {"pswin"},
    "sms_gateway_username": {"pswin"},
    "sms_gateway_password": {"pswin"},
}


def _used(data: Mapping[str, Any]) -> set[str]:
    """The providers in use; what is wrong with the choice itself is told of it."""
    text = data.get("sms_route_text")
    routes = parse_routes(text) if text else ()
    return {data.get("email_provider", ""), *(name for route in routes for name in route.weights)}


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

    platform_token_keys_url: KeysTemplate | None = Field(None, alias="PLATFORM_TOKEN_KEYS_URL")

    profile_endpoint: Address | None = Field(None, alias="PROFILE_ENDPOINT")
    register_endpoint: Address | None = Field(None, alias="REGISTER_ENDPOINT")
    authorization_endpoint: Address | None = Field(None, alias="AUTHORIZATION_ENDPOINT", validate_default=True)
    register_subscription_key: SecretStr | None = Field(None, alias="REGISTER_SUBSCRIPTION_KEY")
    register_answer_seconds: float = Field(60, alias="REGISTER_ANSWER_SECONDS", ge=0, le=300)
    platform_token_private_key: PemKey | None = Field(None, alias="PLATFORM_TOKEN_PRIVATE_KEY")
    identity_hash_key: HashKey = Field(alias="IDENTITY_HASH_KEY")

    maskinporten_token_endpoint: Address | None = Field(None, alias="MASKINPORTEN_TOKEN_ENDPOINT")
    maskinporten_client_id: str | None = Field(None, alias="MASKINPORTEN_CLIENT_ID")
    maskinporten_private_jwk: PrivateJwk | None = Field(None, alias="MASKINPORTEN_PRIVATE_JWK", validate_default=True)

    email_provider: Literal["acs", "smtp"] = Field("acs", alias="EMAIL_PROVIDER")
    smtp_host: str | None = Field(None, alias="SMTP_HOST", validate_default=True)
    smtp_port: int = Field(587, alias="SMTP_PORT", ge=1, le=65535)
    smtp_security: Security = Field(Security.STARTTLS, alias="SMTP_SECURITY")
    smtp_username: str | None = Field(None, alias="SMTP_USERNAME")
    smtp_password: SecretStr | None = Field(None, alias="SMTP_PASSWORD", validate_default=True)

    sms_route_text: Routes = Field("*=pswin", alias="SMS_ROUTES")
    acs_sms_sender: Sender = Field("Altinn", alias="ACS_SMS_SENDER")

    acs_endpoint: Address | None = Field(None, alias="ACS_ENDPOINT", validate_default=True)
    acs_access_key: Base64Key | None = Field(None, alias="ACS_ACCESS_KEY")
    email_slots: int = Field(64, alias="EMAIL_CONCURRENT_CALLS", ge=1, le=1000)
    email_rate: float = Field(0, alias="EMAIL_CALLS_PER_SECOND", ge=0, le=10_000)
    email_unsubscribe: Unsubscribe | None = Field(None, alias="EMAIL_UNSUBSCRIBE")
    email_allow_list: Names = Field(frozenset(), alias="EMAIL_ALLOW_LIST")
    default_email_sender: EmailAddress = Field("noreply@altinn.cloud", alias="DEFAULT_EMAIL_FROM_ADDRESS")

    sms_gateway_url: Address | None = Field(None, alias="SMS_GATEWAY_URL", validate_default=True)
    sms_gateway_username: str | None = Field(None, alias="SMS_GATEWAY_USERNAME", min_length=1, validate_default=True)
    sms_gateway_password: SecretStr | None = Field(
        None, alias="SMS_GATEWAY_PASSWORD", min_length=1, validate_default=True
    )
    sms_slots: int = Field(32, alias="SMS_CONCURRENT_CALLS", ge=1, le=1000)
    sms_rate: float = Field(0, alias="SMS_CALLS_PER_SECOND", ge=0, le=10_000)
    sms_allow_list: Names = Field(frozenset(), alias="SMS_ALLOW_LIST")
    default_sms_sender: Sender = Field("Altinn", alias="DEFAULT_SMS_SENDER")

    sender_countries_text: SenderCountriesText = Field(SENDER_COUNTRIES, alias="SMS_SENDER_COUNTRIES")
    sender_rights_text: SenderRightsText | None = Field(None, alias="ALLOWED_SENDERS")

    sms_report_username: str = Field(alias="SMS_REPORT_USERNAME", min_length=1)
    sms_report_password: SecretStr = Field(alias="SMS_REPORT_PASSWORD", min_length=1)
    email_report_key: SecretStr = Field(alias="EMAIL_REPORT_KEY", min_length=1)
    previous_email_report_key: SecretStr | None = Field(None, alias="EMAIL_REPORT_KEY_PREVIOUS")
    health_key: SecretStr | None = Field(None, alias="HEALTH_KEY")
    metrics_api_key: SecretStr | None = Field(None, alias="METRICS_API_KEY")
    # It is part of file names and headers.
    environment_name: str = Field("local", alias="ENVIRONMENT_NAME", pattern=r"^[A-Za-z0-9_.()-]{1,64}$")

    insights: str | None = Field(None, alias="APPLICATIONINSIGHTS_CONNECTION_STRING")
    otlp: Address | None = Field(None, alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    traced_share: float = Field(0.1, alias="TRACED_SHARE", ge=0, le=1)

    feed_includes_cancelled: Names = Field(frozenset(), alias="FEED_INCLUDES_CANCELLED")
    allowed_hosts: Names = Field(frozenset(), alias="CONDITION_ALLOWED_HOSTS")
    condition_retries: int = Field(1, alias="CONDITION_RETRIES", ge=0, le=8)
    condition_retry_seconds: int = Field(60, alias="CONDITION_RETRY_SECONDS", ge=1, le=600)
    attachment_hosts: Names = Field(frozenset(), alias="ATTACHMENT_ALLOWED_HOSTS")
    concurrent_orders: int = Field(50, alias="CONCURRENT_ORDERS", ge=1, le=10_000)
    body_bytes: int = Field(10 * 1024 * 1024, alias="MAX_BODY_BYTES", ge=1024, le=30_000_000)
    email_body_bytes: int = Field(4 * 1024 * 1024, alias="MAX_EMAIL_BODY_BYTES", ge=1, le=10 * 1024 * 1024)
    sms_segments: int = Field(16, alias="MAX_SMS_SEGMENTS", ge=1, le=16)
    subject_length: int = Field(2000, alias="MAX_SUBJECT_LENGTH", ge=1, le=10_000)
    address_length: int = Field(320, alias="MAX_ADDRESS_LENGTH", ge=6, le=1000)
    idempotency_id_length: int = Field(1024, alias="MAX_IDEMPOTENCY_ID_LENGTH", ge=1, le=10_000)
    reference_length: int = Field(1024, alias="MAX_REFERENCE_LENGTH", ge=1, le=1024)
    reminders: int = Field(30, alias="MAX_REMINDERS", ge=0, le=30)
    recipients: int = Field(50_000, alias="MAX_RECIPIENTS", ge=1, le=50_000)
    attachments: int = Field(50, alias="MAX_ATTACHMENTS", ge=0, le=100)
    attachment_bytes: int = Field(7_500_000, alias="MAX_ATTACHMENT_BYTES", ge=0, le=7_500_000)
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

    @field_validator("smtp_host", "acs_endpoint", "sms_gateway_url", "sms_gateway_username", "sms_gateway_password")
    @classmethod
    def _is_there_if_used(cls, value: Any, info: ValidationInfo) -> Any:
        """A provider's settings are required where the provider is used."""
        if value is None and _NEEDED_BY[str(info.field_name)] & _used(info.data):
            raise PydanticCustomError("missing", "required")
        return value

    @field_validator("smtp_password")
    @classmethod
    def _account_is_whole(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """An account is a name and a password, and no server gets them unencrypted."""
        if (value is None) != (info.data.get("smtp_username") is None):
            raise ValueError("give SMTP_USERNAME and SMTP_PASSWORD, or neither")
        if value is not None and info.data.get("smtp_security") is Security.NONE:
            raise ValueError("give no account to a server without encryption")
        return value

    @field_validator("authorization_endpoint", "maskinporten_private_jwk")
    @classmethod
    def _is_not_alone(cls, value: Any, info: ValidationInfo) -> Any:
        """Some settings are of use only together; what is wrong with one of them is told of itself."""
        group = next(names for names in _TOGETHER if info.field_name in names)
        given = {info.data.get(name, "malformed") is not None for name in group[:-1]} | {value is not None}
        if len(given) > 1:
            raise ValueError(f"give {', '.join(str(cls.model_fields[name].alias) for name in group)}, or none of them")
        return value

    @cached_property
    def sender_rights(self) -> SenderRights:
        """Which senders organisations may send as."""
        return parse_sender_rights(self.sender_rights_text or "")

    @cached_property
    def sender_countries(self) -> SenderCountries:
        """What happens to a name as sender in countries that fail names, to our own default too if it is one."""
        defaults = {PSWIN: self.default_sms_sender, ACS: self.acs_sms_sender}
        used = [defaults[name] for route in self.sms_routes for name in route.weights]
        default = min(used, key=lambda sender: SmsSender(sender).is_number)
        return SenderCountries(default=default, prefixes=parse_sender_countries(self.sender_countries_text))

    @cached_property
    def sms_routes(self) -> tuple[Route, ...]:
        """Which providers send the SMS of which countries."""
        return parse_routes(self.sms_route_text)

    @cached_property
    def pace(self) -> Pace:
        """The times that the engine works by; nets shrink with the claim, so that tests need not wait."""
        claim = timedelta(seconds=self.claim_seconds)
        return Pace(
            claim=claim,
            publish_net=min(timedelta(seconds=30), claim),
            direct_net=min(timedelta(seconds=10), claim),
            retention=timedelta(days=self.retention_days),
            condition_retry=timedelta(seconds=self.condition_retry_seconds),
            condition_retries=self.condition_retries,
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
            recipients=self.recipients,
            attachments=self.attachments,
            attachment_hosts=self.attachment_hosts,
        )


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
