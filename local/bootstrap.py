"""Installs what a command of ./dev needs and is missing, then runs it in the virtual environment.

Runs on any bare Python 3.13, before a single package is installed: standard library only. What is
installed is remembered by a stamp, a hash of the requirement files, so that a second run installs nothing.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from local.commands import COMMANDS, Need, named, usage

OLDEST_NODE = 20
PROJECT = Path(__file__).resolve().parent.parent


class SetupError(Exception):
    """Something that ./dev cannot install or find; the text is one line that says what to do."""


@dataclass(frozen=True)
class Installation:
    """One directory of installed packages: what makes it, and a program that proves that it is there."""

    title: str
    directory: Path
    program: Path
    sources: tuple[Path, ...]
    install: Callable[[], None]

    @property
    def stamp(self) -> Path:
        """The file that holds the hash of what is installed."""
        return self.directory / ".installed"

    def wanted(self) -> str:
        """The hash of the requirement files as they are now."""
        return hashlib.sha256(b"\0".join(source.read_bytes() for source in self.sources)).hexdigest()

    def is_current(self) -> bool:
        """Whether what is installed is what the requirement files ask for."""
        return self.program.exists() and self.stamp.is_file() and self.stamp.read_text() == self.wanted()

    def bring_up_to_date(self) -> None:
        """Installs, and stamps only after success, so that an interrupted installation is repeated."""
        print(f"dev: installing {self.title}", file=sys.stderr, flush=True)
        wanted = self.wanted()
        self.install()
        self.stamp.write_text(wanted)


def environment_python(project: Path, name: str = ".venv") -> Path:
    """The interpreter of a virtual environment of the project."""
    return project / name / "bin" / "python"


def run_quietly(what: str, command: Sequence[str | Path], directory: Path) -> None:
    """Runs a command without its output; on failure its last line becomes the error."""
    outcome = subprocess.run(
        command, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if outcome.returncode:
        lines = (outcome.stderr + outcome.stdout).strip().splitlines() or ["no output"]
        errors = [line for line in lines if "error" in line.lower()] or lines
        raise SetupError(f"{what} failed: {errors[-1].strip()}")


def environment_works(python: Path) -> bool:
    """Whether the virtual environment is there, is of Python 3.13 and has pip."""
    probe = "import pip, sys; sys.exit(sys.version_info[:2] != (3, 13))"
    with suppress(OSError):
        return subprocess.run([python, "-I", "-c", probe], capture_output=True, check=False).returncode == 0
    return False


def install_python_packages(project: Path, name: str, requirements: str) -> None:
    """Creates a virtual environment if it is missing or broken and installs a requirements file into it."""
    python = environment_python(project, name)
    if not environment_works(python):
        # The running interpreter may be the broken environment's own: its base is what can make a new one.
        base = Path(sys.base_prefix) / "bin" / "python3.13"
        maker = base if base.exists() else Path(sys.executable)
        run_quietly(f"creating {name}", [maker, "-m", "venv", "--clear", project / name], project)
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    run_quietly("installing Python packages", [*pip, "-r", requirements], project)


def install_node_packages(project: Path) -> None:
    """Installs what package-lock.json names, exactly."""
    run_quietly("installing npm packages", ["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], project)


def require_node() -> None:
    """Raises SetupError unless node and npm are on PATH and node is new enough for Azurite."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise SetupError(f"Node.js {OLDEST_NODE} or newer, with npm, is needed to run Azurite; install it")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if not said.startswith("v") or int(said[1:].split(".")[0]) < OLDEST_NODE:
        raise SetupError(f"Node.js {OLDEST_NODE} or newer is needed to run Azurite; this is {said or 'broken'}")


def installations(project: Path, needs: Sequence[Need]) -> list[Installation]:
    """What has to be installed for a command."""
    wanted = [_own_packages(project)]
    if Need.NODE in needs:
        wanted.append(_node_packages(project))
    if Need.POLICY in needs:
        wanted.append(_policy_packages(project))
    return wanted


def _own_packages(project: Path) -> Installation:
    return Installation(
        "Python packages into .venv (once)",
        project / ".venv",
        environment_python(project),
        (project / "requirements.txt", project / "requirements-dev.txt"),
        lambda: install_python_packages(project, ".venv", "requirements-dev.txt"),
    )


def _node_packages(project: Path) -> Installation:
    return Installation(
        "npm packages into node_modules (once)",
        project / "node_modules",
        project / "node_modules" / ".bin" / "azurite-queue",
        (project / "package.json", project / "package-lock.json"),
        lambda: install_node_packages(project),
    )


def _policy_packages(project: Path) -> Installation:
    # Apart from the others: checkov names the exact versions of what it needs, some of them years old.
    return Installation(
        "the policy scan into .venv-policy (once)",
        project / ".venv-policy",
        environment_python(project, ".venv-policy"),
        (project / "requirements-policy.txt",),
        lambda: install_python_packages(project, ".venv-policy", "requirements-policy.txt"),
    )


@contextmanager
def alone(project: Path) -> Iterator[None]:
    """Holds the project directory's lock, so that two ./dev at once do not install into each other."""
    descriptor = os.open(project, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("dev: another ./dev is installing; waiting for it", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def prepare(project: Path, needs: Sequence[Need]) -> None:
    """Installs what is missing or outdated for a command; raises SetupError where it cannot."""
    if Need.NODE in needs:
        require_node()
    wanted = installations(project, needs)
    if all(one.is_current() for one in wanted):
        return
    with alone(project):
        for one in wanted:
            if not one.is_current():
                one.bring_up_to_date()


def hand_over(project: Path, arguments: Sequence[str]) -> None:
    """Replaces this process by the command, on the virtual environment's Python."""
    python = str(environment_python(project))
    environment = os.environ | {"PYTHONPATH": str(project)}
    # Becoming the command keeps one process: whoever signals ./dev signals the supervisor.
    os.execve(python, [python, "-P", "-m", "local.cli", *arguments], environment)  # noqa: S606


def main(arguments: Sequence[str]) -> int:
    """Checks the command's name, installs what it needs, and becomes it; otherwise an exit code."""
    name = arguments[0] if arguments else "help"
    if name in {"help", "-h", "--help"}:
        print(usage())
        return 0
    command = named(name)
    if command is None:
        known = ", ".join(one.name for one in COMMANDS)
        print(f"dev: there is no command {name!r}; there are: {known}", file=sys.stderr)
        return 2
    try:
        prepare(PROJECT, command.needs)
        hand_over(PROJECT, arguments)
    except (SetupError, OSError) as error:
        print(f"dev: {error}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
