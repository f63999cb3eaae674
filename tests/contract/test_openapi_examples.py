"""Each example is true: its request is parsed to what it says, and its answer has the documented shape."""

import json
import re
from typing import Any

import pytest

from notifications.contract.feed_query import parse_feed_query
from notifications.contract.openapi.examples import Example, examples
from notifications.contract.problems import ValidationFailed, to_response, validation_failed
from notifications.contract.queries import (
    Identity,
    parse_dashboard,
    parse_log_query,
    parse_order_id,
    parse_senders_reference,
)
from tests.contract.builders import NOW
from tests.contract.documented import BASE, OPERATION, answer_schema, failures, operation_of, request_schema
from tests.contract.orders import PARSERS

CASES = [pytest.param(name, each, id=f"{name}-{each.name}") for name, all_ in examples().items() for each in all_]
REQUESTS = [case for case in CASES if case.values[1].request is not None]  # type: ignore[union-attr]
QUERIES = [case for case in CASES if case.values[1].request is None and case.values[1].status == 400]  # type: ignore[union-attr]


def parse(name: str, example: Example) -> None:
    body = json.dumps(example.request).encode()
    PARSERS[name](body, creator="ttd", now=NOW)


def query(name: str, example: Example) -> None:
    given = {each: str(value) for each, value in example.parameters.items()}
    match name:
        case "get_feed":
            parse_feed_query(given)
        case "get_log":
            parse_log_query(given)
        case "find_orders":
            parse_senders_reference(given)
        case "dashboard_person":
            parse_dashboard(given, given, now=NOW, identity=Identity.PERSON)
        case "dashboard_organization":
            parse_dashboard(given, given, now=NOW, identity=Identity.ORGANIZATION)
        case _:
            parse_order_id(given["id"])


def problem(failed: ValidationFailed, example: Example) -> Any:
    return json.loads(to_response(validation_failed(failed.errors), example.answer["traceId"]).body)


def test_every_operation_with_json_has_examples() -> None:
    silent = {"health", "openapi", "docs", "metrics_form", "metrics_page", "export_email_metrics"}
    assert set(OPERATION) - set(examples()) == silent | {"receive_email_reports", "receive_sms_reports"}
    assert set(examples()) <= set(OPERATION)


@pytest.mark.parametrize(("name", "example"), CASES)
def test_the_answer_is_one_that_the_operation_gives(name: str, example: Example) -> None:
    assert failures(example.answer, answer_schema(name, example.status)) == []
    assert set(example.headers) <= set(operation_of(name)["responses"][str(example.status)].get("headers", {}))


@pytest.mark.parametrize(("name", "example"), REQUESTS)
def test_the_request_is_parsed_to_what_the_example_says(name: str, example: Example) -> None:
    if example.is_error:
        with pytest.raises(ValidationFailed) as failed:
            parse(name, example)
        assert problem(failed.value, example) == example.answer
    else:
        parse(name, example)
        assert failures(example.request, request_schema(name)) == []


@pytest.mark.parametrize(("name", "example"), QUERIES)
def test_the_query_fails_as_the_example_says(name: str, example: Example) -> None:
    with pytest.raises(ValidationFailed) as failed:
        query(name, example)
    assert problem(failed.value, example) == example.answer


@pytest.mark.parametrize(("name", "example"), CASES)
def test_the_parameters_are_those_of_the_operation(name: str, example: Example) -> None:
    schemas = {each.name: each.schema for each in OPERATION[name].parameters}
    assert set(example.parameters) <= set(schemas)
    if not example.is_error:
        for parameter, value in example.parameters.items():
            assert failures(value, schemas[parameter]) == []


def test_examples_are_shown_where_they_belong() -> None:
    for name, all_ in examples().items():
        for each in all_:
            answer = operation_of(name)["responses"][str(each.status)]
            (content,) = [content for content in answer["content"].values() if "examples" in content]
            assert content["examples"][each.name]["value"] == each.answer


def test_links_lead_to_the_service_and_people_are_made_up() -> None:
    text = json.dumps([each.answer for all_ in examples().values() for each in all_])
    assert set(re.findall(r"https?://[a-z.]+", text)) <= {BASE, "https://tools.ietf.org"}
    everything = text + json.dumps([each.request for all_ in examples().values() for each in all_])
    addresses = set(re.findall(r"[\w.]+@([\w.]+)", everything))
    assert addresses <= {"example.com", "localhost"}
