"""The OpenAPI document under the default limits, and what it says of a value."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from openapi_schema_validator import OAS31Validator, oas31_format_checker

from notifications.contract.limits import Limits
from notifications.contract.openapi.document import OPERATIONS, document
from notifications.contract.openapi.operation import Operation

BASE = "https://notifications.example.com"
OPERATION: Mapping[str, Operation] = {operation.id: operation for operation in OPERATIONS}


@cache
def described() -> Mapping[str, Any]:
    return document(BASE, Limits())


def operation_of(name: str) -> Mapping[str, Any]:
    """What the document says of an operation."""
    operation = OPERATION[name]
    found: Mapping[str, Any] = described()["paths"][operation.path][operation.method]
    return found


def request_schema(name: str) -> Mapping[str, Any]:
    """The schema of an operation's JSON body."""
    schema: Mapping[str, Any] = operation_of(name)["requestBody"]["content"]["application/json"]["schema"]
    return schema


def answer_schema(name: str, status: int) -> Mapping[str, Any]:
    """The schema of an operation's JSON answer."""
    answer = operation_of(name)["responses"][str(status)]
    if "$ref" in answer:
        answer = described()["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    content = answer["content"]
    schema: Mapping[str, Any] = content["application/problem+json" if status >= 400 else "application/json"]["schema"]
    return schema


def validator(schema: Mapping[str, Any]) -> OAS31Validator:
    """A validator of one of the document's schemas."""
    whole = {**schema, "components": {"schemas": described()["components"]["schemas"]}}
    return OAS31Validator(whole, format_checker=oas31_format_checker)


def failures(value: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with a value."""
    return [f"{error.json_path}: {error.message}" for error in validator(schema).iter_errors(value)]
