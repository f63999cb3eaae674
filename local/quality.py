"""`./dev check`, `./dev test` and `./dev bench`: the project's own tools, run and summed up."""

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from local.azurite import PROJECT


@dataclass(frozen=True)
class Check:
    """One tool that judges the source, with the arguments of its Python module or call."""

    title: str
    arguments: tuple[str, ...]


INFRASTRUCTURE = "tests/infra"
# Called through Python, not through .venv/bin: those scripts break where the path holds a space.
CHECKS = (
    Check("format", ("-m", "ruff", "format", "--check", ".")),
    Check("lint", ("-m", "ruff", "check", ".")),
    Check("types", ("-m", "mypy")),
    Check("import arrows", ("-c", "from importlinter.cli import lint_imports_command as run; run()")),
    Check("infrastructure", ("-m", "pytest", INFRASTRUCTURE)),
)
# The arguments of pytest by what is run together.
SUITES = {
    "tests": ("-m", "not system", "-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"),
    # Each of these runs several processes itself and watches when things happen: they have the machine to themselves.
    "system tests": ("-m", "system"),
}


def check(checks: Sequence[Check] = CHECKS) -> int:
    """Runs every check; 0 if all pass, otherwise 1, with the output of those that failed."""
    failed = [one for one in checks if not _passes(one)]
    return 1 if failed else 0


def test(arguments: Sequence[str]) -> int:
    """Without arguments the checks and every test that is none of them, otherwise pytest with these arguments."""
    if arguments:
        return _python("-m", "pytest", *arguments)
    outcomes = [check()]
    for title, own in SUITES.items():
        outcomes.append(_timed(title, "-m", "pytest", "--ignore", INFRASTRUCTURE, *own))
    print("everything passed" if not any(outcomes) else "something failed: see above", flush=True)
    return max(outcomes)


def bench(arguments: Sequence[str]) -> int:
    """Runs the benchmarks, all or those named."""
    return _timed("benchmarks", "-m", "benchmarks", *arguments)


def _passes(one: Check) -> bool:
    started = time.monotonic()
    outcome = subprocess.run(
        [sys.executable, *one.arguments],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "failed" if outcome.returncode else "passed"
    print(f"{one.title:<14} {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
    if outcome.returncode:
        print(outcome.stdout, flush=True)
    return outcome.returncode == 0


def _timed(title: str, *arguments: str) -> int:
    started = time.monotonic()
    code = _python(*arguments)
    print(f"{title:<14} took {time.monotonic() - started:.0f} s", flush=True)
    return code


def _python(*arguments: str) -> int:
    return subprocess.run([sys.executable, *arguments], cwd=PROJECT, check=False).returncode
