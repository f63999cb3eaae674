using 'main.bicep'

// azd sets AZURE_ENV_NAME and AZURE_LOCATION; docs/operating.md lists the others. A missing one without a default stops
// the build and is named.

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME')
param location = readEnvironmentVariable('AZURE_LOCATION', 'norwayeast')

param oidcWellKnownEndpoint = readEnvironmentVariable('OIDC_WELL_KNOWN_ENDPOINT')
param oidcIssuer = readEnvironmentVariable('OIDC_ISSUER', '')
param oidcAudience = readEnvironmentVariable('OIDC_AUDIENCE', '')

param platformTokenKeysUrl = readEnvironmentVariable('PLATFORM_TOKEN_KEYS_URL', '')
param profileEndpoint = readEnvironmentVariable('PROFILE_ENDPOINT', '')
param registerEndpoint = readEnvironmentVariable('REGISTER_ENDPOINT', '')
param authorizationEndpoint = readEnvironmentVariable('AUTHORIZATION_ENDPOINT', '')
param registerSubscriptionKey = readEnvironmentVariable('REGISTER_SUBSCRIPTION_KEY', '')
param platformTokenPrivateKey = readEnvironmentVariable('PLATFORM_TOKEN_PRIVATE_KEY', '')
param identityHashKey = readEnvironmentVariable('IDENTITY_HASH_KEY')
param maskinportenTokenEndpoint = readEnvironmentVariable('MASKINPORTEN_TOKEN_ENDPOINT', '')
param maskinportenClientId = readEnvironmentVariable('MASKINPORTEN_CLIENT_ID', '')
param maskinportenPrivateJwk = readEnvironmentVariable('MASKINPORTEN_PRIVATE_JWK', '')

param baseUri = readEnvironmentVariable('BASE_URI', '')

param smsGatewayUrl = readEnvironmentVariable('SMS_GATEWAY_URL', '')
param smsGatewayUsername = readEnvironmentVariable('SMS_GATEWAY_USERNAME', '')
param smsGatewayPassword = readEnvironmentVariable('SMS_GATEWAY_PASSWORD', '')
param smsReportUsername = readEnvironmentVariable('SMS_REPORT_USERNAME', 'gateway')
param smsReportPassword = readEnvironmentVariable('SMS_REPORT_PASSWORD')
param defaultSmsSender = readEnvironmentVariable('DEFAULT_SMS_SENDER', 'Altinn')

param emailReportKey = readEnvironmentVariable('EMAIL_REPORT_KEY')
param healthKey = readEnvironmentVariable('HEALTH_KEY')
param metricsApiKey = readEnvironmentVariable('METRICS_API_KEY', '')
param tracedShare = readEnvironmentVariable('TRACED_SHARE', '0.1')
param feedIncludesCancelled = readEnvironmentVariable('FEED_INCLUDES_CANCELLED', '')
param emailProvider = readEnvironmentVariable('EMAIL_PROVIDER', '')
param smtpHost = readEnvironmentVariable('SMTP_HOST', '')
param smtpPort = readEnvironmentVariable('SMTP_PORT', '')
param smtpSecurity = readEnvironmentVariable('SMTP_SECURITY', '')
param smtpUsername = readEnvironmentVariable('SMTP_USERNAME', '')
param emailCallsPerSecond = readEnvironmentVariable('EMAIL_CALLS_PER_SECOND', '')
param emailUnsubscribe = readEnvironmentVariable('EMAIL_UNSUBSCRIBE', '')
param emailAllowList = readEnvironmentVariable('EMAIL_ALLOW_LIST', '')
param smsRoutes = readEnvironmentVariable('SMS_ROUTES', '')
param acsSmsSender = readEnvironmentVariable('ACS_SMS_SENDER', '')
param smsCallsPerSecond = readEnvironmentVariable('SMS_CALLS_PER_SECOND', '')
param smsAllowList = readEnvironmentVariable('SMS_ALLOW_LIST', '')
param allowedSenders = readEnvironmentVariable('ALLOWED_SENDERS', '')
param smtpPassword = readEnvironmentVariable('SMTP_PASSWORD', '')
param defaultEmailFromAddress = readEnvironmentVariable('DEFAULT_EMAIL_FROM_ADDRESS', '')

param subscribeEmailReports = bool(readEnvironmentVariable('SUBSCRIBE_EMAIL_REPORTS', 'false'))
param retentionDays = int(readEnvironmentVariable('RETENTION_DAYS', '90'))
param alwaysReadyHttp = int(readEnvironmentVariable('ALWAYS_READY_HTTP', '1'))
param alwaysReadyQueues = int(readEnvironmentVariable('ALWAYS_READY_QUEUES', '1'))
param zoneRedundant = bool(readEnvironmentVariable('ZONE_REDUNDANT', 'false'))
param alertEmailAddress = readEnvironmentVariable('ALERT_EMAIL_ADDRESS', '')
