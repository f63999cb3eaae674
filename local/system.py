"""The local system as a list of processes: Azurite, the simulators, and the service in its Functions host."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.azurite import PROJECT, azurite, connection_string
from local.data_directory import DataDirectory
from local.own_keys import OwnKeys, own_keys
from local.ports import free_ports, require_free
from local.providers import Providers
from local.simulators.registers.people import default_people
from local.supervisor import ProcessSpec

SECRETS = (
    "ACS_ACCESS_KEY",
    "SMS_GATEWAY_PASSWORD",
    "SMS_REPORT_PASSWORD",
    "EMAIL_REPORT_KEY",
    "HEALTH_KEY",
    "METRICS_API_KEY",
    "REGISTER_SUBSCRIPTION_KEY",
)
DEFAULT_DATA = PROJECT / ".local"
SMS_GATEWAY_USERNAME = "notifications"
SMS_REPORT_USERNAME = "gateway"
MASKINPORTEN_CLIENT = "notifications"


@dataclass(frozen=True)
class Choices:
    """What was chosen for this run: the options of `./dev up`, and the folder of the function app."""

    port: int = 7071
    data: Path = DEFAULT_DATA
    registers: Path | None = None
    claim_seconds: int = 120
    report_to: str = "webhook"
    providers: Providers = field(default_factory=Providers)
    storage_in_memory: bool = False
    storage_log: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    app: Path = PROJECT


@dataclass(frozen=True)
class Addresses:
    """Where each program of one run listens, as http://127.0.0.1:N."""

    service: str
    queue: str
    table: str
    acs_email: str
    pswin: str
    issuer: str
    registers: str
    blobs: str
    smtp: str
    smtp_mail: str

    @property
    def storage(self) -> str:
        """The connection string of the run's storage."""
        return connection_string(self.queue, self.table)


def choose_addresses(port: int) -> Addresses:
    """The service on `port` (0: a free one), all else on free ports; raises CommandError if one is in use."""
    *others, free = free_ports(10)
    service = require_free(port, ", or choose another with --port") if port else free
    return Addresses(*(f"http://127.0.0.1:{number}" for number in (service, *others)))


def backing(
    choices: Choices, data: DataDirectory, addresses: Addresses, secrets: Mapping[str, str]
) -> list[ProcessSpec]:
    """What the service leans on: storage, its providers, the token issuer, the registers and blob storage."""
    storage = [
        azurite(
            service,
            port_of(address),
            None if choices.storage_in_memory else data.directory(f"azurite-{service}"),
            access_log=choices.storage_log,
        )
        for service, address in (("queue", addresses.queue), ("table", addresses.table))
    ]
    return [*storage, *_simulators(choices, data, addresses, secrets)]


def host(choices: Choices, addresses: Addresses, secrets: Mapping[str, str]) -> ProcessSpec:
    """The service itself, run by the local Functions host with all its settings in the environment."""
    port = str(port_of(addresses.service))
    return ProcessSpec(
        name="host",
        command=(*_python("local.host"), "--root", str(choices.app), "--port", port),
        address=addresses.service,
        health="/health",
        environment=service_settings(choices, addresses, secrets),
        # A graceful stop lets running invocations finish, for which the host takes up to 30 s.
        grace=35.0,
        announced=True,
    )


def service_settings(choices: Choices, addresses: Addresses, secrets: Mapping[str, str]) -> dict[str, str]:
    """The service's app settings for this run."""
    return {
        "AzureWebJobsStorage": addresses.storage,
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "DataStorage": addresses.storage,
        "BASE_URI": addresses.service,
        "OIDC_WELL_KNOWN_ENDPOINT": f"{addresses.issuer}/.well-known/openid-configuration",
        "OIDC_ISSUER": addresses.issuer,
        "JWT_COOKIE_NAME": "AltinnStudioRuntime",
        **_provider_settings(choices.providers, addresses),
        "ACS_ENDPOINT": addresses.acs_email,
        "ACS_ACCESS_KEY": secrets["ACS_ACCESS_KEY"],
        "DEFAULT_EMAIL_FROM_ADDRESS": "noreply@example.com",
        "SMS_GATEWAY_URL": addresses.pswin,
        "SMS_GATEWAY_USERNAME": SMS_GATEWAY_USERNAME,
        "SMS_GATEWAY_PASSWORD": secrets["SMS_GATEWAY_PASSWORD"],
        "DEFAULT_SMS_SENDER": "Altinn",
        "SMS_REPORT_USERNAME": SMS_REPORT_USERNAME,
        "SMS_REPORT_PASSWORD": secrets["SMS_REPORT_PASSWORD"],
        "EMAIL_REPORT_KEY": secrets["EMAIL_REPORT_KEY"],
        "HEALTH_KEY": secrets["HEALTH_KEY"],
        "METRICS_API_KEY": secrets["METRICS_API_KEY"],
        "CONDITION_ALLOWED_HOSTS": "localhost,127.0.0.1",
        "ATTACHMENT_ALLOWED_HOSTS": addresses.blobs.removeprefix("http://"),
        **_register_settings(addresses, secrets, own_keys(choices.data)),
        "ENVIRONMENT_NAME": "local",
        # No second instance takes what this one refuses.
        "CONCURRENT_ORDERS": "200",
        "CLAIM_SECONDS": str(choices.claim_seconds),
        "RETENTION_DAYS": "90",
        **choices.settings,
    }


def _provider_settings(providers: Providers, addresses: Addresses) -> dict[str, str]:
    mail_server = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port_of(addresses.smtp_mail)), "SMTP_SECURITY": "none"}
    return {
        "EMAIL_PROVIDER": providers.email,
        "SMS_ROUTES": providers.sms_routes,
        **(mail_server if providers.email == "smtp" else {}),
    }


def journals(choices: Choices, addresses: Addresses) -> dict[str, str]:
    """Where the journal of each provider of this run is, before `/_calls`."""
    return choices.providers.journals(addresses.acs_email, addresses.pswin, addresses.smtp)


def _register_settings(addresses: Addresses, secrets: Mapping[str, str], keys: OwnKeys) -> dict[str, str]:
    return {
        "PROFILE_ENDPOINT": f"{addresses.registers}/profile/api/v1",
        "REGISTER_ENDPOINT": f"{addresses.registers}/register/api/v1",
        "AUTHORIZATION_ENDPOINT": f"{addresses.registers}/authorization/api/v1",
        "REGISTER_SUBSCRIPTION_KEY": secrets["REGISTER_SUBSCRIPTION_KEY"],
        # Who turns a switch of the registers looks for what it does, not for what was known before.
        "REGISTER_ANSWER_SECONDS": "2",
        "PLATFORM_TOKEN_PRIVATE_KEY": keys.platform.private_pem().decode(),
        "PLATFORM_TOKEN_KEYS_URL": _platform_keys_url(addresses),
        "MASKINPORTEN_TOKEN_ENDPOINT": f"{addresses.issuer}/maskinporten/token",
        "MASKINPORTEN_CLIENT_ID": MASKINPORTEN_CLIENT,
        "MASKINPORTEN_PRIVATE_JWK": json.dumps(dict(keys.maskinporten.private_jwk())),
        "IDENTITY_HASH_KEY": keys.identity_hash,
    }


def _platform_keys_url(addresses: Addresses) -> str:
    return f"{addresses.issuer}/platform-keys/{{issuer}}/jwks.json"


def port_of(address: str) -> int:
    """The port of http://127.0.0.1:N."""
    return int(address.rsplit(":", 1)[1])


def _simulators(
    choices: Choices, data: DataDirectory, addresses: Addresses, secrets: Mapping[str, str]
) -> list[ProcessSpec]:
    return [
        *(_provider(name, choices, addresses, secrets) for name in choices.providers.simulators),
        _issuer(data, addresses),
        _simulator(
            "registers",
            addresses.registers,
            *("--registers", str((choices.registers or default_people()).absolute())),
            *("--subscription-key", secrets["REGISTER_SUBSCRIPTION_KEY"]),
            *("--platform-keys", _platform_keys_url(addresses)),
        ),
        _simulator("blobs", addresses.blobs),
    ]


def _provider(name: str, choices: Choices, addresses: Addresses, secrets: Mapping[str, str]) -> ProcessSpec:
    match name:
        case "smtp":
            return _simulator(name, addresses.smtp, "--smtp-port", str(port_of(addresses.smtp_mail)))
        case "pswin":
            return _simulator(name, addresses.pswin, *_gateway_options(addresses, secrets))
    reports = _event_grid_options(choices, addresses, secrets)
    return _simulator(name, addresses.acs_email, "--access-key", secrets["ACS_ACCESS_KEY"], *reports)


def _event_grid_options(choices: Choices, addresses: Addresses, secrets: Mapping[str, str]) -> tuple[str, ...]:
    if choices.report_to == "queue":
        return ("--report-queue", addresses.storage)
    return (
        *("--report-url", f"{addresses.service}/notifications/email/api/v1/reports"),
        *("--report-key", secrets["EMAIL_REPORT_KEY"]),
    )


def _gateway_options(addresses: Addresses, secrets: Mapping[str, str]) -> tuple[str, ...]:
    return (
        *("--username", SMS_GATEWAY_USERNAME, "--password", secrets["SMS_GATEWAY_PASSWORD"]),
        *("--report-url", f"{addresses.service}/notifications/sms/api/v1/reports"),
        *("--report-username", SMS_REPORT_USERNAME),
        *("--report-password", secrets["SMS_REPORT_PASSWORD"]),
    )


def _issuer(data: DataDirectory, addresses: Addresses) -> ProcessSpec:
    keys = own_keys(data.path)
    return _simulator(
        "issuer",
        addresses.issuer,
        # Its keys outlive a restart, or every token that was handed out would turn bad.
        *("--key-file", str(data.path / "issuer-key.pem")),
        *("--platform-keys", str(keys.platform_directory)),
        *("--maskinporten-client", MASKINPORTEN_CLIENT),
        *("--maskinporten-key", str(keys.maskinporten_public)),
    )


def _simulator(name: str, address: str, *options: str) -> ProcessSpec:
    port = str(port_of(address))
    return ProcessSpec(
        name=name.replace("_", "-"),
        command=(*_python(f"local.simulators.{name}"), "--port", port, *options),
        address=address,
        health="/_health",
        # Deliberately hanging answers would otherwise hold up the end.
        grace=2.0,
    )


def _python(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module)
