"""The contract's own examples of requests (http-contract.md section 9): read, or refused with the texts that it shows.

The paths of the texts are those that the client sent.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.builders import content, errors, parse
from tests.contract.requests import CASES

FOLDER = Path(__file__).with_name("examples")
EXAMPLES = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def chosen(*, valid: bool) -> list[str]:
    return [name for name, example in EXAMPLES.items() if valid is not ("errors" in example)]


def test_every_kind_of_order_has_examples_of_both() -> None:
    kinds = {"chain", "instant-sms", "instant-email", "instant", "composed", "legacy", "legacy-email", "legacy-sms"}
    for valid in (True, False):
        assert {EXAMPLES[name]["kind"] for name in chosen(valid=valid)} == kinds


@pytest.mark.parametrize("name", chosen(valid=True))
def test_a_valid_example_is_an_order(name: str) -> None:
    example: dict[str, Any] = EXAMPLES[name]
    draft = parse(example["request"], CASES[example["kind"]][0])
    assert draft.idempotency_id == example["request"].get("idempotencyId")
    assert len(draft.shipments) == 1 + len(example["request"].get("reminders", []))
    assert draft.shipments[0].content.senders_reference == example["request"].get("sendersReference")


@pytest.mark.parametrize("name", chosen(valid=False))
def test_an_invalid_example_is_told_what_the_contract_says(name: str) -> None:
    example: dict[str, Any] = EXAMPLES[name]
    assert errors(example["request"], CASES[example["kind"]][0]) == example["errors"]


def test_the_first_example_is_stored_with_a_subject_of_one_line() -> None:
    email = content(EXAMPLES["chain-1"]["request"]).email
    assert email is not None
    assert email.subject == "New message from TTD"
