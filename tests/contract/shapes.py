"""Whether what is written has the shape that is documented."""

import json
from typing import Any

from openapi_schema_validator import OAS31Validator, oas31_format_checker

from notifications.contract.responses import Json, render
from notifications.contract.schemas import answer_schemas


def written(value: Json, shape: Any) -> Any:
    """The value as a client reads it, once it has been found to have the shape."""
    document = json.loads(render(value))
    schemas, definitions = answer_schemas([shape])
    validator = OAS31Validator(
        {**schemas[0], "components": {"schemas": definitions}}, format_checker=oas31_format_checker
    )
    failures = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
    assert not failures, failures
    return document
