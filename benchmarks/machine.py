"""What the figures were measured on."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from local.azurite import PROJECT

_SDKS = ("azure-data-tables", "azure-storage-queue", "azure-functions-runtime", "aiohttp")


def machine_text() -> str:
    """Processor, cores, memory, load by others, versions and date, a line each."""
    sdks = ", ".join(f"{name} {version(name)}" for name in _SDKS)
    one, five, _ = os.getloadavg()
    return "\n".join(
        [
            f"machine   {_processor()}, {os.process_cpu_count()} cores, {_memory():.0f} GB, {platform.system()}",
            f"load      {one:.2f} (1 min), {five:.2f} (5 min) before the start",
            f"versions  Python {platform.python_version()}, Azurite {_azurite()}, {sdks}",
            f"date      {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        ]
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _azurite() -> str:
    package = PROJECT / "node_modules" / "azurite" / "package.json"
    return str(json.loads(package.read_text())["version"])
