"""The `dev` script in a project of its own, with a crafted PATH and HOME: which Python it finds, and what it says."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.dev.programs import PROJECT

NEEDED = "Python 3.13 is needed and could not be found or installed"
REAL = Path(sys.base_prefix) / "bin" / "python3.13"


@dataclass(frozen=True)
class Machine:
    """A directory with the script, and the only programs and home that it can see."""

    project: Path
    programs: Path
    home: Path

    def has_python(self, path: Path, *, version: str = "3.13") -> None:
        """Puts an interpreter there that says on stderr which one ran; another version's than 3.13 is refused."""
        path.parent.mkdir(parents=True, exist_ok=True)
        body = f'exec "{REAL}" "$@"' if version == "3.13" else "exit 1"
        run = f'case " $* " in *" local.bootstrap "*) echo "ran {path}" >&2;; esac'
        path.write_text(f"#!/bin/bash\n{run}\n{body}\n")
        path.chmod(0o755)

    def has_program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/bash\n{script}\n")
        path.chmod(0o755)

    def dev(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", str(self.project / "dev"), *arguments],
            cwd=cwd or self.project,
            env={"PATH": str(self.programs), "HOME": str(self.home)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    made = Machine(tmp_path / "my project", tmp_path / "bin", tmp_path / "home")
    for directory in (made.project / "local", made.programs, made.home):
        directory.mkdir(parents=True)
    for name in ("dev", "local/__init__.py", "local/bootstrap.py", "local/commands.py"):
        shutil.copy(PROJECT / name, made.project / name)
    dirname = shutil.which("dirname")
    assert dirname is not None
    (made.programs / "dirname").symlink_to(dirname)
    return made


@pytest.mark.parametrize("name", ["python3.13", "python3", "python"])
def test_a_python_3_13_on_path_is_found_by_any_of_its_names(machine: Machine, name: str) -> None:
    machine.has_python(machine.programs / name)
    answer = machine.dev("help")
    assert answer.returncode == 0
    assert answer.stderr == f"ran {machine.programs / name}\n"
    assert answer.stdout.startswith("usage: ./dev COMMAND")


def test_a_shim_that_does_not_run_is_passed_over_for_the_version_that_pyenv_keeps_unselected(machine: Machine) -> None:
    machine.has_python(machine.programs / "python3.13", version="pyenv: command not found")
    machine.has_python(machine.programs / "python3", version="3.11")
    kept = machine.home / ".pyenv" / "versions" / "3.13.0" / "bin" / "python3.13"
    machine.has_python(kept)
    assert machine.dev("help").stderr == f"ran {kept}\n"


def test_a_python_that_uv_keeps_is_found(machine: Machine) -> None:
    kept = machine.home / "kept" / "python3.13"
    machine.has_python(kept)
    machine.has_program("uv", f'[ "$1 $2" = "python find" ] && echo "{kept}"')
    assert machine.dev("help").stderr == f"ran {kept}\n"


def test_a_python_that_uv_can_install_is_installed_and_found(machine: Machine) -> None:
    kept = machine.home / ".local" / "bin" / "python3.13"
    source = machine.home / "source"
    machine.has_python(source)
    copy = f'"{shutil.which("mkdir")}" -p "{kept.parent}" && "{shutil.which("cp")}" "{source}" "{kept}"'
    machine.has_program("uv", f'[ "$1 $2" = "python install" ] && {copy}')
    answer = machine.dev("help")
    assert answer.returncode == 0
    assert answer.stderr.startswith("dev: no Python 3.13 here yet")


def test_the_projects_own_environment_is_preferred(machine: Machine) -> None:
    machine.has_python(machine.programs / "python3.13")
    own = machine.project / ".venv" / "bin" / "python"
    machine.has_python(own)
    assert machine.dev("help").stderr == f"ran {own}\n"


@pytest.mark.parametrize("older", [None, "3.11"])
def test_without_a_python_3_13_there_is_one_clear_line_and_exit_code_1(machine: Machine, older: str | None) -> None:
    if older:
        machine.has_python(machine.programs / "python3", version=older)
    answer = machine.dev("up")
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert [line for line in answer.stderr.splitlines() if NEEDED in line] == answer.stderr.splitlines()[-1:]


def test_the_script_works_from_another_directory(machine: Machine) -> None:
    machine.has_python(machine.programs / "python3.13")
    assert machine.dev("help", cwd=machine.home).returncode == 0


def test_an_unknown_command_is_refused_with_exit_code_2_before_anything_is_installed(machine: Machine) -> None:
    machine.has_python(machine.programs / "python3.13")
    answer = machine.dev("dance")
    assert answer.returncode == 2
    assert "there is no command 'dance'" in answer.stderr
    assert not (machine.project / ".venv").exists()


def test_a_missing_node_is_one_clear_line_before_anything_is_installed(machine: Machine) -> None:
    machine.has_python(machine.programs / "python3.13")
    answer = machine.dev("up")
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[1:] == [
        "dev: Node.js 20 or newer, with npm, is needed to run Azurite; install it"
    ]
    assert not (machine.project / ".venv").exists()


@pytest.mark.parametrize("version", ["v12.22.0", ""])
def test_an_old_or_broken_node_is_one_clear_line(machine: Machine, version: str) -> None:
    machine.has_python(machine.programs / "python3.13")
    machine.has_program("node", f'echo "{version}"')
    machine.has_program("npm", "exit 0")
    answer = machine.dev("up")
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1] == (
        f"dev: Node.js 20 or newer is needed to run Azurite; this is {version or 'broken'}"
    )


def with_apt(machine: Machine, *, user: str = "0") -> Path:
    """A machine whose apt-get writes down what it is asked for."""
    asked = machine.home / "apt"
    asked.touch()
    machine.has_python(machine.programs / "python3.13")
    machine.has_program("id", f"echo {user}")
    machine.has_program("apt-get", f'echo "$*" >> "{asked}"')
    return asked


def test_the_tests_get_chromium_where_root_has_none(machine: Machine) -> None:
    asked = with_apt(machine)
    answer = machine.dev("test")
    assert "installing Chromium" in answer.stderr
    assert asked.read_text().splitlines() == ["update -qq", "install -y -qq --no-install-recommends chromium"]


@pytest.mark.parametrize("browser", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_there_is_not_installed_again(machine: Machine, browser: str) -> None:
    asked = with_apt(machine)
    machine.has_program(browser, "exit 0")
    machine.dev("test")
    assert asked.read_text() == ""


@pytest.mark.parametrize(("user", "command"), [("1000", "test"), ("0", "up"), ("0", "help")])
def test_nobody_else_and_no_other_command_gets_one(machine: Machine, user: str, command: str) -> None:
    asked = with_apt(machine, user=user)
    machine.dev(command)
    assert asked.read_text() == ""


def test_a_chromium_that_cannot_be_installed_stops_nothing_but_its_own_tests(machine: Machine) -> None:
    with_apt(machine)
    machine.has_program("apt-get", "exit 100")
    answer = machine.dev("test")
    assert "the tests of the pages will fail" in answer.stderr
    assert "Node.js 20" in answer.stderr
