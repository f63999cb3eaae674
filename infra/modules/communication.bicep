// Email: a Communication Services resource without keys, and a domain that Azure manages.

import { roles } from '../roles.bicep'

param communicationName string
param emailServiceName string
param tags object
param workspaceId string

@description('Refuse to delete the resource.')
param locked bool

@description('Object id of the identity that sends email.')
param principalId string

@description('Where messages are kept at rest, a name of the service\'s own such as Europe or Norway.')
param dataLocation string

@description('Resource ids of verified email domains to send from besides the one that Azure manages.')
param linkedEmailDomainIds string[]

resource emailService 'Microsoft.Communication/emailServices@2025-09-01' = {
  name: emailServiceName
  location: 'global'
  tags: tags
  properties: { dataLocation: dataLocation }
}

resource managedDomain 'Microsoft.Communication/emailServices/domains@2025-09-01' = {
  parent: emailService
  name: 'AzureManagedDomain'
  location: 'global'
  tags: tags
  properties: {
    domainManagement: 'AzureManaged'
    // Who opened or clicked what is nobody's business here.
    userEngagementTracking: 'Disabled'
  }
}

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' = {
  name: communicationName
  location: 'global'
  tags: tags
  properties: {
    dataLocation: dataLocation
    disableLocalAuth: true
    linkedDomains: concat([managedDomain.id], linkedEmailDomainIds)
  }
}

// The role that sends may delete too: the lock is what keeps a service that was taken over from deleting its provider.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  name: 'keep'
  scope: communication
  properties: {
    level: 'CanNotDelete'
    notes: 'Sends all emails, and SMS where the routes say so; its domains and numbers took days to get.'
  }
}

// The one built-in role with which an identity may send email and SMS.
resource sender 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(communication.id, principalId, roles['Communication and Email Service Owner'])
  scope: communication
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Communication and Email Service Owner']
    )
  }
}

// Not EmailStatusUpdateOperational nor EmailUserEngagementOperational: their RecipientId is the recipient's address.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: communication
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'EmailSendMailOperational', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = communication.id
output name string = communication.name
output emailServiceName string = emailService.name
output endpoint string = 'https://${communication.properties.hostName}'
output managedFromAddress string = 'DoNotReply@${managedDomain.properties.mailFromSenderDomain}'
