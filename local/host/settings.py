"""What the host is told: host.json, local.settings.json and the environment."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TIMESPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(\.\d+)?)?")
SETTING = re.compile(r"%([^%]+)%")
# learn.microsoft.com, "Use Azurite": the account that every emulator knows.
DEVELOPMENT_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50"
    "uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)


class SettingsError(Exception):
    """A setting or a settings file that cannot be used; the text names it and says what is right."""


def timespan(text: str) -> float:
    """Seconds in a .NET TimeSpan such as `00:00:00.500` or `1.00:00:00`. Raises SettingsError."""
    found = TIMESPAN.fullmatch(text)
    if found is None:
        raise SettingsError(f"{text!r} is not a time span of the form hh:mm:ss")
    days, hours, minutes, seconds, fraction = found.groups()
    whole = ((int(days or 0) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds or 0)
    return whole + float(fraction or 0)


@dataclass(frozen=True, slots=True)
class QueueOptions:
    """host.json `extensions.queues`; durations in seconds. They hold for every queue trigger of the app."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_polling_interval: float = 60.0
    visibility_timeout: float = 0.0
    max_dequeue_count: int = 5
    base64: bool = True


@dataclass(frozen=True, slots=True)
class HostOptions:
    """The parts of host.json that this host acts on; −1 requests is no limit, as outside the consumption plans."""

    route_prefix: str = "api"
    concurrent_requests: int = -1
    outstanding_requests: int = -1
    queues: QueueOptions = field(default_factory=QueueOptions)


def _limited(section: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = section.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise SettingsError(f"host.json: {name} must be a whole number from {low} to {high}, not {value!r}")
    return value


def _seconds(section: Mapping[str, Any], name: str, default: float) -> float:
    if name not in section:
        return default
    try:
        return timespan(str(section[name]))
    except SettingsError as error:
        raise SettingsError(f"host.json: {name}: {error}") from None


def _queue_options(section: Mapping[str, Any]) -> QueueOptions:
    batch = _limited(section, "batchSize", 16, 1, 32)
    threshold = _limited(section, "newBatchThreshold", batch // 2 * (os.cpu_count() or 1), 0, 100_000)
    encoding = str(section.get("messageEncoding", "base64")).lower()
    if encoding not in ("base64", "none"):
        raise SettingsError(f"host.json: messageEncoding must be base64 or none, not {encoding!r}")
    return QueueOptions(
        batch_size=batch,
        new_batch_threshold=threshold,
        max_polling_interval=max(0.1, _seconds(section, "maxPollingInterval", 60.0)),
        visibility_timeout=_seconds(section, "visibilityTimeout", 0.0),
        max_dequeue_count=_limited(section, "maxDequeueCount", 5, 1, 100_000),
        base64=encoding == "base64",
    )


def _limit(section: Mapping[str, Any], name: str) -> int:
    value = _limited(section, name, -1, -1, 1_000_000)
    if value == 0:
        raise SettingsError(f"host.json: {name} must be −1 for no limit, or at least 1")
    return value


def _json_object(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(f"{path} does not exist") from None
    except ValueError as error:
        raise SettingsError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise SettingsError(f"{path} must hold a JSON object")
    return content


def _section(parent: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = parent.get(name, {})
    if not isinstance(section, dict):
        raise SettingsError(f"host.json: {name} must be an object")
    return section


def load_host_options(root: Path) -> HostOptions:
    """Read host.json in the app's folder. Raises SettingsError."""
    extensions = _section(_json_object(root / "host.json"), "extensions")
    http = _section(extensions, "http")
    return HostOptions(
        route_prefix=str(http.get("routePrefix", "api")).strip("/"),
        concurrent_requests=_limit(http, "maxConcurrentRequests"),
        outstanding_requests=_limit(http, "maxOutstandingRequests"),
        queues=_queue_options(_section(extensions, "queues")),
    )


def load_local_settings(path: Path, *, required: bool) -> None:
    """Put the file's `Values` into the environment where a name is not set yet. Raises SettingsError."""
    if not required and not path.exists():
        return
    content = _json_object(path)
    if content.get("IsEncrypted"):
        raise SettingsError(f"{path} is encrypted; `func settings decrypt` makes it readable")
    for name, value in content.get("Values", {}).items():
        os.environ.setdefault(name, value if isinstance(value, str) else json.dumps(value))


def resolve(text: str) -> str:
    """Replace each `%Name%` by the setting of that name. Raises SettingsError for one that is not set."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in os.environ:
            raise SettingsError(f"setting {name!r}, named by {text!r}, is not set")
        return os.environ[name]

    return SETTING.sub(value, text)


def connection_string(name: str) -> str:
    """The connection string in the setting `AzureWebJobs` + name, or else name. Raises SettingsError."""
    text = os.environ.get(f"AzureWebJobs{name}") or os.environ.get(name)
    if not text:
        raise SettingsError(f"setting {name!r} must hold a storage connection string")
    return DEVELOPMENT_STORAGE if text.strip(" ;").lower() == "usedevelopmentstorage=true" else text


def is_disabled(function_name: str) -> bool:
    """Whether `AzureWebJobs.NAME.Disabled` (or the form with underscores) switches a function off."""
    names = (f"AzureWebJobs.{function_name}.Disabled", f"AzureWebJobs_{function_name}_Disabled")
    return any(os.environ.get(name, "").lower() in ("true", "1") for name in names)
