"""What is wrong with a request, and how the client is told: every failure under the JSON path that it sent."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails, PydanticCustomError

from notifications.contract.json_document import ROOT, Members, Path, client_path

INVALID = "invalid"
PAST = "past"

MOST_TOLD = 1000
"""How many failures are told one by one; what is beyond is told as a number."""


class Failure(NamedTuple):
    """A broken rule: where, and the texts for the client; `kind` tells passed send times from everything else."""

    path: Path
    messages: tuple[str, ...]
    kind: str = INVALID


def broken(path: Path, message: str) -> Failure:
    """A failure with one text."""
    return Failure(path, (message,))


def refusal(*messages: str, kind: str = INVALID) -> PydanticCustomError:
    """What a reader of one value raises."""
    return PydanticCustomError(kind, "see messages", {"messages": messages})


def failure_of(error: ErrorDetails) -> Failure:
    """What pydantic found, with a text of the contract."""
    # pydantic tells a default that is refused under the attribute's name
    path = tuple(to_camel(step) if isinstance(step, str) and "_" in step else step for step in error["loc"])
    kind = error["type"]
    if kind in {INVALID, PAST}:
        return Failure(path, error["ctx"]["messages"], kind)
    if kind == "missing":
        return broken(path, f"The {path[-1]} field is required.")
    wanted = "array" if kind in {"list_type", "tuple_type"} else "object"
    return broken(path, f"The JSON value could not be converted to an {wanted}.")


def by_client_path(document: Members, failures: Sequence[Failure]) -> dict[str, list[str]]:
    """The texts by path, named as the client spelled it."""
    errors: dict[str, list[str]] = defaultdict(list)
    for failure in failures[:MOST_TOLD]:
        errors[client_path(document, failure.path)] += failure.messages
    if len(failures) > MOST_TOLD:
        errors[ROOT].append(f"There are {len(failures) - MOST_TOLD} more failures.")
    return dict(errors)
