"""The template as a deployment makes it: main.bicep and its modules, evaluated with given parameters into resources."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from tree_sitter import Node

from tests.infra.bicep import FILES, INFRA, parse, text
from tests.infra.deployed import Absent, Resource
from tests.infra.evaluation import Evaluated, Evaluator, UnknownError

MIN_LENGTH = re.compile(r"^@minLength\((\d+)\)", re.MULTILINE)
# Parameter types that are looked at; of what is written otherwise, such as string[], the first letters decide.
TYPES: dict[str, type] = {"string": str, "int": int, "bool": bool, "array": list, "object": dict}


@dataclass(frozen=True, slots=True)
class Outputs:
    """What `module.outputs` reads; each output that is read is noted."""

    deployment: "Deployment"

    def member(self, name: str) -> Evaluated:
        """An output. Raises `UnknownError` for one that the module does not have."""
        return self.deployment.output(name)


@dataclass(slots=True)
class Deployment:
    """One file deployed with parameters; everything in it is evaluated when it is first asked for."""

    sources: Mapping[str, str]
    path: str
    given: Mapping[str, Evaluated]
    known: dict[str, Evaluated] = field(default_factory=dict)
    outputs_read: set[str] = field(default_factory=set)
    declared: dict[str, Node] = field(init=False)
    outputs: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        root = parse(self.sources[self.path])
        self.declared = {symbol: node for node in root.named_children for symbol in _symbols(node)}
        self.outputs = {text(node.named_children[0]): node for node in root.named_children if _is(node, "output")}
        parameters = {symbol for symbol, node in self.declared.items() if _is(node, "parameter")}
        if unknown := self.given.keys() - parameters:
            raise UnknownError(f"{self.path} has no parameter {', '.join(sorted(unknown))}")

    def member(self, name: str) -> Evaluated:
        """What is read of a module: its outputs."""
        if name != "outputs":
            raise UnknownError(f"{self.path}: {name}")
        return Outputs(self)

    def output(self, name: str) -> Evaluated:
        """An output's value. Raises `UnknownError` for one that there is not."""
        if name not in self.outputs:
            raise UnknownError(f"{self.path} has no output {name}")
        self.outputs_read.add(name)
        return self.evaluate(self.outputs[name].named_children[-1])

    def lookup(self, name: str) -> Evaluated:
        """What a symbol stands for. Raises `UnknownError` for one that is not declared."""
        if name not in self.known:
            if name not in self.declared:
                raise UnknownError(f"{self.path}: {name}")
            node = self.declared[name]
            self.known[name] = _DECLARATIONS[node.type](self, name, node)
        return self.known[name]

    @property
    def evaluate(self) -> Evaluator:
        """Evaluates expressions of this file."""
        return Evaluator(self.lookup, {"loadTextContent": self._text_of})

    def everything(self) -> Iterator["Deployment | Resource"]:
        """What is deployed: this file, its resources, and all of its modules."""
        yield self
        for name, node in self.declared.items():
            value = self.lookup(name)
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, Resource):
                    yield each
                elif isinstance(each, Deployment) and _is(node, "module"):
                    yield from each.everything()

    def parameter(self, name: str, node: Node) -> Evaluated:
        """A parameter: what is given, or its default, of the type that is declared."""
        kind = next(text(child) for child in node.named_children if child.type == "type")
        last = node.named_children[-1]
        if name not in self.given and last.type == "type":
            raise UnknownError(f"{self.path} is not given {name}")
        value = self.given[name] if name in self.given else self.evaluate(last)
        if not isinstance(value, list if kind.endswith("[]") else TYPES[kind]):
            raise UnknownError(f"{self.path}: {name} is not a {kind}: {value!r}")
        if isinstance(value, str) and len(value) < _shortest(node):
            raise UnknownError(f"{self.path}: {name} is too short")
        return value

    def variable(self, _: str, node: Node) -> Evaluated:
        """A variable's value."""
        return self.evaluate(node.named_children[-1])

    def imported(self, name: str, node: Node) -> Evaluated:
        """What another file exports by this name."""
        return Deployment(self.sources, self._beside(text(node.named_children[-1])), {}).lookup(name)

    def resource(self, name: str, node: Node) -> Evaluated:
        """A resource, the list of them that a loop makes, or `Absent`."""
        return self._made(node.named_children[-1], self.evaluate, lambda body: self._resource(name, node, body))

    def module(self, name: str, node: Node) -> Evaluated:
        """A module's deployment, or `Absent`."""
        path = self._beside(text(node.named_children[1]))
        made = self._made(
            node.named_children[-1],
            self.evaluate,
            lambda body: Deployment(self.sources, path, body.get("params", {})),
        )
        return Absent(symbol=name) if isinstance(made, Absent) else made

    def _made(self, node: Node, evaluate: Evaluator, make: Callable[[dict[str, Any]], Evaluated]) -> Evaluated:
        if node.type == "for_statement":
            return [self._made(body, evaluate.with_names(names), make) for names, body in evaluate.turns(node)]
        if node.type == "if_statement":
            condition, body = node.named_children
            return self._made(body, evaluate, make) if evaluate(condition) else Absent(symbol=self.path)
        return make(evaluate(node))

    def _resource(self, symbol: str, node: Node, body: dict[str, Evaluated]) -> Resource:
        kind, _, version = text(node.named_children[1]).strip("'").partition("@")
        parent = body.get("parent")
        prefix = f"{parent.name}/" if isinstance(parent, Resource) else ""
        existing = any(child.type == "existing" for child in node.children)
        return Resource(
            symbol=symbol, kind=kind, version=version, name=prefix + str(body["name"]), body=body, existing=existing
        )

    def _beside(self, quoted: str) -> str:
        return _normal(PurePosixPath(self.path).parent / quoted.strip("'"))

    def _text_of(self, path: str) -> str:
        return (INFRA / self._beside(path)).read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Structure:
    """All that one deployment of the template makes, and what it answers."""

    resources: tuple[Resource, ...]
    looked_up: tuple[Resource, ...]
    modules: tuple[Deployment, ...]
    outputs: dict[str, Evaluated]

    def of_kind(self, kind: str) -> list[Resource]:
        """The resources of a type, such as Microsoft.Web/sites."""
        return [each for each in self.resources if each.kind == kind]

    def only(self, kind: str) -> Resource:
        """The one resource of a type."""
        (resource,) = self.of_kind(kind)
        return resource

    def names(self, kind: str) -> list[str]:
        """The own names of the resources of a type, without their parents', in order."""
        return sorted(each.name.rpartition("/")[2] for each in self.of_kind(kind))


@cache
def sources() -> Mapping[str, str]:
    """The text of every file of infra/ by its path, the parameter file among them."""
    return {name: (INFRA / name).read_text("utf-8") for name in (*FILES, "main.bicepparam")}


def edited(path: str, old: str, new: str) -> Mapping[str, str]:
    """The same with one passage of one file replaced."""
    if sources()[path].count(old) != 1:
        raise ValueError(f"{old!r} is not once in {path}")
    return {**sources(), path: sources()[path].replace(old, new)}


def parameters(environment: Mapping[str, str], of: Mapping[str, str] | None = None) -> dict[str, Evaluated]:
    """The parameters that main.bicepparam makes of environment variables; raises `UnknownError` for one that misses.

    The grammar has no such files: its assignments are read as variables.
    """
    lines = (of or sources())["main.bicepparam"].splitlines()
    root = parse("\n".join("var" + line[5:] if line.startswith("param") else line for line in lines))
    evaluate = Evaluator(_no_names, {"readEnvironmentVariable": lambda *asked: _read(environment, *asked)})
    assigned = [node for node in root.named_children if _is(node, "variable")]
    return {text(node.named_children[0]): evaluate(node.named_children[-1]) for node in assigned}


def deploy(environment: Mapping[str, str], of: Mapping[str, str] | None = None) -> Structure:
    """What a deployment with these environment variables makes; raises `UnknownError` for what it reads in vain."""
    main = Deployment(of or sources(), "main.bicep", parameters(environment, of))
    outputs = {name: main.output(name) for name in main.outputs}
    everything = list(main.everything())
    resources = [each for each in everything if isinstance(each, Resource)]
    return Structure(
        resources=tuple(each for each in resources if not each.existing),
        looked_up=tuple(each for each in resources if each.existing),
        modules=tuple(each for each in everything if isinstance(each, Deployment)),
        outputs=outputs,
    )


def _read(environment: Mapping[str, str], name: str, default: str | None = None) -> str:
    value = environment.get(name, default)
    if value is None:
        raise UnknownError(f"{name} is not set")
    return value


def _no_names(name: str) -> Evaluated:
    raise UnknownError(name)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _is(node: Node, kind: str) -> bool:
    return node.type == f"{kind}_declaration"


def _shortest(parameter: Node) -> int:
    """The length that a parameter's decorators ask for at least."""
    before = parameter.prev_named_sibling
    asked = MIN_LENGTH.search(text(before)) if before is not None and before.type == "decorators" else None
    return int(asked[1]) if asked else 0


def _symbols(node: Node) -> list[str]:
    if node.type == "import_functionality":
        return [text(each) for each in node.named_children if each.type == "identifier"]
    return [text(node.named_children[0])] if node.type in _DECLARATIONS else []


_DECLARATIONS: dict[str, Callable[[Deployment, str, Node], Evaluated]] = {
    "parameter_declaration": Deployment.parameter,
    "variable_declaration": Deployment.variable,
    "resource_declaration": Deployment.resource,
    "module_declaration": Deployment.module,
    "import_functionality": Deployment.imported,
}
