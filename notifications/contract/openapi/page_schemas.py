"""The schemas of the document, as tables for people."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from notifications.contract.openapi.html import Html, element, folded, joined, phrase, prose, table

_BOUNDS = {
    "format": "format {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minItems": "at least {} of them",
    "maxItems": "at most {} of them",
    "default": "{} when left out",
}
_LONG_LIST = 8


def schema_section(name: str, schema: Mapping[str, Any]) -> Html:
    """One named schema, to which others link."""
    return folded(
        element("code", name),
        prose(schema.get("description", "")),
        _members(name, schema) if "properties" in schema else element("div", type_of(schema)),
        id_=f"schema-{name}",
    )


def type_of(schema: Mapping[str, Any]) -> Html:
    """What a value may be; named schemas are links."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return element("a", name, href=f"#schema-{name}")
    if "anyOf" in schema:
        choices = [type_of(each) for each in schema["anyOf"]]
        return joined([choices[0], *(joined([" or ", each]) for each in choices[1:])])
    if "enum" in schema:
        return _enum([str(each) for each in schema["enum"]])
    if schema.get("type") == "array":
        return joined(["list of ", type_of(schema["items"])])
    return joined([schema.get("type", "anything")])


def bounds_of(schema: Mapping[str, Any]) -> str:
    """What a value must hold beside its type."""
    return "; ".join(_bounds(schema))


def _bounds(schema: Mapping[str, Any]) -> Iterator[str]:
    for each in schema.get("anyOf", ()):
        yield from _bounds(each)
    for keyword, text in _BOUNDS.items():
        if keyword in schema:
            yield text.format(schema[keyword] if isinstance(schema[keyword], str) else json.dumps(schema[keyword]))


def _members(name: str, schema: Mapping[str, Any]) -> Html:
    required = schema.get("required", ())
    rows = (
        (element("code", member), type_of(each), "yes" if member in required else "", _told(each))
        for member, each in schema["properties"].items()
    )
    return table(f"Members of {name}", ("Member", "Type", "Required", "Meaning"), rows)


def _told(schema: Mapping[str, Any]) -> Html:
    return joined(part for part in (phrase(schema.get("description", "")), " ", bounds_of(schema)) if part.strip())


def _enum(names: list[str]) -> Html:
    codes = joined(joined([element("code", name), " "]) for name in names)
    return codes if len(names) <= _LONG_LIST else folded(f"one of {len(names)}", codes)
