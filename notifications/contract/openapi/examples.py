"""Examples of requests and answers, which the document shows and the tests hold the service to.

Each file of `examples/` is named after its operation and holds an object: the examples by name. Where an example has a
request and its status is an error, the request is one that leads to it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from notifications.contract.openapi.operation import Operation
from notifications.contract.schemas import Schema

_FILES = Path(__file__).with_name("examples")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A request and what it is answered with; `parameters` are by name, `request` and `answer` JSON values."""

    name: str
    summary: str
    status: int
    answer: Any
    request: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Whether the answer is a problem."""
        return self.status >= 400


@cache
def examples() -> Mapping[str, Sequence[Example]]:
    """All examples by operation."""
    return {file.stem: _read(file) for file in sorted(_FILES.glob("*.json"))}


def of(operation: Operation) -> Sequence[Example]:
    """The examples of an operation."""
    return examples().get(operation.id, ())


def requests(operation: Operation) -> Schema:
    """The requests that are accepted, as the document shows them."""
    return {
        each.name: {"summary": each.summary, "value": each.request}
        for each in of(operation)
        if each.request is not None and not each.is_error
    }


def answers(operation: Operation, status: int) -> Schema:
    """The answers of one status, as the document shows them."""
    return {
        each.name: {"summary": each.summary, "value": each.answer} for each in of(operation) if each.status == status
    }


def values(operation: Operation, parameter: str) -> Schema:
    """The values of a parameter with which there is no error, as the document shows them."""
    return {
        each.name: {"value": each.parameters[parameter]}
        for each in of(operation)
        if parameter in each.parameters and not each.is_error
    }


def _read(file: Path) -> tuple[Example, ...]:
    return tuple(Example(name=name, **each) for name, each in json.loads(file.read_text("utf-8")).items())
