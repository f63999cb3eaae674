"""Command line of the blob storage simulator."""

import argparse
import sys

from local.simulators.blobs.service import Options, blobs
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.blobs", description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--slow-ms", type=float, default=40_000)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = parser().parse_args(arguments)
    return run(blobs(Options(slow=given.slow_ms / 1000)), given.port)


if __name__ == "__main__":
    sys.exit(main())
