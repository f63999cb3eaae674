"""The document is valid, complete, and agrees with what the host serves."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from notifications.contract import problems
from notifications.contract.limits import Limits
from notifications.contract.openapi.document import OPERATIONS, document, rendered
from notifications.triggers.routes import ROUTES
from tests.contract.documented import BASE, OPERATION, described, operation_of

_CONSTRAINT = re.compile(r":\w+\}")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, Mapping):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list | tuple):
        for child in node:
            yield from references(child)


def test_the_document_is_openapi_3_1() -> None:
    _, body = rendered(BASE, Limits())
    made = json.loads(body)
    assert made["openapi"].startswith("3.1.")
    failures = [error.message for error in OpenAPIV31SpecValidator(made).iter_errors()]
    assert failures == []


def test_the_document_and_the_routes_are_the_same() -> None:
    documented = {(each.id, each.method.upper(), each.path) for each in OPERATIONS}
    routed = {(route.name, route.method, "/" + _CONSTRAINT.sub("}", route.template)) for route in ROUTES}
    assert documented == routed


def test_every_operation_has_a_name_of_its_own() -> None:
    assert len(OPERATION) == len(OPERATIONS)
    assert len({(each.method, each.path) for each in OPERATIONS}) == len(OPERATIONS)


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    made = described()
    used = set(references(made))
    for kind in ("schemas", "responses"):
        named = {f"#/components/{kind}/{name}" for name in made["components"][kind]}
        assert {each for each in used if each.startswith(f"#/components/{kind}/")} == named


def test_the_path_names_its_parameters() -> None:
    for operation in OPERATIONS:
        named = {each.name for each in operation.parameters if each.where == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", operation.path))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.id)
def test_every_error_is_a_problem_and_whoever_needs_a_credential_is_told_401(operation: Any) -> None:
    told = operation_of(operation.id)
    needs_one = {} not in told["security"]
    assert ("401" in told["responses"]) == needs_one
    assert ("requestBody" in told) == (operation.body is not None)
    for status in operation.problems:
        answer = told["responses"][str(status)]
        if "$ref" in answer:
            answer = described()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        assert list(answer["content"]) == ["application/problem+json"]


def test_a_scope_is_named_for_each_bearer_token() -> None:
    scopes = {scope for each in OPERATIONS for one in each.security for scope in one.get("bearer", ())}
    assert scopes == {
        "altinn:serviceowner/notifications.create",
        "altinn:serviceowner/notifications.composedemail.create",
        "altinn:notifications.support.admin",
    }
    schemes = described()["components"]["securitySchemes"]
    assert {name for each in OPERATIONS for one in each.security for name in one} == set(schemes)


def test_a_problem_has_the_members_that_are_documented() -> None:
    members = described()["components"]["schemas"]["ProblemDetails"]
    response = problems.to_response(problems.validation_failed({"a": ["b"]}), "00-1-2-00")
    assert set(json.loads(response.body)) <= set(members["properties"])
    assert members["required"] == ["type", "title", "status", "traceId"]


def test_a_months_form_is_described_in_both_encodings_that_are_read() -> None:
    content = operation_of("metrics_page")["requestBody"]["content"]
    assert list(content) == ["application/x-www-form-urlencoded", "multipart/form-data"]


def test_the_limits_are_those_of_the_service() -> None:
    small = document("https://other.example.com", Limits(recipients=7, idempotency_id=5), "Another")
    schemas = small["components"]["schemas"]
    assert schemas["LegacyRequest"]["properties"]["recipients"]["maxItems"] == 7
    assert schemas["ChainRequest"]["properties"]["idempotencyId"]["maxLength"] == 5
    assert small["servers"] == [{"url": "https://other.example.com"}]
    assert small["components"]["securitySchemes"]["cookie"]["name"] == "Another"


def test_the_document_is_built_once() -> None:
    assert rendered(BASE, Limits())[1] is rendered(BASE, Limits())[1]


def test_what_only_developers_can_look_up_is_not_told() -> None:
    _, body = rendered(BASE, Limits())
    for source in (b"http-contract.md", b"engine.md", b"spec/", b"pydantic"):
        assert source not in body


def test_requests_and_answers_do_not_name_two_things_alike() -> None:
    made = described()["components"]["schemas"]
    for name in ("Recipient", "RecipientLookup", "Order", "ShipmentManifest", "ChainRequest"):
        assert name in made
    assert "oneOf" in made["Recipient"]
    assert "emailAddress" not in made["Recipient"]["properties"]
