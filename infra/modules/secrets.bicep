// A vault with the service's secrets; the service reads each of them, lists none and writes none.

param name string
param location string
param tags object
param workspaceId string

@description('Object id of the identity that may read each secret.')
param principalId string

@description('Can be reached from the service\'s own network alone.')
param private bool

@description('Refuse to delete the vault.')
param locked bool

@secure()
param smsGatewayPassword string

@secure()
param smsReportPassword string

@secure()
param emailReportKey string

@secure()
param emailReportKeyPrevious string

@secure()
param healthKey string

@secure()
param identityHashKey string

@secure()
param registerSubscriptionKey string

@secure()
param platformTokenPrivateKey string

@secure()
param maskinportenPrivateJwk string

@secure()
param metricsApiKey string

@secure()
param smtpPassword string

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    // References of this plan reach a private vault through the app's network (azure.microsoft.com/updates?id=512379);
    // what a template writes comes by the management plane, which has no firewall.
    publicNetworkAccess: private ? 'Disabled' : 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: private ? 'Deny' : 'Allow'
    }
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  name: 'keep'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'Without the key of the hash nobody can be told what was sent to whom.'
  }
}

module gatewayPassword 'secret.bicep' = if (!empty(smsGatewayPassword)) {
  name: 'sms-gateway-password'
  params: {
    vaultName: vault.name
    name: 'sms-gateway-password'
    principalId: principalId
    value: smsGatewayPassword
  }
}

module reportPassword 'secret.bicep' = {
  name: 'sms-report-password'
  params: {
    vaultName: vault.name
    name: 'sms-report-password'
    principalId: principalId
    value: smsReportPassword
  }
}

module reportKey 'secret.bicep' = {
  name: 'email-report-key'
  params: {
    vaultName: vault.name
    name: 'email-report-key'
    principalId: principalId
    value: emailReportKey
  }
}

// While the subscription is changed over to a new key.
module previousReportKey 'secret.bicep' = if (!empty(emailReportKeyPrevious)) {
  name: 'email-report-key-previous'
  params: {
    vaultName: vault.name
    name: 'email-report-key-previous'
    principalId: principalId
    value: emailReportKeyPrevious
  }
}

module probeKey 'secret.bicep' = {
  name: 'health-key'
  params: {
    vaultName: vault.name
    name: 'health-key'
    principalId: principalId
    value: healthKey
  }
}

module hashKey 'secret.bicep' = {
  name: 'identity-hash-key'
  params: {
    vaultName: vault.name
    name: 'identity-hash-key'
    principalId: principalId
    value: identityHashKey
  }
}

module subscriptionKey 'secret.bicep' = if (!empty(registerSubscriptionKey)) {
  name: 'register-subscription-key'
  params: {
    vaultName: vault.name
    name: 'register-subscription-key'
    principalId: principalId
    value: registerSubscriptionKey
  }
}

module platformKey 'secret.bicep' = if (!empty(platformTokenPrivateKey)) {
  name: 'platform-token-private-key'
  params: {
    vaultName: vault.name
    name: 'platform-token-private-key'
    principalId: principalId
    value: platformTokenPrivateKey
  }
}

module maskinportenKey 'secret.bicep' = if (!empty(maskinportenPrivateJwk)) {
  name: 'maskinporten-private-jwk'
  params: {
    vaultName: vault.name
    name: 'maskinporten-private-jwk'
    principalId: principalId
    value: maskinportenPrivateJwk
  }
}

module metricsKey 'secret.bicep' = if (!empty(metricsApiKey)) {
  name: 'metrics-api-key'
  params: {
    vaultName: vault.name
    name: 'metrics-api-key'
    principalId: principalId
    value: metricsApiKey
  }
}

module smtpAccount 'secret.bicep' = if (!empty(smtpPassword)) {
  name: 'smtp-password'
  params: {
    vaultName: vault.name
    name: 'smtp-password'
    principalId: principalId
    value: smtpPassword
  }
}

// Who read which secret and when. The other category, AzurePolicyEvaluationDetails, is of policies; there are none.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AuditEvent', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = vault.id
output name string = vault.name
output uri string = vault.properties.vaultUri
