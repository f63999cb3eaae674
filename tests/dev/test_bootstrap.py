"""Installing what is missing, with a real virtual environment in a project that requires nothing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.bootstrap import Installation, SetupError, installations, run_quietly
from local.commands import COMMANDS
from tests.dev.programs import PROJECT

STUB = "import sys\nprint('|'.join([sys.prefix, *sys.argv[1:]]))\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the script with a stub in place of the commands, in a path with a space."""
    root = tmp_path / "a project"
    (root / "local").mkdir(parents=True)
    for name in ("dev", "local/__init__.py", "local/bootstrap.py", "local/commands.py"):
        shutil.copy(PROJECT / name, root / name)
    (root / "local" / "cli.py").write_text(STUB)
    (root / "requirements.txt").write_text("# nothing\n")
    (root / "requirements-dev.txt").write_text("-r requirements.txt\n")
    (root / "requirements-policy.txt").write_text("# nothing\n")
    return root


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    programs = f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [project / "dev", *arguments],
        cwd=project.parent,
        env=os.environ | {"PATH": programs},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_first_runs_at_once_install_once_and_the_third_says_nothing(project: Path) -> None:
    both = [start(project, "check", "two words") for _ in range(2)]
    answers = [one.communicate(timeout=120) for one in both]
    expected = f"{project / '.venv'}|check|two words\n"
    assert [out for out, _ in answers] == [expected, expected]
    for what in ("Python packages", "the policy scan"):
        assert "".join(err for _, err in answers).count(f"dev: installing {what}") == 1
    third = start(project, "check", "two words").communicate(timeout=60)
    assert third == (expected, "")


def test_a_requirement_that_cannot_be_installed_is_one_clear_line_and_is_tried_again(project: Path) -> None:
    (project / "requirements.txt").write_text("./not-there\n")
    for _ in range(2):
        process = start(project, "check")
        out, err = process.communicate(timeout=120)
        assert (process.returncode, out) == (1, "")
        assert err.splitlines()[0] == "dev: installing Python packages into .venv (once)"
        assert err.splitlines()[1].startswith("dev: installing Python packages failed: ERROR:")
        assert len(err.splitlines()) == 2


def test_a_policy_scan_that_is_gone_is_installed_again_and_nothing_else(project: Path) -> None:
    assert start(project, "check").communicate(timeout=120)[0]
    shutil.rmtree(project / ".venv-policy")
    _, err = start(project, "check").communicate(timeout=120)
    assert err == "dev: installing the policy scan into .venv-policy (once)\n"
    assert (project / ".venv-policy" / "bin" / "python").exists()


def test_a_command_gets_what_it_needs_and_no_more() -> None:
    directories = {
        command.name: [one.directory.name for one in installations(PROJECT, command.needs)] for command in COMMANDS
    }
    assert directories["help"] == directories["token"] == [".venv"]
    assert directories["up"] == directories["bench"] == [".venv", "node_modules"]
    assert directories["check"] == [".venv", ".venv-policy"]
    assert directories["test"] == [".venv", "node_modules", ".venv-policy"]


def installation(directory: Path, installed: list[str]) -> Installation:
    source, program = directory / "requirements", directory / "program"

    def install() -> None:
        installed.append(source.read_text())
        program.touch()

    return Installation("things", directory, program, (source,), install)


def test_an_installation_is_current_until_its_requirements_change(tmp_path: Path) -> None:
    installed: list[str] = []
    one = installation(tmp_path, installed)
    for content in ("a", "b"):
        one.sources[0].write_text(content)
        assert not one.is_current()
        one.bring_up_to_date()
        assert one.is_current()
    assert installed == ["a", "b"]


def test_an_installation_whose_program_is_gone_is_not_current(tmp_path: Path) -> None:
    one = installation(tmp_path, [])
    one.sources[0].write_text("a")
    one.bring_up_to_date()
    one.program.unlink()
    assert not one.is_current()


def test_a_failed_command_is_told_by_its_last_error(tmp_path: Path) -> None:
    script = "echo fine; echo 'npm error code E404' >&2; echo bye >&2; exit 1"
    with pytest.raises(SetupError, match=r"^installing failed: npm error code E404$"):
        run_quietly("installing", ["bash", "-c", script], tmp_path)


def test_a_failed_command_that_says_nothing_is_told_too(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"^installing failed: no output$"):
        run_quietly("installing", ["false"], tmp_path)
