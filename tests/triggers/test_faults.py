"""What the log says of an exception: its type and the innermost line of ours; nothing that it met."""

import inspect
import logging
import sys

import pytest

from notifications.domain.ids import OrderKey, idempotency_hash
from notifications.telemetry import event, fault

logger = logging.getLogger("tests.faults")


def test_a_fault_is_an_exceptions_type_and_the_innermost_line_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="digits") as raised:
        OrderKey.from_hex("solveig@example.com")
    told = fault(raised.value)
    file, line = told["at"].split(":")
    assert (told["error"], file) == ("ValueError", "ids.py")
    raising = inspect.getsource(sys.modules[OrderKey.__module__]).splitlines()[int(line) - 1]
    assert raising.strip().startswith("raise ValueError")
    event(logger, logging.ERROR, "tick.failed", **told)
    assert caplog.records[0].getMessage() == f"tick.failed error=ValueError at=ids.py:{line}"


def test_a_fault_below_a_librarys_code_is_placed_at_our_call_of_it() -> None:
    with pytest.raises(TypeError) as raised:
        idempotency_hash("ttd", "Notification", object())  # type: ignore[arg-type]
    assert fault(raised.value)["at"].startswith("ids.py:")


def test_a_fault_that_passed_no_code_of_ours_is_its_type_alone() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        _ = 1 // 0
    assert fault(raised.value) == {"error": "ZeroDivisionError"}
    assert fault(OSError("solveig@example.com")) == {"error": "OSError"}
