"""The fingerprint tells whether a repeated request has the content of the first."""

import json
from typing import Any

import pytest

from tests.contract.builders import ABSENT, changed, full_order, order, parse


def fingerprint(request: Any) -> str:
    return parse(request).fingerprint


def upper(node: Any) -> Any:
    if isinstance(node, dict):
        return {name.upper(): upper(value) for name, value in reversed(node.items())}
    return [upper(element) for element in node] if isinstance(node, list) else node


def test_the_fingerprint_is_a_sha_256() -> None:
    assert len(bytes.fromhex(fingerprint(order()))) == 32


def test_white_space_key_order_and_letter_case_do_not_count() -> None:
    request = full_order()
    assert fingerprint(json.dumps(upper(request), indent=4).encode()) == fingerprint(request)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("recipient", "recipientEmail", "emailSettings", "contentType"), 1),
        (("reminders", 0, "delayDays"), "7"),
        (("requestedSendTime",), "2026-08-10T10:00:00.000+02:00"),
        (("reminders", 1, "delayDays"), None),
        (("reminders", 1, "conditionFailurePolicy"), "Send"),
        (("unknownMember",), "x"),
        (("recipient", "recipientSms"), None),
    ],
)
def test_another_way_to_write_the_same_does_not_count(path: tuple[str | int, ...], value: object) -> None:
    assert fingerprint(changed(full_order(), path, value)) == fingerprint(full_order())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("idempotencyId",), "another"),
        (("requestedSendTime",), ABSENT),
        (("requestedSendTime",), "2026-08-10T08:00:00.001Z"),
        (("sendersReference",), ABSENT),
        (("recipient", "recipientEmail", "emailSettings", "body"), "Another body."),
        (("recipient", "recipientEmail", "emailSettings", "contentType"), "Plain"),
        (("reminders", 0, "delayDays"), 8),
        (("reminders", 1), ABSENT),
        (("conditionFailurePolicy",), "Send"),
    ],
)
def test_other_content_counts(path: tuple[str | int, ...], value: object) -> None:
    assert fingerprint(changed(full_order(), path, value)) != fingerprint(full_order())
