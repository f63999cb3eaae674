"""Command line of the registers simulator."""

import argparse
import sys
from pathlib import Path

from local.simulators.registers.people import PeopleFileError, default_people, read_people
from local.simulators.registers.service import Options, registers
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.registers", description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--registers", type=Path, metavar="FILE", default=default_people(), help="who is in them")
    options.add_argument("--subscription-key", metavar="KEY", help="required of every call")
    options.add_argument("--platform-keys", metavar="URL", help="keys of platform tokens, with {issuer} in it")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code: 2 for a file that is wrong."""
    given = parser().parse_args(arguments)
    try:
        people = read_people(given.registers)
    except PeopleFileError as error:
        return _refused(given.registers, error.faults)
    except OSError as error:
        return _refused(given.registers, (error.strerror or str(error),))
    options = Options(subscription_key=given.subscription_key, platform_keys_url=given.platform_keys)
    return run(registers(people, options), given.port)


def _refused(path: Path, faults: tuple[str, ...]) -> int:
    for fault in faults:
        print(f"{path}: {fault}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
