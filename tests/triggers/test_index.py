"""The function app as the host indexes it: which functions there are, and which of them gets a request."""

import re
from typing import Any

from local.host.routes import Template
from tests.triggers.indexed import functions, triggers

CATCH_ALL = "zz_unmatched"
HTTP = {
    "cancel_chain",
    "cancel_order",
    "dashboard_organization",
    "dashboard_person",
    "docs",
    "export_email_metrics",
    "export_sms_metrics",
    "find_orders",
    "get_chain",
    "get_email_notifications",
    "get_feed",
    "get_log",
    "get_order",
    "get_order_status",
    "get_shipment",
    "get_sms_notifications",
    "health",
    "metrics_form",
    "metrics_page",
    "openapi",
    "place_composed_email",
    "place_legacy_email_order",
    "place_legacy_order",
    "place_legacy_sms_order",
    "place_order",
    "receive_email_reports",
    "receive_sms_reports",
    "send_instant",
    "send_instant_email",
    "send_instant_sms",
    "test_send_condition",
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
TIMERS = {"release": "* * * * * *", "release_net": "*/15 * * * * *", "sweep": "0 17 3 * * *"}
EXAMPLES = {"{id:guid}": "0f8fad5b-d9cb-469f-a165-70867728950e", "{id}": "some-id"}


def methods(trigger: dict[str, Any]) -> set[str]:
    return {str(method.value) for method in trigger.get("methods", ())}


def test_the_functions_are_these_and_no_two_have_one_name() -> None:
    assert sorted(name for name, _ in functions()) == sorted([*HTTP, *QUEUES, *TIMERS])


def test_every_queue_has_the_function_that_reads_it() -> None:
    read = triggers("queueTrigger")
    assert {name: str(trigger["queueName"]) for name, trigger in read.items()} == QUEUES
    assert {trigger["connection"] for trigger in read.values()} == {"DataStorage"}


def test_the_timers_have_these_schedules() -> None:
    read = triggers("timerTrigger")
    assert {name: trigger["schedule"] for name, trigger in read.items()} == TIMERS


def test_the_function_for_every_other_path_sorts_last_as_the_host_sorts_names() -> None:
    read = triggers("httpTrigger")
    assert read[CATCH_ALL]["route"] == "{*path}"
    assert "methods" not in read[CATCH_ALL]
    assert max(read, key=str.upper) == CATCH_ALL


def test_no_two_functions_have_one_route_and_method() -> None:
    read = triggers("httpTrigger").values()
    taken = [(trigger["route"].lower(), method) for trigger in read for method in methods(trigger)]
    assert len(taken) == len(set(taken))


def test_no_path_has_two_functions_so_that_names_decide_nothing_but_the_last_resort() -> None:
    read = {name: each for name, each in triggers("httpTrigger").items() if name != CATCH_ALL}
    for name, trigger in read.items():
        path = re.sub(r"\{[^}]*\}", lambda found: EXAMPLES[found[0]], trigger["route"]).split("/")
        takers = {
            other
            for other, each in read.items()
            if methods(each) & methods(trigger) and Template.parse(each["route"]).match(path) is not None
        }
        assert takers == {name}
