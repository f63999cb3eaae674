"""A shipment: one message to its recipients, the unit that is claimed, sent, followed and published.

The row that holds it is the lock (its ETag): a `Change` names the version that was read and the version that shall be,
and is either committed whole or not at all (`docs/architecture.md`, "The storage protocol").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from notifications.domain.ids import ShipmentId
from notifications.domain.order import Recipient, ShipmentContent
from notifications.domain.statuses import Channel, Ending, Rank, ShipmentState, Status

# What a wake-up wants that no lane does; the lanes' own letters are `Channel.letter`.
PROCESS = "p"
# How many notifications are stored together, and how many such blocks one change may touch.
BLOCK, BLOCKS_AT_ONCE = 250, 30
# In characters, as `Shipment.weight` counts: above what a shipment is heavy, and about what each recipient and each
# notification adds.
HEAVY, _RECIPIENT_WEIGHT, _NOTIFICATION_WEIGHT = 200_000, 30, 60

_OPEN = tuple(status for status in Status if not status.is_final)


@dataclass(frozen=True, slots=True)
class Passed:
    """A status that a notification had, since when, and the provider's reason for it where it gave one."""

    status: Status
    at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """One message to one address; `number` is its place in the shipment, from 1, and the last part of its id.

    `recipient` is the index in the content's recipients of the one it is for. `name` is what the registers call that
    recipient, kept only where the text asks for it. `history` are the statuses before this one, oldest first.
    """

    number: int
    channel: Channel
    address: str
    status: Status
    changed: datetime
    recipient: int = 0
    name: str | None = None
    history: tuple[Passed, ...] = ()
    handed_over: datetime | None = None
    reference: str | None = None
    reason: str | None = None
    late: Status | None = None

    @property
    def is_open(self) -> bool:
        """Whether its fate is still unknown."""
        return self.status in _OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to hand over some notifications until a moment; `token` tells one's own claim from another's."""

    token: str
    until: datetime
    rows: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One channel of a shipment: what is still to be handed over, not before when, and who is at it.

    `uncertain` are the rows that a provider may or may not have: whoever hands one over asks the provider first.
    `tried` are those that were put off while others had not had their turn yet: they come again after these.
    """

    todo: frozenset[int]
    after: datetime
    attempts: int = 0
    claim: Claim | None = None
    uncertain: frozenset[int] = frozenset()
    tried: frozenset[int] = frozenset()

    @property
    def waiting(self) -> frozenset[int]:
        """The rows that have not had their turn."""
        return self.todo - self.tried if self.tried else self.todo

    def claimed(self, now: datetime) -> bool:
        """Whether somebody holds a claim that has not lapsed."""
        return self.claim is not None and now < self.claim.until


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """A version of a shipment as it was read, or as it shall be.

    `due` is when the timer looks at it next and `wants` the work it then asks for: `p` for processing, or the letters
    of the lanes that are due. `planned` is how many of the content's recipients have their notifications already.
    `trace` names the request that ordered it, for who traces it. `etag` is that of the row it was read from.
    """

    id: ShipmentId
    creator: str
    content: ShipmentContent
    created: datetime
    changed: datetime
    send_at: datetime
    expires: datetime
    due: datetime
    wants: str = PROCESS
    state: ShipmentState = ShipmentState.REGISTERED
    ending: Ending | None = None
    lanes: Mapping[Channel, Lane] = field(default_factory=dict)
    notifications: tuple[Notification, ...] = ()
    planned: int = 0
    attempts: int = 0
    condition_asked: int = 0
    reason: str | None = None
    published: bool = False
    trace: str | None = None
    etag: str = field(default="", compare=False)

    @property
    def weight(self) -> int:
        """About how many characters it is: texts, who it is for, and what became of them."""
        email, sms = self.content.email, self.content.sms
        texts = len(email.body if email else "") + len(sms.body if sms else "")
        recipients = _RECIPIENT_WEIGHT * len(self.content.recipients)
        return texts + recipients + _NOTIFICATION_WEIGHT * len(self.notifications)

    @property
    def is_heavy(self) -> bool:
        """Whether several of its kind at once would be felt in a worker's memory and time."""
        return self.weight > HEAVY

    @property
    def open(self) -> tuple[Notification, ...]:
        """The notifications whose fate is unknown; none left means that the shipment may be completed."""
        # Of fifty thousand, a call for each would be felt.
        return tuple(one for one in self.notifications if one.status in _OPEN)

    def notification(self, number: int) -> Notification | None:
        """The notification with that number, if there is one."""
        return self.notifications[number - 1] if 1 <= number <= len(self.notifications) else None

    def recipient_of(self, notification: Notification) -> Recipient:
        """Who a notification is for."""
        return self.content.recipients[notification.recipient]

    def in_hand(self, notification: Notification, now: datetime) -> bool:
        """Whether a live claim covers the notification."""
        lane = self.lanes.get(notification.channel)
        return bool(lane and lane.claimed(now) and lane.claim and notification.number in lane.claim.rows)

    def with_lane(self, channel: Channel, lane: Lane) -> "Shipment":
        """The same shipment with one lane replaced."""
        return replace(self, lanes={**self.lanes, channel: lane})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A delivery report in the inbox: notification `number` of a shipment reached `status`."""

    shipment: ShipmentId
    number: int
    status: Status
    at: datetime
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A step of a shipment's road: what was read, what shall be, and the facts that this takes out of the inbox."""

    before: Shipment
    after: Shipment
    folded: tuple[Fact, ...] = ()


def merge(notification: Notification, status: Status, at: datetime, reason: str | None) -> Notification:
    """Let a status win only if it ranks higher; a final one that comes later is kept beside the first.

    A provider's clock may be behind ours, or count in whole seconds: what happened later never gets an earlier time.
    """
    if status.rank > notification.status.rank:
        passed = Passed(notification.status, notification.changed, notification.reason)
        return replace(
            notification,
            status=status,
            changed=max(at, notification.changed),
            reason=reason,
            history=(*notification.history, passed),
        )
    contradicts = notification.status.is_final and status.rank is Rank.FINAL and status is not notification.status
    return replace(notification, late=status) if contradicts else notification
