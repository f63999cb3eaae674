"""Command line of the email provider simulator."""

import argparse
import sys

from local.simulators.acs.options import add_pace, add_reporting, add_resource, publisher
from local.simulators.acs_email.service import Options, acs_email
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.acs_email", description=__doc__)
    add_resource(options)
    options.add_argument("--allow-bearer", action="store_true", help="accept any bearer token")
    options.add_argument("--repeat-answer", type=int, choices=(202, 409), default=202)
    options.add_argument("--rate", type=int, default=0, help="sends a second before 429; 0 is no limit")
    add_pace(options)
    add_reporting(options)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = parser().parse_args(arguments)
    options = Options(
        access_key=given.access_key,
        allow_bearer=given.allow_bearer,
        repeat_answer=given.repeat_answer,
        rate=given.rate,
        latency=given.latency_ms / 1000,
        report_delay=given.report_delay_ms / 1000,
        late_report=given.late_report_ms / 1000,
    )
    return run(acs_email(options, publisher(given)), given.port)


if __name__ == "__main__":
    sys.exit(main())
