"""A walk through the template notices what somebody might forget, widen or misspell."""

import pytest

from notifications.settings import SettingsError, read_settings
from tests.infra.deployments import FULL, OPEN, PLAIN, as_started
from tests.infra.evaluation import UnknownError
from tests.infra.structure import deploy, edited
from tests.infra.walk import problems

MAIN = "main.bicep"
APP = "modules/function-app.bicep"
STORAGE = "modules/storage.bicep"
SECRET = "modules/secret.bicep"
VAULT = "modules/secrets.bicep"
EMAIL = "modules/communication.bicep"
REPORTS = "modules/email-reports.bicep"
NETWORK = "modules/network.bicep"
MONITORING = "modules/monitoring.bicep"

# What is broken (file, passage, what stands there instead), and what a walk says of it.
FORGOTTEN = [
    (STORAGE, "  'feed'\n", "", "table feed is not there"),
    (STORAGE, "  'send-sms-poison'\n", "", "queue send-sms-poison is not there"),
    (STORAGE, "for (queueName, index) in queueNames", "for (queueName, index) in []", "Queue Data Contributor"),
    (APP, "  IDENTITY_HASH_KEY: '${secretAt}identity-hash-key)'\n", "", "IDENTITY_HASH_KEY is not set"),
    (APP, "  AzureWebJobsStorage__tableServiceUri: tableEndpoint\n", "", "tableServiceUri is not set"),
    (APP, "    keyVaultReferenceIdentity: identityId\n", "", "read as another identity"),
    (APP, "    logs: [{ category: 'FunctionAppLogs', enabled: true }]\n", "", "sites is not watched"),
    (MAIN, "  [{ name: 'function:release', instanceCount: 1 }],\n", "", "the timer has no instance"),
    (MAIN, "  empty(smtpPassword) ? [] : ['smtp-password'],\n", "", "smtp-password is in the vault and nothing"),
    (
        NETWORK,
        "    location: location\n    tags: tags\n    properties",
        "    location: location\n    properties",
        "tags",
    ),
]
TOO_MUCH = [
    (STORAGE, "  'feed'\n", "  'feed'\n  'old'\n", "table old is there and nothing needs it"),
    (STORAGE, "scope: queues[index]", "scope: account", "Queue Data Contributor"),
    (SECRET, "  scope: secret\n", "  scope: vault\n", "Key Vault Secrets User"),
    (SECRET, "  scope: secret\n", "", "a group or the subscription"),
    (REPORTS, "scope: deadLetterContainer\n", "scope: account\n", "Storage Blob Data Contributor"),
    (APP, "  TRACED_SHARE: ", "  ACS_ACCESS_KEY: 'key'\n  TRACED_SHARE: ", "ACS_ACCESS_KEY is set"),
    (APP, "'${secretAt}health-key)'", "'plain'", "HEALTH_KEY stands there in plain text"),
]
WRONG = [
    (
        STORAGE,
        "Definitions', roles['Storage Blob Data Owner']",
        "Definitions', roles['Key Vault Secrets User']",
        "Owner",
    ),
    (
        EMAIL,
        "scope: communication\n  properties: {\n    p",
        "scope: emailService\n  properties: {\n    p",
        "Email Service",
    ),
    (VAULT, "    name: 'health-key'\n", "    name: 'probe-key'\n", "health-key is not in the vault"),
    (REPORTS, "  name: deadLetterContainerName\n", "  name: 'letters'\n", "is looked up and not made"),
    (APP, "  HEALTH_KEY: ", "  HEALTHKEY: ", "HEALTHKEY is set and nothing reads it"),
    (
        APP,
        "DataStorage__queueServiceUri: queueEndpoint",
        "DataStorage__queueServiceUri: tableEndpoint",
        "does not reach",
    ),
    (MAIN, "'function:send_sms'", "'function:send_text'", "function:send_text is no group"),
]
# What cannot be deployed at all: outputs, parameters, properties and roles that there are not, and wrong types.
NOT_WHOLE = [
    (MAIN, "storage.outputs.queueEndpoint", "storage.outputs.queueAddress"),
    (MAIN, "    principalId: identity.outputs.principalId\n    retentionDays", "    retentionDays"),
    (MAIN, "    inVault: inVault\n", "    inVault: inVault\n    another: 1\n"),
    (MAIN, "    inVault: inVault\n", "    inVault: 'health-key'\n"),
    (MAIN, "privateNetworking ? network!.outputs.functionSubnetId : ''", "network!.outputs.functionSubnetId"),
    (MONITORING, "insights.properties.ConnectionString", "insights.properties.Connection"),
    (SECRET, "Definitions', roles['Key Vault Secrets User']", "Definitions', roles['Key Vault Reader']"),
]


@pytest.mark.parametrize(("path", "old", "new", "said"), [*FORGOTTEN, *TOO_MUCH, *WRONG])
def test_a_walk_notices_what_is_broken(path: str, old: str, new: str, said: str) -> None:
    broken = edited(path, old, new)
    found = [*problems(deploy(FULL, broken)), *problems(deploy(OPEN, broken))]
    assert any(said in problem for problem in found), found


@pytest.mark.parametrize(("path", "old", "new"), NOT_WHOLE)
def test_a_template_that_reads_what_there_is_not_is_not_deployed(path: str, old: str, new: str) -> None:
    with pytest.raises(UnknownError):
        deploy(PLAIN, edited(path, old, new))


def test_the_service_would_not_start_if_the_template_forgot_the_tables() -> None:
    broken = edited("modules/function-app.bicep", "  DataStorage__tableServiceUri: tableEndpoint\n", "")
    with pytest.raises(SettingsError, match="DataStorage"):
        read_settings(as_started(deploy(PLAIN, broken)))
