"""Report: what providers say of deliveries becomes facts in the inbox, stored before the provider is answered."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.channels.acs_events import Handshake, parse_events
from notifications.channels.email.acs_events import EmailReport
from notifications.channels.reports import Ignored, MalformedReport
from notifications.channels.sms.acs_events import AcsSmsReport
from notifications.channels.sms.pswin_reports import SmsReport, answer, parse_reports
from notifications.domain.clock import Clock
from notifications.domain.ids import decode
from notifications.domain.shipment import Fact
from notifications.domain.statuses import Channel, Status
from notifications.storage.orders import OrderStore
from notifications.storage.references import EarlyReport, References
from notifications.telemetry import event

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery of reports: whether nothing in it could be read, and what to answer otherwise."""

    unreadable: bool
    answer: bytes = b""


def fact_for(notification: UUID, status: Status, at: datetime, code: str | None) -> Fact | None:
    """A fact about one of our notifications, or None when the id was not made here."""
    address = decode(notification)
    if address is None or not address.shipment or not address.notification:
        return None
    return Fact(shipment=address.shipment_id, number=address.notification, status=status, at=at, code=code)


class Report:
    """Takes delivery reports in; each is kept or refused by itself."""

    def __init__(self, store: OrderStore, references: References, clock: Clock) -> None:
        self._store = store
        self._references = references
        self._clock = clock

    def handshake(self, body: bytes) -> str | None:
        """The code that opens a subscription, if a delivery holds nothing else."""
        events = parse_events(body)
        codes = [each.code for each in events if isinstance(each, Handshake)]
        return codes[0] if codes and len(codes) == len(events) else None

    async def email(self, body: bytes) -> Taken:
        """Take a delivery of Event Grid events: reports of emails, and of SMS that Communication Services sent."""
        events = parse_events(body)
        _log_unreadable(Channel.EMAIL, events)
        reports = [each for each in events if isinstance(each, EmailReport | AcsSmsReport)]
        for report in reports:
            await self._keep(report.notification_id, report.channel, report.status, report.at, report.code)
        return Taken(bool(events) and all(isinstance(each, MalformedReport) for each in events))

    async def sms(self, body: bytes) -> Taken:
        """Take a document of gateway reports; its answer names every entry that was kept."""
        entries = parse_reports(body)
        _log_unreadable(Channel.SMS, entries)
        reports = [each for each in entries if isinstance(each, SmsReport)]
        for report in reports:
            await self._keep_sms(report)
        # An entry that will never be understood is answered too: it would only come again.
        numbers = [each.number for each in entries if each.number is not None]
        return Taken(not numbers, answer=answer(numbers))

    async def _keep_sms(self, report: SmsReport) -> None:
        at = self._past(report.at)
        early = EarlyReport(report.status, at, report.state)
        notification = await self._references.resolve(report.reference, early)
        if notification is None:
            event(logger, logging.INFO, "report.early", channel=Channel.SMS, operation=report.reference)
            return
        await self._keep(notification, Channel.SMS, report.status, at, report.state)

    def _past(self, at: datetime | None) -> datetime:
        """A report's own time, unless it has none or lies in the future."""
        now = self._clock.now()
        return min(at, now) if at else now

    async def _keep(self, notification: UUID, channel: Channel, status: Status, at: datetime | None, code: str) -> None:
        fact = fact_for(notification, status, self._past(at), code)
        if fact is None:
            event(logger, logging.WARNING, "report.not_ours", channel=channel, operation=notification, status=status)
            return
        await self._store.add_fact(fact)
        event(logger, logging.INFO, "report.kept", notification=notification, channel=channel, status=status)


def _log_unreadable(channel: Channel, entries: Sequence[object]) -> None:
    for each in entries:
        if isinstance(each, MalformedReport):
            event(logger, logging.WARNING, "report.malformed", channel=each.channel or channel, reason=each.reason)
        elif isinstance(each, Ignored):
            event(logger, logging.INFO, "report.ignored", channel=each.channel or channel, reason=each.reason)
