"""When an SMS may leave and when a shipment's time is up (engine.md section 5, spec/README.md item 23)."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.order import SendingTimePolicy

OSLO = ZoneInfo("Europe/Oslo")
OPENS = time(9)
CLOSES = time(17)
LIFETIME = timedelta(hours=48)
LATE_REPORT_GRACE = timedelta(seconds=300)


def may_leave(policy: SendingTimePolicy, moment: datetime) -> bool:
    """Whether an SMS of that policy may be handed over at that moment: Daytime is [09:00, 17:00) in Oslo."""
    return policy is SendingTimePolicy.ANYTIME or OPENS <= moment.astimezone(OSLO).time() < CLOSES


def next_opening(policy: SendingTimePolicy, moment: datetime) -> datetime:
    """The first moment, at or after the one given, at which an SMS of that policy may leave (UTC)."""
    if may_leave(policy, moment):
        return moment
    local = moment.astimezone(OSLO)
    day = local.date() if local.time() < OPENS else local.date() + timedelta(days=1)
    return datetime.combine(day, OPENS, OSLO).astimezone(UTC)


def expiry(policy: SendingTimePolicy, send_at: datetime) -> datetime:
    """When a shipment requested for `send_at` ends whatever its state: 48 h after it may first leave.

    After closing time the reference counts 72 h from the same day's 09:00 local, which is 48 h of wall clock after
    the next opening; a night in which the clocks change makes that an hour more or less.
    """
    opening = next_opening(policy, send_at)
    if opening == send_at:
        return send_at + LIFETIME
    local = opening.astimezone(OSLO)
    return (local.replace(tzinfo=None) + LIFETIME).replace(tzinfo=OSLO).astimezone(UTC)
