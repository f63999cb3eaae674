"""The OpenAPI 3.1 document (spec.openapis.org/oas/v3.1.1), built from the table of operations."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from notifications.contract.limits import Limits
from notifications.contract.openapi import errors, examples
from notifications.contract.openapi.legacy import LEGACY
from notifications.contract.openapi.operation import JSON, TAGS, Answer, Operation, Parameter
from notifications.contract.openapi.orders import ORDERS
from notifications.contract.openapi.requests import request_schemas
from notifications.contract.openapi.security import schemes
from notifications.contract.openapi.service import SERVICE
from notifications.contract.openapi.statuses import STATUSES
from notifications.contract.problems import ProblemDetails
from notifications.contract.schemas import REFERENCE, Schema, answer_schemas

MEDIA_TYPE = "application/json; charset=utf-8"

OPERATIONS: tuple[Operation, ...] = (*ORDERS, *STATUSES, *LEGACY, *SERVICE)
"""Every endpoint of the service."""

_ABOUT = """\
Orders to notify somebody by email or SMS, sent when they are due, and followed until their fate is known.

**JSON.** Property names count in any letter case, and unknown ones are not looked at. Numbers may be written as
strings. Answers leave out what is null. Moments are ISO 8601: with a time zone in requests, in UTC in answers.

**Orders** have an id, and so has each of their shipments: the main message and every reminder. A status is that of a
shipment.

**Errors** are problem details (RFC 9457). All failures of a request are told at once, by the JSON path that was sent.
`traceId` is what to quote when asking for help; a `traceparent` header is continued."""


@cache
def document(base_uri: str, limits: Limits, cookie_name: str = "AltinnStudioRuntime") -> Mapping[str, Any]:
    """The document of a service at this address (no slash at its end), with these limits."""
    written = _Writer(limits)
    return {
        "openapi": "3.1.1",
        "info": {"title": "Notifications", "version": "1", "description": _ABOUT},
        "servers": [{"url": base_uri}],
        "tags": [{"name": tag.value, "description": text} for tag, text in TAGS.items()],
        "paths": written.paths(),
        "components": {
            "schemas": written.schemas,
            "responses": errors.responses(sorted(_shared())),
            "securitySchemes": schemes(cookie_name),
        },
    }


@cache
def rendered(base_uri: str, limits: Limits, cookie_name: str = "AltinnStudioRuntime") -> tuple[str, bytes]:
    """The document's media type and its bytes."""
    return MEDIA_TYPE, json.dumps(document(base_uri, limits, cookie_name), ensure_ascii=False).encode()


class _Writer:
    """Writes operations; `schemas` holds what they refer to."""

    def __init__(self, limits: Limits) -> None:
        answers = [answer for each in OPERATIONS for answer in each.answers.values() if answer.shape is not None]
        schemas, definitions = answer_schemas([*(answer.shape for answer in answers), ProblemDetails])
        self._answers = {id(answer): schemas[index] for index, answer in enumerate(answers)}
        models = [each.body.model for each in OPERATIONS if each.body and each.body.model]
        self.schemas = dict(sorted({**request_schemas(models, limits), **definitions}.items()))

    def paths(self) -> Schema:
        """All operations by path and method."""
        paths: dict[str, Schema] = {}
        for operation in OPERATIONS:
            paths.setdefault(operation.path, {})[operation.method] = self._operation(operation)
        return paths

    def _operation(self, operation: Operation) -> Schema:
        parameters = [_parameter(operation, each) for each in operation.parameters]
        responses = {str(status): self._answer(operation, status, each) for status, each in operation.answers.items()}
        problems = {str(status): _problem(operation, status) for status in operation.problems}
        return {
            "operationId": operation.id,
            "tags": [operation.tag.value],
            "summary": operation.summary,
            "description": operation.description,
            **({"deprecated": True} if operation.deprecated else {}),
            "security": list(operation.security),
            **({"parameters": parameters} if parameters else {}),
            **_body(operation),
            "responses": dict(sorted({**responses, **problems}.items())),
        }

    def _answer(self, operation: Operation, status: int, answer: Answer) -> Schema:
        content = {media_type: {"schema": schema} for media_type, schema in answer.media_types.items()}
        if answer.shape is not None:
            content[JSON] = {"schema": self._answers[id(answer)], **_examples(examples.answers(operation, status))}
        headers = {name: _header(text) for name, text in answer.headers.items()}
        return {
            "description": answer.description,
            **({"headers": headers} if headers else {}),
            "content": content,
        }


def _body(operation: Operation) -> Schema:
    if operation.body is None:
        return {}
    content = {media_type: {"schema": schema} for media_type, schema in operation.body.media_types.items()}
    if operation.body.model:
        schema = {"$ref": REFERENCE.format(model=operation.body.model.__name__)}
        content[JSON] = {"schema": schema, **_examples(examples.requests(operation))}
    return {"requestBody": {"required": True, "content": content}}


def _parameter(operation: Operation, parameter: Parameter) -> Schema:
    return {
        "name": parameter.name,
        "in": parameter.where,
        "description": parameter.description,
        **({"required": True} if parameter.required else {}),
        "schema": parameter.schema,
        **_examples(examples.values(operation, parameter.name)),
    }


def _shared() -> set[int]:
    """The statuses that some operation answers without an example of its own."""
    return {status for each in OPERATIONS for status in each.problems if not examples.answers(each, status)}


def _problem(operation: Operation, status: int) -> Schema:
    """The answer that all operations share, or one of its own where there are examples."""
    shown = examples.answers(operation, status)
    return errors.response(status, shown) if shown else errors.reference(status)


def _header(description: str) -> Schema:
    return {"description": description, "schema": {"type": "string"}}


def _examples(shown: Schema) -> Schema:
    return {"examples": shown} if shown else {}
