"""Command line of the SMS gateway simulator."""

import argparse
import sys

from local.simulators.pswin.service import Options, pswin
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.pswin", description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--username", required=True)
    options.add_argument("--password", required=True)
    options.add_argument("--latency-ms", type=float, default=0)
    options.add_argument("--report-delay-ms", type=float, default=300)
    options.add_argument("--late-report-ms", type=float, default=30_000)
    options.add_argument("--report-url", help="takes delivery reports")
    options.add_argument("--report-username", default="")
    options.add_argument("--report-password", default="")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = parser().parse_args(arguments)
    options = Options(
        username=given.username,
        password=given.password,
        report_url=given.report_url,
        report_username=given.report_username,
        report_password=given.report_password,
        latency=given.latency_ms / 1000,
        report_delay=given.report_delay_ms / 1000,
        late_report=given.late_report_ms / 1000,
    )
    return run(pswin(options), given.port)


if __name__ == "__main__":
    sys.exit(main())
