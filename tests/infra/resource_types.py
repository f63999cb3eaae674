"""What is documented of each resource type that the template uses, and what a template says that is not.

resource_types.json holds, by type and API version: the page of the template reference, the client or type library of
that API version that the list was read from, the properties that must be given, and those that may be, by path, each
with its type or the values that it can take. Of a nested object that no template here writes, nothing is listed.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pydantic import BaseModel

from tests.infra.bicep import Declaration, Expression, File, Value
from tests.infra.branches import api_versions, possible

LIST = Path(__file__).with_suffix(".json")
# What Bicep itself reads of a resource, whatever its type.
LANGUAGE = {"name", "parent", "scope", "dependsOn"}
_KINDS: dict[str, tuple[type, ...]] = {"string": (str,), "int": (int,), "number": (int,), "bool": (bool,)}


class Documented(BaseModel):
    """A resource type at one API version; paths are separated by slashes and an array's ends in []."""

    page: str
    source: str
    required: list[str]
    properties: dict[str, str | list[str | int]]

    def knows(self, path: str) -> bool:
        """Whether there is a property at the path, or below it."""
        return any(each == path or each.startswith((f"{path}/", f"{path}[]")) for each in self.properties)

    def required_below(self, path: str) -> Iterator[str]:
        """The names that an object at the path must have; at the empty path, those of the resource itself."""
        prefix = f"{path}/" if path else ""
        names = [each.removeprefix(prefix) for each in self.required if each.startswith(prefix)]
        return (name for name in names if "/" not in name)


@cache
def documented() -> dict[str, Documented]:
    """The list, by type@version."""
    return {key: Documented.model_validate(each) for key, each in json.loads(LIST.read_text("utf-8")).items()}


def types_used(file: File) -> set[str]:
    """Every type@version of a file, those that are only looked up included."""
    versions = api_versions(file)
    return {f"{each.kind}@{versions[symbol]}" for symbol, each in file.resources.items()}


def undocumented(file: File) -> Iterator[str]:
    """One sentence about everything in a file's resources that the list does not have."""
    versions = api_versions(file)
    for symbol, resource in file.resources.items():
        key = f"{resource.kind}@{versions[symbol]}"
        known = documented().get(key)
        if known is None:
            yield f"{symbol}: {key} is not listed"
        elif not resource.existing:
            yield from (f"{symbol}: {problem}" for problem in _resource(resource, known, file))


def _resource(resource: Declaration, known: Documented, file: File) -> Iterator[str]:
    if "name" not in resource.body:
        yield "name is missing"
    own = {name: value for name, value in resource.body.items() if name not in LANGUAGE}
    yield from _object(own, "", known, file)


def _object(given: dict[str, Value], path: str, known: Documented, file: File) -> Iterator[str]:
    yield from (f"{path}/{name} is missing".lstrip("/") for name in known.required_below(path) if name not in given)
    for name, value in given.items():
        yield from _property(value, f"{path}/{name}".lstrip("/"), known, file)


def _property(given: Value, path: str, known: Documented, file: File) -> Iterator[str]:
    if not known.knows(path):
        yield f"{path} is not documented"
        return
    for value in possible(given, file):
        yield from _value(value, path, known, file)


def _value(value: Value, path: str, known: Documented, file: File) -> Iterator[str]:
    listed = known.properties.get(path)
    if isinstance(value, Expression) or (isinstance(value, dict) and listed == "map"):
        return
    if listed is None and known.knows(f"{path}[]"):
        # A loop is read as the body of one turn.
        for item in value if isinstance(value, list) else [value]:
            yield from _property(item, f"{path}[]", known, file)
    elif isinstance(value, dict) and listed is None:
        yield from _object(value, path, known, file)
    elif not _fits(value, listed):
        yield f"{path} cannot be {value!r}"


def _fits(value: Value, listed: str | list[str | int] | None) -> bool:
    if isinstance(listed, list):
        return value in listed and not isinstance(value, bool)
    return type(value) in _KINDS.get(listed or "", ())
