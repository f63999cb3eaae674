import subprocess
from pathlib import Path

import pytest

from local.quality import CHECKS, SUITES, Check, check
from tests.dev.programs import PROJECT, run_cli

GOOD = Check("good", ("-c", "print('quiet')"))
BAD = Check("bad", ("-c", "import sys; print('the reason'); sys.exit(3)"))


def test_checks_that_pass_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert check([GOOD, GOOD]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("good           passed (") for line in lines)


def test_a_check_that_fails_shows_why_and_the_others_run_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert check([BAD, GOOD]) == 1
    first, reason, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("bad            failed (")
    assert reason == "the reason"
    assert last.startswith("good           passed (")


def test_format_lint_types_import_arrows_and_infrastructure_are_checked() -> None:
    assert [one.title for one in CHECKS] == ["format", "lint", "types", "import arrows", "infrastructure"]


def test_every_test_belongs_to_one_suite() -> None:
    assert [arguments[:2] for arguments in SUITES.values()] == [("-m", "not system"), ("-m", "system")]


def test_arguments_of_test_go_to_pytest_with_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_it():\n    assert False\n")
    answer = run_cli(
        "test", tmp_path, "-p", "no:cacheprovider", "-o", "addopts=", "-p", "no:asyncio", "-c", "/dev/null"
    )
    assert answer.returncode == 1
    assert "1 failed" in answer.stdout


@pytest.mark.parametrize("script", ["dev", ".ci/run"])
def test_the_shell_scripts_are_well_formed_and_executable(script: str) -> None:
    path = PROJECT / script
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0
    assert path.stat().st_mode & 0o111 == 0o111
