"""Report: what providers say of deliveries becomes facts in the inbox, stored before the provider is answered.

What cannot become a fact becomes a dead letter, which changes no answer; an operator can have it read again.
"""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.channels.acs_events import Handshake, parse_events
from notifications.channels.email.acs_events import EmailReport
from notifications.channels.reports import Ignored, MalformedReport
from notifications.channels.single_entries import single_events, single_messages
from notifications.channels.sms.acs_events import AcsSmsReport
from notifications.channels.sms.pswin_reports import SmsReport, answer, parse_reports
from notifications.domain.clock import Clock
from notifications.domain.ids import decode
from notifications.domain.shipment import Fact
from notifications.domain.statuses import Channel, Status
from notifications.stages.dead_letters import DeadLetters
from notifications.stages.read_once import read_orphans, read_unmatched
from notifications.storage.dead_reports import DeadReport, Reason, Source, dead_report
from notifications.storage.orders import OrderStore
from notifications.storage.references import EarlyReport, References
from notifications.telemetry import event, fault

logger = logging.getLogger(__name__)

# What the parsers call it when it is legible whose report it would be, but not what it says, or the other way round.
_NOBODYS = ("no_message_id", "no_reference")
_SAYS_NOTHING = ("no_status", "no_state", "unknown_status", "unknown_state")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery of reports: whether nothing in it could be read, and what to answer otherwise."""

    unreadable: bool
    answer: bytes = b""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entry cannot be used; nothing in it names anybody."""

    reason: Reason
    detail: str | None = None
    channel: Channel | None = None
    notification: UUID | None = None
    status: Status | None = None


def fact_for(notification: UUID, status: Status, at: datetime, code: str | None) -> Fact | None:
    """A fact about one of our notifications, or None when the id was not made here."""
    address = decode(notification)
    if address is None or not address.shipment or not address.notification:
        return None
    return Fact(shipment=address.shipment_id, number=address.notification, status=status, at=at, code=code)


class Report:
    """Takes delivery reports in; each is kept or refused by itself."""

    def __init__(self, store: OrderStore, references: References, letters: DeadLetters, clock: Clock) -> None:
        self._store = store
        self._references = references
        self._letters = letters
        self._clock = clock

    def handshake(self, body: bytes) -> str | None:
        """The code that opens a subscription, if a delivery holds nothing else."""
        events = parse_events(body)
        codes = [each.code for each in events if isinstance(each, Handshake)]
        return codes[0] if codes and len(codes) == len(events) else None

    async def email(self, body: bytes) -> Taken:
        """Take a delivery of Event Grid events: reports of emails, and of SMS that Communication Services sent."""
        events = parse_events(body)
        refused = await self._take(events)
        await self._bury(Source.EVENT_GRID, Channel.EMAIL, refused, lambda places: single_events(body, places))
        return Taken(bool(events) and all(isinstance(each, MalformedReport) for each in events))

    async def sms(self, body: bytes) -> Taken:
        """Take a document of gateway reports; its answer names every entry that was kept."""
        entries = parse_reports(body)
        refused = await self._take(entries)
        await self._bury(Source.PSWIN, Channel.SMS, refused, lambda places: single_messages(body, places))
        # An entry that will never be understood is answered too: it would only come again.
        numbers = [each.number for each in entries if each.number is not None]
        return Taken(not numbers, answer=answer(numbers))

    async def again(self, report: DeadReport) -> Refusal | None:
        """Read a dead report again; why it still cannot be used, or None when it was taken.

        Taken is also an SMS report whose reference is still unknown: it waits for its message again.
        """
        if report.source is Source.INBOX:
            return await self._orphans_again(read_orphans(report.content))
        if report.source is Source.REFERENCES:
            return await self._unmatched_again(report.content)
        parse = parse_events if report.source is Source.EVENT_GRID else parse_reports
        refused = await self._take(parse(report.content))
        return next(iter(refused.values()), None)

    async def _orphans_again(self, facts: Sequence[Fact]) -> Refusal | None:
        if not await self._store.holds(facts[0].shipment):
            return Refusal(Reason.UNKNOWN_NOTIFICATION)
        for each in facts:
            await self._store.add_fact(each)
        return None

    async def _unmatched_again(self, content: bytes) -> Refusal | None:
        found = [
            await self._meet(reference, each)
            for reference, waiting in read_unmatched(content).items()
            for each in waiting
        ]
        return next(filter(None, found), None)

    async def _take(self, entries: Sequence[object]) -> dict[int, Refusal]:
        """Take what can be used; the others by their place."""
        refused = {}
        for place, entry in enumerate(entries):
            if refusal := await self._take_one(entry):
                refused[place] = refusal
        return refused

    async def _take_one(self, entry: object) -> Refusal | None:
        match entry:
            case EmailReport() | AcsSmsReport():
                return await self._keep(entry.notification_id, entry.channel, entry.status, entry.at, entry.code)
            case SmsReport():
                return await self._meet(entry.reference, EarlyReport(entry.status, self._past(entry.at), entry.state))
            case MalformedReport():
                return Refusal(_reason(entry.reason), entry.reason, entry.channel)
            case Ignored():
                event(
                    logger, logging.INFO, "report.ignored", channel=entry.channel or Channel.EMAIL, reason=entry.reason
                )
        return None

    async def _meet(self, reference: str, report: EarlyReport) -> Refusal | None:
        """Keep a gateway's report, or leave it where the sender finds it."""
        notification = await self._references.resolve(reference, report)
        if notification is None:
            event(logger, logging.INFO, "report.early", channel=Channel.SMS, operation=reference)
            return None
        return await self._keep(notification, Channel.SMS, report.status, report.at, report.code)

    def _past(self, at: datetime | None) -> datetime:
        """A report's own time, unless it has none or lies in the future."""
        now = self._clock.now()
        return min(at, now) if at else now

    async def _keep(
        self, notification: UUID, channel: Channel, status: Status, at: datetime | None, code: str
    ) -> Refusal | None:
        fact = fact_for(notification, status, self._past(at), code)
        if fact is None:
            return Refusal(Reason.INVALID_ID, None, channel, notification, status)
        await self._store.add_fact(fact)
        event(logger, logging.INFO, "report.kept", notification=notification, channel=channel, status=status)
        return None

    async def _bury(
        self,
        source: Source,
        channel: Channel,
        refused: Mapping[int, Refusal],
        alone: Callable[[Collection[int]], Sequence[bytes]],
    ) -> None:
        """Keep what could not be used, as far as there is room; the provider's answer does not hang on it."""
        places = list(refused)[: self._letters.room()]
        now = self._clock.now()
        reports = []
        for place, content in zip(places, alone(places), strict=True):
            why = refused[place]
            report = dead_report(source, why.channel or channel, why.reason, content, now, why.detail)
            _tell(report, why)
            reports.append(report)
        try:
            await self._letters.keep(reports, len(refused) - len(places))
        except Exception as error:  # noqa: BLE001 - what is wrong with these must not cost the others their answer
            event(logger, logging.ERROR, "report.dead_not_kept", count=len(refused), **fault(error))


def _tell(report: DeadReport, why: Refusal) -> None:
    event(
        logger,
        logging.WARNING,
        "report.not_ours" if why.notification else "report.malformed",
        channel=report.channel,
        reason=why.detail,
        notification=why.notification,
        status=why.status,
        operation=report.id,
    )


def _reason(detail: str) -> Reason:
    """The reason under which operators know what a parser says."""
    word = detail.partition(":")[0]
    if word in _NOBODYS:
        return Reason.INVALID_ID
    return Reason.UNRECOGNIZED if word in _SAYS_NOTHING else Reason.MALFORMED
