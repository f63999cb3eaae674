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

@description('The subnet from which the app calls others; empty for none.')
param subnetId string

@description('Groups that always have instances, each a name (`http`, or `function:` and a function\'s) and a count.')
param alwaysReady array

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
param concurrentOrders string
param emailConcurrentCalls string
param emailCallsPerSecond string
param emailUnsubscribe string
param emailAllowList string
param smsRoutes string
param acsSmsSender string
param smsConcurrentCalls string
param smsCallsPerSecond string
param smsAllowList string
param maxSmsSegments string
param smsSenderCountries string
param allowedSenders string

param acsEndpoint string
param managedFromAddress string

@description('Sender of an email whose order names none; empty for the managed one.')
param defaultEmailFromAddress string

param smsGatewayUrl string
param smsGatewayUsername string
param smsReportUsername string
param defaultSmsSender string
param retentionDays int

// The beginning of a reference, which a secret's name and a parenthesis complete.
var secretAt = '@Microsoft.KeyVault(SecretUri=${vaultUri}secrets/'

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
  IDENTITY_HASH_KEY: '${secretAt}identity-hash-key)'
  ACS_ENDPOINT: acsEndpoint
  DEFAULT_EMAIL_FROM_ADDRESS: empty(defaultEmailFromAddress) ? managedFromAddress : defaultEmailFromAddress
  DEFAULT_SMS_SENDER: defaultSmsSender
  SMS_REPORT_USERNAME: smsReportUsername
  SMS_REPORT_PASSWORD: '${secretAt}sms-report-password)'
  EMAIL_REPORT_KEY: '${secretAt}email-report-key)'
  HEALTH_KEY: '${secretAt}health-key)'
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
  empty(concurrentOrders) ? {} : { CONCURRENT_ORDERS: concurrentOrders },
  empty(emailConcurrentCalls) ? {} : { EMAIL_CONCURRENT_CALLS: emailConcurrentCalls },
  empty(emailCallsPerSecond) ? {} : { EMAIL_CALLS_PER_SECOND: emailCallsPerSecond },
  empty(emailUnsubscribe) ? {} : { EMAIL_UNSUBSCRIBE: emailUnsubscribe },
  empty(emailAllowList) ? {} : { EMAIL_ALLOW_LIST: emailAllowList },
  empty(smsRoutes) ? {} : { SMS_ROUTES: smsRoutes },
  empty(acsSmsSender) ? {} : { ACS_SMS_SENDER: acsSmsSender },
  empty(smsGatewayUrl) ? {} : { SMS_GATEWAY_URL: smsGatewayUrl },
  empty(smsGatewayUsername) ? {} : { SMS_GATEWAY_USERNAME: smsGatewayUsername },
  empty(smsConcurrentCalls) ? {} : { SMS_CONCURRENT_CALLS: smsConcurrentCalls },
  empty(smsCallsPerSecond) ? {} : { SMS_CALLS_PER_SECOND: smsCallsPerSecond },
  empty(smsAllowList) ? {} : { SMS_ALLOW_LIST: smsAllowList },
  empty(maxSmsSegments) ? {} : { MAX_SMS_SEGMENTS: maxSmsSegments },
  empty(smsSenderCountries) ? {} : { SMS_SENDER_COUNTRIES: smsSenderCountries },
  empty(allowedSenders) ? {} : { ALLOWED_SENDERS: allowedSenders },
  contains(inVault, 'register-subscription-key') ? { REGISTER_SUBSCRIPTION_KEY: '${secretAt}register-subscription-key)' } : {},
  contains(inVault, 'platform-token-private-key') ? { PLATFORM_TOKEN_PRIVATE_KEY: '${secretAt}platform-token-private-key)' } : {},
  contains(inVault, 'maskinporten-private-jwk') ? { MASKINPORTEN_PRIVATE_JWK: '${secretAt}maskinporten-private-jwk)' } : {},
  contains(inVault, 'email-report-key-previous') ? { EMAIL_REPORT_KEY_PREVIOUS: '${secretAt}email-report-key-previous)' } : {},
  contains(inVault, 'metrics-api-key') ? { METRICS_API_KEY: '${secretAt}metrics-api-key)' } : {},
  contains(inVault, 'smtp-password') ? { SMTP_PASSWORD: '${secretAt}smtp-password)' } : {},
  contains(inVault, 'sms-gateway-password') ? { SMS_GATEWAY_PASSWORD: '${secretAt}sms-gateway-password)' } : {}
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
    // On this plan everything goes through the network, without vnetRouteAllEnabled
    // (learn.microsoft.com/azure/azure-functions/functions-networking-options).
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    // This plan refuses what it has no use for, such as ftpsState: there is no FTP, and below no password for it
    // (github.com/Azure/azure-cli/issues/31414). No cors: no page in a browser calls the service.
    siteConfig: {
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

// The host's own log, for when it does not get as far as Application Insights. AppServiceAuthenticationLogs is of a
// login that is not used.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'FunctionAppLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

output id string = app.id
output name string = app.name
output defaultAddress string = 'https://${app.properties.defaultHostName}'
output serviceAddress string = serviceSettings.BASE_URI
