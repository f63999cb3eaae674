"""The function app as the host indexes it: which functions there are, and which of them gets a request."""

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from local.host.routes import Template

ROOT = Path(__file__).parents[2]
CATCH_ALL = "zz_unmatched"
HTTP = {
    "cancel_chain",
    "cancel_order",
    "get_chain",
    "get_feed",
    "get_shipment",
    "health",
    "place_order",
    "receive_email_reports",
    "receive_sms_reports",
    CATCH_ALL,
}
QUEUES = {
    "delivery_reports_poison": "delivery-reports-poison",
    "process_orders": "process-orders",
    "process_orders_poison": "process-orders-poison",
    "receive_queued_reports": "delivery-reports",
    "send_email": "send-email",
    "send_email_poison": "send-email-poison",
    "send_sms": "send-sms",
    "send_sms_poison": "send-sms-poison",
}
TIMERS = {"release": "* * * * * *", "release_net": "*/15 * * * * *"}
EXAMPLES = {"{id:guid}": "0f8fad5b-d9cb-469f-a165-70867728950e", "{id}": "some-id"}


type Function = tuple[str, dict[str, Any]]


def described(function: func.Function) -> Function:
    """A function's name and its trigger, as the host reads them."""
    name, trigger = function.get_function_name(), function.get_trigger()
    assert name is not None
    assert trigger is not None
    return name, trigger.get_dict_repr()


@pytest.fixture(scope="module")
def functions() -> Iterator[list[Function]]:
    """The functions of function_app.py, with the settings of the sample."""
    sample = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sample.items():
            patch.setenv(name, value)
        app: func.FunctionApp = runpy.run_path(str(ROOT / "function_app.py"))["app"]
        yield [described(each) for each in app.get_functions()]


def triggers(functions: list[Function], kind: str) -> dict[str, dict[str, Any]]:
    """The triggers of a kind by function name."""
    return {name: trigger for name, trigger in functions if trigger["type"] == kind}


def methods(trigger: dict[str, Any]) -> set[str]:
    return {str(method.value) for method in trigger["methods"]}


def test_the_functions_are_these_and_no_two_have_one_name(functions: list[Function]) -> None:
    assert sorted(name for name, _ in functions) == sorted([*HTTP, *QUEUES, *TIMERS])


def test_every_queue_has_the_function_that_reads_it(functions: list[Function]) -> None:
    read = triggers(functions, "queueTrigger")
    assert {name: str(trigger["queueName"]) for name, trigger in read.items()} == QUEUES
    assert {trigger["connection"] for trigger in read.values()} == {"DataStorage"}


def test_the_timers_have_these_schedules(functions: list[Function]) -> None:
    read = triggers(functions, "timerTrigger")
    assert {name: trigger["schedule"] for name, trigger in read.items()} == TIMERS


def test_the_function_for_every_other_path_sorts_last_as_the_host_sorts_names(functions: list[Function]) -> None:
    read = triggers(functions, "httpTrigger")
    assert read[CATCH_ALL]["route"] == "{*path}"
    assert max(read, key=str.upper) == CATCH_ALL


def test_no_two_functions_have_one_route_and_method(functions: list[Function]) -> None:
    read = triggers(functions, "httpTrigger").values()
    taken = [(trigger["route"].lower(), method) for trigger in read for method in methods(trigger)]
    assert len(taken) == len(set(taken))


def test_no_path_has_two_functions_so_that_names_decide_nothing_but_the_last_resort(
    functions: list[Function],
) -> None:
    read = {name: each for name, each in triggers(functions, "httpTrigger").items() if name != CATCH_ALL}
    for name, trigger in read.items():
        path = re.sub(r"\{[^}]*\}", lambda found: EXAMPLES[found[0]], trigger["route"]).split("/")
        takers = {
            other
            for other, each in read.items()
            if methods(each) & methods(trigger) and Template.parse(each["route"]).match(path) is not None
        }
        assert takers == {name}
