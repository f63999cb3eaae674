"""A resource of the template as it is deployed: who it is, what is said of it, and what Azure will answer of it."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.infra.evaluation import Evaluated, UnknownError, member

SUBSCRIPTION = "/subscriptions/one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource with its evaluated body; `name` holds its parents' names too, `existing` is one that is looked up."""

    symbol: str
    kind: str
    version: str
    name: str
    body: dict[str, Evaluated]
    existing: bool

    @property
    def id(self) -> str:
        """What identifies it: made or looked up, here or in another module, it is the same."""
        namespace, *types = self.kind.split("/")
        path = "/".join(f"{kind}/{name}" for kind, name in zip(types, self.name.split("/"), strict=True))
        return f"{SUBSCRIPTION}/providers/{namespace}/{path}"

    def member(self, name: str) -> Evaluated:
        """A property as the template may read it: its id, its name, or what a deployment answers."""
        if name in {"id", "name"}:
            return self.id if name == "id" else self.body["name"]
        answers = _ANSWERS[self.kind](self) if self.kind in _ANSWERS else {}
        return member(answers, name)

    def get(self, path: str) -> Evaluated:
        """A value of the body by its dotted path, or None."""
        value: Evaluated = self.body
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A resource or module whose condition does not hold; to read it is an error."""

    symbol: str

    def member(self, name: str) -> Evaluated:
        """Nothing: it is not there. Raises `UnknownError`."""
        raise UnknownError(f"{self.symbol}.{name}, which is not deployed")


# What a deployment answers of a resource, in the form in which Azure does.
_ANSWERS: dict[str, Callable[[Resource], dict[str, Evaluated]]] = {
    "Microsoft.ManagedIdentity/userAssignedIdentities": lambda each: {
        "properties": {
            "clientId": "00000000-0000-0000-0000-000000000000",
            "principalId": f"principal of {each.name}",
        }
    },
    "Microsoft.OperationalInsights/workspaces": lambda each: {"properties": {"customerId": f"customer {each.name}"}},
    "Microsoft.Insights/components": lambda each: {
        "properties": {"ConnectionString": f"InstrumentationKey={each.name}"}
    },
    "Microsoft.Storage/storageAccounts": lambda each: {
        "properties": {
            "primaryEndpoints": {
                service: f"https://{each.name}.{service}.core.windows.net/" for service in ("blob", "queue", "table")
            }
        }
    },
    "Microsoft.KeyVault/vaults": lambda each: {"properties": {"vaultUri": f"https://{each.name}.vault.azure.net/"}},
    "Microsoft.Communication/communicationServices": lambda each: {
        "properties": {"hostName": f"{each.name}.europe.communication.azure.com"}
    },
    "Microsoft.Communication/emailServices/domains": lambda _: {
        "properties": {"mailFromSenderDomain": "synthetic.azurecomm.net"}
    },
    "Microsoft.Web/sites": lambda each: {"properties": {"defaultHostName": f"{each.name}.azurewebsites.net"}},
}
