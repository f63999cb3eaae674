"""Command line of the simulator of a Communication Services resource that sends emails and SMS."""

import argparse
import sys

from local.simulators.acs.options import add_reporting, add_resource, publisher
from local.simulators.acs.service import acs
from local.simulators.acs_email.service import Options as EmailOptions
from local.simulators.acs_email.service import acs_email
from local.simulators.acs_sms.service import Options as SmsOptions
from local.simulators.acs_sms.service import acs_sms
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.acs", description=__doc__)
    add_resource(options)
    add_reporting(options)
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = parser().parse_args(arguments)
    email = acs_email(EmailOptions(access_key=given.access_key), publisher(given))
    sms = acs_sms(SmsOptions(access_key=given.access_key), publisher(given))
    return run(acs(email, sms), given.port)


if __name__ == "__main__":
    sys.exit(main())
