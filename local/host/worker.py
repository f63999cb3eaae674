"""The one module that touches Microsoft's worker library: index an app, invoke a function."""

import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from azure_functions_runtime import handle_event, start_threadpool_executor
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.bindings.meta import load_binding_registry
from azure_functions_runtime.native_invocation import invocation_request_native

from local.host.functions import Function, UnsupportedBinding


class IndexingError(Exception):
    """The app could not be indexed; `__cause__` holds what it raised, if it did."""


class _BindingInfo(SimpleNamespace):
    """Stands in for the protobuf message of this name; only its directions are asked for."""

    out = 1
    inout = 2
    undefined = 0


PROTOS = SimpleNamespace(BindingInfo=_BindingInfo, RpcFunctionMetadata=SimpleNamespace, RpcRetryOptions=SimpleNamespace)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation ended: whether it succeeded, what it returned, and its output parameters by name."""

    ok: bool
    returned: Datum | None = None
    outputs: Mapping[str, Datum] = field(default_factory=dict)

    def value(self, binding_name: str) -> Datum | None:
        """What the function gave to an output binding, None if nothing."""
        return self.returned if binding_name == "$return" else self.outputs.get(binding_name)


def index(root: Path) -> tuple[list[Function], list[str]]:
    """Import the app in `root`, once a process: its functions, and what is wrong with others. Raises IndexingError."""
    script = root / os.environ.get("PYTHON_SCRIPT_FILE_NAME", "function_app.py")
    if not script.is_file():
        raise IndexingError(f"{script} does not exist")
    sys.path.insert(0, str(root))
    os.chdir(root)
    importlib.invalidate_caches()
    handle_event.protos = PROTOS
    load_binding_registry()
    start_threadpool_executor()
    try:
        found = handle_event.index_functions(str(script), str(root)) or []
    except Exception as error:
        raise IndexingError(f"{type(error).__name__}: {error}") from error
    return _sorted_out(found)


def _sorted_out(metadata: Sequence[SimpleNamespace]) -> tuple[list[Function], list[str]]:
    functions, faults = [], []
    for each in metadata:
        try:
            functions.append(Function.of(each.name, each.function_id, [json.loads(raw) for raw in each.raw_bindings]))
        except UnsupportedBinding as error:
            faults.append(f"The '{each.name}' function is in error: {error}")
        else:
            if each.retry_options is not None:
                faults.append(f"The retry policy of '{each.name}' is not applied by this host.")
    return functions, faults


async def invoke(
    function: Function, invocation_id: str, value: Datum, metadata: Mapping[str, Datum], trace: tuple[str, str]
) -> Outcome:
    """Run a function with its trigger's value; `trace` is (traceparent, tracestate). Its failure is an Outcome."""
    ok, returned, outputs, _, _ = await invocation_request_native(
        invocation_id, function.id, [(function.trigger.name, value)], dict(metadata), *trace
    )
    return Outcome(ok, returned, dict(outputs))


__all__ = ["Datum", "IndexingError", "Outcome", "index", "invoke"]
