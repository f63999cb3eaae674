// Delivery reports of emails and SMS: from Communication Services over Event Grid to the service's webhook.

import { roles } from '../roles.bicep'

param topicName string
param location string
param tags object
param workspaceId string

param communicationId string
param storageAccountName string
param deadLetterContainerName string

@description('Keep what cannot be delivered. The account lets Event Grid in only if it lets everybody in who has a role.')
param keepDeadLetters bool

@description('Name of the identity that Event Grid keeps it as.')
param writerName string

@description('Address of the function app, without a path.')
param appAddress string

@description('What the webhook expects in the header X-Report-Key.')
@secure()
param reportKey string

@description('Subscribe. The webhook must answer by then, so the first deployment of the code comes before.')
param subscribe bool

resource communication 'Microsoft.Communication/communicationServices@2025-09-01' existing = {
  name: last(split(communicationId, '/'))
}

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: storageAccountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' existing = {
  parent: account
  name: 'default'
}

resource deadLetterContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' existing = {
  parent: blobs
  name: deadLetterContainerName
}

// The topic is in no region, since Communication Services are in none, and an identity of its own is not to be had there
// (github.com/Azure/azure-cli/issues/18002). With the one that it is given instead it does not pass a firewall, not even
// as a trusted service (learn.microsoft.com/azure/event-grid/handler-storage-queues), so a closed account gets nothing.
resource writer 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = if (keepDeadLetters) {
  name: writerName
  location: location
  tags: tags
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: topicName
  location: 'global'
  tags: tags
  identity: keepDeadLetters
    ? {
        type: 'UserAssigned'
        userAssignedIdentities: { '${writer!.id}': {} }
      }
    : null
  properties: {
    source: communication.id
    topicType: 'Microsoft.Communication.CommunicationServices'
  }
}

resource deadLetterWriter 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (keepDeadLetters) {
  name: guid(deadLetterContainer.id, writer!.id, roles['Storage Blob Data Contributor'])
  scope: deadLetterContainer
  properties: {
    principalId: writer!.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles['Storage Blob Data Contributor']
    )
  }
}

resource reports 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = if (subscribe) {
  parent: topic
  name: 'delivery-reports'
  dependsOn: [deadLetterWriter]
  properties: {
    destination: {
      endpointType: 'WebHook'
      properties: {
        endpointUrl: '${appAddress}/notifications/email/api/v1/reports'
        maxEventsPerBatch: 50
        preferredBatchSizeInKilobytes: 64
        deliveryAttributeMappings: [
          {
            name: 'X-Report-Key'
            type: 'Static'
            properties: {
              isSecret: true
              value: reportKey
            }
          }
        ]
      }
    }
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: [
        'Microsoft.Communication.EmailDeliveryReportReceived'
        'Microsoft.Communication.SMSDeliveryReportReceived'
      ]
    }
    retryPolicy: {
      eventTimeToLiveInMinutes: 1440
      maxDeliveryAttempts: 30
    }
    deadLetterWithResourceIdentity: keepDeadLetters
      ? {
          identity: {
            type: 'UserAssigned'
            userAssignedIdentity: writer!.id
          }
          deadLetterDestination: {
            endpointType: 'StorageBlob'
            properties: {
              resourceId: account.id
              blobContainerName: deadLetterContainerName
            }
          }
        }
      : null
  }
}

// What Event Grid did not get rid of; its other category, PublishFailures, is of topics that one publishes to oneself.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: topic
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'DeliveryFailures', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output topicId string = topic.id
output webhookAddress string = '${appAddress}/notifications/email/api/v1/reports'
