"""Command line of the simulator of Communication Services' SMS."""

import argparse
import base64
import sys

from local.simulators.acs_email.events import Nowhere, Publisher, StorageQueue, Webhook
from local.simulators.acs_sms.service import Options, acs_sms
from local.simulators.serving import run


def parser() -> argparse.ArgumentParser:
    """Return the parser of the program's options."""
    options = argparse.ArgumentParser(prog="python -m local.simulators.acs_sms", description=__doc__)
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--access-key", type=_base64, required=True, help="Base64")
    options.add_argument("--allow-bearer", action="store_true", help="accept any bearer token")
    options.add_argument("--sender", action="append", default=[], help="one that the resource owns; may be repeated")
    options.add_argument("--repeat-seconds", type=float, default=300, help="how long an id is remembered")
    options.add_argument("--stale", choices=("412", "send"), default="412")
    options.add_argument("--latency-ms", type=float, default=0)
    options.add_argument("--report-delay-ms", type=float, default=300)
    options.add_argument("--late-report-ms", type=float, default=30_000)
    options.add_argument("--report-url", help="webhook that takes Event Grid events")
    options.add_argument("--report-key", default="", help="sent as X-Report-Key")
    options.add_argument("--report-queue", help="storage connection string, instead of --report-url")
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
    return run(acs_sms(options, _publisher(given)), given.port)


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
