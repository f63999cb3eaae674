"""A scan of Bicep by checkov's rules for Azure, and what is said about those findings that stay.

Checkov's own parser of Bicep skips without a word what it cannot parse, which is most of these files: no import, no
type of an array, no call over several lines. So each resource is read by the grammar and written as it would be in the
ARM template that the Bicep compiles to, and checkov scans that. What depends on a condition is scanned once for each
outcome; what only a deployment knows stays an expression, which no rule takes for a good value.
"""

import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter

from tests.infra.bicep import INFRA, ROOT, Expression, File, Value, read
from tests.infra.branches import api_versions, possible

EXPLAINED = INFRA / "policy.json"
PYTHON = ROOT / ".venv-policy" / "bin" / "python"
# Which outcome of a condition is scanned: the first, and the last.
OUTCOMES = (0, -1)
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


class NotScannedError(Exception):
    """A file or resource that the scan would have left out; the text says which."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A rule that a resource breaks: the rule's id, and the resource as file:symbol."""

    rule: str
    resource: str


class Explanation(BaseModel):
    """Why a resource breaks some rules and stays as it is."""

    resource: str
    rules: list[str] = Field(min_length=1)
    reason: str = Field(min_length=40)

    def findings(self) -> set[Finding]:
        """What it explains."""
        return {Finding(rule, self.resource) for rule in self.rules}


def explanations() -> list[Explanation]:
    """What is said in infra/policy.json; raises ValidationError where a reason is missing or too short to be one."""
    return TypeAdapter(list[Explanation]).validate_json(EXPLAINED.read_text("utf-8"))


def unexplained(found: set[Finding], explained: Iterable[Explanation]) -> set[Finding]:
    """The findings that nobody has said anything about."""
    return found.difference(*(each.findings() for each in explained))


def outdated(found: set[Finding], explained: Iterable[Explanation]) -> set[Finding]:
    """What is explained and not found: the resource has changed, or is gone."""
    return set().union(*(each.findings() for each in explained)) - found


def scan(folder: Path) -> set[Finding]:
    """The findings in all Bicep below a folder; raises NotScannedError rather than leave something out."""
    with TemporaryDirectory() as made:
        expected = sum(_write(path, folder, Path(made)) for path in sorted(folder.rglob("*.bicep")))
        report = _checkov(Path(made))
    scanned = report.get("summary", {"resource_count": 0, "parsing_errors": 0})
    if scanned["parsing_errors"] or scanned["resource_count"] != expected:
        raise NotScannedError(f"{scanned['resource_count']} of {expected} resources were scanned")
    return {_finding(each) for each in report.get("results", {}).get("failed_checks", [])}


def _write(path: Path, folder: Path, made: Path) -> int:
    """Writes a file's resources as a template for each outcome of its conditions; how many resources that makes."""
    file = read(str(path))
    if file.root.has_error:
        raise NotScannedError(f"{path.name} is not Bicep")
    count = 0
    for outcome in OUTCOMES:
        target = made / str(outcome) / path.relative_to(folder).with_suffix(".bicep.json")
        target.parent.mkdir(parents=True, exist_ok=True)
        resources = list(_resources(file, outcome))
        target.write_text(json.dumps({"$schema": _SCHEMA, "contentVersion": "1.0.0.0", "resources": resources}))
        count += len(resources)
    return count


def _resources(file: File, outcome: int) -> Iterator[dict[str, Any]]:
    versions = api_versions(file)
    for each in file.resources.values():
        if not each.existing:
            body = {key: _plain(inner, file, outcome) for key, inner in each.body.items()}
            # Named by its symbol, by which a finding names it again.
            yield {**body, "type": each.kind, "apiVersion": versions[each.symbol], "name": each.symbol}


def _plain(given: Value, file: File, outcome: int) -> Any:
    value = list(possible(given, file))[outcome]
    if isinstance(value, Expression):
        return f"[{value.text}]"
    if isinstance(value, dict):
        return {key: _plain(inner, file, outcome) for key, inner in value.items()}
    return [_plain(inner, file, outcome) for inner in value] if isinstance(value, list) else value


def _checkov(folder: Path) -> dict[str, Any]:
    """Its report. It is told of no server, and is given a proxy that is not there for any that it might know."""
    command = [str(PYTHON), "-m", "checkov.main", "--directory", str(folder), "--framework", "arm", "--output", "json"]
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LOG_LEVEL": "ERROR", "HTTPS_PROXY": "http://[::1]:9"}
    if not PYTHON.exists():
        raise NotScannedError("checkov is not installed: ./dev check installs it")
    outcome = subprocess.run(
        [*command, "--skip-download", "--quiet", "--compact", "--soft-fail"],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if outcome.returncode:
        raise NotScannedError(f"checkov failed: {outcome.stderr.strip()[-500:]}")
    report: dict[str, Any] = json.loads(outcome.stdout)
    return report


def _finding(failed: dict[str, Any]) -> Finding:
    file = failed["file_path"].split("/", 2)[2].removesuffix(".json")
    return Finding(failed["check_id"], f"{file}:{failed['resource'].rpartition('.')[2]}")
