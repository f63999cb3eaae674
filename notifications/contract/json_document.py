"""Reading a JSON body: property names in any letter case, and the path of everything as the client wrote it.

The rules are those of http-contract.md section 1.5: unknown members are ignored, of duplicates the last wins, no more
than 32 levels, no comments. What Python's reader takes beyond JSON (NaN, Infinity) is refused.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from notifications.contract.limits import Limits
from notifications.contract.problems import BodyTooLarge, ValidationFailed

type Path = tuple[str | int, ...]

ROOT = "$"
MAX_DEPTH = 32

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_LONGEST_INTEGER = 30
_MOST_FAULTS = 100


class Members(dict[str, object]):
    """A JSON object with the contract's property names; it remembers how the client wrote them."""

    __slots__ = ("_spelling",)

    def __init__(self, pairs: list[tuple[str, object]], names: Mapping[str, str]) -> None:
        super().__init__()
        self._spelling: dict[str, str] | None = None
        for spelled, value in pairs:
            name = names.get(spelled.lower(), spelled) if spelled.isascii() else spelled
            self[name] = value
            if self._spelling is not None:
                self._spelling[name] = spelled
            elif name != spelled:
                # made late: where names are the contract's, fifty thousand recipients need no second table
                self._spelling = {name: spelled}

    def spelled(self, name: str) -> str:
        """A name as the client wrote it, the contract's own where the member is missing."""
        return (self._spelling or {}).get(name, name)


class _NotJson:
    """Stands where the body says NaN or Infinity."""


def read_document(body: bytes, names: Mapping[str, str], limits: Limits, *, max_values: int | None = None) -> Members:
    """Read a body that must be one JSON object; `names` maps lower-case property names to the contract's.

    `max_values` is for bodies that may hold more than others.

    Raises BodyTooLarge, or ValidationFailed under `$` or the path of what is not JSON or nested too deep.
    """
    if len(body) > limits.body_bytes:
        raise BodyTooLarge(limits.body_bytes)
    document, failure = _decode(body, names, max_values or limits.json_values)
    if failure is not None:
        raise ValidationFailed({ROOT: [failure]})
    if not _is_sound(document):
        raise ValidationFailed({path: [message] for path, message in islice(_faults(document), _MOST_FAULTS)})
    if not isinstance(document, Members):
        raise ValidationFailed({ROOT: [_not_an_object(document)]})
    return document


def client_path(document: Members, path: Path) -> str:
    """A path such as `reminders[0].delayDays`, with the client's spelling of the names it sent."""
    node: object = document
    text = ""
    for step in path:
        text += f".{node.spelled(str(step))}" if isinstance(node, Members) else f"[{step}]"
        node = at(node, (step,))
    return text.removeprefix(".") or ROOT


def at(node: object, path: Path) -> object:
    """What stands at a path of names and list indexes; None where there is nothing."""
    for step in path:
        if isinstance(node, Members):
            node = node.get(str(step))
        else:
            node = node[step] if isinstance(node, list) and isinstance(step, int) else None
    return node


def _decode(body: bytes, names: Mapping[str, str], max_values: int) -> tuple[object, str | None]:
    # errors are returned, not chained: a JSONDecodeError holds the whole body
    try:
        text = body.decode("utf-8-sig")
        if _holds_more_values(text, max_values):
            return None, f"The JSON holds more than {max_values} values."
        return _decoder(names).decode(text) if text.strip() else None, None
    except UnicodeDecodeError as error:
        return None, f"The body is not valid UTF-8 (byte {error.start})."
    except json.JSONDecodeError as error:
        return None, f"The body is not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})."
    except RecursionError:
        return None, _TOO_DEEP


def _holds_more_values(text: str, limit: int) -> bool:
    # ten megabytes of `[],[],…` would become half a gigabyte of lists
    return _count_values(text) > limit and _count_values(_STRING.sub("", text)) > limit


def _count_values(text: str) -> int:
    return text.count("{") + text.count("[") + text.count(",")


def _decoder(names: Mapping[str, str]) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=lambda pairs: Members(pairs, names),
        parse_int=_parse_integer,
        parse_constant=lambda _: _NotJson(),
    )


def _parse_integer(digits: str) -> int | float:
    # int() takes quadratic time and refuses 4,300 digits; a float is no integer for any member
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float(digits)


def _is_sound(document: object) -> bool:
    """Whether nothing is wrong with it whatever its members mean; quicker than telling what and where."""
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        if any(type(node) is _NotJson for node in level):
            return False
        containers = [node for node in level if isinstance(node, Members | list)]
        if not containers:
            return True
        level = [child for node in containers for child in (node.values() if isinstance(node, Members) else node)]
    return False


def _faults(document: object) -> Iterator[tuple[str, str]]:
    """What is wrong with the document whatever its members mean, found without recursion."""
    pending: list[tuple[object, str, int]] = [(document, "", 1)]
    while pending:
        node, path, depth = pending.pop()
        if isinstance(node, _NotJson):
            yield path or ROOT, "NaN and Infinity are not JSON values."
        elif isinstance(node, Members | list) and depth > MAX_DEPTH:
            yield path or ROOT, _TOO_DEEP
        elif isinstance(node, Members | list):
            pending.extend((child, where, depth + 1) for child, where in _children(node, path))


def _children(node: Members | list[object], path: str) -> Iterator[tuple[object, str]]:
    if isinstance(node, list):
        yield from ((child, f"{path}[{index}]") for index, child in enumerate(node))
        return
    for name, child in node.items():
        spelled = node.spelled(name)
        # a name of the client's own invention could be anything; the path then ends above it
        named = f"{path}.{spelled}".removeprefix(".") if _PLAIN_NAME.fullmatch(spelled) else path
        yield child, named


def _not_an_object(document: object) -> str:
    if document is None:
        return "A non-empty request body is required."
    return "The JSON value could not be converted to an object."


_TOO_DEEP = f"The JSON is nested deeper than {MAX_DEPTH} levels."
