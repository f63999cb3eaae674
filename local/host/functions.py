"""The app's functions as the host sees them: a trigger and output bindings, from the worker's metadata."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TRIGGERS = ("httpTrigger", "queueTrigger", "timerTrigger")
OUTPUTS = ("http", "queue")


class UnsupportedBinding(ValueError):
    """A binding that this host does not run; the text says which."""


@dataclass(frozen=True, slots=True)
class Binding:
    """One binding: its parameter (`$return` for the returned value), its type, and all it was declared with."""

    name: str
    type: str
    raw: Mapping[str, Any]

    def text(self, key: str, default: str = "") -> str:
        """A declared property as text; `default` if it is absent or null."""
        value = self.raw.get(key)
        return default if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Function:
    """One indexed function."""

    name: str
    id: str
    trigger: Binding
    outputs: tuple[Binding, ...]

    @classmethod
    def of(cls, name: str, function_id: str, raw_bindings: list[Mapping[str, Any]]) -> "Function":
        """Sort out raw bindings. Raises UnsupportedBinding unless there is one known trigger and known outputs."""
        bindings = [Binding(str(raw["name"]), str(raw["type"]), raw) for raw in raw_bindings]
        triggers = [binding for binding in bindings if binding.type in TRIGGERS]
        outputs = [b for b in bindings if b.type in OUTPUTS and b.text("direction").upper() == "OUT"]
        unknown = sorted({b.type for b in bindings if b not in triggers and b not in outputs})
        if unknown or len(triggers) != 1:
            raise UnsupportedBinding(f"The binding type(s) '{', '.join(unknown)}' are not registered.")
        return cls(name, function_id, triggers[0], tuple(outputs))

    @property
    def http_output(self) -> Binding | None:
        """The binding that carries the HTTP response, if there is one."""
        return next((output for output in self.outputs if output.type == "http"), None)

    @property
    def route(self) -> str:
        """The declared route without prefix; a function without one is reached by its name."""
        return self.trigger.text("route", self.name)

    @property
    def methods(self) -> frozenset[str]:
        """The HTTP methods that it answers, upper case; none declared means all."""
        return frozenset(str(method).upper() for method in self.trigger.raw.get("methods") or ())
