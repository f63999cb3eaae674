// Who is told, and of what: events that the service logs when something needs a person, its silence, errors that its
// callers get, promises that it breaks, others that fail it, and undeliverable reports.

param prefix string
param location string
param tags object
param workspaceId string
param topicId string

@description('What cannot be delivered is kept; it is dropped otherwise.')
param keepDeadLetters bool

param emailAddress string

// Each is an event that the service logs; docs/on-call.md says what to do about each.
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

// Events tell nothing of an app that does not run. Every tick is a request in telemetry, so none means that nothing that
// is due is released. Twice in a row, since telemetry arrives minutes late and a lost lease stops the timer for two.
resource heartbeat 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${prefix}-heartbeat'
  location: location
  tags: tags
  properties: {
    displayName: 'The timer that releases what is due does not run'
    severity: 1
    enabled: true
    scopes: [workspaceId]
    skipQueryValidation: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      allOf: [
        {
          // Rows are counted by the rule: a query that counted them itself would always return one.
          query: 'AppRequests | where Name == "release" and Success'
          timeAggregation: 'Count'
          operator: 'LessThan'
          threshold: 1
          failingPeriods: { numberOfEvaluationPeriods: 2, minFailingPeriodsToAlert: 2 }
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

// The result code of a function without HTTP is 0. A share of few requests says little: at least five must have failed.
resource serverErrors 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${prefix}-server-errors'
  location: location
  tags: tags
  properties: {
    displayName: 'One request in twenty, or more, is answered with a server error'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    skipQueryValidation: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: 'AppRequests | extend Status = toint(ResultCode) | where Status >= 100 | summarize Requests = count(), Failed = countif(Status >= 500) | where Failed >= 5 and Failed * 20 >= Requests'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

// 95 of 100 within ten seconds of when they were due, 99 within sixty. A share of few says little.
resource promise 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${prefix}-promise'
  location: location
  tags: tags
  properties: {
    displayName: 'Fewer messages than promised are with their provider in time'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    skipQueryValidation: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: 'AppMetrics | where Name == "notifications.handovers.within" | extend Within = tostring(Properties.within) | summarize Calls = sum(Sum), Soon = sumif(Sum, Within == "10s"), Later = sumif(Sum, Within == "60s") | where Calls >= 50 and (Soon < 0.95 * Calls or Soon + Later < 0.99 * Calls)'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

// What backs off or waits for a gate is due later: what is due now and stays so is taken by nobody.
resource oldestDue 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${prefix}-oldest-due'
  location: location
  tags: tags
  properties: {
    displayName: 'Something has been due for more than two minutes'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    skipQueryValidation: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      allOf: [
        {
          query: 'AppMetrics | where Name == "notifications.release.oldest_due" and Sum > 120'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: { numberOfEvaluationPeriods: 2, minFailingPeriodsToAlert: 2 }
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

// A provider that refuses a message works: only those count that it could not answer.
resource providerFailures 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${prefix}-provider-failures'
  location: location
  tags: tags
  properties: {
    displayName: 'A provider fails one call in five, or more'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    skipQueryValidation: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: 'AppMetrics | where Name == "notifications.handovers" | extend Provider = tostring(Properties.provider), Outcome = tostring(Properties.outcome) | summarize Calls = sum(Sum), Failed = sumif(Sum, Outcome in ("postponed", "uncertain", "failed")) by Provider | where Failed >= 10 and Failed * 5 >= Calls'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'Provider', operator: 'Include', values: ['*'] }]
        }
      ]
    }
    actions: { actionGroups: [people.id] }
  }
}

// Orders by identity number wait for their register, and placing one that must be looked up is answered with 503.
resource registerDown 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${prefix}-register-down'
  location: location
  tags: tags
  properties: {
    displayName: 'A register answers fewer than half of the calls'
    severity: 2
    enabled: true
    scopes: [workspaceId]
    skipQueryValidation: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: 'AppMetrics | where Name == "notifications.register.calls" | extend Register = tostring(Properties.register), Outcome = tostring(Properties.outcome) | summarize Calls = sum(Sum), Answered = sumif(Sum, Outcome startswith "2") by Register | where Calls >= 5 and Answered * 2 < Calls'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: [{ name: 'Register', operator: 'Include', values: ['*'] }]
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
          metricName: keepDeadLetters ? 'DeadLetteredCount' : 'DroppedEventCount'
          timeAggregation: 'Total'
          operator: 'GreaterThan'
          threshold: 0
        }
      ]
    }
    actions: [{ actionGroupId: people.id }]
  }
}
