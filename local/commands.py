"""The commands of ./dev by name: what each does and what it needs, read before anything is installed."""

from dataclasses import dataclass
from enum import Enum


class Need(Enum):
    """What a command needs besides the project's own Python packages."""

    NODE = "Azurite, which Node.js runs"
    POLICY = "checkov, which scans the infrastructure"


@dataclass(frozen=True)
class Command:
    """One command of ./dev: its name, its line in the help, and what it needs."""

    name: str
    summary: str
    needs: tuple[Need, ...] = ()


COMMANDS = (
    Command("up", "start the whole local system, show an order travel, and stay up until Ctrl-C", (Need.NODE,)),
    Command("demo", "the same without staying up; exit code 0 only if everything was delivered", (Need.NODE,)),
    Command("token", "print a token of a running system: ./dev token --org ttd [--scope SCOPE | --platform]"),
    Command("storage", "start Azurite alone (blob, queue, table; default ports) for `func start`", (Need.NODE,)),
    Command("reports", "list, replay or remove delivery reports that could not be used: ./dev reports list"),
    Command(
        "test", "run the checks and every test; with arguments: pytest with these arguments", (Need.NODE, Need.POLICY)
    ),
    Command("check", "format, lint, types, import arrows and infrastructure", (Need.POLICY,)),
    Command("bench", "run the benchmarks and print their figures: ./dev bench [NAME]", (Need.NODE,)),
    Command("help", "print this list; `./dev COMMAND --help` prints a command's options"),
)


def named(name: str) -> Command | None:
    """The command of this name, or None where there is none."""
    return next((command for command in COMMANDS if command.name == name), None)


def usage() -> str:
    """The help text: one line a command."""
    lines = [f"  {command.name:<8} {command.summary}" for command in COMMANDS]
    return "\n".join(["usage: ./dev COMMAND [options]", "", *lines])
