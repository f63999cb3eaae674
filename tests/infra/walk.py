"""What the code needs of a deployment and nothing else: each check tells every way in which a structure differs."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeAliasType

from pydantic import SecretStr

from notifications.app import DELIVERY_REPORTS, TABLES
from notifications.domain.record import WorkQueue
from notifications.settings import Settings
from notifications.triggers.queues import CONNECTION, POISON
from tests.infra.deployed import Resource
from tests.infra.deployments import app_settings, references, secrets
from tests.infra.structure import Structure
from tests.triggers.indexed import functions, triggers

type Check = Callable[[Structure], Iterator[str]]

FIELDS = {field.alias or name: field for name, field in Settings.model_fields.items()}
QUEUES = [str(queue) + suffix for queue in (*WorkQueue, DELIVERY_REPORTS) for suffix in ("", POISON)]
IDENTITY = "Microsoft.ManagedIdentity/userAssignedIdentities"
CONTAINERS = ["dead-letters", "packages"]

# learn.microsoft.com/azure/role-based-access-control/built-in-roles
ROLES = {
    "Communication and Email Service Owner": "09976791-48a7-449e-bb21-39d1a415f350",
    "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
}

# What the host and Azure's libraries read, and the service does not: learn.microsoft.com/azure/azure-functions/
# functions-reference, common properties for identity-based connections; of the others the library itself tells.
HOST_READS = {
    *(f"AzureWebJobsStorage__{each}" for each in ("blobServiceUri", "queueServiceUri", "tableServiceUri")),
    *(f"{connection}__credential" for connection in ("AzureWebJobsStorage", CONNECTION)),
    "AzureWebJobsStorage__clientId",
}
LIBRARY_READS = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_OPENTELEMETRY_RESOURCE_METRIC_DISABLED",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
}

_EMULATOR = "for the emulators; in Azure an identity stands in its place"
_LAPTOP = "opens what is closed in Azure, for a laptop"
ABSENT = {
    "DataStorage": _EMULATOR,
    "ACS_ACCESS_KEY": _EMULATOR,
    "CONDITION_ALLOWED_HOSTS": _LAPTOP,
    "ATTACHMENT_ALLOWED_HOSTS": _LAPTOP,
    "OTEL_EXPORTER_OTLP_ENDPOINT": "telemetry goes to Application Insights, by the setting of that",
    "REGISTER_ANSWER_SECONDS": "its default spares the registers; less is for a laptop, whose registers are switched",
    **dict.fromkeys(("CONDITION_RETRIES", "CONDITION_RETRY_SECONDS"), "service owners count on their defaults"),
    "CLAIM_SECONDS": "what was measured was measured with its default, and its range is for tests and emergencies",
    **dict.fromkeys(
        (name for name in FIELDS if name.startswith("MAX_") and name != "MAX_SMS_SEGMENTS"),
        "a limit of the contract or of a provider",
    ),
}

# Which logs of what has any are kept, of which metrics; why not the others is said beside each in infra/.
WATCHED = {
    "Microsoft.Communication/communicationServices": ({"EmailSendMailOperational"}, {"AllMetrics"}),
    "Microsoft.EventGrid/systemTopics": ({"DeliveryFailures"}, {"AllMetrics"}),
    "Microsoft.KeyVault/vaults": ({"AuditEvent"}, {"AllMetrics"}),
    "Microsoft.Storage/storageAccounts/blobServices": (set[str](), {"Transaction"}),
    "Microsoft.Storage/storageAccounts/queueServices": (set[str](), {"Transaction"}),
    "Microsoft.Storage/storageAccounts/tableServices": (set[str](), {"Transaction"}),
    "Microsoft.Web/sites": ({"FunctionAppLogs"}, {"AllMetrics"}),
}


def is_secret(annotation: Any) -> bool:
    """Whether a setting of this type is kept from logs."""
    parts = (annotation, *getattr(annotation, "__args__", ()), getattr(annotation, "__origin__", None))
    aliased = (each.__value__ for each in parts if isinstance(each, TypeAliasType))
    return SecretStr in parts or any(map(is_secret, aliased))


def only_what_is_read(structure: Structure) -> Iterator[str]:
    """Settings that nothing reads, or that must not be there."""
    given = app_settings(structure).keys()
    yield from _told("{} is set and nothing reads it", given - FIELDS.keys() - HOST_READS - LIBRARY_READS)
    yield from _told("{} is set: it is only for elsewhere", given & ABSENT.keys())


def what_must_be_read(structure: Structure) -> Iterator[str]:
    """Settings that the service, its triggers or the host cannot start without."""
    required = {name for name, field in FIELDS.items() if field.is_required()}
    required |= HOST_READS | LIBRARY_READS | {f"{CONNECTION}__{each}" for each in ("queueServiceUri", "clientId")}
    required |= {f"{CONNECTION}__tableServiceUri", "APPLICATIONINSIGHTS_CONNECTION_STRING"}
    yield from _told("{} is not set", required - app_settings(structure).keys())


def all_that_can_be_given(structure: Structure) -> Iterator[str]:
    """Settings that no deployment sets, although nothing says why."""
    yield from _told("{} is not set", FIELDS.keys() - ABSENT.keys() - app_settings(structure).keys())


def connections(structure: Structure) -> Iterator[str]:
    """Host and service reach the one account as the app's own identity."""
    account = structure.only("Microsoft.Storage/storageAccounts").member("properties")["primaryEndpoints"]
    identity = identity_of(structure, "identity")
    for name, value in app_settings(structure).items():
        connection, _, key = name.partition("__")
        expected = {
            "blobServiceUri": account["blob"],
            "queueServiceUri": account["queue"],
            "tableServiceUri": account["table"],
            "credential": "managedidentity",
            "clientId": identity.member("properties")["clientId"],
        }
        if key and value != expected[key]:
            yield f"{connection} does not reach its {key}"
    site = structure.only("Microsoft.Web/sites")
    if set(site.get("identity.userAssignedIdentities")) != {identity.id}:
        yield "the app has another identity"
    if site.get("properties.keyVaultReferenceIdentity") != identity.id:
        yield "secrets are read as another identity"


def vault(structure: Structure) -> Iterator[str]:
    """Secret settings refer to the vault, each to a secret that is there, and every secret is referred to."""
    given, referred = app_settings(structure).keys(), references(structure)
    secret = {name for name, field in FIELDS.items() if is_secret(field.annotation)} & given
    yield from _told("{} stands there in plain text", secret - referred.keys())
    yield from _told("{} is no secret and refers to one", referred.keys() - secret)
    yield from _told("{} is not in the vault", {name for _, name in set(referred.values()) - secrets(structure).keys()})
    unread = secrets(structure).keys() - set(referred.values())
    yield from _told("{} is in the vault and nothing reads it", {name for _, name in unread})
    yield from _told(
        "{} is in the vault and empty", {name for (_, name), value in secrets(structure).items() if not value}
    )


def storage(structure: Structure) -> Iterator[str]:
    """The queues, tables and containers that the code and the host name, and no others."""
    of = "Microsoft.Storage/storageAccounts"
    yield from _same("queue", structure.names(f"{of}/queueServices/queues"), QUEUES)
    yield from _same("table", structure.names(f"{of}/tableServices/tables"), TABLES)
    yield from _same("container", structure.names(f"{of}/blobServices/containers"), CONTAINERS)
    read = {str(trigger["queueName"]) for trigger in triggers("queueTrigger").values()}
    yield from _told("queue {} has no reader", set(structure.names(f"{of}/queueServices/queues")) - read)


def roles(structure: Structure) -> Iterator[str]:
    """The roles that the code path needs, each on what it is needed for, and no others."""
    by_id = {identifier: name for name, identifier in ROLES.items()}
    given = [
        (
            by_id[each.get("properties.roleDefinitionId").rpartition("/")[2]],
            each.body["scope"].id if "scope" in each.body else "a group or the subscription",
            each.get("properties.principalId"),
        )
        for each in structure.of_kind("Microsoft.Authorization/roleAssignments")
    ]
    yield from _same("role", given, needed(structure))
    names = [each.name for each in structure.of_kind("Microsoft.Authorization/roleAssignments")]
    yield from _told("two assignments are called {}", {name for name in names if names.count(name) > 1})


def needed(structure: Structure) -> list[tuple[str, str, str]]:
    """Each role that something in the code or in its settings asks for: its name, what it is on, and whose it is."""
    service = identity_of(structure, "identity").member("properties")["principalId"]
    account = structure.only("Microsoft.Storage/storageAccounts").id
    vault_id = structure.only("Microsoft.KeyVault/vaults").id
    return [
        *(
            _one("Storage Queue Data Contributor", f"{account}/queueServices/default/queues/{name}", service)
            for name in QUEUES
        ),
        *(
            _one("Key Vault Secrets User", f"{vault_id}/secrets/{name}", service)
            for _, name in references(structure).values()
        ),
        # To create a table is asked of the table service, and the host keeps tables and containers of its own.
        _one("Storage Table Data Contributor", account, service),
        _one("Storage Blob Data Owner", account, service),
        _one("Communication and Email Service Owner", _by_setting(structure, "ACS_ENDPOINT"), service),
        _one("Monitoring Metrics Publisher", structure.only("Microsoft.Insights/components").id, service),
        *dead_letters(structure, f"{account}/blobServices/default/containers/dead-letters"),
    ]


def identity_of(structure: Structure, symbol: str) -> Resource:
    """The service's own identity (identity), or the one that Event Grid writes dead letters as (writer)."""
    (found,) = (each for each in structure.of_kind(IDENTITY) if each.symbol == symbol)
    return found


def dead_letters(structure: Structure, container: str) -> list[tuple[str, str, str]]:
    """The role of whoever writes them: into a closed account nobody does."""
    if structure.only("Microsoft.Storage/storageAccounts").get("properties.publicNetworkAccess") == "Disabled":
        return []
    writer = identity_of(structure, "writer").member("properties")["principalId"]
    return [_one("Storage Blob Data Contributor", container, writer)]


def _one(role: str, on: str, whose: str) -> tuple[str, str, str]:
    return role, on, whose


def _by_setting(structure: Structure, name: str) -> str:
    """The Communication Services resource that a setting names by its address."""
    (resource,) = (
        each.id
        for each in structure.of_kind("Microsoft.Communication/communicationServices")
        if app_settings(structure)[name] == f"https://{each.member('properties')['hostName']}"
    )
    return resource


def always_ready(structure: Structure) -> Iterator[str]:
    """Groups that always have instances are groups that there are, and the timer is one of them."""
    groups = structure.only("Microsoft.Web/sites").get("properties.functionAppConfig.scaleAndConcurrency.alwaysReady")
    names = [each["name"] for each in groups]
    own = {name for name, trigger in functions() if trigger["type"] != "httpTrigger"}
    yield from _told("{} is no group", set(names) - {f"function:{name}" for name in own} - {"http"})
    yield from _told("{} is said twice", {name for name in names if names.count(name) > 1})
    yield from _told("{} has no instances", {each["name"] for each in groups if each["instanceCount"] < 1})
    if "function:release" not in names:
        yield "the timer has no instance"


def looked_up(structure: Structure) -> Iterator[str]:
    """What is looked up is what is made."""
    made = {each.id for each in structure.resources}
    yield from _told("{} is looked up and not made", {each.id for each in structure.looked_up} - made)


def tags(structure: Structure) -> Iterator[str]:
    """Everything that has a place has the tags, by which azd and a bill find it."""
    expected = structure.only("Microsoft.Resources/resourceGroups").body["tags"].items()
    for each in structure.resources:
        if "location" in each.body and not expected <= each.body.get("tags", {}).items():
            yield f"{each.id} has not the tags"


def diagnostics(structure: Structure) -> Iterator[str]:
    """Of everything that has logs or metrics, those are kept that are said above."""
    kept = {each.body["scope"].id: each for each in structure.of_kind("Microsoft.Insights/diagnosticSettings")}
    for kind, (logs, metrics) in WATCHED.items():
        for each in structure.of_kind(kind):
            setting = kept.pop(each.id, None)
            if setting is None or (_categories(setting, "logs"), _categories(setting, "metrics")) != (logs, metrics):
                yield f"{kind} is not watched as said"
    yield from _told("{} is watched and nothing says why", kept)


def _categories(setting: Resource, kind: str) -> set[str]:
    return {each["category"] for each in setting.body["properties"].get(kind, []) if each["enabled"]}


def _told(line: str, found: Iterable[object]) -> Iterator[str]:
    return (line.format(each) for each in sorted(map(str, found)))


def _same(what: str, made: Iterable[object], wanted: Iterable[object]) -> Iterator[str]:
    have, want = sorted(map(str, made)), sorted(map(str, wanted))
    yield from _told(f"{what} {{}} is not there", set(want) - set(have))
    yield from _told(f"{what} {{}} is there and nothing needs it", set(have) - set(want))
    yield from _told(f"{what} {{}} is there twice", {each for each in have if have.count(each) > 1})


CHECKS: tuple[Check, ...] = (
    only_what_is_read,
    what_must_be_read,
    connections,
    vault,
    storage,
    roles,
    always_ready,
    looked_up,
    tags,
    diagnostics,
)


def problems(structure: Structure) -> list[str]:
    """Everything that a walk finds."""
    return [problem for check in CHECKS for problem in check(structure)]
