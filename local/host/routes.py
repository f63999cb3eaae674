"""Route templates as ASP.NET Core reads them: segments, parameters, constraints; and which function comes first.

Sources: learn.microsoft.com, "Routing in ASP.NET Core" (route templates, constraints); for the order, in which the
Functions host does not follow ASP.NET Core, github.com/Azure/azure-functions-host: issues 6062 and 9876,
`FunctionMetadataManager.cs` and `WebScriptHostHttpRoutesManager.cs`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import unquote

from local.host.constraints import Check, ConstraintError, constraint

TOKEN = re.compile(r"\{((?:[^{}]|\{\{|\}\})*)\}")
PARAMETER = re.compile(r"(?P<stars>\*{0,2})(?P<name>[A-Za-z_][\w.-]*)(?P<rest>.*)", re.DOTALL)
INLINE = re.compile(r":(?P<name>[A-Za-z]+)(?:\((?P<argument>.*?)\))?(?=[:=]|$)", re.DOTALL)


class RouteError(ValueError):
    """A route template that cannot be read; the text names the template and the reason."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One `{…}` of a template."""

    name: str
    checks: tuple[Check, ...] = ()
    default: str | None = None
    optional: bool = False
    catch_all: bool = False

    @classmethod
    def parse(cls, text: str) -> "Parameter":
        """Read what stands between the braces, as in `id:int:min(1)=5` or `*path`. Raises RouteError."""
        found = PARAMETER.fullmatch(text.replace("{{", "{").replace("}}", "}"))
        if found is None:
            raise RouteError(f"{{{text}}} has no valid name")
        rest, optional = found["rest"].removesuffix("?"), found["rest"].endswith("?")
        checks, position = [], 0
        while inline := INLINE.match(rest, position):
            checks.append(constraint(inline["name"], inline["argument"]))
            position = inline.end()
        default = rest[position + 1 :] if rest[position : position + 1] == "=" else None
        if default is None and position != len(rest):
            raise RouteError(f"{{{text}}} cannot be read")
        return cls(found["name"], tuple(checks), default, optional, bool(found["stars"]))

    def accepts(self, value: str) -> bool:
        """Whether every constraint holds for the value."""
        return all(check(value) for check in self.checks)


@dataclass(frozen=True, slots=True)
class Segment:
    """What stands between two slashes of a template: literals and parameters in turn."""

    parts: tuple[str | Parameter, ...]
    pattern: re.Pattern[str] = field(compare=False)

    @classmethod
    def of(cls, parts: Sequence[str | Parameter]) -> "Segment":
        """Compile the parts; parameters take as much as they can, from the left."""
        source = "".join(re.escape(part) if isinstance(part, str) else "(.+)" for part in parts)
        return cls(tuple(parts), re.compile(source, re.IGNORECASE | re.DOTALL))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The segment's parameters from left to right."""
        return tuple(part for part in self.parts if isinstance(part, Parameter))

    @property
    def only(self) -> Parameter | None:
        """The parameter that fills the whole segment, if one does."""
        alone = self.parts[0] if len(self.parts) == 1 else None
        return alone if isinstance(alone, Parameter) else None

    def match(self, text: str) -> dict[str, str] | None:
        """The parameters' values in one path segment, or None if it does not fit."""
        found = self.pattern.fullmatch(text)
        if found is None:
            return None
        values = dict(zip((parameter.name for parameter in self.parameters), found.groups(), strict=True))
        return values if all(parameter.accepts(values[parameter.name]) for parameter in self.parameters) else None


def _tokens(text: str) -> list[str | Parameter]:
    tokens: list[str | Parameter] = []
    position = 0
    for found in TOKEN.finditer(text):
        tokens += [text[position : found.start()], Parameter.parse(found[1])]
        position = found.end()
    tokens.append(text[position:])
    return tokens


def _segments(text: str) -> list[Segment]:
    segments: list[list[str | Parameter]] = [[]]
    for token in _tokens(text):
        if isinstance(token, Parameter):
            segments[-1].append(token)
            continue
        first, *others = token.split("/")
        segments[-1] += [first] if first else []
        segments += [[other] if other else [] for other in others]
    if not all(segments):
        raise RouteError("it has an empty segment")
    return [Segment.of(parts) for parts in segments]


def _refuse_nonsense(segments: Sequence[Segment]) -> None:
    if any(brace in part for segment in segments for part in segment.parts if isinstance(part, str) for brace in "{}"):
        raise RouteError("its braces do not match")
    names = [parameter.name.lower() for segment in segments for parameter in segment.parameters]
    if len(names) != len(set(names)):
        raise RouteError("it names a parameter twice")
    for segment in segments[:-1]:
        if any(parameter.catch_all for parameter in segment.parameters):
            raise RouteError("a catch-all must come last")
    if any(parameter.catch_all or parameter.optional for s in segments if s.only is None for parameter in s.parameters):
        raise RouteError("an optional or catch-all parameter must fill its segment")


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed route template."""

    text: str
    segments: tuple[Segment, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Read a template without its leading or trailing slash. Raises RouteError."""
        try:
            segments = _segments(text.strip("/")) if text.strip("/") else []
            _refuse_nonsense(segments)
        except (RouteError, ConstraintError) as error:
            raise RouteError(f"route {text!r}: {error}") from None
        return cls(text, tuple(segments))

    def match(self, path: Sequence[str]) -> dict[str, str] | None:
        """The route values for a decoded path, case-insensitively, or None; an absent optional is left out."""
        values: dict[str, str] = {}
        for index, segment in enumerate(self.segments):
            parameter = segment.only
            if parameter is not None and (parameter.catch_all or index >= len(path)):
                rest = "/".join(path[index:])
                return self._without(index, values) if not rest else _merged(values, parameter, rest)
            found = segment.match(path[index]) if index < len(path) else None
            if found is None:
                return None
            values |= found
        return values if len(path) == len(self.segments) else None

    def _without(self, index: int, values: dict[str, str]) -> dict[str, str] | None:
        for segment in self.segments[index:]:
            parameter = segment.only
            if parameter is None or not (parameter.optional or parameter.catch_all or parameter.default is not None):
                return None
            if parameter.default is not None:
                values[parameter.name] = parameter.default
        return values


def _merged(values: dict[str, str], parameter: Parameter, rest: str) -> dict[str, str] | None:
    return {**values, parameter.name: rest} if parameter.accepts(rest) else None


def split_path(raw_path: str) -> list[str]:
    """The decoded segments of a raw request path; `%2F` stays as it is, one trailing slash means nothing."""
    decoded = [
        "%2F".join(unquote(piece) for piece in re.split("%2[Ff]", segment))
        for segment in raw_path.partition("?")[0].removeprefix("/").split("/")
    ]
    return decoded[:-1] if decoded[-1] == "" else decoded


class Named(Protocol):
    """What a route leads to: something with a function's name."""

    @property
    def name(self) -> str:
        """The function's name."""


@dataclass(frozen=True, slots=True)
class Route[T: Named]:
    """A template, the methods that it answers (none means all, upper case) and what it leads to."""

    template: Template
    methods: frozenset[str]
    target: T


class Router[T: Named]:
    """Finds the target for a method and a path: of those that take both, the first by function name, ignoring case."""

    def __init__(self, routes: Sequence[Route[T]]) -> None:
        # .NET's OrdinalIgnoreCase compares upper case, in which an underscore comes after every letter.
        self._routes = sorted(routes, key=lambda route: route.target.name.upper())

    def find(self, method: str, raw_path: str) -> tuple[T, Mapping[str, str]] | None:
        """The target and its route values, or None when nothing fits both path and method."""
        path = split_path(raw_path)
        for route in self._routes:
            if route.methods and method not in route.methods:
                continue
            values = route.template.match(path)
            if values is not None:
                return route.target, values
        return None
