"""Authorisation decisions: the JSON profile of XACML 3.0, many requests in one, as engine.md section 2.3 shows it."""

from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from local.simulators.registers.lookups import Answer, Entry, Lookup
from local.simulators.registers.people import Obligation
from local.simulators.registers.population import Population, permitted
from local.simulators.registers.switches import Register

MOST_PAIRS = 500
USER = "urn:altinn:userid"
PARTY = "urn:altinn:partyid"
RESOURCE = "urn:altinn:resource"
ORG = "urn:altinn:org"
APP = "urn:altinn:app"
ACTION = "urn:oasis:names:tc:xacml:1.0:action:action-id"
SUBJECT_CATEGORY = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
RESOURCE_CATEGORY = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
ACTION_CATEGORY = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"
STRANGER_USER = "39999999"
_STATUS = "urn:oasis:names:tc:xacml:1.0:status"
_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


class _Part(BaseModel):
    # The profile has members that no decision here depends on, and callers may send them.
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", strict=True)


class _Attribute(_Part):
    attribute_id: str
    value: str
    issuer: str | None = None
    data_type: str | None = None
    include_in_result: bool = False


class _Category(_Part):
    id: str | None = None
    attribute: list[_Attribute]

    def value(self, attribute: str) -> str | None:
        """The first value of an attribute."""
        return next((each.value for each in self.attribute if each.attribute_id == attribute), None)

    def shown(self, category: str) -> Entry | None:
        """What the result repeats of it, None if nothing."""
        told = [each.model_dump(by_alias=True) for each in self.attribute if each.include_in_result]
        return {"categoryId": category, "attribute": told} if told else None


class _Reference(_Part):
    reference_id: list[str]


class _Many(_Part):
    request_reference: list[_Reference]


class _Request(_Part):
    access_subject: list[_Category]
    action: list[_Category]
    resource: list[_Category]
    multi_requests: _Many | None = None


class _DecisionsAsked(_Part):
    request: _Request


class _One(BaseModel):
    """One of the requests: who wants to do what with which resource."""

    subject: _Category
    action: _Category
    resource: _Category


def _decisions(population: Population, body: bytes) -> Answer:
    request = _DecisionsAsked.model_validate_json(body).request
    asked = (
        [_chosen(request, each.reference_id) for each in request.multi_requests.request_reference]
        if (request.multi_requests)
        else [_single(request)]
    )
    entries = [
        _decided(population, one) if one else _result("Indeterminate", f"{_STATUS}:syntax-error") for one in asked
    ]
    return Answer(len(asked), entries, {"actions": sorted({one.action.value(ACTION) or "" for one in asked if one})})


def _chosen(request: _Request, ids: list[str]) -> _One | None:
    """The request that a reference puts together, None if it does not name one category of each kind."""
    subject, action, resource = (
        [each for each in categories if each.id in ids]
        for categories in (request.access_subject, request.action, request.resource)
    )
    if not len(subject) == len(action) == len(resource) == 1 or len(ids) != 3:
        return None
    return _One(subject=subject[0], action=action[0], resource=resource[0])


def _single(request: _Request) -> _One | None:
    parts = (request.access_subject, request.action, request.resource)
    if any(len(part) != 1 for part in parts):
        return None
    return _One(subject=parts[0][0], action=parts[1][0], resource=parts[2][0])


def _decided(population: Population, one: _One) -> Entry:
    user = population.user(_number(one.resource.value(PARTY)), _number(one.subject.value(USER)))
    resource, action = _resource(one.resource), one.action.value(ACTION)
    permit = bool(user and resource and action and permitted(user, resource, action))
    obligations = [_obligation(each) for each in user.obligations] if permit and user else []
    repeated = (
        one.subject.shown(SUBJECT_CATEGORY),
        one.action.shown(ACTION_CATEGORY),
        one.resource.shown(RESOURCE_CATEGORY),
    )
    return {
        **_result("Permit" if permit else "NotApplicable", f"{_STATUS}:ok"),
        "obligations": obligations or None,
        "category": [each for each in repeated if each],
    }


def _result(decision: str, status: str) -> Entry:
    return {
        "decision": decision,
        "status": {"statusCode": {"value": status}},
        "obligations": None,
        "associateAdvice": None,
        "category": [],
        "policyIdentifierList": None,
    }


def _resource(category: _Category) -> str | None:
    org, app = category.value(ORG), category.value(APP)
    return f"app_{org}_{app}" if org and app else category.value(RESOURCE)


def _obligation(obligation: Obligation) -> Entry:
    assignment = {
        "attributeId": f"{obligation.id}-assignment",
        "value": obligation.value,
        "category": obligation.category,
        "dataType": _INTEGER,
        "issuer": None,
    }
    return {"id": obligation.id, "attributeAssignment": [assignment]}


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else -1


def _stranger(entry: Entry) -> Entry:
    return {**entry, "category": [_with_stranger(each) for each in entry["category"]]}


def _with_stranger(category: Entry) -> Entry:
    attributes: list[dict[str, Any]] = category["attribute"]
    strange = [{**each, "value": STRANGER_USER} if each["attributeId"] == USER else each for each in attributes]
    return {**category, "attribute": strange}


DECISIONS_LOOKUP = Lookup(
    register=Register.DECISIONS,
    path="/authorization/api/v1/decision",
    most=MOST_PAIRS,
    member="response",
    answer=_decisions,
    stranger=_stranger,
)
