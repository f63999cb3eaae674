// The service: a Flex Consumption plan, the function app on it, and every setting that the service reads.

param planName string
param appName string
param location string
param tags object
param workspaceId string

param identityId string
param identityClientId string
param insightsConnectionString string

param blobEndpoint string
param queueEndpoint string
param tableEndpoint string
param packageContainerName string
param vaultUri string

@description('Names of those secrets that the vault holds although it need not.')
param inVault string[]

@description('What this deployment is called in file names and headers of the metrics export.')
param environmentName string

param zoneRedundant bool

@description('Groups that always have instances: `http`, or `function:` and a function\'s name.')
param alwaysReady { name: string, instanceCount: int }[]

@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('HTTP requests that one instance works on at once, before the platform adds another.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int

@description('The address under which clients reach the service; empty for the app\'s own.')
param baseUri string

param oidcWellKnownEndpoint string
param oidcIssuer string
param oidcAudience string
param jwtCookieName string
param platformTokenKeysUrl string
param profileEndpoint string
param registerEndpoint string
param authorizationEndpoint string
param maskinportenTokenEndpoint string
param maskinportenClientId string
param tracedShare string
param feedIncludesCancelled string
param emailProvider string
param smtpHost string
param smtpPort string
param smtpSecurity string
param smtpUsername string
param emailCallsPerSecond string
param emailUnsubscribe string
param emailAllowList string
param smsRoutes string
param acsSmsSender string
param smsCallsPerSecond string
param smsAllowList string
param allowedSenders string

param acsEndpoint string
param defaultEmailFromAddress string
param smsGatewayUrl string
param smsGatewayUsername string
param smsReportUsername string
param defaultSmsSender string
param retentionDays int

var ownAddress = 'https://${appName}.azurewebsites.net'

// FUNCTIONS_WORKER_RUNTIME and its kin are not allowed on this plan: the runtime is said in functionAppConfig.
var platformSettings = {
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__queueServiceUri: queueEndpoint
  AzureWebJobsStorage__tableServiceUri: tableEndpoint
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identityClientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'
  // The exporter's own figures, and its questions to a server of its maker's, are of no use to us.
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true'
  APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED: 'true'
  APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED: 'true'
}

var serviceSettings = {
  DataStorage__tableServiceUri: tableEndpoint
  DataStorage__queueServiceUri: queueEndpoint
  DataStorage__credential: 'managedidentity'
  DataStorage__clientId: identityClientId
  BASE_URI: empty(baseUri) ? ownAddress : baseUri
  OIDC_WELL_KNOWN_ENDPOINT: oidcWellKnownEndpoint
  JWT_COOKIE_NAME: jwtCookieName
  IDENTITY_HASH_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/identity-hash-key)'
  ACS_ENDPOINT: acsEndpoint
  DEFAULT_EMAIL_FROM_ADDRESS: defaultEmailFromAddress
  DEFAULT_SMS_SENDER: defaultSmsSender
  SMS_REPORT_USERNAME: smsReportUsername
  SMS_REPORT_PASSWORD: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/sms-report-password)'
  EMAIL_REPORT_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/email-report-key)'
  HEALTH_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/health-key)'
  ENVIRONMENT_NAME: environmentName
  TRACED_SHARE: tracedShare
  RETENTION_DAYS: string(retentionDays)
}

// Absent rather than empty, which could be taken for a value.
var optionalSettings = union(
  empty(oidcIssuer) ? {} : { OIDC_ISSUER: oidcIssuer },
  empty(oidcAudience) ? {} : { OIDC_AUDIENCE: oidcAudience },
  empty(platformTokenKeysUrl) ? {} : { PLATFORM_TOKEN_KEYS_URL: platformTokenKeysUrl },
  empty(profileEndpoint) ? {} : { PROFILE_ENDPOINT: profileEndpoint },
  empty(registerEndpoint) ? {} : { REGISTER_ENDPOINT: registerEndpoint },
  empty(authorizationEndpoint) ? {} : { AUTHORIZATION_ENDPOINT: authorizationEndpoint },
  empty(maskinportenTokenEndpoint) ? {} : { MASKINPORTEN_TOKEN_ENDPOINT: maskinportenTokenEndpoint },
  empty(maskinportenClientId) ? {} : { MASKINPORTEN_CLIENT_ID: maskinportenClientId },
  empty(feedIncludesCancelled) ? {} : { FEED_INCLUDES_CANCELLED: feedIncludesCancelled },
  empty(emailProvider) ? {} : { EMAIL_PROVIDER: emailProvider },
  empty(smtpHost) ? {} : { SMTP_HOST: smtpHost },
  empty(smtpPort) ? {} : { SMTP_PORT: smtpPort },
  empty(smtpSecurity) ? {} : { SMTP_SECURITY: smtpSecurity },
  empty(smtpUsername) ? {} : { SMTP_USERNAME: smtpUsername },
  empty(emailCallsPerSecond) ? {} : { EMAIL_CALLS_PER_SECOND: emailCallsPerSecond },
  empty(emailUnsubscribe) ? {} : { EMAIL_UNSUBSCRIBE: emailUnsubscribe },
  empty(emailAllowList) ? {} : { EMAIL_ALLOW_LIST: emailAllowList },
  empty(smsRoutes) ? {} : { SMS_ROUTES: smsRoutes },
  empty(acsSmsSender) ? {} : { ACS_SMS_SENDER: acsSmsSender },
  empty(smsGatewayUrl) ? {} : { SMS_GATEWAY_URL: smsGatewayUrl },
  empty(smsGatewayUsername) ? {} : { SMS_GATEWAY_USERNAME: smsGatewayUsername },
  empty(smsCallsPerSecond) ? {} : { SMS_CALLS_PER_SECOND: smsCallsPerSecond },
  empty(smsAllowList) ? {} : { SMS_ALLOW_LIST: smsAllowList },
  empty(allowedSenders) ? {} : { ALLOWED_SENDERS: allowedSenders },
  contains(inVault, 'register-subscription-key')
    ? { REGISTER_SUBSCRIPTION_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/register-subscription-key)' }
    : {},
  contains(inVault, 'platform-token-private-key')
    ? { PLATFORM_TOKEN_PRIVATE_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/platform-token-private-key)' }
    : {},
  contains(inVault, 'maskinporten-private-jwk')
    ? { MASKINPORTEN_PRIVATE_JWK: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/maskinporten-private-jwk)' }
    : {},
  contains(inVault, 'metrics-api-key')
    ? { METRICS_API_KEY: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/metrics-api-key)' }
    : {},
  contains(inVault, 'smtp-password')
    ? { SMTP_PASSWORD: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/smtp-password)' }
    : {},
  contains(inVault, 'sms-gateway-password')
    ? { SMS_GATEWAY_PASSWORD: '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/sms-gateway-password)' }
    : {}
)

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: appName
  location: location
  tags: union(tags, { 'azd-service-name': 'service' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identityId
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${packageContainerName}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: alwaysReady
        triggers: { http: { perInstanceConcurrency: httpConcurrency } }
      }
    }
  }
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: app
  name: 'appsettings'
  properties: union(platformSettings, serviceSettings, optionalSettings)
}

resource ftpPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource scmPublishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output name string = app.name
output defaultAddress string = 'https://${app.properties.defaultHostName}'
output serviceAddress string = serviceSettings.BASE_URI
