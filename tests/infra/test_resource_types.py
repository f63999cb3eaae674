"""Every resource is of a documented type and API version, and says of itself only what is documented there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.infra.bicep import FILES, INFRA, File, read
from tests.infra.resource_types import documented, types_used, undocumented

BICEP = """
param strict bool
var version = 'TLS1_2'

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: 'account'
  location: resourceGroup().location
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    minimumTlsVersion: version
    publicNetworkAccess: strict ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: 'Deny', ipRules: [for address in []: { value: address }] }
  }
}
"""

type Parse = Callable[[str], File]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    """Reads Bicep text as if it were a file of infra/."""

    def parsed(text: str) -> File:
        path = tmp_path / "given.bicep"
        path.write_text(text, "utf-8")
        return read(str(path))

    return parsed


@pytest.mark.parametrize("name", FILES)
def test_a_file_says_only_what_is_documented(name: str) -> None:
    assert list(undocumented(read(name))) == []


def test_what_is_documented_passes(parse: Parse) -> None:
    assert list(undocumented(parse(BICEP))) == []


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("@2024-01-01", "@2024-01-02", "Microsoft.Storage/storageAccounts@2024-01-02 is not listed"),
        ("storageAccounts@", "storageAcounts@", "Microsoft.Storage/storageAcounts@2024-01-01 is not listed"),
        ("minimumTlsVersion", "minimumTLSVersion", "properties/minimumTLSVersion is not documented"),
        ("{ value: address }", "{ address: address }", "properties/networkAcls/ipRules[]/address is not documented"),
        ("{ value: address }", "{}", "properties/networkAcls/ipRules[]/value is missing"),
        ("'TLS1_2'", "'1.2'", "properties/minimumTlsVersion cannot be '1.2'"),
        ("'Disabled'", "'Off'", "properties/publicNetworkAccess cannot be 'Off'"),
        ("'Enabled'", "true", "properties/publicNetworkAccess cannot be True"),
        ("{ name: 'Standard_LRS' }", "'Standard_LRS'", "sku cannot be 'Standard_LRS'"),
        ("  kind: 'StorageV2'\n", "", "kind is missing"),
        ("  name: 'account'\n", "", "name is missing"),
        ("{ name: 'Standard_LRS' }", "{ tier: 'Standard' }", "sku/name is missing"),
        ("  sku: {", "  allowSharedKeyAccess: false\n  sku: {", "allowSharedKeyAccess is not documented"),
    ],
)
def test_what_is_not_documented_is_noticed(parse: Parse, good: str, bad: str, said: str) -> None:
    assert good in BICEP
    assert f"account: {said}" in list(undocumented(parse(BICEP.replace(good, bad, 1))))


@pytest.mark.parametrize(
    ("file", "good", "bad"),
    [
        ("modules/storage.bicep", "allowSharedKeyAccess", "allowSharedKeysAccess"),
        ("modules/function-app.bicep", "'UserAssignedIdentity'", "'UserAssigned'"),
        ("modules/function-app.bicep", "Microsoft.Web/sites@2024-11-01", "Microsoft.Web/sites@2023-11-01"),
        ("modules/email-reports.bicep", "blobContainerName:", "containerName:"),
        ("modules/communication.bicep", "disableLocalAuth", "DisableLocalAuth"),
        ("modules/alerts.bicep", "skipQueryValidation", "skipValidation"),
    ],
)
def test_a_mistake_in_the_template_is_noticed(parse: Parse, file: str, good: str, bad: str) -> None:
    text = (INFRA / file).read_text("utf-8")
    assert good in text
    assert list(undocumented(parse(text.replace(good, bad, 1))))


def test_every_type_that_is_listed_names_its_page_and_where_it_was_read() -> None:
    for key, entry in documented().items():
        name, _, version = key.partition("@")
        provider, _, rest = name.lower().partition("/")
        assert entry.page == f"https://learn.microsoft.com/azure/templates/{provider}/{version}/{rest}"
        assert entry.source


def test_what_must_be_given_is_listed_too() -> None:
    for entry in documented().values():
        assert all(entry.knows(path) for path in entry.required)


def test_no_type_is_listed_that_no_file_uses() -> None:
    assert set(documented()) == set().union(*(types_used(read(name)) for name in FILES))
