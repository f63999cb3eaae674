"""Erasure: what is held about a person or an organisation, to be handed out or taken away when they ask for it.

Found is what was planned for an identity number, by its keyed hash: a shipment whose time has not come yet names its
recipient only in its packed content, and is found when it is planned.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from notifications.domain.advance import cancel
from notifications.domain.clock import Clock
from notifications.domain.ids import ShipmentId
from notifications.domain.pace import Pace
from notifications.domain.shipment import Change, Notification, Shipment
from notifications.domain.statuses import Channel, ShipmentState, order_status
from notifications.stages.activity import Activity, identity_number
from notifications.stages.retain import Retain
from notifications.stages.texts import email_body, email_subject, sms_text
from notifications.storage.orders import OrderStore
from notifications.telemetry import event

logger = logging.getLogger(__name__)

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_NEXT = timedelta(milliseconds=1)
_ENDED = (ShipmentState.DONE, ShipmentState.CANCELLED)


class Fate(StrEnum):
    """What became of a shipment that was to be erased."""

    ERASED = "erased"
    IN_PROGRESS = "in progress"
    SHARED = "shared with other recipients"


@dataclass(frozen=True, slots=True)
class Answer:
    """One shipment's fate. After `until`, what is in progress can be erased, and what is shared is gone."""

    shipment: ShipmentId
    fate: Fate
    until: datetime | None = None


class Erasure:
    """What an operator does for somebody who asks; no caller of the service can."""

    def __init__(self, store: OrderStore, activity: Activity, retain: Retain, clock: Clock, pace: Pace) -> None:
        self._store = store
        self._activity = activity
        self._retain = retain
        self._clock = clock
        self._pace = pace

    async def export(self, kind: str, number: str) -> list[dict[str, Any]]:
        """All that is held about an identity (`nin` or `org` and its number), as JSON values, newest first."""
        return [_told(each, kind, number) for each in await self._found(kind, number)]

    async def erase(self, kind: str, number: str) -> list[Answer]:
        """Remove, as retention would, the shipments that are for an identity alone; say of each what became of it.

        One that was not sent yet is cancelled first. Safe to repeat.
        """
        return [await self._erase(each, kind, number) for each in await self._found(kind, number)]

    async def _erase(self, shipment: Shipment, kind: str, number: str) -> Answer:
        if any(identity_number(each, kind) != number for each in shipment.content.recipients):
            return Answer(shipment.id, Fate.SHARED, shipment.due if shipment.published else None)
        ended = await self._ended(shipment)
        if ended is None:
            return Answer(shipment.id, Fate.IN_PROGRESS, shipment.expires)
        await self._retain(ended)
        if await self._store.holds(shipment.id):
            # A late report changed it in between: the next attempt meets what it is now.
            return Answer(shipment.id, Fate.IN_PROGRESS)
        event(logger, logging.INFO, "shipment.erased", shipment=shipment.id.uuid)
        return Answer(shipment.id, Fate.ERASED)

    async def _ended(self, shipment: Shipment) -> Shipment | None:
        """A shipment of which nothing more will come, cancelled for that if it can be; None while it is under way."""
        if shipment.state is ShipmentState.REGISTERED:
            return await self._store.commit_one(Change(shipment, cancel(shipment, self._clock.now(), self._pace)))
        return shipment if shipment.state in _ENDED and shipment.published else None

    async def _found(self, kind: str, number: str) -> list[Shipment]:
        """The shipments of an identity, newest first; the index tells of so many at a time."""
        found: dict[ShipmentId, Shipment] = {}
        until = _LAST
        while True:
            names = await self._activity.by_recipient(kind, number, _FIRST, until)
            read = [await self._store.shipment(each) for each in names if each not in found]
            new = [each for each in read if each and _is_for(each, kind, number)]
            found.update({each.id: each for each in new})
            if not new:
                return list(found.values())
            until = min(each.send_at for each in new) + _NEXT


def _is_for(shipment: Shipment, kind: str, number: str) -> bool:
    return any(identity_number(each, kind) == number for each in shipment.content.recipients)


def _told(shipment: Shipment, kind: str, number: str) -> dict[str, Any]:
    content = shipment.content
    own = [one for one in shipment.notifications if identity_number(shipment.recipient_of(one), kind) == number]
    return {
        "shipment": str(shipment.id.uuid),
        "from": shipment.creator,
        "type": content.type,
        "sendersReference": content.senders_reference,
        "about": content.resource_id,
        "ordered": _moment(shipment.created),
        "sendTime": _moment(shipment.send_at),
        "status": order_status(shipment.state, shipment.ending),
        "keptUntil": _moment(shipment.due) if shipment.published else None,
        "messages": [_message(shipment, one) for one in own],
    }


def _message(shipment: Shipment, one: Notification) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "address": one.address,
        "name": one.name,
        "statuses": [
            *({"status": each.status, "at": _moment(each.at)} for each in one.history),
            {"status": one.status, "at": _moment(one.changed)},
        ],
        "handedOver": one.handed_over and _moment(one.handed_over),
        **_TEXTS[one.channel](shipment, one),
    }


def _email(shipment: Shipment, one: Notification) -> dict[str, Any]:
    template = shipment.content.email
    if template is None:
        return {}
    return {
        "subject": email_subject(template, shipment, one),
        "body": email_body(template, shipment, one),
        "attachments": [each.filename for each in template.attachments],
    }


def _sms(shipment: Shipment, one: Notification) -> dict[str, Any]:
    template = shipment.content.sms
    return {"body": sms_text(template, shipment, one)} if template else {}


_TEXTS: dict[Channel, Callable[[Shipment, Notification], dict[str, Any]]] = {Channel.EMAIL: _email, Channel.SMS: _sms}


def _moment(when: datetime) -> str:
    return when.astimezone(UTC).isoformat(timespec="milliseconds")
