"""Command line of the simulator of Communication Services' SMS."""

import argparse
import sys

from local.simulators.acs.options import add_pace, add_reporting, add_resource, publisher
from local.simulators.acs_sms.service import Options, acs_sms
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.acs_sms", description=__doc__)
    add_resource(options)
    options.add_argument("--allow-bearer", action="store_true", help="accept any bearer token")
    options.add_argument("--sender", action="append", default=[], help="one that the resource owns; may be repeated")
    options.add_argument("--repeat-seconds", type=float, default=300, help="how long an id is remembered")
    options.add_argument("--stale", choices=("412", "send"), default="412")
    add_pace(options)
    add_reporting(options)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = parser().parse_args(arguments)
    options = Options(
        access_key=given.access_key,
        allow_bearer=given.allow_bearer,
        senders=frozenset(given.sender),
        repeat_seconds=given.repeat_seconds,
        stale=given.stale,
        latency=given.latency_ms / 1000,
        report_delay=given.report_delay_ms / 1000,
        late_report=given.late_report_ms / 1000,
    )
    return run(acs_sms(options, publisher(given)), given.port)


if __name__ == "__main__":
    sys.exit(main())
