"""Reading Bicep by its grammar: enough of a file's structure to compare it with the code that it is to run."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
FILES = sorted(path.relative_to(INFRA).as_posix() for path in INFRA.rglob("*.bicep"))

_LANGUAGE = Language(tree_sitter_bicep.language())


@dataclass(frozen=True, slots=True)
class Expression:
    """What only a deployment knows the value of, as it is written."""

    text: str


type Value = str | int | bool | Expression | list[Value] | dict[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A resource or module: its symbol, what it is (type or path, without API version), and its body.

    Of a loop or condition it is the body of one; `existing` is something that is looked up, not made.
    """

    symbol: str
    kind: str
    body: dict[str, Value]
    existing: bool

    def get(self, path: str) -> Value | None:
        """A value of the body by its dotted path, or None."""
        return dig(self.body, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter, with its decorators' names and, if it has one, its default."""

    name: str
    decorators: frozenset[str]
    default: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """What a file declares, by symbol."""

    name: str
    root: Node
    parameters: dict[str, Parameter]
    variables: dict[str, Value]
    resources: dict[str, Declaration]
    modules: dict[str, Declaration]
    outputs: dict[str, Value]
    imports: frozenset[str]

    def of_kind(self, kind: str) -> list[Declaration]:
        """The resources that are made here of a type, such as Microsoft.Web/sites."""
        return [each for each in self.resources.values() if each.kind == kind and not each.existing]

    def only(self, kind: str) -> Declaration:
        """The one resource of a type."""
        (resource,) = self.of_kind(kind)
        return resource


def dig(value: Value | None, path: str) -> Value | None:
    """A value by its dotted path through objects, or None."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def parse(source: str) -> Node:
    """The syntax tree of Bicep text; `has_error` tells whether it is Bicep."""
    return Parser(_LANGUAGE).parse(source.encode()).root_node


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Node | None) -> str:
    """A node as it is written."""
    return node.text.decode() if node is not None and node.text is not None else ""


@cache
def read(name: str) -> File:
    """A file of infra/, such as modules/storage.bicep."""
    root = parse((INFRA / name).read_text("utf-8"))
    return File(
        name=name,
        root=root,
        parameters={each.name: each for each in _parameters(root)},
        variables={text(each.named_children[0]): value(each.named_children[-1]) for each in _all(root, "variable")},
        resources={each.symbol: each for each in _declarations(root, "resource")},
        modules={each.symbol: each for each in _declarations(root, "module")},
        outputs={text(each.named_children[0]): value(each.named_children[-1]) for each in _all(root, "output")},
        imports=_imports(root),
    )


def parameter_file(name: str) -> dict[str, Value]:
    """The assignments of a .bicepparam file. The grammar has no such files: its assignments are read as variables."""
    lines = (INFRA / name).read_text("utf-8").splitlines()
    root = parse("\n".join("var" + line[5:] if line.startswith("param") else line for line in lines))
    if root.has_error:
        raise ValueError(f"{name} is not a parameter file")
    return {text(each.named_children[0]): value(each.named_children[-1]) for each in _all(root, "variable")}


def value(node: Node) -> Value:
    """A literal as what it is, anything else as an expression; of a loop or condition, what it repeats or guards."""
    reader = _READERS.get(node.type)
    return reader(node) if reader else Expression(text(node))


def _array(node: Node) -> Value:
    return [value(child) for child in node.named_children if child.type != "comment"]


def _object(node: Node) -> Value:
    return {_key(child): value(child.named_children[-1]) for child in node.named_children if _is_property(child)}


def _body(node: Node) -> Value:
    return value(node.named_children[-1])


def _string(node: Node) -> Value:
    if any(child.type == "interpolation" for child in node.named_children):
        return Expression(text(node))
    return text(node).strip("'").replace("\\'", "'")


def _is_property(node: Node) -> bool:
    return node.type == "object_property"


def _key(node: Node) -> str:
    return text(node.named_children[0]).strip("'")


_READERS: dict[str, Callable[[Node], Value]] = {
    "string": _string,
    "number": lambda node: int(text(node)),
    "boolean": lambda node: text(node) == "true",
    "array": _array,
    "object": _object,
    "for_statement": _body,
    "if_statement": _body,
}


def _all(root: Node, kind: str) -> list[Node]:
    return [child for child in root.named_children if child.type == f"{kind}_declaration"]


def _imports(root: Node) -> frozenset[str]:
    statements = [child for child in root.named_children if child.type == "import_functionality"]
    return frozenset(text(each) for node in statements for each in node.named_children if each.type == "identifier")


def _parameters(root: Node) -> Iterator[Parameter]:
    decorators: frozenset[str] = frozenset()
    for child in root.named_children:
        if child.type == "decorators":
            decorators = frozenset(text(each.named_children[0]) for each in walk(child) if _is_call(each))
            continue
        if child.type == "parameter_declaration":
            last = child.named_children[-1]
            default = None if last.type == "type" else value(last)
            yield Parameter(name=text(child.named_children[0]), decorators=decorators, default=default)
        decorators = frozenset()


def _is_call(node: Node) -> bool:
    return node.type == "call_expression"


def _declarations(root: Node, kind: str) -> Iterator[Declaration]:
    for node in _all(root, kind):
        symbol, what, *_ = node.named_children
        body = value(node.named_children[-1])
        if not isinstance(body, dict):
            raise TypeError(f"{text(symbol)} has no body")
        yield Declaration(
            symbol=text(symbol),
            kind=text(what).strip("'").partition("@")[0],
            body=body,
            existing=any(child.type == "existing" for child in node.children),
        )
