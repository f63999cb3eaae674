"""When an SMS may leave and when a shipment's time is up (engine.md section 5, spec/README.md item 23)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.order import ChannelScheme, SendingTimePolicy, ShipmentContent
from notifications.domain.statuses import Channel

OSLO = ZoneInfo("Europe/Oslo")
OPENS = time(9)
CLOSES = time(17)
LIFETIME = timedelta(hours=48)
LATE_REPORT_GRACE = timedelta(seconds=300)


def may_leave(policy: SendingTimePolicy | None, moment: datetime) -> bool:
    """Whether an SMS of that policy may be handed over at that moment: Daytime is [09:00, 17:00) in Oslo."""
    return policy is SendingTimePolicy.ANYTIME or OPENS <= moment.astimezone(OSLO).time() < CLOSES


def next_opening(policy: SendingTimePolicy | None, moment: datetime) -> datetime:
    """The first moment, at or after the one given, at which an SMS of that policy may leave (UTC)."""
    if may_leave(policy, moment):
        return moment
    local = moment.astimezone(OSLO)
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, OSLO).astimezone(UTC)


def policy_of(content: ShipmentContent, channel: Channel) -> SendingTimePolicy | None:
    """When a channel's messages of a shipment may leave: email always may."""
    return content.sms.policy if channel is Channel.SMS and content.sms else SendingTimePolicy.ANYTIME


def expiry_of(content: ShipmentContent, send_at: datetime) -> datetime:
    """When a shipment ends: where an SMS may be among its messages, by the SMS's policy."""
    channel = Channel.EMAIL if content.scheme is ChannelScheme.EMAIL else Channel.SMS
    return expiry(policy_of(content, channel), send_at)


def expiry(policy: SendingTimePolicy | None, send_at: datetime) -> datetime:
    """When a shipment requested for `send_at` ends whatever its state: 48 h after it may first leave.

    After closing time the reference system counts 72 h from the same day's 09:00 local, which is 48 h of wall clock
    after the next opening; a night in which the clocks change makes that an hour more or less. An SMS of the legacy
    API, which has no policy, waits for the window but counts from the send time.
    """
    if policy is None:
        return send_at + LIFETIME
    opening = next_opening(policy, send_at)
    if opening == send_at:
        return send_at + LIFETIME
    local = opening.astimezone(OSLO)
    return (local.replace(tzinfo=None) + LIFETIME).replace(tzinfo=OSLO).astimezone(UTC)
