"""Requests for many decisions in XACML's JSON form, and what their results say (engine.md section 2.3).

XACML 3.0 section 7.18: who enforces a decision acts on a permit only when it understands and can discharge all of its
obligations. The one that Altinn attaches, a minimum authentication level (docs.altinn.studio, "Policy", Obligation),
is about showing content to somebody who is logged in: being told that there is something to log in for takes none, so
it is discharged by sending no content that needs it. Any other obligation makes a permit none.
"""

from collections.abc import Collection, Mapping

from notifications.recipients.wire import Wire

type Document = dict[str, object]

_STRING = "http://www.w3.org/2001/XMLSchema#string"
_ACTION = "urn:oasis:names:tc:xacml:1.0:action:action-id"
_SUBJECT_CATEGORY = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
_RESOURCE_CATEGORY = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
_USER = "urn:altinn:userid"
_PARTY = "urn:altinn:partyid"
_APP_PREFIX = "app_"
_LEVELS = frozenset({"urn:altinn:minimum-authenticationlevel", "urn:altinn:minimum-authenticationlevel-org"})
_LEVEL_PREFIX = "urn:altinn:obligation:authenticationlevel"


class _Attribute(Wire):
    attribute_id: str | None = None
    value: str | int | None = None


class _Category(Wire):
    category_id: str | None = None
    attribute: list[_Attribute | None] | None = None


class _Assignment(Wire):
    category: str | None = None


class _Obligation(Wire):
    id: str | None = None
    attribute_assignment: list[_Assignment | None] | None = None

    @property
    def is_authentication_level(self) -> bool:
        """Whether it asks for a level of authentication and for nothing else."""
        assigned = [each.category if each else None for each in self.attribute_assignment or []]
        if not assigned:
            return (self.id or "").lower().startswith(_LEVEL_PREFIX)
        return _LEVELS.issuperset(assigned)


class Result(Wire):
    """One decision."""

    decision: str | None = None
    category: list[_Category | None] | None = None
    obligations: list[_Obligation | None] | None = None

    @property
    def permits(self) -> bool:
        """Whether it is a permit whose obligations are understood."""
        return self.decision == "Permit" and all(
            each is not None and each.is_authentication_level for each in self.obligations or []
        )

    @property
    def about(self) -> tuple[str, str] | None:
        """The party and the user that were decided on; None when it does not say."""
        party = self._value(_RESOURCE_CATEGORY, _PARTY)
        user = self._value(_SUBJECT_CATEGORY, _USER)
        return (party, user) if party and user else None

    def _value(self, category_id: str, attribute_id: str) -> str | None:
        for category in self.category or []:
            if category and category.category_id == category_id:
                for each in category.attribute or []:
                    if each and each.attribute_id == attribute_id and each.value is not None:
                        return str(each.value).strip()
        return None


class Response(Wire):
    """All decisions of one request."""

    response: list[Result | None]


def request(resource_id: str, action: str, pairs: Collection[tuple[str, str]]) -> Document:
    """The request that asks for each (party id, user id) whether the user may do something to the party's resource."""
    resource = _resource(resource_id)
    subjects = {user: f"subject{user}" for _, user in pairs}
    resources = {party: f"resource{party}" for party, _ in pairs}
    return {
        "request": {
            "returnPolicyIdList": False,
            "combinedDecision": False,
            "accessSubject": [_entity(name, {_USER: user}) for user, name in subjects.items()],
            "action": [{"id": "action", "attribute": [_attribute(_ACTION, action, data_type="string")]}],
            "resource": [_entity(name, {_PARTY: party}, resource) for party, name in resources.items()],
            "multiRequests": {
                "requestReference": [
                    {"referenceId": [subjects[user], "action", resources[party]]} for party, user in pairs
                ]
            },
        }
    }


def _resource(resource_id: str) -> dict[str, str]:
    """`app_{org}_{app}` names an app, in whose own name there may be more underscores; all else is a resource."""
    org, _, app = resource_id.removeprefix(_APP_PREFIX).partition("_")
    if resource_id.startswith(_APP_PREFIX) and org and app:
        return {"urn:altinn:org": org, "urn:altinn:app": app}
    return {"urn:altinn:resource": resource_id}


def _entity(name: str, told: Mapping[str, str], untold: Mapping[str, str] | None = None) -> Document:
    """A subject or resource; what is `told` comes back in the result."""
    attributes = [_attribute(key, value) for key, value in (untold or {}).items()]
    return {"id": name, "attribute": attributes + [_attribute(key, value, told=True) for key, value in told.items()]}


def _attribute(name: str, value: str, *, data_type: str = _STRING, told: bool = False) -> Document:
    return {
        "attributeId": name,
        "value": value,
        "issuer": "Altinn",
        "dataType": data_type,
        "includeInResult": told,
    }
