"""Command line of the simulator of a Communication Services resource that sends emails and SMS."""

import argparse
import base64
import sys

from local.simulators.acs.service import acs
from local.simulators.acs_email.events import Nowhere, Publisher, StorageQueue, Webhook
from local.simulators.acs_email.service import Options as EmailOptions
from local.simulators.acs_email.service import acs_email
from local.simulators.acs_sms.service import Options as SmsOptions
from local.simulators.acs_sms.service import acs_sms
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.acs", description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--access-key", type=_base64, required=True, help="Base64")
    options.add_argument("--report-url", help="webhook that takes Event Grid events")
    options.add_argument("--report-key", default="", help="sent as X-Report-Key")
    options.add_argument("--report-queue", help="storage connection string, instead of --report-url")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the program and return its exit code."""
    given = parser().parse_args(arguments)
    email = acs_email(EmailOptions(access_key=given.access_key), _publisher(given))
    sms = acs_sms(SmsOptions(access_key=given.access_key), _publisher(given))
    return run(acs(email, sms), given.port)


def _publisher(given: argparse.Namespace) -> Publisher:
    if given.report_queue:
        return StorageQueue(given.report_queue)
    return Webhook(given.report_url, given.report_key) if given.report_url else Nowhere()


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise argparse.ArgumentTypeError("must be Base64") from None


if __name__ == "__main__":
    sys.exit(main())
