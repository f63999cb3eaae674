"""`./dev demo` as a newcomer runs it: the real service on the real local system."""

from pathlib import Path

import pytest

from tests.dev.programs import run_cli

pytestmark = pytest.mark.system


@pytest.mark.parametrize("report_to", ["webhook", "queue"])
def test_the_demonstration_delivers_all_three_messages_and_leaves_nothing_running(
    tmp_path: Path, report_to: str
) -> None:
    answer = run_cli("demo", "--data", tmp_path, "--report-to", report_to)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines()[-1] == "All three messages were delivered."
    assert not (tmp_path / "run.json").exists()
