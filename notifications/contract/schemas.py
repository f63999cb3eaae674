"""JSON schemas of what the service answers, made from the types that the answers are built as.

Builders return TypedDicts, so that what is written and what is documented cannot differ.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import TypeAdapter, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from notifications.contract.notification_statuses import future_names, legacy_names, summary_names
from notifications.domain.statuses import Channel, OrderStatus

REFERENCE = "#/components/schemas/{model}"
"""How a schema names another one of the document."""

WHITE_SPACE = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""What counts as white space, for a class of characters in a pattern: to `\\s` each dialect of patterns has its own."""

NOT_BLANK = f"[^{WHITE_SPACE}]"
"""The pattern of a text that is not blank."""

type Schema = dict[str, Any]

_SOURCE = re.compile(r" \((?:http-contract|engine|spec)[^)]*\)")


def one_of(names: Sequence[str]) -> WithJsonSchema:
    """A text that is one of these."""
    return WithJsonSchema({"type": "string", "enum": list(names)})


Uuid = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
Timestamp = Annotated[
    str,
    WithJsonSchema({"type": "string", "format": "date-time", "description": "UTC, ending in Z."}),
]
Link = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
LifecycleStatus = Annotated[str, one_of([f"Order_{status.value}" for status in OrderStatus])]
RecipientStatus = Annotated[str, one_of(future_names())]
LegacyStatus = Annotated[str, one_of(list(dict.fromkeys(name for each in Channel for name in legacy_names(each))))]
SummaryStatus = Annotated[str, one_of(list(dict.fromkeys(name for each in Channel for name in summary_names(each))))]


def answer_schemas(shapes: Sequence[Any]) -> tuple[Mapping[Any, JsonSchemaValue], dict[str, Schema]]:
    """The schema of each shape of an answer (a reference, or a list of them), and the definitions they refer to."""
    inputs = [(index, "serialization", TypeAdapter(shape)) for index, shape in enumerate(shapes)]
    schemas, definitions = TypeAdapter.json_schemas(
        inputs,  # type: ignore[arg-type] # a list is invariant in the mode's literal type
        ref_template=REFERENCE,
        schema_generator=_AnswerSchema,
    )
    by_shape = {index: schema for (index, _), schema in schemas.items()}
    return by_shape, {name: told(each) for name, each in definitions.get("$defs", {}).items()}


def told(schema: Schema) -> Schema:
    """The schema without the titles that pydantic makes from names, and without what only developers can look up."""
    properties = {name: _without(each, "title") for name, each in schema.get("properties", {}).items()}
    kept = _without(schema, "title", "additionalProperties")
    description = {"description": _SOURCE.sub("", kept["description"])} if "description" in kept else {}
    return kept | description | ({"properties": properties} if properties else {})


def _without(schema: Schema, *keywords: str) -> Schema:
    return {keyword: value for keyword, value in schema.items() if keyword not in keywords}


class _AnswerSchema(GenerateJsonSchema):
    """What is None is left out of an answer (http-contract.md section 1.5), never written as null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,
    ) -> bool:
        return field["schema"]["type"] != "nullable" and super().field_is_required(field, total)
