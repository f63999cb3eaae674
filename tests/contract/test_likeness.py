"""What counts as like an example, and what does not: the tests of examples are worth what this says."""

from typing import Any

import pytest

from tests.contract.documented import BASE
from tests.contract.likeness import differences

ID, OTHER_ID = "7c0b4f0e-93c9-4a43-8a9c-9b3b2f4f0a10", "5fd59101-f647-8443-91c6-a54900000000"


@pytest.mark.parametrize(
    ("answer", "example"),
    [
        (ID, OTHER_ID),
        ("2026-03-02T10:00:00Z", "2026-08-10T08:00:00.25Z"),
        ({"a": 1, "more": 2}, {"a": 1}),
        ({"sequenceNumber": 1}, {"sequenceNumber": 1521}),
        (f"http://127.0.0.1:1/orders/{ID}", f"{BASE}/orders/{OTHER_ID}"),
        ({"errors": {"b": ["x"], "a": ["y"]}}, {"errors": {"a": ["y"], "b": ["x"]}}),
    ],
)
def test_what_is_made_anew_each_time_may_differ(answer: Any, example: Any) -> None:
    assert differences(answer, example, "http://127.0.0.1:1") == []


@pytest.mark.parametrize(
    ("answer", "example"),
    [
        ("Delivered", "Failed"),
        (1, 2),
        (1, "1"),
        (None, ""),
        ([], [1]),
        ([1, 2], [1, 3]),
        ([1], [1, 2]),
        ({}, {"a": 1}),
        ({"b": 1, "a": 1}, {"a": 1, "b": 1}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}),
        (ID, "a name"),
        ("a name", ID),
        (ID, "2026-03-02T10:00:00Z"),
        ("2026-03-02T10:00:00", "2026-03-02T10:00:00Z"),
        (f"http://127.0.0.1:1/order/{ID}", f"{BASE}/orders/{ID}"),
        (f"{BASE}/orders/{ID}", f"{BASE}/orders/{ID}/status"),
    ],
)
def test_everything_else_may_not(answer: Any, example: Any) -> None:
    assert len(differences(answer, example, "http://127.0.0.1:1")) == 1
