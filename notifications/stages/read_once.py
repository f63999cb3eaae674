"""Reports that were read once already, and what is left of them: facts of no shipment, and reports of no message.

Written down for the table of dead reports, and read again when an operator has one replayed. They name nobody.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from notifications.domain.ids import ShipmentId
from notifications.domain.shipment import Fact
from notifications.domain.statuses import Channel, Status
from notifications.storage.codec import moment, parse_moment
from notifications.storage.dead_reports import DeadReport, Reason, Source, dead_report
from notifications.storage.references import EarlyReport

type EarlyReports = dict[str, list[EarlyReport]]


def orphans(facts: Sequence[Fact], now: datetime) -> DeadReport:
    """Facts of one shipment that is not there; of which channel they are nobody knows any more."""
    told = [[each.number, each.status, moment(each.at), each.code] for each in facts]
    document = {"shipment": facts[0].shipment.text, "facts": told}
    return dead_report(Source.INBOX, None, Reason.UNKNOWN_NOTIFICATION, json.dumps(document).encode(), now)


def read_orphans(content: bytes) -> list[Fact]:
    """What `orphans` wrote."""
    document = json.loads(content)
    shipment = ShipmentId.from_text(document["shipment"])
    return [
        Fact(shipment=shipment, number=number, status=Status(status), at=parse_moment(at), code=code)
        for number, status, at, code in document["facts"]
    ]


def unmatched(reports: EarlyReports, now: datetime) -> DeadReport:
    """Reports by the references of messages that nobody recorded."""
    document = {
        reference: [[each.status, moment(each.at), each.code] for each in waiting]
        for reference, waiting in reports.items()
    }
    return dead_report(Source.REFERENCES, Channel.SMS, Reason.NEVER_MATCHED, json.dumps(document).encode(), now)


def read_unmatched(content: bytes) -> EarlyReports:
    """What `unmatched` wrote."""
    return {
        reference: [EarlyReport(Status(status), parse_moment(at), code) for status, at, code in waiting]
        for reference, waiting in json.loads(content).items()
    }
