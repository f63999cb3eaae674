"""`./dev demo` as a newcomer runs it: the real service on the real local system."""

from pathlib import Path

import pytest

from tests.dev.programs import run_cli

pytestmark = pytest.mark.system


@pytest.mark.parametrize("report_to", ["webhook", "queue"])
def test_the_demonstration_delivers_all_messages_and_leaves_nothing_running(tmp_path: Path, report_to: str) -> None:
    answer = run_cli("demo", "--data", tmp_path, "--report-to", report_to)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[-1] == "All messages were delivered."
    assert any(line.endswith("Order_Completed  Email_Delivered  SMS_Delivered") for line in answer.stdout.splitlines())
    assert not (tmp_path / "run.json").exists()


def test_the_demonstration_does_without_registers_that_it_does_not_know(tmp_path: Path) -> None:
    registers = tmp_path / "registers.json"
    registers.write_text("{}")
    answer = run_cli("demo", "--data", tmp_path / "data", "--registers", registers)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[-2].endswith("shows each of the 3 shipments once")
