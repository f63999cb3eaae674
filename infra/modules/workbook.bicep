// The picture that an operator wants, in the portal under the workspace's workbooks.

param location string
param tags object
param workspaceId string

// The workbook is kept as the portal's editor shows it under "Advanced editor", with a mark for the workspace.
var definition = replace(loadTextContent('../workbook.json'), '{workspaceId}', workspaceId)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(workspaceId, 'notifications')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Notifications'
    category: 'workbook'
    sourceId: workspaceId
    serializedData: definition
    version: 'Notebook/1.0'
  }
}
