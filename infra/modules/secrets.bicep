// A vault with the service's secrets; the service reads each of them, lists none and writes none.

param name string
param location string
param tags object
param workspaceId string

@description('Object id of the identity that may read each secret.')
param principalId string

@secure()
param smsGatewayPassword string

@secure()
param smsReportPassword string

@secure()
param emailReportKey string

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

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'AuditEvent', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output name string = vault.name
output uri string = vault.properties.vaultUri
