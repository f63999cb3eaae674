"""With a network of its own, the service alone reaches storage and vault, and it still reaches all that it calls."""

from functools import cache
from ipaddress import ip_network

import pytest

from tests.infra.deployments import FULL, PLAIN
from tests.infra.evaluation import UnknownError
from tests.infra.structure import Structure, deploy, edited

ACCOUNT = "Microsoft.Storage/storageAccounts"
VAULT = "Microsoft.KeyVault/vaults"
NETWORK = "Microsoft.Network/virtualNetworks"
ENDPOINT = "Microsoft.Network/privateEndpoints"
ZONE = "Microsoft.Network/privateDnsZones"
# learn.microsoft.com/azure/private-link/private-endpoint-dns: the group of each service and its zone.
ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "queue": "privatelink.queue.core.windows.net",
    "table": "privatelink.table.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
}


@cache
def private() -> Structure:
    """A deployment with a network of its own."""
    return deploy({**PLAIN, "PRIVATE_NETWORKING": "true"})


def closed(structure: Structure) -> set[str]:
    """What refuses everybody from elsewhere but trusted services, by type."""
    expected = ("Disabled", {"bypass": "AzureServices", "defaultAction": "Deny"})
    found = [*structure.of_kind(ACCOUNT), *structure.of_kind(VAULT)]
    return {
        each.kind
        for each in found
        if (each.get("properties.publicNetworkAccess"), each.get("properties.networkAcls")) == expected
    }


def reached(structure: Structure) -> dict[str, tuple[str, str]]:
    """The groups that have an endpoint: what each leads to, and the zone in which its name is found by the app."""
    linked = {
        each.name.partition("/")[0]: each.get("properties.virtualNetwork.id")
        for each in structure.of_kind(f"{ZONE}/virtualNetworkLinks")
    }
    network = structure.only(NETWORK).id
    zones = {each.id: each.name for each in structure.of_kind(ZONE) if linked.get(each.name) == network}
    found = {}
    for each in structure.of_kind(f"{ENDPOINT}/privateDnsZoneGroups"):
        (connection,) = each.body["parent"].get("properties.privateLinkServiceConnections")
        (group,) = connection["properties"]["groupIds"]
        (config,) = each.get("properties.privateDnsZoneConfigs")
        zone = zones[config["properties"]["privateDnsZoneId"]]
        found[group] = (connection["properties"]["privateLinkServiceId"], zone)
    return found


def test_without_one_there_is_none_and_storage_and_vault_are_open_to_whoever_has_a_role() -> None:
    structure = deploy(PLAIN)
    assert [each.kind for each in structure.resources if each.kind.startswith("Microsoft.Network/")] == []
    assert structure.only("Microsoft.Web/sites").get("properties.virtualNetworkSubnetId") is None
    assert closed(structure) == set()
    for kind in (ACCOUNT, VAULT):
        assert structure.only(kind).get("properties.publicNetworkAccess") == "Enabled"
        assert structure.only(kind).get("properties.networkAcls.defaultAction") == "Allow"


def test_with_one_storage_and_vault_refuse_the_internet() -> None:
    assert closed(private()) == {ACCOUNT, VAULT}


def test_each_service_that_the_app_uses_has_an_endpoint_and_its_name_leads_to_it() -> None:
    account, vault = private().only(ACCOUNT).id, private().only(VAULT).id
    targets = {"blob": account, "queue": account, "table": account, "vault": vault}
    assert reached(private()) == {group: (target, ZONES[group]) for group, target in targets.items()}
    assert len(private().of_kind(ENDPOINT)) == len(private().of_kind(ZONE)) == len(ZONES)


def test_names_of_accounts_that_others_reach_privately_are_found_on_the_internet() -> None:
    links = private().of_kind(f"{ZONE}/virtualNetworkLinks")
    assert [each.get("properties.resolutionPolicy") for each in links] == ["NxDomainRedirect"] * len(ZONES)


def test_the_app_calls_from_a_subnet_that_this_plan_takes() -> None:
    network = private().only(NETWORK)
    functions, endpoints = network.get("properties.subnets")
    chosen = private().only("Microsoft.Web/sites").get("properties.virtualNetworkSubnetId")
    assert chosen == f"{network.id}/subnets/{functions['name']}"
    assert "_" not in functions["name"]
    (delegation,) = functions["properties"]["delegations"]
    assert delegation["properties"]["serviceName"] == "Microsoft.App/environments"
    assert "delegations" not in endpoints["properties"]


def test_the_app_gets_out_and_the_endpoints_need_not() -> None:
    functions, endpoints = private().only(NETWORK).get("properties.subnets")
    assert functions["properties"]["defaultOutboundAccess"] is True
    assert endpoints["properties"]["defaultOutboundAccess"] is False


@pytest.mark.parametrize("name", ["functions", "endpoints"])
def test_a_subnet_is_found_by_its_name_and_not_by_its_place_in_the_answer(name: str) -> None:
    broken = edited("modules/network.bicep", f"'${{network.id}}/subnets/{name}'", "network.properties.subnets[0].id")
    with pytest.raises(UnknownError):
        deploy({**PLAIN, "PRIVATE_NETWORKING": "true"}, broken)


def test_endpoints_have_a_subnet_of_their_own() -> None:
    network = private().only(NETWORK)
    subnets = {each.get("properties.subnet.id") for each in private().of_kind(ENDPOINT)}
    assert subnets == {f"{network.id}/subnets/endpoints"}


@pytest.mark.parametrize("prefix", ["10.90.0.0/26", FULL["NETWORK_ADDRESS_PREFIX"]])
def test_subnets_are_large_enough_and_do_not_overlap(prefix: str) -> None:
    structure = deploy({**PLAIN, "PRIVATE_NETWORKING": "true", "NETWORK_ADDRESS_PREFIX": prefix})
    network = structure.only(NETWORK)
    first, second = (ip_network(each["properties"]["addressPrefix"]) for each in network.get("properties.subnets"))
    assert network.get("properties.addressSpace.addressPrefixes") == [prefix]
    assert first.prefixlen == second.prefixlen == 27
    assert not first.overlaps(second)
    assert all(str(ip_network(prefix)).split(".")[:3] == str(each).split(".")[:3] for each in (first, second))


def test_the_default_range_is_the_one_that_two_subnets_fill() -> None:
    assert private().only(NETWORK).get("properties.addressSpace.addressPrefixes") == ["10.90.0.0/26"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("groupIds: [service.group]", "groupIds: ['blob']"),
        ("privateDnsZoneId: zones[index].id", "privateDnsZoneId: zones[0].id"),
        ("target: vaultId", "target: storageId"),
    ],
)
def test_a_service_whose_name_would_lead_elsewhere_is_noticed(old: str, new: str) -> None:
    structure = deploy({**PLAIN, "PRIVATE_NETWORKING": "true"}, edited("modules/network.bicep", old, new))
    assert reached(structure) != reached(private())


def test_an_account_left_open_is_noticed() -> None:
    broken = edited("modules/storage.bicep", "private ? 'Disabled' : 'Enabled'", "'Enabled'")
    assert closed(deploy({**PLAIN, "PRIVATE_NETWORKING": "true"}, broken)) == {VAULT}
