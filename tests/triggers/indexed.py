"""The function app as the host indexes it, with the settings of the sample."""

import json
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

ROOT = Path(__file__).parents[2]


@cache
def functions() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every function of function_app.py: its name and its trigger."""
    sample = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sample.items():
            patch.setenv(name, value)
        app: func.FunctionApp = runpy.run_path(str(ROOT / "function_app.py"))["app"]
        return tuple(_described(each) for each in app.get_functions())


def triggers(kind: str) -> dict[str, dict[str, Any]]:
    """The triggers of a kind, such as httpTrigger, by function name."""
    return {name: trigger for name, trigger in functions() if trigger["type"] == kind}


def _described(function: func.Function) -> tuple[str, dict[str, Any]]:
    name, trigger = function.get_function_name(), function.get_trigger()
    assert name is not None
    assert trigger is not None
    return name, trigger.get_dict_repr()
