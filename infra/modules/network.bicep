// A network of the service's own, from which alone its storage and its vault can then be reached. HTTP comes in as
// before, on the app's public address.

param name string
param location string
param tags object

@description('Address range of the network, /26 or larger; its first two /27 are used.')
param addressPrefix string

param storageId string
param vaultId string

// Each service has an address, and so an endpoint, of its own. The vault's zone is not named after its public suffix
// (learn.microsoft.com/azure/private-link/private-endpoint-dns).
var services = [
  { group: 'blob', target: storageId, zone: 'privatelink.blob.${environment().suffixes.storage}' }
  { group: 'queue', target: storageId, zone: 'privatelink.queue.${environment().suffixes.storage}' }
  { group: 'table', target: storageId, zone: 'privatelink.table.${environment().suffixes.storage}' }
  { group: 'vault', target: vaultId, zone: 'privatelink.vaultcore.azure.net' }
]

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        // This plan wants this delegation, a /27 for one app whatever its instances, and no underscore in the name
        // (learn.microsoft.com/azure/azure-functions/functions-networking-options, Flex Consumption).
        name: 'functions'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 27, 0)
          // All that the app calls is called from here, providers and registers on the internet too. From version
          // 2025-07-01 on a subnet has no way out unless it is said.
          defaultOutboundAccess: true
          delegations: [
            {
              name: 'functions'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 27, 1)
          defaultOutboundAccess: false
        }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for service in services: {
    name: service.zone
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (service, index) in services: {
    parent: zones[index]
    name: name
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      // What the zone does not know is asked of the internet. Otherwise no account or vault of others could be found that
      // has a private endpoint in a network of theirs (learn.microsoft.com/azure/dns/private-dns-fallback), and the
      // attachments of emails lie in the accounts of who orders them.
      resolutionPolicy: 'NxDomainRedirect'
      virtualNetwork: { id: network.id }
    }
  }
]

resource endpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for service in services: {
    name: '${name}-${service.group}'
    location: location
    tags: tags
    properties: {
      subnet: { id: '${network.id}/subnets/endpoints' }
      privateLinkServiceConnections: [
        {
          name: service.group
          properties: {
            privateLinkServiceId: service.target
            groupIds: [service.group]
          }
        }
      ]
    }
  }
]

resource records 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (service, index) in services: {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: service.group
          properties: { privateDnsZoneId: zones[index].id }
        }
      ]
    }
  }
]

// By its name: in which order the network answers its subnets is nowhere said.
output functionSubnetId string = '${network.id}/subnets/functions'
