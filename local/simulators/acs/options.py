"""Options that every simulator of a Communication Services resource has: its key, and where its reports go."""

import argparse
import base64

from local.simulators.acs.event_grid import Nowhere, Publisher, StorageQueue, Webhook


def add_resource(options: argparse.ArgumentParser) -> None:
    """Add where the resource is served and the key its callers sign with."""
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--access-key", type=_base64, required=True, help="Base64")


def add_pace(options: argparse.ArgumentParser) -> None:
    """Add how soon calls are answered and reports sent."""
    options.add_argument("--latency-ms", type=float, default=0)
    options.add_argument("--report-delay-ms", type=float, default=300)
    options.add_argument("--late-report-ms", type=float, default=30_000)


def add_reporting(options: argparse.ArgumentParser) -> None:
    """Add where reports go; `publisher` reads it."""
    options.add_argument("--report-url", help="webhook that takes Event Grid events")
    options.add_argument("--report-key", default="", help="sent as X-Report-Key")
    options.add_argument("--report-queue", help="storage connection string, instead of --report-url")


def publisher(given: argparse.Namespace) -> Publisher:
    """Return where the reports go that `add_reporting` was told of."""
    if given.report_queue:
        return StorageQueue(given.report_queue)
    return Webhook(given.report_url, given.report_key) if given.report_url else Nowhere()


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise argparse.ArgumentTypeError("must be Base64") from None
