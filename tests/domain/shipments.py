"""Shipments at any point of being sent, as hypothesis draws them."""

from datetime import datetime, timedelta

from hypothesis import strategies as st

from notifications.domain.sending_time import LATE_REPORT_GRACE
from notifications.domain.shipment import Claim, Lane, Notification, Shipment
from notifications.domain.statuses import Channel, Status
from tests.builders import NOW, both_channels, notification

_ROWS = {Channel.EMAIL: (1, 2), Channel.SMS: (3, 4)}
_statuses = st.sampled_from([Status.NEW, Status.NEW, Status.ACCEPTED, Status.DELIVERED, Status.TTL])
_spans = st.timedeltas(timedelta(minutes=-3), timedelta(minutes=3))

# Around the hand-over, around expiry, and around the end of the grace for late reports.
moments = st.builds(
    lambda base, span: base + span,
    st.sampled_from([NOW, both_channels().expires, both_channels().expires + LATE_REPORT_GRACE]),
    _spans,
)


@st.composite
def sent(draw: st.DrawFn) -> tuple[Shipment, datetime]:
    """A shipment that is being sent in two lanes, with something still open, and the present moment."""
    now = draw(moments)
    rows = [notification(number, channel, status=draw(_statuses)) for channel in Channel for number in _ROWS[channel]]
    if not any(one.is_open for one in rows):
        rows[0] = notification(1)
    lanes = {channel: draw(_lane(channel, rows, now)) for channel in Channel}
    return both_channels(notifications=tuple(rows), lanes=lanes, due=NOW), now


@st.composite
def _lane(draw: st.DrawFn, channel: Channel, rows: list[Notification], now: datetime) -> Lane:
    todo = frozenset(one.number for one in rows if one.channel is channel and one.status is Status.NEW)
    some = st.sampled_from([frozenset(), frozenset(_ROWS[channel][:1]), frozenset(_ROWS[channel])])
    claim = draw(st.none() | st.builds(Claim, token=st.just("held"), until=_spans.map(now.__add__), rows=some))
    after = min(now + draw(_spans), both_channels().expires)
    return Lane(
        todo=todo,
        # Nobody claims a lane before it may be handed over.
        after=min(after, claim.until) if claim else after,
        attempts=draw(st.integers(0, 5)),
        claim=claim,
        uncertain=draw(some) & todo,
    )
