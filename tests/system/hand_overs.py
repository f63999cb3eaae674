"""What providers' journals and the feed must show however often the service died: whom, under which id, how often."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from notifications.domain.ids import decode

type Call = Mapping[str, Any]
type Excuse = Callable[[datetime, datetime], str | None]
"""Why a second call after a first one was wrong; None if it was not."""


@dataclass(frozen=True, slots=True)
class Lives:
    """The host processes of a run, told apart by when each but the first began; `claim` is how long a claim lasts.

    What a dying process had already sent may reach a provider after its death, but never after its successor's start.
    """

    claim: timedelta
    began: Sequence[datetime] = ()

    def of(self, moment: datetime) -> int:
        """Which life a call at that moment belongs to, from 0."""
        return sum(begin <= moment for begin in self.began)

    def fault(self, first: datetime, second: datetime) -> str | None:
        """A second call is another life's, after the first one's claim, at most half of which was over by then."""
        if self.of(first) == self.of(second):
            return f"both from life {self.of(first)} of the host"
        if second - first < self.claim / 2:
            return "before the claim can have lapsed"
        return None


def never(first: datetime, second: datetime) -> str | None:
    """No second call is right where nothing crashed."""
    return "nothing had crashed"


def first_notification(shipment: str) -> str:
    """The id of the first notification of a shipment, as providers see it."""
    address = decode(UUID(shipment))
    assert address is not None, f"{shipment} is not an id of the service's"
    return str(address.shipment_id.notification(1))


def email_faults(calls: Iterable[Call], shipments: Mapping[str, str], *, repeated: bool = True) -> list[str]:
    """What is wrong with the emails: one acceptance for each recipient, every call under its notification's id.

    `shipments` are the shipments' ids by recipient. `repeated` says whether a call may have been made again.
    """
    by_recipient = _by_recipient(calls)
    faults = [f"{recipient} has a call under no order" for recipient in by_recipient.keys() - shipments.keys()]
    for recipient, shipment in shipments.items():
        own = by_recipient[recipient]
        wanted = first_notification(shipment)
        faults += [f"{recipient}: called as {call['operationId']}, not {wanted}" for call in _foreign(own, wanted)]
        accepted = sum(call.get("accepted") is True for call in own)
        if accepted != 1:
            faults.append(f"{recipient} ({wanted}): accepted {accepted} times in {_shown(own)}")
        if len(own) > 1 and not repeated:
            faults.append(f"{recipient} ({wanted}): handed over {len(own)} times: {_shown(own)}")
    return faults


def sms_faults(
    calls: Iterable[Call], shipments: Mapping[str, str], excuse: Excuse, *, abandoned: Collection[str] = ()
) -> list[str]:
    """What is wrong with the SMS: each reached the gateway, and again only where `excuse` finds nothing wrong with it.

    `shipments` are the shipments' ids by recipient, digits only. Those of `abandoned` were given up after two claims,
    which may have come to no call.
    """
    by_recipient = _by_recipient(calls)
    faults = [f"{recipient} has a call under no order" for recipient in by_recipient.keys() - shipments.keys()]
    for recipient, shipment in shipments.items():
        moments = sorted(datetime.fromisoformat(call["time"]) for call in by_recipient[recipient])
        if not moments and shipment not in abandoned:
            faults.append(f"{recipient} ({shipment}) never reached the gateway")
        if len(moments) > 2 and shipment in abandoned:
            faults.append(f"{recipient} ({shipment}) reached the gateway {len(moments)} times and was given up")
        for first, second in pairwise(moments):
            if wrong := excuse(first, second):
                faults.append(f"{recipient} ({shipment}) reached the gateway at {first} and {second}: {wrong}")
    return faults


def feed_faults(entries: Sequence[Mapping[str, Any]], shipments: Mapping[str, str]) -> list[str]:
    """What is wrong with a feed that must show each shipment once, at its end, numbered from 1.

    `shipments` are the statuses that their notifications must have, by the shipments' ids.
    """
    sequence = [entry["sequenceNumber"] for entry in entries]
    faults = [] if sequence == list(range(1, len(shipments) + 1)) else [f"the feed is numbered {sequence}"]
    shown = [entry["shipmentId"] for entry in entries]
    for shipment, wanted in shipments.items():
        if shown.count(shipment) != 1:
            faults.append(f"the feed shows {shipment} {shown.count(shipment)} times")
        faults += [fault for entry in entries if entry["shipmentId"] == shipment if (fault := ending(entry, wanted))]
    return faults


def ending(shown: Mapping[str, Any], wanted: str) -> str | None:
    """What is wrong with the end of a shipment with one recipient, as its manifest or the feed shows it."""
    statuses = (shown["status"], *(recipient["status"] for recipient in shown["recipients"]))
    if statuses == ("Order_Completed", wanted):
        return None
    return f"{shown['shipmentId']} is {' '.join(statuses)}, not Order_Completed {wanted}"


def _by_recipient(calls: Iterable[Call]) -> defaultdict[str, list[Call]]:
    sent: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls:
        if call["kind"] == "send":
            sent[str(call["recipient"])].append(call)
    return sent


def _foreign(calls: Iterable[Call], wanted: str) -> list[Call]:
    return [call for call in calls if str(call["operationId"]).lower() != wanted]


def _shown(calls: Iterable[Call]) -> list[str]:
    return [f"{call['time']} answered {call['answer']}" for call in calls]
