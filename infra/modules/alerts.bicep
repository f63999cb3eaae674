// Who is told, and of what: events that the service logs when something needs a person, and undeliverable reports.

param prefix string
param location string
param tags object
param workspaceId string
param topicId string
param emailAddress string

// Each is an event that the service logs; docs/operating.md says what to do about each.
var alarmingEvents = [
  'queue.poison'
  'tick.failed'
  'shipment.unpublished'
  'health.storage_unreachable'
]

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-people'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'notify'
    enabled: true
    emailReceivers: [
      {
        name: 'on-call'
        emailAddress: emailAddress
        useCommonAlertSchema: true
      }
    ]
  }
}

resource logged 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${prefix}-alarming-events'
  location: location
  tags: tags
  properties: {
    displayName: 'The service logged an event that needs a person'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    // A new workspace has no traces yet, and a rule about them would be refused.
    skipQueryValidation: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      allOf: [
        {
          query: 'AppTraces | extend Event = tostring(split(Message, " ")[0]) | where Event in (dynamic(${string(alarmingEvents)}))'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'Event', operator: 'Include', values: ['*'] }]
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${prefix}-dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'Email delivery reports could not be delivered to the service.'
    severity: 2
    enabled: true
    scopes: [topicId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'dead-letters'
          metricName: 'DeadLetteredCount'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [{ actionGroupId: people.id }]
  }
}
