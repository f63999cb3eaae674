"""Planning: from a due shipment's recipients to its notifications, a slice at a time where there are many.

Pure decisions, as in `advance`. What is planned is never looked up again: `planned` says how far it went.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from notifications.domain.addressing import Destination, destinations, first_channel
from notifications.domain.clock import round_up
from notifications.domain.contacts import ContactPoints
from notifications.domain.order import ChannelScheme, Recipient
from notifications.domain.pace import Pace
from notifications.domain.placeholders import has_placeholder
from notifications.domain.sending_time import next_opening, policy_of
from notifications.domain.settle import complete, expire, scheduled
from notifications.domain.shipment import PROCESS, Lane, Notification, Shipment
from notifications.domain.statuses import Channel, ShipmentState, Status

SLICE = 1_000
# How many notifications a slice makes before it begins with no further recipient, and how many at the most.
_ROWS_AT_ONCE, _MOST_AT_ONCE = 5_000, 10_000


def next_recipients(shipment: Shipment) -> tuple[Recipient, ...]:
    """The recipients that the next slice is about."""
    return shipment.content.recipients[shipment.planned : shipment.planned + SLICE]


def next_given_up(shipment: Shipment) -> tuple[Recipient, ...]:
    """The recipients whose notifications fail next where a shipment's time was up before it was planned."""
    return shipment.content.recipients[shipment.planned : shipment.planned + _ROWS_AT_ONCE]


def asks_for_names(shipment: Shipment) -> bool:
    """Whether a text of the shipment names its recipient, in a channel that its scheme may use."""
    scheme = shipment.content.scheme
    email = shipment.content.email if scheme is not ChannelScheme.SMS else None
    sms = shipment.content.sms if scheme is not ChannelScheme.EMAIL else None
    texts = [*([email.subject, email.body] if email else []), *([sms.body] if sms else [])]
    return has_placeholder(*texts)


def plan(
    shipment: Shipment,
    now: datetime,
    pace: Pace,
    *,
    points: Mapping[Recipient, ContactPoints] = MappingProxyType({}),
    names: Mapping[Recipient, str] = MappingProxyType({}),
    direct: Collection[Channel] = (),
    net: timedelta | None = None,
) -> Shipment:
    """Make the notifications of the next slice; after the last one the shipment is being sent.

    `points` and `names` are what the registers said of those recipients that were given by identity.
    Channels in `direct` get their message from the planner itself: their wake-up is a net, one claim away; all others
    are due at once, for the timer to release fairly. `net` is how long from now the timer leaves
    the next slice to this planner; None means a claim.
    """
    planned = _with_slice(shipment, points, names, now)
    if planned.planned < len(shipment.content.recipients):
        due = round_up(now + (pace.claim if net is None else net))
        return replace(planned, state=ShipmentState.PLANNING, due=due, wants=PROCESS)
    return _sending(planned, now, pace, direct)


def _with_slice(
    shipment: Shipment, points: Mapping[Recipient, ContactPoints], names: Mapping[Recipient, str], now: datetime
) -> Shipment:
    rows = list(shipment.notifications)
    planned, most = shipment.planned, len(rows) + _ROWS_AT_ONCE
    told = set(shipment.content.recipients[:planned])
    seen = {_destination(one).key for one in rows} - {None}
    for recipient in next_recipients(shipment):
        if len(rows) >= most:
            break
        found = () if recipient in told else destinations(shipment.content, recipient, points.get(recipient))
        told.add(recipient)
        fresh = [each for each in found if each.key not in seen]
        room = len(shipment.notifications) + _MOST_AT_ONCE - len(rows)
        for each in fresh[:room]:
            if each.key:
                seen.add(each.key)
            rows.append(_notification(len(rows) + 1, planned, each, names.get(recipient), now))
        if len(fresh) > room:
            # An organisation may have more addresses than one change can write: the next slice is about it again.
            break
        planned += 1
    return replace(shipment, notifications=tuple(rows), planned=planned, changed=now, attempts=0, reason=None)


def _destination(one: Notification) -> Destination:
    return Destination(one.channel, one.address)


def _notification(number: int, recipient: int, to: Destination, name: str | None, now: datetime) -> Notification:
    return Notification(
        number=number,
        channel=to.channel,
        address=to.address,
        status=to.status,
        changed=now,
        recipient=recipient,
        name=name or None,
    )


def _sending(shipment: Shipment, now: datetime, pace: Pace, direct: Collection[Channel]) -> Shipment:
    waiting = [one for one in shipment.notifications if one.status is Status.NEW]
    lanes = {
        channel: Lane(
            todo=frozenset(one.number for one in waiting if one.channel is channel),
            after=min(next_opening(policy_of(shipment.content, channel), now), shipment.expires),
        )
        for channel in sorted({one.channel for one in waiting})
    }
    sending = replace(shipment, state=ShipmentState.SENDING, lanes=lanes, changed=now)
    queued = [channel for channel in direct if channel in lanes and lanes[channel].after <= now]
    return scheduled(sending, now, pace, dict.fromkeys(queued, now + pace.claim))


def abandon(shipment: Shipment, now: datetime, pace: Pace) -> Shipment:
    """End a shipment whose time was up before it was planned: everybody's notification fails, a slice at a time."""
    after = expire(shipment, now) if shipment.open else _failed_slice(shipment, now)
    if after.open or after.planned < len(shipment.content.recipients):
        return replace(after, state=ShipmentState.PLANNING, due=round_up(now), wants=PROCESS)
    return complete(after, now, pace)


def _failed_slice(shipment: Shipment, now: datetime) -> Shipment:
    last = shipment.planned + len(next_given_up(shipment))
    rows = shipment.notifications + tuple(_failed(shipment, now, last))
    return replace(shipment, notifications=rows, planned=last, changed=now)


def _failed(shipment: Shipment, now: datetime, last: int) -> Iterator[Notification]:
    channel = first_channel(shipment.content.scheme)
    first = len(shipment.notifications) + 1
    for number, place in enumerate(range(shipment.planned, last), start=first):
        recipient = shipment.content.recipients[place]
        address = recipient.email_address if channel is Channel.EMAIL else recipient.phone_number
        to = Destination(channel, address or "", Status.TTL)
        yield replace(_notification(number, place, to, None, now), reason=shipment.reason)
