"""Whether a request for an order was rightly taken or refused, by the schema of its body."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from notifications.contract.limits import Limits
from notifications.contract.openapi.document import OPERATIONS, document
from notifications.contract.request_model import member_names
from tests.fuzz.reasons import unexplained
from tests.fuzz.tolerance import in_full

ORDERS = {each.id: each.body.model for each in OPERATIONS if each.body and each.body.model}
"""The operations that take an order, and the models of their bodies."""

TAKEN = {200, 201, 202}
MISSING_CONTACT = 422


@cache
def _validator(operation: str) -> jsonschema_rs.Draft202012Validator:
    made = document("http://127.0.0.1", Limits())
    body = {"$ref": f"#/components/schemas/{ORDERS[operation].__name__}", "components": made["components"]}
    # Formats are told in words: which times, numbers and addresses are taken is in `reasons`.
    return jsonschema_rs.Draft202012Validator(body, validate_formats=False)


def is_valid(operation: str, body: Any) -> bool:
    """Whether the schema allows what a body stands for."""
    return _validator(operation).is_valid(_with_looked_at(operation, in_full(body, member_names(ORDERS[operation]))))


def judge(operation: str, sent: Any, status: int, answer: Any) -> None:
    """Fails if a body was taken or refused although the schema says otherwise; what is no JSON is to be refused."""
    valid, shown = _is_json(sent) and is_valid(operation, json.loads(sent or b"")), f"{sent!r:.3000}"
    if status in TAKEN or (status == MISSING_CONTACT and operation == "place_order"):
        assert valid, f"taken although the schema does not allow it: {shown}"
        return
    assert status == 400, f"answered {status}: {shown}"
    told = unexplained(answer["errors"])
    assert not valid or not told, f"refused although the schema allows it: {told} {shown}"


def _is_json(sent: Any) -> bool:
    try:
        json.loads(sent or b"", parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_OF_ANOTHER_CHANNEL: Mapping[str, str] = {
    "place_legacy_email_order": "mobileNumber",
    "place_legacy_sms_order": "emailAddress",
}


def _with_looked_at(operation: str, body: Any) -> Any:
    """The body without the addresses of a channel that the order does not use: only their length is looked at."""
    recipients = body.get("recipients") if isinstance(body, dict) else None
    unused = _OF_ANOTHER_CHANNEL.get(operation)
    if unused is None or not isinstance(recipients, list):
        return body
    return body | {"recipients": [_without(each, unused) for each in recipients]}


def _without(recipient: Any, member: str) -> Any:
    address = recipient.get(member) if isinstance(recipient, dict) else None
    if not isinstance(address, str) or len(address) > Limits().address:
        return recipient
    return {**recipient, member: None}
