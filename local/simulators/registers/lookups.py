"""What all registers have in common: a question in JSON, limited in size, and an answer that is a list of entries."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from local.simulators.registers.population import Population
from local.simulators.registers.switches import Faults, Register

type Entry = dict[str, Any]


class Question(BaseModel):
    """The body of a call; a member that the register does not have is refused, so that a misspelt one is noticed."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)


@dataclass(frozen=True)
class Answer:
    """The entries of an answer, how many were asked for, and what else the question said."""

    asked: int
    entries: list[Entry]
    said: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """One register: where it is asked, for how many at most, and how it answers.

    `answer` raises pydantic's ValidationError for a body that is no question. `stranger` makes an entry one about
    somebody else.
    """

    register: Register
    path: str
    most: int
    member: str
    answer: Callable[[Population, bytes], Answer]
    stranger: Callable[[Entry], Entry]


def unique[T](values: Iterable[T]) -> list[T]:
    """The values without repetitions, in their order."""
    return list(dict.fromkeys(values))


def falsified(lookup: Lookup, faults: Faults, entries: list[Entry]) -> list[Entry]:
    """The entries as the switches leave them: half of them gone, or all about somebody else."""
    kept = entries[1::2] if faults.half_missing else entries
    return [lookup.stranger(entry) for entry in kept] if faults.somebody_else else kept
