"""JSON schemas of what the service is sent, made from the models that validate it and the rules of their members."""

from collections.abc import Mapping, Sequence

from pydantic import TypeAdapter

from notifications.contract.limits import Limits
from notifications.contract.openapi.members import member_rules, object_rules, rules_in
from notifications.contract.request_model import RequestModel
from notifications.contract.schemas import REFERENCE, Schema, told

_NULL = {"type": "null"}
_ABOUT = ("description", "default", "title")


def request_schemas(models: Sequence[type[RequestModel]], limits: Limits) -> dict[str, Schema]:
    """The schema of each model, and of all that they are made of, by name."""
    inputs = [(model.__name__, "validation", TypeAdapter(model)) for model in models]
    _, definitions = TypeAdapter.json_schemas(
        inputs,  # type: ignore[arg-type] # a list is invariant in the mode's literal type
        ref_template=REFERENCE,
    )
    rules = _Rules(limits)
    # the names of an enum are said where they are taken, with what else is taken there
    objects = {name: each for name, each in definitions["$defs"].items() if "properties" in each}
    return {name: rules.applied(name, told(each)) for name, each in objects.items()}


class _Rules:
    """The rules under these limits."""

    def __init__(self, limits: Limits) -> None:
        self._everywhere = member_rules(limits)
        self._somewhere = rules_in(limits)
        self._between = object_rules()

    def applied(self, name: str, schema: Schema) -> Schema:
        properties = {
            member: _member(given, self._rule(name, member)) for member, given in schema["properties"].items()
        }
        between = self._between.get(name, {})
        required = [*schema.get("required", ()), *between.get("required", ())]
        whole = {**schema, **between, "properties": properties}
        return whole | ({"required": required} if required else {})

    def _rule(self, name: str, member: str) -> Schema:
        rule = {**self._everywhere.get(member, {}), **self._somewhere.get((name, member), {})}
        return {keyword: value for keyword, value in rule.items() if value is not None}


def _member(given: Schema, rule: Mapping[str, object]) -> Schema:
    """A member's schema with its rule; what may be null stays so, unless the rule says otherwise."""
    value = _value(given) | {
        keyword: word for keyword, word in rule.items() if keyword not in {"description", "nullable"}
    }
    if "enum" in value:
        value = {"type": "string", **{keyword: word for keyword, word in value.items() if keyword != "$ref"}}
    about = {keyword: given[keyword] for keyword in _ABOUT if given.get(keyword) not in (None, "", [])}
    if "description" in rule:
        about["description"] = rule["description"]
    allows_null = rule.get("nullable", _NULL in given.get("anyOf", ()))
    return {"anyOf": [value, _NULL], **about} if allows_null else {**value, **about}


def _value(given: Schema) -> Schema:
    """The schema of the member where it is not null, without what is said about it."""
    values = [each for each in given.get("anyOf", [given]) if each != _NULL]
    return {keyword: word for keyword, word in values[0].items() if keyword not in _ABOUT}
