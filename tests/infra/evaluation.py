"""What a Bicep expression comes to: the part of the language that infra/ uses, evaluated over its syntax tree."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from tree_sitter import Node

from tests.infra.bicep import text

type Evaluated = Any  # str | int | bool | None | list | dict, or a resource or module that a symbol stands for.
type Names = Callable[[str], Evaluated]


class UnknownError(Exception):
    """The template reads what there is not: a symbol, a property, an output, or something that is not deployed."""


class RefusedError(UnknownError):
    """The template calls `fail`; the text is what it says."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates expressions with the names of their file; functions that need more than arguments are given to it."""

    names: Names
    functions: Mapping[str, Callable[..., Evaluated]] = field(default_factory=dict)

    def __call__(self, node: Node) -> Evaluated:
        """The value of an expression; raises `UnknownError`, and `NotImplementedError` for what infra/ does not use."""
        name = f"_{node.type}"
        if not hasattr(self, name):
            raise NotImplementedError(f"{node.type}: {text(node)}")
        return getattr(self, name)(node)

    def with_names(self, more: Mapping[str, Evaluated]) -> "Evaluator":
        """The same, with names of a loop before those of the file."""
        return Evaluator(lambda name: more[name] if name in more else self.names(name), self.functions)

    def _parts(self, node: Node) -> list[Node]:
        return [child for child in node.named_children if child.type != "comment"]

    def _identifier(self, node: Node) -> Evaluated:
        return self.names(text(node))

    def _number(self, node: Node) -> Evaluated:
        return int(text(node))

    def _boolean(self, node: Node) -> Evaluated:
        return text(node) == "true"

    def _null(self, _: Node) -> Evaluated:
        return None

    def _string(self, node: Node) -> Evaluated:
        return "".join(self._string_part(child) for child in node.named_children)

    def _string_part(self, node: Node) -> str:
        if node.type == "interpolation":
            return shown(self(self._parts(node)[0]))
        return _ESCAPED.get(text(node), text(node)) if node.type == "escape_sequence" else text(node)

    def _array(self, node: Node) -> Evaluated:
        return [self(child) for child in self._parts(node)]

    def _object(self, node: Node) -> Evaluated:
        return {self._key(each): self(self._parts(each)[-1]) for each in self._parts(node)}

    def _key(self, node: Node) -> str:
        key = node.named_children[0]
        return str(self(key)) if key.type == "string" else text(key)

    def _parenthesized_expression(self, node: Node) -> Evaluated:
        return self(self._parts(node)[0])

    def _ternary_expression(self, node: Node) -> Evaluated:
        condition, one, other = self._parts(node)
        return self(one if self(condition) else other)

    def _unary_expression(self, node: Node) -> Evaluated:
        if text(node)[0] != "!":
            raise NotImplementedError(text(node))
        return not self(self._parts(node)[0])

    def _binary_expression(self, node: Node) -> Evaluated:
        left, right = self._parts(node)
        operator = text(node.children[1])
        if operator not in _OPERATORS:
            raise NotImplementedError(text(node))
        return _OPERATORS[operator](self(left), self(right))

    def _member_expression(self, node: Node) -> Evaluated:
        # With a ! between, which only tells the compiler that there is something.
        first, *rest = self._parts(node)
        return self(first) if not rest else member(self(first), text(rest[-1]))

    def _subscript_expression(self, node: Node) -> Evaluated:
        of, at = map(self, self._parts(node))
        try:
            return of[at]
        except (KeyError, IndexError) as error:
            raise UnknownError(text(node)) from error

    def _call_expression(self, node: Node) -> Evaluated:
        function, arguments = self._parts(node)
        known = {**_FUNCTIONS, **self.functions}
        if text(function) not in known:
            raise NotImplementedError(text(node))
        return known[text(function)](*map(self, self._parts(arguments)))

    def _for_statement(self, node: Node) -> Evaluated:
        return [self.with_names(names)(body) for names, body in self.turns(node)]

    def turns(self, node: Node) -> list[tuple[dict[str, Evaluated], Node]]:
        """What a loop goes through: the names that each turn has, and the loop's body."""
        variables, over, body = self._parts(node)
        names = [text(each) for each in (variables.named_children or [variables])]
        return [(dict(zip(names, (item, index), strict=False)), body) for index, item in enumerate(self(over))]


def member(of: Evaluated, name: str) -> Evaluated:
    """A property of an object, or of what a symbol stands for, which knows its own. Raises `UnknownError`."""
    if isinstance(of, dict):
        if name not in of:
            raise UnknownError(name)
        return of[name]
    if not hasattr(of, "member"):
        raise UnknownError(f"{name} of {of!r}")
    return of.member(name)


def shown(value: Evaluated) -> str:
    """A value as `string()` and interpolation write it."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _union(*objects: dict[str, Evaluated]) -> dict[str, Evaluated]:
    return {key: value for each in objects for key, value in each.items()}


def _fail(message: str) -> Evaluated:
    raise RefusedError(message)


def _cidr_subnet(prefix: str, length: int, index: int) -> str:
    return str(list(ip_network(prefix).subnets(new_prefix=length))[index])


_ESCAPED = {"\\'": "'", "\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t", "\\$": "$"}

_OPERATORS: dict[str, Callable[[Evaluated, Evaluated], Evaluated]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "&&": lambda left, right: left and right,
    "||": lambda left, right: left or right,
}

# What only a deployment knows is something plausible of the same form.
_FUNCTIONS: dict[str, Callable[..., Evaluated]] = {
    "bool": lambda value: value == "true",
    "cidrSubnet": _cidr_subnet,
    "concat": lambda *arrays: [item for array in arrays for item in array],
    "contains": lambda of, what: what in of,
    "empty": lambda value: value in (None, "", [], {}),
    "environment": lambda: {"suffixes": {"storage": "core.windows.net"}},
    "fail": _fail,
    "guid": lambda *parts: "-".join(parts).replace("/", "."),
    "int": int,
    "last": lambda of: of[-1],
    "replace": lambda of, old, new: of.replace(old, new),
    "split": lambda of, by: of.split(by),
    "string": shown,
    "subscription": lambda: {"id": "/subscriptions/one"},
    "subscriptionResourceId": lambda kind, name: f"/subscriptions/one/providers/{kind}/{name}",
    "tenant": lambda: {"tenantId": "tenant"},
    "toLower": lambda value: value.lower(),
    "union": _union,
    "uniqueString": lambda *_: "abcdefghijklm",
}
