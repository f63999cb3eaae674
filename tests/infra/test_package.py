"""What a deployment would ship: .funcignore against the tree, in the two ways in which it is read."""

import ast
import re
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

from tests.infra.bicep import ROOT

SHIPPED = {"function_app.py", "host.json", "requirements.txt", "notifications", "LICENSE"}
MODULES = ROOT / "infra" / "modules"
NAMED_OTHERWISE = {"pyjwt": "jwt", "opentelemetry-api": "opentelemetry"}
PATTERNS = (ROOT / ".funcignore").read_text("utf-8").split()


def shipped_files() -> list[Path]:
    """The files that belong in a package, relative to the root."""
    within = [
        path for path in (ROOT / "notifications").rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    alone = [ROOT / name for name in SHIPPED if (ROOT / name).is_file()]
    return [path.relative_to(ROOT) for path in (*alone, *within)]


def test_patterns_are_plain_names_which_every_reader_takes_alike() -> None:
    # Core Tools knows no more: azure-functions-core-tools issue 4240, and its GitIgnoreParser.cs.
    assert [pattern for pattern in PATTERNS if set(pattern) & set("*?!/[#")] == []
    assert sorted(set(PATTERNS)) == PATTERNS


def test_everything_but_the_service_is_left_out() -> None:
    assert {path.name for path in ROOT.iterdir()} - set(PATTERNS) == SHIPPED


def test_what_git_never_sees_is_left_out() -> None:
    names = {line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").split()}
    assert names - {"*.pyc"} <= set(PATTERNS)


def test_an_azd_that_would_ship_everything_is_refused() -> None:
    # github.com/Azure/azure-dev/pull/5383, of the middle of 2025.
    manifest = (ROOT / "azure.yaml").read_text("utf-8")
    assert "\nrequiredVersions:\n  azd: '>= 1.18.0'\n" in manifest


@pytest.mark.parametrize("name", [".azure", ".env", ".venv", "local.settings.json", "local.settings.sample.json"])
def test_places_where_secrets_are_kept_are_left_out(name: str) -> None:
    assert name in PATTERNS


def test_nothing_of_the_service_is_left_out_when_a_pattern_is_a_name_as_in_git() -> None:
    assert [path for path in shipped_files() if set(path.parts) & set(PATTERNS)] == []


def test_nothing_of_the_service_is_left_out_when_a_pattern_is_a_beginning_as_in_core_tools() -> None:
    assert [path for path in shipped_files() if path.as_posix().startswith(tuple(PATTERNS))] == []


def test_the_service_is_python_and_the_documents_it_shows() -> None:
    others = {
        path.parent.as_posix() for path in shipped_files() if path.parts[0] == "notifications" and path.suffix != ".py"
    }
    assert others == {"notifications/contract/openapi", "notifications/contract/openapi/examples"}


def test_whatever_the_service_imports_is_required_at_one_version() -> None:
    required = re.findall(r"^([\w-]+)(?:\[\w+\])?==", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    known = {NAMED_OTHERWISE.get(name, name.replace("-", ".").replace(".settings", "_settings")) for name in required}
    unknown = {name for name in third_party_imports() if not any(f"{name}.".startswith(f"{each}.") for each in known)}
    # pydantic takes one version of its core alone.
    assert {name.partition(".")[0] for name in unknown} == {"pydantic_core"}
    assert any(each.startswith("pydantic-core==") for each in requires("pydantic") or ())


def third_party_imports() -> set[str]:
    """The dotted names of what the service's modules import from elsewhere."""
    modules = [ROOT / "function_app.py", *(ROOT / "notifications").rglob("*.py")]
    statements = [node for module in modules for node in ast.walk(ast.parse(module.read_text("utf-8")))]
    plain = {alias.name for node in statements if isinstance(node, ast.Import) for alias in node.names}
    lifted = {
        f"{node.module}.{alias.name}" for node in statements if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    own = sys.stdlib_module_names | {"notifications"}
    return {name for name in plain | lifted if name.partition(".")[0] not in own}


def test_a_package_put_together_by_hand_is_what_azure_builds_for_the_python_of_the_app() -> None:
    page = (ROOT / "docs" / "operating.md").read_text("utf-8")
    (copied,) = re.findall(r"^cp -r (.+) /tmp/package$", page, re.MULTILINE)
    assert set(copied.split()) == SHIPPED - {"LICENSE"}
    (runtime,) = re.findall(
        r"runtime: \{ name: 'python', version: '(.+)' \}", (MODULES / "function-app.bicep").read_text("utf-8")
    )
    assert f"--python-version {runtime} " in page
