// Everything that the service needs in Azure, in a resource group of its own.

targetScope = 'subscription'

@description('Names this deployment: part of the resource group\'s name and the seed of all other names.')
@minLength(1)
@maxLength(40)
param environmentName string

@description('Region of everything that has one.')
param location string = 'norwayeast'

@description('Tags of every resource, besides those that are set here.')
param tags object = {}

@description('The OpenID provider\'s discovery document, by whose keys bearer tokens are verified.')
@minLength(1)
param oidcWellKnownEndpoint string

@description('The issuer that tokens must name; empty for any whose tokens the keys verify.')
param oidcIssuer string = ''

@description('The audience that tokens must name; empty for any.')
param oidcAudience string = ''

@description('Cookie that may carry the token instead of the Authorization header.')
param jwtCookieName string = 'AltinnStudioRuntime'

@description('The address under which clients reach the service; empty for the function app\'s own.')
param baseUri string = ''

@description('Where the keys of platform access tokens are, with {issuer} in the path; empty to refuse such tokens.')
param platformTokenKeysUrl string = ''

@description('The register of contact points; empty, with the next two, for orders that name addresses alone.')
param profileEndpoint string = ''

@description('The register of names.')
param registerEndpoint string = ''

@description('The register of who may act for whom.')
param authorizationEndpoint string = ''

@description('Subscription key of the registers; empty for none.')
@secure()
param registerSubscriptionKey string = ''

@description('PEM that signs the service\'s own tokens for the register of names; empty for none.')
@secure()
param platformTokenPrivateKey string = ''

@description('Key of the hash under which it can be found what was sent to whom; 32 characters or more.')
@secure()
@minLength(32)
param identityHashKey string

@description('Maskinporten\'s token endpoint; empty, with the next two, to ask send conditions without a token.')
param maskinportenTokenEndpoint string = ''
param maskinportenClientId string = ''

@secure()
param maskinportenPrivateJwk string = ''

@description('Address of the SMS gateway\'s XML interface; this and the next two are needed with pswin in smsRoutes.')
param smsGatewayUrl string = ''
param smsGatewayUsername string = ''

@secure()
param smsGatewayPassword string = ''

@description('User name with which the SMS gateway delivers its reports.')
param smsReportUsername string = 'gateway'

@secure()
@minLength(1)
param smsReportPassword string

@description('Sender of an SMS whose order names none.')
param defaultSmsSender string = 'Altinn'

@description('What Event Grid sends in X-Report-Key with delivery reports.')
@secure()
@minLength(1)
param emailReportKey string

@description('The key before it, accepted too while the subscription is changed over; empty for none.')
@secure()
param emailReportKeyPrevious string = ''

@description('What a monitor sends in X-API-Key to GET /health for figures.')
@secure()
@minLength(1)
param healthKey string

@description('What fetches the daily metrics sends in X-API-Key; empty to let nobody.')
@secure()
param metricsApiKey string = ''

@description('The share of requests that are traced, from 0 to 1; Bicep has no decimal numbers.')
param tracedShare string = '0.1'

@description('Who sends email: acs, which is also what is meant by none, or smtp.')
param emailProvider string = ''

@description('The mail server, where smtp sends email.')
param smtpHost string = ''

@description('Its port; empty for the one of submission, 587.')
param smtpPort string = ''

@description('How the connection to it is encrypted: starttls, tls or none; empty for starttls.')
param smtpSecurity string = ''

@description('The account at the mail server.')
param smtpUsername string = ''

@description('Orders that one process takes in at once, more than httpConcurrency; empty for 50.')
param concurrentOrders string = ''

@description('Emails that one process hands over at once; empty for 64.')
param emailConcurrentCalls string = ''

@description('The most emails that one process hands over in a second; empty for no rate.')
param emailCallsPerSecond string = ''

@description('An address that every email names in List-Unsubscribe, mailto: or https:; empty for none.')
param emailUnsubscribe string = ''

@description('In a test environment: the only addresses, or @domains, by comma, that get email; empty for all.')
param emailAllowList string = ''

@description('Who sends SMS, by country prefix and weight, such as *=pswin,acs:0.')
param smsRoutes string = ''

@description('The sender of SMS through Communication Services where an order names none.')
param acsSmsSender string = ''

@description('SMS that one process hands over at once; empty for 32.')
param smsConcurrentCalls string = ''

@description('The most SMS that one process hands over in a second; empty for no rate.')
param smsCallsPerSecond string = ''

@description('In a test environment: the only numbers, by comma, that get SMS; empty for all.')
param smsAllowList string = ''

@description('The longest SMS that is taken, in segments; empty for 16, of which some gateways take fewer.')
param maxSmsSegments string = ''

@description('Countries that fail SMS from a name, such as +358=warn;+34=+4799999999; empty for the default ones.')
param smsSenderCountries string = ''

@description('Which senders organisations may use, such as ttd=TTD,post@ttd.example; empty for any.')
param allowedSenders string = ''

@description('The password of the account at the mail server.')
@secure()
param smtpPassword string = ''

@description('Creators, by comma, whose feed also tells of cancelled shipments; empty for none.')
param feedIncludesCancelled string = ''

@description('Sender of an email whose order names none; empty for DoNotReply@ the domain that Azure manages.')
param defaultEmailFromAddress string = ''

@description('Resource ids of verified email domains to send from besides the one that Azure manages.')
param linkedEmailDomainIds string[] = []

@description('Where Communication Services keeps messages at rest.')
param communicationDataLocation string = 'Europe'

@description('Subscribe to delivery reports; possible once the code is deployed, as its webhook is asked first.')
param subscribeEmailReports bool = false

@description('Days for which a finished shipment is kept.')
@minValue(1)
@maxValue(3650)
param retentionDays int = 90

@description('Days for which logs are kept.')
param logRetentionDays int = 30

@description('Days for which undeliverable delivery events, which hold recipient addresses, are kept.')
param deadLetterDays int = 7

@description('Spread instances and storage over the region\'s zones.')
param zoneRedundant bool = false

@description('A network of the service\'s own, from which alone storage and vault can be reached.')
param privateNetworking bool = false

@description('Address range of that network, /26 or larger, unlike that of any network it is to be peered with.')
param networkAddressPrefix string = '10.90.0.0/26'

@description('Refuse to delete storage account, vault and Communication Services, until the locks are taken away.')
param lockData bool = true

@description('Instances that always stand ready for HTTP; with 0 a request after a quiet time waits for one to start.')
@minValue(0)
param alwaysReadyHttp int = 1

@description('Instances that always stand ready to take orders apart; with 0 one after a quiet time waits for minutes.')
@minValue(0)
param alwaysReadyProcessOrders int = 1

@description('Instances that always stand ready to hand over email; with 0 one after a quiet time waits for minutes.')
@minValue(0)
param alwaysReadySendEmail int = 1

@description('Instances that always stand ready to hand over SMS; with 0 one after a quiet time waits for minutes.')
@minValue(0)
param alwaysReadySendSms int = 1

@description('The most instances that one group may grow to.')
param maximumInstanceCount int = 100

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('HTTP requests at work in an instance when the platform adds another; fewer than concurrentOrders.')
param httpConcurrency int = 40

@description('Who is told by email when something needs a person; empty for nobody.')
param alertEmailAddress string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))

// A function scales apart from the others, from zero if none stands ready, and the platform looks at an idle queue so
// seldom that up to two minutes pass (github.com/Azure/Azure-Functions/issues/2581). Poison and queued reports can wait.
// The timer has no choice: it ticks on one instance and never stops, so that one on demand would cost more.
var alwaysReady = concat(
  [{ name: 'function:release', instanceCount: 1 }],
  alwaysReadyHttp > 0 ? [{ name: 'http', instanceCount: alwaysReadyHttp }] : [],
  alwaysReadyProcessOrders > 0 ? [{ name: 'function:process_orders', instanceCount: alwaysReadyProcessOrders }] : [],
  alwaysReadySendEmail > 0 ? [{ name: 'function:send_email', instanceCount: alwaysReadySendEmail }] : [],
  alwaysReadySendSms > 0 ? [{ name: 'function:send_sms', instanceCount: alwaysReadySendSms }] : []
)

// The vault holds no empty secret, and the app refers to none that is not there.
var inVault = concat(
  empty(registerSubscriptionKey) ? [] : ['register-subscription-key'],
  empty(platformTokenPrivateKey) ? [] : ['platform-token-private-key'],
  empty(maskinportenPrivateJwk) ? [] : ['maskinporten-private-jwk'],
  empty(emailReportKeyPrevious) ? [] : ['email-report-key-previous'],
  empty(metricsApiKey) ? [] : ['metrics-api-key'],
  empty(smtpPassword) ? [] : ['smtp-password'],
  empty(smsGatewayPassword) ? [] : ['sms-gateway-password']
)

var gatewayIsUsed = empty(smsRoutes) || contains(smsRoutes, 'pswin')

// Settings that are of use only together. The app would not start with some of them, so nothing is made.
var incomplete = concat(
  empty(profileEndpoint) == empty(registerEndpoint) && empty(profileEndpoint) == empty(authorizationEndpoint)
    ? []
    : ['PROFILE_ENDPOINT, REGISTER_ENDPOINT and AUTHORIZATION_ENDPOINT, or none of them'],
  empty(maskinportenClientId) == empty(maskinportenTokenEndpoint) && empty(maskinportenClientId) == empty(maskinportenPrivateJwk)
    ? []
    : ['MASKINPORTEN_TOKEN_ENDPOINT, MASKINPORTEN_CLIENT_ID and MASKINPORTEN_PRIVATE_JWK, or none of them'],
  gatewayIsUsed && (empty(smsGatewayUrl) || empty(smsGatewayUsername) || empty(smsGatewayPassword))
    ? ['SMS_GATEWAY_URL, SMS_GATEWAY_USERNAME and SMS_GATEWAY_PASSWORD, or SMS_ROUTES without pswin']
    : [],
  emailProvider == 'smtp' && empty(smtpHost) ? ['SMTP_HOST'] : [],
  empty(smtpUsername) == empty(smtpPassword) ? [] : ['SMTP_USERNAME and SMTP_PASSWORD, or neither']
)
var groupName = empty(incomplete) ? 'rg-${environmentName}' : fail('Give ${string(incomplete)}.')

var allTags = union(tags, { application: 'notifications', 'azd-env-name': environmentName })

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: groupName
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-${token}'
    location: location
    tags: allTags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-${token}'
    insightsName: 'appi-${token}'
    location: location
    tags: allTags
    principalId: identity.outputs.principalId
    retentionDays: logRetentionDays
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'st${token}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    principalId: identity.outputs.principalId
    zoneRedundant: zoneRedundant
    private: privateNetworking
    locked: lockData
    deadLetterDays: deadLetterDays
  }
}

module secrets 'modules/secrets.bicep' = {
  name: 'secrets'
  scope: group
  params: {
    name: 'kv-${token}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    principalId: identity.outputs.principalId
    private: privateNetworking
    locked: lockData
    smsGatewayPassword: smsGatewayPassword
    smsReportPassword: smsReportPassword
    emailReportKey: emailReportKey
    emailReportKeyPrevious: emailReportKeyPrevious
    healthKey: healthKey
    identityHashKey: identityHashKey
    registerSubscriptionKey: registerSubscriptionKey
    platformTokenPrivateKey: platformTokenPrivateKey
    maskinportenPrivateJwk: maskinportenPrivateJwk
    metricsApiKey: metricsApiKey
    smtpPassword: smtpPassword
  }
}

module network 'modules/network.bicep' = if (privateNetworking) {
  name: 'network'
  scope: group
  params: {
    name: 'vnet-${token}'
    location: location
    tags: allTags
    addressPrefix: networkAddressPrefix
    storageId: storage.outputs.id
    vaultId: secrets.outputs.id
  }
}

module communication 'modules/communication.bicep' = {
  name: 'communication'
  scope: group
  params: {
    communicationName: 'acs-${token}'
    emailServiceName: 'acse-${token}'
    tags: allTags
    locked: lockData
    workspaceId: monitoring.outputs.workspaceId
    principalId: identity.outputs.principalId
    dataLocation: communicationDataLocation
    linkedEmailDomainIds: linkedEmailDomainIds
  }
}

module functionApp 'modules/function-app.bicep' = {
  name: 'function-app'
  scope: group
  params: {
    planName: 'plan-${token}'
    appName: 'func-${token}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    insightsConnectionString: monitoring.outputs.insightsConnectionString
    blobEndpoint: storage.outputs.blobEndpoint
    queueEndpoint: storage.outputs.queueEndpoint
    tableEndpoint: storage.outputs.tableEndpoint
    packageContainerName: storage.outputs.packageContainerName
    vaultUri: secrets.outputs.uri
    inVault: inVault
    environmentName: environmentName
    zoneRedundant: zoneRedundant
    subnetId: privateNetworking ? network!.outputs.functionSubnetId : ''
    alwaysReady: alwaysReady
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    httpConcurrency: httpConcurrency
    baseUri: baseUri
    oidcWellKnownEndpoint: oidcWellKnownEndpoint
    oidcIssuer: oidcIssuer
    oidcAudience: oidcAudience
    jwtCookieName: jwtCookieName
    platformTokenKeysUrl: platformTokenKeysUrl
    profileEndpoint: profileEndpoint
    registerEndpoint: registerEndpoint
    authorizationEndpoint: authorizationEndpoint
    maskinportenTokenEndpoint: maskinportenTokenEndpoint
    maskinportenClientId: maskinportenClientId
    tracedShare: tracedShare
    feedIncludesCancelled: feedIncludesCancelled
    emailProvider: emailProvider
    smtpHost: smtpHost
    smtpPort: smtpPort
    smtpSecurity: smtpSecurity
    smtpUsername: smtpUsername
    concurrentOrders: concurrentOrders
    emailConcurrentCalls: emailConcurrentCalls
    emailCallsPerSecond: emailCallsPerSecond
    emailUnsubscribe: emailUnsubscribe
    emailAllowList: emailAllowList
    smsRoutes: smsRoutes
    acsSmsSender: acsSmsSender
    smsConcurrentCalls: smsConcurrentCalls
    smsCallsPerSecond: smsCallsPerSecond
    smsAllowList: smsAllowList
    maxSmsSegments: maxSmsSegments
    smsSenderCountries: smsSenderCountries
    allowedSenders: allowedSenders
    acsEndpoint: communication.outputs.endpoint
    managedFromAddress: communication.outputs.managedFromAddress
    defaultEmailFromAddress: defaultEmailFromAddress
    smsGatewayUrl: smsGatewayUrl
    smsGatewayUsername: smsGatewayUsername
    smsReportUsername: smsReportUsername
    defaultSmsSender: defaultSmsSender
    retentionDays: retentionDays
  }
}

module emailReports 'modules/email-reports.bicep' = {
  name: 'email-reports'
  scope: group
  params: {
    topicName: 'evgt-${token}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    communicationId: communication.outputs.id
    storageAccountName: storage.outputs.name
    deadLetterContainerName: storage.outputs.deadLetterContainerName
    keepDeadLetters: !privateNetworking
    writerName: 'id-reports-${token}'
    appAddress: functionApp.outputs.defaultAddress
    reportKey: emailReportKey
    subscribe: subscribeEmailReports
  }
}

module workbook 'modules/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
  }
}

module alerts 'modules/alerts.bicep' = if (!empty(alertEmailAddress)) {
  name: 'alerts'
  scope: group
  params: {
    prefix: 'alert-${token}'
    location: location
    tags: allTags
    workspaceId: monitoring.outputs.workspaceId
    topicId: emailReports.outputs.topicId
    keepDeadLetters: !privateNetworking
    emailAddress: alertEmailAddress
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output SERVICE_ADDRESS string = functionApp.outputs.serviceAddress
output FUNCTION_APP_ID string = functionApp.outputs.id
output FUNCTION_APP_NAME string = functionApp.outputs.name
output STORAGE_ACCOUNT_NAME string = storage.outputs.name
output KEY_VAULT_NAME string = secrets.outputs.name
output LOG_WORKSPACE_ID string = monitoring.outputs.workspaceCustomerId
output COMMUNICATION_SERVICE_NAME string = communication.outputs.name
output EMAIL_SERVICE_NAME string = communication.outputs.emailServiceName
output EMAIL_REPORT_ADDRESS string = emailReports.outputs.webhookAddress
output SMS_REPORT_ADDRESS string = '${functionApp.outputs.defaultAddress}/notifications/sms/api/v1/reports'
