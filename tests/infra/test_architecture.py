"""docs/architecture.md leads to every part of the service."""

import pytest

from tests.infra.bicep import ROOT

DOCUMENT = (ROOT / "docs" / "architecture.md").read_text("utf-8")
SOURCE = ROOT / "notifications"


@pytest.mark.parametrize("stage", sorted(path.stem for path in (SOURCE / "stages").glob("[!_]*.py")))
def test_every_stage_is_named(stage: str) -> None:
    assert f"`{stage}`" in DOCUMENT


@pytest.mark.parametrize("package", sorted(path.parent.name for path in SOURCE.glob("*/__init__.py")))
def test_every_package_is_named(package: str) -> None:
    assert f"\n  {package}/ " in DOCUMENT
