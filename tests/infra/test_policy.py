"""No rule of checkov's is broken without a reason, no reason outlives its cause, and nothing is left unscanned."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from tests.infra.bicep import INFRA
from tests.infra.policy import (
    EXPLAINED,
    Explanation,
    Finding,
    NotScannedError,
    explanations,
    outdated,
    scan,
    unexplained,
)

OPEN = """
param strict bool
var version = 'TLS1_0'

import { roles } from 'roles.bicep'

param rules { name: string }[]

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'account'
  location: resourceGroup().location
  kind: 'StorageV2'
  sku: { name: 'Standard_GRS' }
  properties: {
    allowBlobPublicAccess: false
    minimumTlsVersion: version
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: strict ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: 'Deny', bypass: 'AzureServices' }
  }
}

resource looked 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: 'another'
}
"""
TLS = Finding("CKV_AZURE_44", "modules/open.bicep:account")
PUBLIC = Finding("CKV_AZURE_59", "modules/open.bicep:account")
REASON = "The rule is about something else than what this resource is used for."


@pytest.fixture(scope="module")
def found() -> set[Finding]:
    """What is found in infra/."""
    return scan(INFRA)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> set[Finding]:
    """What is found in three files: a bad one in a folder of its own, a good one, one that says too little."""
    path = tmp_path_factory.mktemp("examples")
    (path / "modules").mkdir()
    (path / "modules" / "open.bicep").write_text(OPEN, "utf-8")
    (path / "good.bicep").write_text(OPEN.replace("'TLS1_0'", "'TLS1_2'").replace("'Enabled'", "'Disabled'"), "utf-8")
    (path / "unknown.bicep").write_text(OPEN.replace("var version = 'TLS1_0'", "param version string"), "utf-8")
    return scan(path)


def test_every_finding_is_explained(found: set[Finding]) -> None:
    assert sorted(unexplained(found, explanations())) == []


def test_every_explanation_is_of_something_that_is_found(found: set[Finding]) -> None:
    assert sorted(outdated(found, explanations())) == []


def test_nothing_is_explained_twice() -> None:
    explained = [finding for each in explanations() for finding in each.findings()]
    assert len(explained) == len(set(explained))


@pytest.mark.parametrize("reason", ['""', '"Not needed."', "null"])
def test_an_explanation_has_a_reason(reason: str) -> None:
    written = f'[{{"resource": "{TLS.resource}", "rules": ["{TLS.rule}"], "reason": {reason}}}]'
    with pytest.raises(ValidationError, match="reason"):
        TypeAdapter(list[Explanation]).validate_json(written)


def test_what_is_bad_is_found_through_a_variable_and_in_one_outcome_of_a_condition(examples: set[Finding]) -> None:
    assert {each for each in examples if each.resource == TLS.resource} == {TLS, PUBLIC}


def test_what_is_good_is_not_found(examples: set[Finding]) -> None:
    assert {each for each in examples if "good.bicep" in each.resource} == set()


def test_a_value_that_only_a_deployment_knows_is_not_taken_for_a_good_one(examples: set[Finding]) -> None:
    assert Finding(TLS.rule, "unknown.bicep:account") in examples


def test_a_file_that_is_not_bicep_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "open.bicep").write_text(OPEN.replace("kind: 'StorageV2'", "kind: "), "utf-8")
    with pytest.raises(NotScannedError, match=r"^open\.bicep is not Bicep$"):
        scan(tmp_path)


def test_a_resource_that_checkov_leaves_out_is_noticed(tmp_path: Path) -> None:
    # A resource without a type is no resource to checkov.
    (tmp_path / "odd.bicep").write_text("resource odd '@2024-01-01' = {\n  name: 'odd'\n}\n", "utf-8")
    with pytest.raises(NotScannedError, match=r"^0 of 2 resources were scanned$"):
        scan(tmp_path)


def test_a_finding_is_explained_by_its_rule_and_resource_alone() -> None:
    explained = Explanation(resource=TLS.resource, rules=[TLS.rule, "CKV_AZURE_3"], reason=REASON)
    assert unexplained({TLS, PUBLIC}, [explained]) == {PUBLIC}
    assert outdated({TLS, PUBLIC}, [explained]) == {Finding("CKV_AZURE_3", TLS.resource)}


def test_the_explanations_are_beside_what_they_explain() -> None:
    assert EXPLAINED.parent == INFRA
    assert all((INFRA / each.resource.partition(":")[0]).is_file() for each in explanations())
