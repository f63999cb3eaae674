"""Which notifications a recipient gets: one for each address that the channels may use (engine.md section 3).

A recipient that cannot be reached gets a failed one, so that its fate is told like everybody's.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from notifications.domain.contacts import ContactPoints, UserContact
from notifications.domain.order import ChannelScheme, Recipient, ShipmentContent
from notifications.domain.phone import e164
from notifications.domain.statuses import Channel, Status

_FIRST = {
    ChannelScheme.EMAIL: Channel.EMAIL,
    ChannelScheme.SMS: Channel.SMS,
    ChannelScheme.EMAIL_PREFERRED: Channel.EMAIL,
    ChannelScheme.SMS_PREFERRED: Channel.SMS,
    ChannelScheme.EMAIL_AND_SMS: Channel.EMAIL,
}
# A Norwegian number in this form is its own E.164 form. Other countries' are not always: some are accepted with a zero
# too many after the country code.
_NORWEGIAN_E164 = re.compile(r"\+47[0-9]{8}")
_BOTH = (Channel.EMAIL, Channel.SMS)


@dataclass(frozen=True, slots=True)
class Destination:
    """One notification to be made: to an address, or failed from the start with an empty one."""

    channel: Channel
    address: str
    status: Status = Status.NEW

    @property
    def key(self) -> tuple[Channel, str] | None:
        """Equal for destinations that reach the same mailbox or telephone; None where there is no address."""
        if not self.address:
            return None
        same = self.address.strip().lower() if self.channel is Channel.EMAIL else _same_number(self.address)
        return self.channel, same


def _same_number(number: str) -> str:
    # Nearly all numbers are written like this already, and parsing takes long enough to be felt with thousands.
    return number if _NORWEGIAN_E164.fullmatch(number) else e164(number)


def first_channel(scheme: ChannelScheme) -> Channel:
    """The channel that a shipment uses, or prefers."""
    return _FIRST[scheme]


def destinations(
    content: ShipmentContent, recipient: Recipient, looked_up: ContactPoints | None
) -> tuple[Destination, ...]:
    """Where a recipient is told; `looked_up` is what the registers said of one that was given by identity."""
    points = looked_up or _given(recipient)
    if points.reserved and not content.ignore_reservation:
        return tuple(
            Destination(each, "", Status.RECIPIENT_RESERVED) for each in _reserved_channels(content.scheme, points)
        )
    found = tuple(_unique(_found(content.scheme, points)))
    reached = {each.channel for each in found}
    wanted = _BOTH if content.scheme is ChannelScheme.EMAIL_AND_SMS else (first_channel(content.scheme),)
    if content.scheme is ChannelScheme.EMAIL_AND_SMS or not found:
        missing = [each for each in wanted if each not in reached]
        found += tuple(Destination(each, "", Status.RECIPIENT_NOT_IDENTIFIED) for each in missing)
    return found


def _given(recipient: Recipient) -> ContactPoints:
    return ContactPoints(
        emails=(recipient.email_address,) if recipient.email_address else (),
        mobiles=(recipient.phone_number,) if recipient.phone_number else (),
    )


def _reserved_channels(scheme: ChannelScheme, points: ContactPoints) -> Iterable[Channel]:
    """The channels that a reserved person's failed notifications are of: those that would have been used otherwise."""
    if scheme is ChannelScheme.EMAIL_AND_SMS:
        return _BOTH
    chosen = next(iter(_found(scheme, points)), None)
    return (chosen.channel if chosen else first_channel(scheme),)


def _found(scheme: ChannelScheme, points: ContactPoints) -> Iterator[Destination]:
    """The official addresses as one block, and each user by itself: each chooses where there is a preference."""
    yield from _chosen(scheme, points.emails, points.mobiles)
    for user in points.users:
        yield from _chosen(scheme, *_lists(user))


def _lists(user: UserContact) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (user.email,) if user.email else (), (user.mobile,) if user.mobile else ()


def _chosen(scheme: ChannelScheme, emails: tuple[str, ...], mobiles: tuple[str, ...]) -> Iterator[Destination]:
    by_email = [Destination(Channel.EMAIL, each) for each in emails]
    by_sms = [Destination(Channel.SMS, each) for each in mobiles]
    match scheme:
        case ChannelScheme.EMAIL:
            yield from by_email
        case ChannelScheme.SMS:
            yield from by_sms
        case ChannelScheme.EMAIL_PREFERRED:
            yield from by_email or by_sms
        case ChannelScheme.SMS_PREFERRED:
            yield from by_sms or by_email
        case ChannelScheme.EMAIL_AND_SMS:
            yield from by_email
            yield from by_sms


def _unique(found: Iterable[Destination]) -> Iterator[Destination]:
    seen = set()
    for each in found:
        if each.key not in seen:
            seen.add(each.key)
            yield each
